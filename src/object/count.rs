//! The combined strong and weak count of an object. It is one 64-bit word, low half strong, high half weak.
//! Knows nothing of what is counted but whether it can be found without a count.
//! Upholds P2's native half and P11: a count is never lost or taken from nothing, and the last release sees all that came
//! before.

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::single_threaded::single_threaded;
use crate::word::AtomicWord;
use std::cell::Cell;

const STRONG: u64 = 1;
const WEAK: u64 = 1 << 32;
const BOTH_ONE: u64 = WEAK | STRONG;

/// In the strong half: the only count's owner ends the object, or considers it.
const ENDING: u64 = 1 << 31;

/// In the strong half: a count is owed to a thread. Its deleter is about to be called. See [`Counts::count_again`].
const OWED: u64 = 1 << 30;

/// In the strong half: that thread has come, before what is owed to it.
const CAME: u64 = 1 << 29;

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
    /// It was the last strong count. Destroy the object, then give back the weak count of the strong side.
    LastStrong,
    /// It would have been the last strong count, and is the caller's still. The object has a preserved wrapper, and the count is
    /// for `protocol::resume`.
    Preserved,
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
        let old = if single_threaded() { self.add(STRONG) } else { self.0.fetch_add(STRONG, Ordering::Relaxed) };
        // Zero, or beyond the limit.
        if old as i32 <= 0 {
            self.beyond(old);
        }
    }

    /// Gives a strong count back. Linearises at the subtraction; after `Alive` the object must not be touched.
    ///
    /// `word` is the object's tie word, if it has one. While it names a wrapper, a thread without a count can find the object
    /// (`protocol::storage_table`), so that it may gain a count while its last one is given back.
    #[inline]
    pub fn release(&self, word: Option<&AtomicWord>) -> Released {
        let mut now = match self.release_sole(word) {
            Ok(()) => return Released::Last,
            Err(now) => now,
        };
        loop {
            let released = match now as u32 {
                1 => self.release_last(now, word),
                // Release: pairs with the Acquire of `release_last`. Carries: what this holder did to the object.
                // Weaker fails: tests/loom.rs counts::last_release_sees_all. A load and a store instead fail
                // trim_vs_release::found_or_gone. Acquire on failure: as the load of `release_sole`.
                _ => self.swap(now, now - STRONG, Ordering::Release, Ordering::Acquire).map(|()| Released::Alive),
            };
            match released {
                Ok(released) => return released,
                Err(other) => now = other,
            }
        }
    }

    /// Gives the last strong count back, unless the word names a preserved wrapper. `Err` when it is not the last any more.
    ///
    /// The look at the word comes before the count goes: afterwards the object would not be ours to look at. It is good for
    /// as long as no other holder gets a strong count: a wrapper becomes preserved only by a dealloc that owns one. Without a weak
    /// handle only the storage table leads here, whose visitors tie nothing; with one, the end is claimed before the look.
    ///
    /// `now` was read by an Acquire, which pairs with the Release of the other holders' releases, and of `release_weak`. It
    /// carries what they did to the object, the edges of the word among it. tests/loom.rs preserve::dropped_and_released.
    #[inline]
    fn release_last(&self, now: u64, word: Option<&AtomicWord>) -> Result<Released, u64> {
        let is_preserved = || word.is_some_and(|word| word.observe().is_preserved());
        if is_preserved() {
            return Ok(Released::Preserved);
        }
        if now == BOTH_ONE {
            // AcqRel: as above, if a visitor came and went since. Weaker fails: the same.
            return self.swap(now, WEAK, Ordering::AcqRel, Ordering::Acquire).map(|()| Released::Last);
        }
        if !self.claim_end() {
            // Acquire: as for `now`.
            return Err(self.0.load(Ordering::Acquire));
        }
        if is_preserved() {
            self.renounce_end();
            return Ok(Released::Preserved);
        }
        Ok(self.end())
    }

    /// Whether the caller's strong count is the only one. One who takes a count later sees what the caller did before, unlike
    /// after [`Counts::is_unique`].
    #[inline]
    pub fn is_sole(&self) -> bool {
        // Relaxed: a guess that the swap verifies.
        let mut now = self.0.load(Ordering::Relaxed);
        while now as u32 == 1 {
            // AcqRel: the Acquire pairs with the Release of the other holders' releases. It carries what they did. The Release
            // pairs with the Acquire of `upgrade`, and carries what the caller did. Relaxed on failure: retried with what was
            // read.
            match self.swap(now, now, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(()) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    /// Whether the caller's strong count is the only one. If so, weak handles are not upgraded from now on, until
    /// [`Counts::renounce_end`]; who has the object's wrapper can still count it.
    #[inline]
    pub fn claim_end(&self) -> bool {
        // Relaxed: a guess that the swap verifies.
        let mut now = self.0.load(Ordering::Relaxed);
        while now as u32 == 1 {
            // Acquire: as in `release_last`. Relaxed on failure: retried with what was read.
            match self.swap(now, now | ENDING, Ordering::Acquire, Ordering::Relaxed) {
                Ok(()) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    /// Whether the end is claimed. The thread that claimed it is told so.
    #[inline]
    pub fn is_ending(&self) -> bool {
        // Relaxed: a thread sees its own claim, and no other acts on the answer.
        self.0.load(Ordering::Relaxed) & ENDING != 0
    }

    /// The end that the caller claimed does not come.
    #[inline]
    pub fn renounce_end(&self) {
        // Relaxed: the caller keeps its count, whose release carries what it did.
        let old = self.0.fetch_and(!ENDING, Ordering::Relaxed);
        debug_assert!(old & ENDING != 0, "an end is renounced that was not claimed");
    }

    /// Gives the count of the one back who claimed the end. No thread may be able to reach the wrapper. The object lives on if C++
    /// has taken a strong count by a weak one meanwhile, which knows of no claims.
    #[inline]
    pub fn end(&self) -> Released {
        // AcqRel: the Acquire pairs with the Release of `release_weak`; the Release with the Acquire there.
        let old = self.0.fetch_sub(ENDING | STRONG, Ordering::AcqRel);
        match (old as u32 == (ENDING | STRONG) as u32, old >> 32) {
            (false, _) => Released::Alive,
            (true, 1) => Released::Last,
            (true, _) => Released::LastStrong,
        }
    }

    /// Whether code of others has to be asked before the object ends. The caller is its deleter, called because the last strong
    /// count was taken away. It has looked at the word before. If so there is a strong count again, which is the caller's; it is
    /// to be given back by [`Counts::release`]. `is_tied` says that the word names a preserved wrapper.
    ///
    /// [`Counts::release`] looks at the word first, and never leaves zero behind while it names a preserved wrapper. C++ subtracts
    /// first, and calls the deleter then. Between the two a thread of Python may come by the wrapper (a weak reference was called), and
    /// count the object from nothing. It may be done with it, and the object ended and freed, before the deleter looks.
    /// So one who counts from nothing leaves a second count, `OWED` to the deleter, and the object stays until that has come. The
    /// one who counts learns of it by the addition, too late to add both at once; if the deleter came between, it left `CAME`.
    ///
    /// `weak` says that the deleter's caller gives the strong side's weak count back afterwards, which the strong count that there
    /// is again has to have, too.
    #[inline]
    pub fn count_again(&self, is_tied: bool, weak: bool) -> bool {
        // Relaxed: what others did before they changed the word was acquired with it.
        let mut now = self.0.load(Ordering::Relaxed);
        if now as u32 == 0 && !is_tied {
            return false;
        }
        loop {
            let strong = match now {
                now if now & OWED != 0 => now - OWED + STRONG,
                now if now as u32 == 0 => now + STRONG,
                now => (now + STRONG) | CAME,
            };
            let next = strong + if weak { WEAK } else { 0 };
            // Relaxed: `release`, which decides what becomes of the object, acquires.
            match self.0.compare_exchange_weak(now, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
    }

    /// The caller has counted from nothing: see [`Counts::count_again`].
    #[cold]
    fn owe(&self) {
        // Relaxed, as in `retain`: the count that is owed keeps the object, and carries nothing.
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            let next = if now & CAME != 0 { now - CAME } else { now | OWED };
            match self.0.compare_exchange_weak(now, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
    }

    /// Gives a sole holder's strong count back without a read-modify-write, if no others may come.
    ///
    /// Sound only for an object that no thread can find without a count, hence three questions. The first says that there is
    /// no other count, and so that no other thread can tie the object from now on. The second says that it is not tied. One who
    /// found it before, by the wrapper that it had, took a count before untying it; so the third sees that count, or that it was
    /// given back. Without the first or the third, tests/loom.rs trim_vs_release::detached_and_tied_again or found_or_gone
    /// fails. Otherwise what was read, by an Acquire.
    #[inline]
    fn release_sole(&self, word: Option<&AtomicWord>) -> Result<(), u64> {
        let now = Cell::new(0);
        let is_sole = || {
            // Acquire: pairs with the Release of the other holders' subtractions, in `release` and `release_weak`. Carries: what
            // they did to the object. tests/loom.rs counts::last_release_sees_all.
            now.set(self.0.load(Ordering::Acquire));
            now.get() == BOTH_ONE
        };
        let sole = is_sole() && word.is_none_or(|word| word.observe().is_detached() && is_sole());
        if !sole {
            return Err(now.get());
        }
        // Relaxed: no other thread reads it until the memory is used again.
        self.0.store(WEAK, Ordering::Relaxed);
        Ok(())
    }

    /// Takes a weak count. The caller holds a count of either kind.
    #[inline]
    pub fn retain_weak(&self) {
        // Relaxed: as in `retain`.
        let old = if single_threaded() { self.add(WEAK) } else { self.0.fetch_add(WEAK, Ordering::Relaxed) };
        if (old >> 32) as u32 > LIMIT {
            overflow();
        }
    }

    /// Gives a weak count back. True for the last one, whose memory is the caller's to free.
    #[inline]
    pub fn release_weak(&self) -> bool {
        // Release: pairs with the Acquire of `settle`. Carries: the holder's last look at the counts and the destruction
        // of the fields. Weaker fails: tests/loom.rs counts::memory_outlives_weak.
        let old =
            if single_threaded() { self.add(WEAK.wrapping_neg()) } else { self.0.fetch_sub(WEAK, Ordering::Release) };
        if old >> 32 != 1 {
            return false;
        }
        self.settle();
        true
    }

    /// Whether the memory of a destroyed object is the caller's to free. The object was [`Released::Last`]. If a visitor of
    /// `protocol::storage_table` took a weak count meanwhile, the strong side's is given back, and the last one frees it.
    #[inline]
    pub fn still_last(&self) -> bool {
        // Acquire: pairs with the Release of `release_weak`. Carries: the last look of one who came and went during the
        // destruction. Weaker fails: tests/loom.rs storage_table::visit_vs_last_release. A maker that counts otherwise may have
        // given the strong side's count back before.
        self.0.load(Ordering::Acquire) >> 32 <= 1 || self.release_weak()
    }

    /// Turns a weak hold into a strong count as well. False when the object is dead. Linearises at the CAS.
    #[inline]
    pub fn upgrade(&self) -> bool {
        // Relaxed: a guess that the CAS verifies. A dead object never comes back, so zero is final.
        let mut now = self.0.load(Ordering::Relaxed);
        while now as u32 != 0 {
            if now & ENDING != 0 {
                self.beyond(now);
                return false;
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
    ///
    /// One who finds a tied object without a count may take one right after; it looks at header and word only.
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
        let now = self.0.load(Ordering::Relaxed);
        (now & (CAME - 1)) as u32 + u32::from(now & OWED != 0)
    }

    /// How many weak counts there are, at some recent moment. That of the strong side is included.
    #[inline]
    pub fn weak(&self) -> u32 {
        // Relaxed: a hint.
        (self.0.load(Ordering::Relaxed) >> 32) as u32
    }

    /// A compare-and-swap, which the only thread makes of a load and a store.
    #[inline]
    fn swap(&self, from: u64, to: u64, success: Ordering, failure: Ordering) -> Result<(), u64> {
        if single_threaded() {
            // Relaxed: there is no other thread.
            self.0.store(to, Ordering::Relaxed);
            return Ok(());
        }
        self.0.compare_exchange(from, to, success, failure).map(drop)
    }

    /// `fetch_add` of the only thread.
    #[inline]
    fn add(&self, counts: u64) -> u64 {
        // Relaxed: there is no other thread.
        let old = self.0.load(Ordering::Relaxed);
        self.0.store(old.wrapping_add(counts), Ordering::Relaxed);
        old
    }

    /// Makes the last holder see what the others did before they released.
    #[inline]
    fn settle(&self) {
        // Acquire: pairs with the Release of `release` and `release_weak`. All changes of the word are read-modify-writes, so
        // this reads from the release sequence of every one of them. A load and not a fence, because the thread sanitizer does
        // not know fences. Weaker fails: the tests named there.
        self.0.load(Ordering::Acquire);
    }
}

impl Counts {
    /// A strong count was asked for while the strong half is zero or too large. That is an overflow, unless another thread looks
    /// whether the object ends. That thread has a count; those who have the wrapper may take some more.
    #[cold]
    #[inline(never)]
    fn beyond(&self, old: u64) {
        if old as u32 == 0 {
            return self.owe();
        }
        let more = (old as u32).wrapping_sub(ENDING as u32);
        if more == 0 || more > LIMIT / 2 {
            overflow();
        }
    }
}

/// 2³¹ counts cannot be honest: each has an owner somewhere. Going on would free the object under its holders.
#[cold]
#[inline(never)]
fn overflow() -> ! {
    std::process::abort()
}
