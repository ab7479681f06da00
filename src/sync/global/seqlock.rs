//! A seqlock is one lock for writers, and a version for readers, who write nothing. By the version they see that a write fell
//! into their look.
//! Upholds: `read` returns what one `write` left, whole; a reader that meets a suspended writer sleeps.

use super::{const_fn, fence, spin_loop, AtomicUsize, Mutex, MutexGuard, Ordering, SPINS};
use crate::sync::single_threaded::single_threaded;
use std::sync::PoisonError;

/// One lock with a version that is odd while something under it is half written.
///
/// | member | protected by |
/// |---|---|
/// | `lock` | itself |
/// | `version` | written under `lock`, read by any thread |
#[repr(align(128))]
pub struct Seqlock {
    lock: Mutex<()>,
    version: AtomicUsize,
}

impl Seqlock {
    const_fn! {
        /// A lock that is free.
        #[allow(clippy::new_without_default, reason = "for statics")]
        pub fn new() -> Self {
            Seqlock { lock: Mutex::new(()), version: AtomicUsize::new(0) }
        }
    }

    /// Takes the lock, unless the process is single-threaded: what holders do starts no thread. Holders run a few
    /// instructions, or copy what a container holds.
    #[inline]
    pub fn hold(&self) -> Option<MutexGuard<'_, ()>> {
        (!single_threaded()).then(|| self.lock.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the lock if it is free.
    #[cfg(test)]
    pub(crate) fn try_hold(&self) -> Option<MutexGuard<'_, ()>> {
        match self.lock.try_lock() {
            Ok(held) => Some(held),
            Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        }
    }

    /// Runs `write`, whose relaxed stores no `read` of this stripe sees in part.
    #[inline]
    pub fn write<R>(&self, inside: impl FnOnce() -> R) -> R {
        let _held = self.hold();
        write(&self.version, inside)
    }

    /// Runs `read`, perhaps several times, until its relaxed loads fell into no `write`. Writes nothing shared.
    #[inline]
    pub fn read<R>(&self, inside: impl Fn() -> R) -> R {
        read(&self.version, || self.hold(), inside)
    }

    /// Its version, for one who takes the lock by other means.
    pub fn version(&self) -> &AtomicUsize {
        &self.version
    }
}

/// Runs `inside` under the lock, which the caller has, as a write.
#[inline]
pub fn write<R>(version: &AtomicUsize, inside: impl FnOnce() -> R) -> R {
    // Relaxed: written under the lock only.
    let before = version.load(Ordering::Relaxed);
    version.store(before.wrapping_add(1), Ordering::Relaxed);
    // Release: pairs with the Acquire fence of `read`. A reader that saw one of the stores below sees, after its
    // fence, the odd version above or a later one. It also carries what the stored values point at.
    fence(Ordering::Release);
    let result = inside();
    // Release: pairs with the Acquire load of `read`. Carries: the stores of `inside`.
    version.store(before.wrapping_add(2), Ordering::Release);
    result
}

/// Runs `inside` until its relaxed loads fell into no write; `hold` takes the lock.
#[inline]
pub fn read<R, H>(version: &AtomicUsize, hold: impl FnOnce() -> H, inside: impl Fn() -> R) -> R {
    for _ in 0..SPINS {
        // Acquire: pairs with the final Release of `write`.
        let before = version.load(Ordering::Acquire);
        if before & 1 == 0 {
            let result = inside();
            // Acquire: pairs with the Release fence of `write`; see there.
            fence(Ordering::Acquire);
            // Relaxed: ordered after the loads of `inside` by the fence.
            if version.load(Ordering::Relaxed) == before {
                return result;
            }
        }
        spin_loop();
    }
    // The writer may be suspended: sleep until it is done.
    let _held = hold();
    inside()
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;
    use crate::sync::global::AtomicU64;

    static LOCK: Seqlock = Seqlock::new();

    type Words = [AtomicU64; 2];

    fn write(words: &Words, n: u64) {
        LOCK.write(|| words.iter().for_each(|word| word.store(n, Ordering::Relaxed)));
    }

    /// A write that falls between the loads of a read makes it look again.
    #[test]
    fn a_read_that_a_write_fell_into_is_repeated() {
        let words = Words::default();
        let attempts = AtomicUsize::new(0);
        let read = LOCK.read(|| {
            let first = words[0].load(Ordering::Relaxed);
            if attempts.fetch_add(1, Ordering::Relaxed) == 0 {
                write(&words, 7);
            }
            (first, words[1].load(Ordering::Relaxed))
        });
        assert_eq!((read, attempts.into_inner()), ((7, 7), 2));
    }

    /// A read waits for a write that is under way.
    #[test]
    fn a_read_waits_for_a_write() {
        let words = Words::default();
        std::thread::scope(|scope| {
            LOCK.write(|| {
                words[0].store(7, Ordering::Relaxed);
                let reader = scope.spawn(|| LOCK.read(|| [0, 1].map(|n: usize| words[n].load(Ordering::Relaxed))));
                std::thread::sleep(std::time::Duration::from_millis(20));
                assert!(!reader.is_finished());
                words[1].store(7, Ordering::Relaxed);
                reader
            })
            .join()
            .map(|read| assert_eq!(read, [7, 7]))
            .unwrap();
        });
    }

    /// Two words that are always written equal are always read equal.
    #[test]
    fn write_vs_read() {
        let words = Words::default();
        let rounds = if cfg!(miri) { 20 } else { 200_000 };
        std::thread::scope(|scope| {
            for writer in 0..2 {
                let words = &words;
                scope.spawn(move || (0..rounds).for_each(|n| write(words, n * 2 + writer)));
            }
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        let [a, b] = LOCK.read(|| [0, 1].map(|n: usize| words[n].load(Ordering::Relaxed)));
                        assert_eq!(a, b);
                    }
                });
            }
        });
    }
}
