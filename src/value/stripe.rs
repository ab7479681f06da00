//! A fixed table of locks and versions, shared by all 16-byte fields and all mutable containers by address.
//! Imports `sync` only (std in every build: the table is a `static`).
//! Upholds: nothing is allocated, released or called back under a stripe; two stripes are never held together, except by
//! `hold_all`, so that no order of theirs can deadlock and a forked child finds every one of them free.

use crate::sync::alone::alone;
use crate::sync::global::{AtomicUsize, Mutex, MutexGuard, Ordering};
use std::sync::atomic::fence;
use std::sync::PoisonError;

const BITS: u32 = 8;

/// How many stripes there are.
pub(crate) const COUNT: usize = 1 << BITS;

/// How often a reader looks again before it queues behind the writer.
const PATIENCE: u32 = 32;

/// One lock with a version that is odd while a 16-byte field of its is half written.
///
/// | member | protected by |
/// |---|---|
/// | `lock` | itself |
/// | `version` | written under `lock`, read by anyone |
#[repr(align(128))]
pub struct Stripe {
    lock: Mutex<()>,
    version: AtomicUsize,
}

static STRIPES: [Stripe; COUNT] = [const { Stripe { lock: Mutex::new(()), version: AtomicUsize::new(0) } }; COUNT];

/// The number of an address's stripe.
#[inline]
pub(crate) fn index<T>(address: *const T) -> usize {
    // Fibonacci hashing: neighbours in memory land far apart.
    let hash = (address as u64 >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (hash >> (64 - BITS)) as usize
}

/// The stripe of an address.
#[inline]
pub(crate) fn of<T>(address: *const T) -> &'static Stripe {
    &STRIPES[index(address)]
}

impl Stripe {
    /// Takes the lock, which is for others: the only thread has nobody to wait for, and what holders do starts none. Holders
    /// run a few instructions, or copy what a container holds.
    #[inline]
    pub(crate) fn hold(&self) -> Option<MutexGuard<'_, ()>> {
        (!alone()).then(|| self.lock.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the lock if nobody holds it.
    #[inline]
    pub(crate) fn try_hold(&self) -> Option<MutexGuard<'_, ()>> {
        match self.lock.try_lock() {
            Ok(held) => Some(held),
            Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        }
    }

    /// Runs `write`, whose relaxed stores no `read` of this stripe sees in part.
    #[inline]
    pub(crate) fn write<R>(&self, write: impl FnOnce() -> R) -> R {
        let _held = self.hold();
        // Relaxed: written under the lock only.
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version.wrapping_add(1), Ordering::Relaxed);
        // Release: pairs with the Acquire fence of `read`. A reader that saw one of the stores below sees, after its
        // fence, the odd version above or a later one. It also carries what the stored values point at.
        fence(Ordering::Release);
        let result = write();
        // Release: pairs with the Acquire load of `read`. Carries: the stores of `write`.
        self.version.store(version.wrapping_add(2), Ordering::Release);
        result
    }

    /// Runs `read`, perhaps several times, until its relaxed loads fell into no `write`. Writes nothing shared.
    #[inline]
    pub(crate) fn read<R>(&self, read: impl Fn() -> R) -> R {
        for _ in 0..PATIENCE {
            // Acquire: pairs with the final Release of `write`.
            let before = self.version.load(Ordering::Acquire);
            if before & 1 == 0 {
                let result = read();
                // Acquire: pairs with the Release fence of `write`; see there.
                fence(Ordering::Acquire);
                // Relaxed: ordered after `read`'s loads by the fence.
                if self.version.load(Ordering::Relaxed) == before {
                    return result;
                }
            }
            std::hint::spin_loop();
        }
        // The writer may be suspended: sleep until it is done.
        let _held = self.hold();
        read()
    }
}

/// Every stripe, held. See [`hold_all`].
pub struct AllHeld(#[allow(dead_code, reason = "held, not looked at")] Vec<Option<MutexGuard<'static, ()>>>);

/// Holds every stripe until the result is dropped, so that a `fork` meanwhile leaves none of them taken by a thread that
/// the child does not have. Call before the fork, drop in parent and child.
pub fn hold_all() -> AllHeld {
    AllHeld(STRIPES.iter().map(Stripe::hold).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::global::AtomicU64;

    type Words = [AtomicU64; 2];

    fn write(words: &Words, n: u64) {
        of(words).write(|| words.iter().for_each(|word| word.store(n, Ordering::Relaxed)));
    }

    /// A write that falls between the loads of a read makes it look again.
    #[test]
    fn a_read_that_a_write_fell_into_is_repeated() {
        let words = Words::default();
        let attempts = AtomicUsize::new(0);
        let read = of(&words).read(|| {
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
            of(&words)
                .write(|| {
                    words[0].store(7, Ordering::Relaxed);
                    let reader =
                        scope.spawn(|| of(&words).read(|| [0, 1].map(|n: usize| words[n].load(Ordering::Relaxed))));
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
                        let [a, b] = of(&words).read(|| [0, 1].map(|n: usize| words[n].load(Ordering::Relaxed)));
                        assert_eq!(a, b);
                    }
                });
            }
        });
    }

    #[test]
    fn all_can_be_held_and_let_go() {
        let words = [0_u64; 4];
        drop(hold_all());
        assert!(of(&words).try_hold().is_some());
    }
}
