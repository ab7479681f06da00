//! The combined strong and weak count of an object: one 64-bit word, low half strong, high half weak.
//! Imports `sync` only; knows nothing of what is counted.
//! Upholds P2's native half: a count is never lost, and the one that reports the last release sees all that came before.

use crate::sync::alone::alone;
use crate::sync::atomic::{AtomicU64, Ordering};

const STRONG: u64 = 1;
const WEAK: u64 = 1 << 32;
const BOTH_ONE: u64 = WEAK | STRONG;

/// A half above this is taken for a leak of counts. The other half of its range absorbs the increments of threads that
/// are past their check, so that a strong overflow never reaches the weak half.
const LIMIT: u32 = i32::MAX as u32;

/// What a strong release left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Released {
    /// Another strong count holds the object.
    Alive,
    /// It was the last count of either kind: destroy the object and free its memory.
    Last,
    /// It was the last strong count: destroy the object, then give back the weak count of the strong side.
    LastStrong,
}

/// The strong and the weak count of an object. The strong side as a whole owns one weak count.
#[derive(Debug)]
#[repr(transparent)]
pub struct Counts(AtomicU64);

impl Default for Counts {
    fn default() -> Self {
        Self::new()
    }
}

impl Counts {
    /// One strong count, and the weak count of the strong side.
    #[inline]
    pub fn new() -> Self {
        Counts(AtomicU64::new(BOTH_ONE))
    }

    /// Takes a strong count. The caller holds one, or a protection that keeps it from reaching zero.
    #[inline]
    pub fn retain(&self) {
        // Relaxed: the caller's own hold orders it; a new count carries nothing.
        let old = if alone() { self.add(STRONG) } else { self.0.fetch_add(STRONG, Ordering::Relaxed) };
        if old as u32 > LIMIT {
            overflow();
        }
    }

    /// Gives a strong count back. Linearises at the subtraction; after `Alive` the object must not be touched.
    #[inline]
    pub fn release(&self) -> Released {
        // Acquire: pairs with the Release of the other holders' subtractions, below and in `release_weak`. Carries: what
        // they did to the object. A sole holder has nobody left to race with: no count can be taken but from a count.
        // tests/loom.rs counts::last_release_sees_all.
        if self.0.load(Ordering::Acquire) == BOTH_ONE {
            // Relaxed: read by nobody else until the memory is used again.
            self.0.store(WEAK, Ordering::Relaxed);
            return Released::Last;
        }
        // Release: pairs with the Acquire of `settle`. Carries: what this holder did to the object.
        // Weaker fails: tests/loom.rs counts::last_release_sees_all.
        let old = if alone() { self.add(STRONG.wrapping_neg()) } else { self.0.fetch_sub(STRONG, Ordering::Release) };
        if old as u32 != 1 {
            return Released::Alive;
        }
        self.settle();
        if old == BOTH_ONE {
            Released::Last
        } else {
            Released::LastStrong
        }
    }

    /// Takes a weak count. The caller holds a count of either kind.
    #[inline]
    pub fn retain_weak(&self) {
        // Relaxed: as in `retain`.
        let old = if alone() { self.add(WEAK) } else { self.0.fetch_add(WEAK, Ordering::Relaxed) };
        if (old >> 32) as u32 > LIMIT {
            overflow();
        }
    }

    /// Gives a weak count back; true when it was the last one and the memory is the caller's to free.
    #[inline]
    pub fn release_weak(&self) -> bool {
        // Release: pairs with the Acquire of `settle`. Carries: the holder's last look at the counts and the destruction
        // of the fields. Weaker fails: tests/loom.rs counts::memory_outlives_weak.
        let old = if alone() { self.add(WEAK.wrapping_neg()) } else { self.0.fetch_sub(WEAK, Ordering::Release) };
        if old >> 32 != 1 {
            return false;
        }
        self.settle();
        true
    }

    /// After the destruction of an object that was [`Released::Last`]: whether its memory is the caller's to free. If somebody
    /// took a weak count meanwhile, as `protocol::ledger` does, the strong side's is given back, and the last one frees it.
    #[inline]
    pub fn still_last(&self) -> bool {
        // Acquire: pairs with the Release of `release_weak`. Carries: the last look of one who came and went during the
        // destruction. Weaker fails: tests/loom.rs ledger::visit_vs_last_release. A maker that counts otherwise may have
        // given the strong side's count back before.
        self.0.load(Ordering::Acquire) >> 32 <= 1 || self.release_weak()
    }

    /// Turns a weak hold into a strong count as well; false when the object is dead. Linearises at the CAS.
    #[inline]
    pub fn upgrade(&self) -> bool {
        // Relaxed: a guess that the CAS verifies; a dead object never comes back, so zero is final.
        let mut now = self.0.load(Ordering::Relaxed);
        while now as u32 != 0 {
            if now as u32 > LIMIT {
                overflow();
            }
            // Acquire: pairs with the Release of `release`. Carries: what former strong holders did to the object.
            // Weaker fails: tests/loom.rs counts::upgrade_sees_former_holders. Relaxed on failure: retried.
            match self.0.compare_exchange_weak(now, now + STRONG, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    /// Whether the caller's strong count is the only count of either kind.
    #[inline]
    pub fn is_unique(&self) -> bool {
        // Acquire: pairs with the Release of `release` and `release_weak`. Carries: what former holders did.
        // Weaker fails: tests/loom.rs counts::unique_sees_former_holders.
        self.0.load(Ordering::Acquire) == BOTH_ONE
    }

    /// How many strong counts there are, at some recent moment.
    #[inline]
    pub fn strong(&self) -> u32 {
        // Relaxed: a hint.
        self.0.load(Ordering::Relaxed) as u32
    }

    /// How many weak counts there are, that of the strong side included, at some recent moment.
    #[inline]
    pub fn weak(&self) -> u32 {
        // Relaxed: a hint.
        (self.0.load(Ordering::Relaxed) >> 32) as u32
    }

    /// `fetch_add` of the only thread.
    #[inline]
    fn add(&self, counts: u64) -> u64 {
        // Relaxed: there is nobody else.
        let old = self.0.load(Ordering::Relaxed);
        self.0.store(old.wrapping_add(counts), Ordering::Relaxed);
        old
    }

    /// Makes the last holder see what the others did before they released.
    #[inline]
    fn settle(&self) {
        // Acquire: pairs with the Release of `release` and `release_weak`; all changes of the word are read-modify-writes,
        // so this reads from the release sequence of every one of them. A load and not a fence, because the thread
        // sanitizer does not know fences. Weaker fails: the tests named there.
        self.0.load(Ordering::Acquire);
    }
}

/// 2³¹ counts cannot be honest: each has an owner somewhere. Going on would free the object under its holders.
#[cold]
#[inline(never)]
fn overflow() -> ! {
    std::process::abort()
}
