//! Grace periods: a value that concurrent readers may still see is released once none of them can.
//! Imports nothing of this crate but `sync`; never Python, never an object.
//! Upholds P3 for values that were replaced in shared fields: a reader inside a pin never sees one released.

use crate::sync::alone::alone;
use crossbeam_epoch as epoch;
use std::cell::Cell;

/// What a reader holds while it looks at shared pointers. Dropping it ends the read.
pub struct Guard(epoch::Guard);

/// A way to wait for readers. [`Epoch`] is the one that production uses; models bring their own.
pub trait Reclaim {
    /// What keeps a reader's view alive.
    type Guard;
    /// Begins a read: what is deferred from now on is not run before the guard is dropped.
    fn pin(&self) -> Self::Guard;
    /// Runs `release` on some thread once every guard that exists now is gone.
    fn defer(&self, guard: &Self::Guard, release: impl FnOnce() + Send + 'static);
    /// Runs what is ripe. With no reader about, everything deferred by this thread before the call has run after it.
    fn flush(&self);
}

/// Epoch-based reclamation of the crossbeam-epoch crate (K. Fraser, "Practical lock-freedom", 2004).
#[derive(Clone, Copy, Debug, Default)]
pub struct Epoch;

impl Reclaim for Epoch {
    type Guard = Guard;

    #[inline]
    fn pin(&self) -> Guard {
        Guard(epoch::pin())
    }

    fn defer(&self, guard: &Guard, release: impl FnOnce() + Send + 'static) {
        guard.0.defer(move || run(release));
    }

    fn flush(&self) {
        // Garbage is ripe two epochs after it was sealed, and each flush by an otherwise unpinned thread can move the
        // epoch on by one: seal, then three steps.
        for _ in 0..4 {
            epoch::pin().flush();
        }
    }
}

thread_local!(static HELD_BACK: Cell<bool> = const { Cell::new(false) });

/// Runs what is ripe, or puts it off once more on a thread that must not release anything now.
fn run(release: impl FnOnce() + Send + 'static) {
    if HELD_BACK.get() {
        epoch::pin().defer(move || run(release));
    } else {
        release();
    }
}

/// Looks at shared pointers under a pin and releases nothing meanwhile, not even what others deferred: for garbage
/// collectors, amid whose work no destructor may run.
pub fn look<R>(look: impl FnOnce(&Guard) -> R) -> R {
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            HELD_BACK.set(self.0);
        }
    }
    let reset = Reset(HELD_BACK.replace(true));
    let guard = pin();
    let result = look(&guard);
    drop(guard);
    drop(reset);
    result
}

/// Whether nobody can be reading: there is one thread, and it holds no guard. Readers who ask [`alone`] need no guard either,
/// if nothing runs between their look at a pointer and the count that they take.
#[inline]
pub fn nobody_looks() -> bool {
    alone() && !epoch::is_pinned()
}

/// [`Epoch::pin`].
#[inline]
pub fn pin() -> Guard {
    Epoch.pin()
}

/// [`Epoch::defer`].
pub fn defer(guard: &Guard, release: impl FnOnce() + Send + 'static) {
    Epoch.defer(guard, release);
}

/// [`Epoch::flush`].
pub fn flush() {
    Epoch.flush();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::Arc;

    #[test]
    fn released_after_the_last_reader_only() {
        let released = Arc::new(AtomicUsize::new(0));
        let reader = pin();
        let count = released.clone();
        let worker = std::thread::spawn(move || {
            let guard = pin();
            defer(&guard, move || {
                count.fetch_add(1, Ordering::SeqCst);
            });
            drop(guard);
            flush();
        });
        worker.join().unwrap();
        assert_eq!(released.load(Ordering::SeqCst), 0);
        drop(reader);
        (0..100).for_each(|_| flush());
        assert_eq!(released.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn nothing_is_released_amid_a_look() {
        thread_local!(static AMID: Cell<bool> = const { Cell::new(false) });
        let (released, amid) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for _ in 0..1000 {
            let (released, amid) = (released.clone(), amid.clone());
            defer(&pin(), move || {
                released.fetch_add(1, Ordering::SeqCst);
                amid.fetch_add(AMID.get().into(), Ordering::SeqCst);
            });
        }
        // Every 128th pin runs what is ripe; so may the end of a look.
        AMID.set(true);
        (0..1000).for_each(|_| look(|_| ()));
        AMID.set(false);
        while released.load(Ordering::SeqCst) < 1000 {
            flush();
        }
        assert_eq!(amid.load(Ordering::SeqCst), 0);
    }
}
