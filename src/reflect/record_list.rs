//! Lists that grow while readers in C, who know no lock, go through them.
//! Upholds: a list is never freed; a reader that takes the count first finds the entries of that count.

use crate::object::AllocError;
use crate::sync::global::{AtomicI32, AtomicPtr, Ordering};
use crate::value::stripe;
use std::alloc::{alloc, dealloc, Layout};
use std::ffi::c_void;

/// What stands in front of the entries of a list.
#[repr(C, align(8))]
struct Front {
    /// The smaller list that this one replaced: a reader may still be in it.
    _former: *mut c_void,
}

/// Entries that a list has room for when it has `count`: a power of two.
const fn capacity(count: usize) -> usize {
    match count {
        0 => 0,
        count => count.next_power_of_two(),
    }
}

fn layout<T>(count: usize) -> Layout {
    let array = Layout::array::<T>(count).expect("a list that fits the address space");
    Layout::new::<Front>().extend(array).expect("a list that fits the address space").0
}

/// The entries that there are.
pub(super) fn entries<T: 'static>(list: &AtomicPtr<T>, count: &AtomicI32) -> &'static [T] {
    // Acquire: pairs with the Release in `append`. Carries: the list, and as many entries.
    match count.load(Ordering::Acquire) {
        0 => &[],
        // SAFETY: there are as many entries in the list, or in one that replaced it. Lists are never freed.
        count => unsafe { std::slice::from_raw_parts(list.load(Ordering::Acquire), count as usize) },
    }
}

/// Adds an entry at the end of a list. False, having done nothing, if it clashes with one that is there.
pub(super) fn append<T: Copy + 'static>(
    list: &AtomicPtr<T>,
    count: &AtomicI32,
    entry: T,
    clashes: impl Fn(&T) -> bool,
) -> bool {
    const { assert!(align_of::<T>() <= align_of::<Front>()) };
    loop {
        // Relaxed: a guess, verified under the stripe.
        let guess = count.load(Ordering::Relaxed) as usize;
        // Nothing is allocated under a stripe.
        let room = (guess == capacity(guess)).then(|| room::<T>(guess + 1));
        let held = stripe::of(list).hold();
        // Relaxed, here and below: written under the stripe only.
        let is_as_guessed = count.load(Ordering::Relaxed) as usize == guess;
        if !is_as_guessed || entries(list, count).iter().any(&clashes) {
            drop(held);
            if let Some(room) = room {
                // SAFETY: allocated with this layout, and known to no other thread.
                unsafe { dealloc(room.cast(), layout::<T>(capacity(guess + 1))) };
            }
            if is_as_guessed {
                return false;
            }
            continue;
        }
        // SAFETY: a new room is larger than the list that it replaces, whose entries it gets. A list has room for one
        // more otherwise. Only one thread writes.
        unsafe {
            let mut first = list.load(Ordering::Relaxed);
            if let Some(room) = room {
                room.write(Front { _former: first.cast() });
                let fresh = room.add(1).cast::<T>();
                if guess > 0 {
                    fresh.copy_from_nonoverlapping(first, guess);
                }
                // Release: pairs with the Acquire in `entries`. Carries: the entries.
                list.store(fresh, Ordering::Release);
                first = fresh;
            }
            first.add(guess).write(entry);
        }
        // Release: pairs with the Acquire in `entries`. Carries: the entry, and the list.
        count.store(guess as i32 + 1, Ordering::Release);
        return true;
    }
}

/// Room for a list of `count` entries.
fn room<T>(count: usize) -> *mut Front {
    let layout = layout::<T>(capacity(count));
    // SAFETY: the layout is not empty.
    let room = unsafe { alloc(layout) };
    if room.is_null() {
        AllocError::new(layout).handle()
    }
    room.cast()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::null_mut;

    #[test]
    fn threads_add_and_read() {
        static LIST: AtomicPtr<[u64; 2]> = AtomicPtr::new(null_mut());
        static COUNT: AtomicI32 = AtomicI32::new(0);
        const EACH: u64 = if cfg!(miri) { 20 } else { 500 };
        std::thread::scope(|scope| {
            for thread in 0..3 {
                scope.spawn(move || {
                    for n in 0..EACH {
                        let entry = thread * EACH + n;
                        assert!(append(&LIST, &COUNT, [entry, !entry], |other| other[0] == entry));
                        assert!(!append(&LIST, &COUNT, [entry, 0], |other| other[0] == entry));
                        assert!(entries(&LIST, &COUNT).iter().all(|[a, b]| *a == !*b));
                    }
                });
            }
        });
        let mut all: Vec<u64> = entries(&LIST, &COUNT).iter().map(|entry| entry[0]).collect();
        all.sort_unstable();
        assert_eq!(all, (0..3 * EACH).collect::<Vec<_>>());
    }
}
