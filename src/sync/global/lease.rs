//! Things of which each thread has one while it needs it. A later thread takes them over.
//! Upholds: a thing has one holder at a time, who sees what the former one left in it; no lock that a fork could leave taken.
//!
//! The crate thread_local does the same, but numbers its threads under a lock, which a fork may leave taken, and no model can
//! explore it: `tests/loom/lease.rs` runs these lines.

use super::{const_fn, AtomicBool, AtomicPtr, Ordering};
use std::ops::Deref;
use std::ptr::null_mut;

/// All things of one kind. They are never freed, so that any thread may look at them at any time.
pub struct Leases<T: 'static> {
    newest: AtomicPtr<Lease<T>>,
}

/// One thing, and whether a thread has it.
pub struct Lease<T: 'static> {
    thing: T,
    held: AtomicBool,
    next: *const Lease<T>,
}

// SAFETY: `next` is written before the lease is published and never again; `held` is an atomic.
unsafe impl<T: Sync> Sync for Lease<T> {}

// Any thread looks, and one after another holds.
impl<T: Send + Sync> Leases<T> {
    const_fn! {
        /// None yet.
        #[allow(clippy::new_without_default, reason = "for statics")]
        pub fn new() -> Leases<T> {
            Leases { newest: AtomicPtr::new(null_mut()) }
        }
    }

    /// All of them, held or not.
    pub fn iter(&self) -> impl Iterator<Item = &'static Lease<T>> {
        // Acquire: pairs with the Release of the push in `take`. Carries: the thing, and `next`.
        let newest = self.newest.load(Ordering::Acquire);
        // SAFETY: leaked, so every pointer in the list stays valid.
        std::iter::successors(unsafe { newest.as_ref() }, |lease| unsafe { lease.next.as_ref() })
    }

    /// Takes one that is free, or makes one.
    pub fn take(&self, make: impl FnOnce() -> T) -> &'static Lease<T> {
        // Acquire: pairs with the Release of `give_back`. Carries: what the former holder did to the thing.
        let free =
            |lease: &&Lease<T>| lease.held.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if let Some(lease) = self.iter().find(free) {
            return lease;
        }
        let made = Box::leak(Box::new(Lease { thing: make(), held: AtomicBool::new(true), next: null_mut() }));
        // Relaxed: a guess that the CAS verifies.
        let mut newest = self.newest.load(Ordering::Relaxed);
        loop {
            made.next = newest;
            // Release: pairs with the Acquire in `iter`. Relaxed on failure: retried with what was read.
            match self.newest.compare_exchange_weak(newest, made, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return made,
                Err(now) => newest = now,
            }
        }
    }
}

impl<T> Lease<T> {
    /// Leaves the thing to a later thread. The caller holds it, and does not use it any more.
    pub fn give_back(&self) {
        // Release: pairs with the Acquire in `take`. Carries: what this holder did to the thing.
        self.held.store(false, Ordering::Release);
    }

    /// Whether some thread has it, at some recent moment.
    pub fn is_held(&self) -> bool {
        // Relaxed: a hint.
        self.held.load(Ordering::Relaxed)
    }
}

impl<T> Deref for Lease<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        &self.thing
    }
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Only its holder uses the cell.
    struct Mine(Cell<usize>);
    // SAFETY: only its holder uses the cell, and a lease has one holder.
    unsafe impl Sync for Mine {}

    #[test]
    fn one_holder_at_a_time_and_no_more_things_than_holders() {
        static THINGS: Leases<Mine> = Leases::new();
        const THREADS: usize = 4;
        let rounds = if cfg!(miri) { 20 } else { 10_000 };
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        let lease = THINGS.take(|| Mine(Cell::new(0)));
                        lease.0.set(lease.0.get() + 1);
                        lease.give_back();
                    }
                });
            }
        });
        assert!(THINGS.iter().count() <= THREADS && THINGS.iter().all(|lease| !lease.is_held()));
        assert_eq!(THINGS.iter().map(|lease| lease.0.get()).sum::<usize>(), THREADS * rounds);
    }
}
