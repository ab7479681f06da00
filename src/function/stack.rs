//! How much stack is left for code that calls itself through native code.
//! Upholds: calls within calls end in an error before the stack ends, on stacks of any size.

use super::Error;
use std::cell::Cell;

/// Stack that a function finds at least. One of another language may well take it, and those below it.
const RED_ZONE: usize = 96 * 1024;

/// The part of a thread's stack where nothing may begin that can nest.
#[derive(Clone, Copy)]
struct Zone {
    /// The lowest address of the stack.
    end: usize,
    /// How far from there the zone reaches.
    size: usize,
}

/// Every address is in it. A thread has this before it was asked where its stack is.
const UNKNOWN: Zone = Zone { end: 0, size: usize::MAX };

// Has no destructor. So it can be read at any time of the thread's life.
thread_local!(static ZONE: Cell<Zone> = const { Cell::new(UNKNOWN) });

impl Zone {
    /// Code that runs on a stack of its own is in no thread's zone. Fibers do so.
    #[inline(always)]
    fn has(self, address: usize) -> bool {
        address.wrapping_sub(self.end) < self.size
    }

    #[cold]
    #[inline(never)]
    fn find() -> Zone {
        match bounds() {
            // A thread with a small stack has to get along with half of it.
            Some((end, size)) => Zone { end, size: RED_ZONE.min(size / 2) },
            None => Zone { end: 0, size: 0 },
        }
    }
}

/// The lowest address of this thread's stack, and its size.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn bounds() -> Option<(usize, usize)> {
    if cfg!(miri) {
        return None; // Miri knows no attributes of threads, and its stacks are not in its program's memory.
    }
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut end, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the first call initialises the attributes when it succeeds, and the last destroys them.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let code = libc::pthread_attr_getstack(attributes.as_ptr(), &mut end, &mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (code == 0).then_some((end as usize, size))
    }
}

/// The lowest address of this thread's stack, and a size that most have.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn bounds() -> Option<(usize, usize)> {
    let here = 0u8;
    let end = (&raw const here as usize).checked_sub(stacker::remaining_stack()?)?;
    Some((end, 2 * RED_ZONE))
}

/// Whether too little of this thread's stack is left to begin what can nest. It takes some instructions.
#[inline]
pub fn is_short() -> bool {
    let here = 0u8;
    let here = std::hint::black_box(&raw const here) as usize;
    ZONE.with(Cell::get).has(here) && is_surely_short(here)
}

/// The same once it is known where the stack is.
#[cold]
#[inline(never)]
fn is_surely_short(here: usize) -> bool {
    let zone = Zone::find();
    ZONE.set(zone);
    zone.has(here)
}

/// Refuses calls within calls that would leave the stack.
///
/// # Errors
/// Kind `RecursionError`.
#[inline]
pub fn expect() -> Result<(), Error> {
    match is_short() {
        true => Err(too_deep()),
        false => Ok(()),
    }
}

#[cold]
fn too_deep() -> Error {
    Error::new("RecursionError", "maximum recursion depth exceeded: hardly any of this thread's stack is left")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nests until it is refused; gives how much stack was left then.
    #[inline(never)]
    fn nest(end: usize) -> usize {
        let filler = std::hint::black_box([0u8; 512]);
        match expect() {
            Err(error) => {
                assert_eq!(error.kind(), "RecursionError");
                filler.as_ptr() as usize - end
            }
            Ok(()) => nest(end) + std::hint::black_box(0),
        }
    }

    #[test]
    fn what_nests_is_refused_before_the_stack_ends() {
        for size in [64, 256, 2048] {
            let thread = std::thread::Builder::new().stack_size(size << 10);
            let left = thread.spawn(|| nest(bounds().unwrap().0)).unwrap().join().unwrap();
            let zone = RED_ZONE.min((size << 10) / 2);
            assert!((zone / 2..zone + 8192).contains(&left), "{left} bytes of {size} KiB were left");
        }
    }

    #[test]
    fn other_stacks_are_in_no_zone() {
        let zone = Zone { end: 0x10_0000, size: 0x1000 };
        assert_eq!([0xf_ffff, 0x10_0000, 0x10_0fff, 0x10_1000].map(|at| zone.has(at)), [false, true, true, false]);
        assert!(UNKNOWN.has(0) && UNKNOWN.has(usize::MAX - 1));
    }
}
