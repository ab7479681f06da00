//! A wrapper's refcount, as CPython's free-threaded build keeps it. There is a biased local half, and a shared half with flags.
//! Follows Objects/object.c and Include/refcount.h of CPython 3.13 line by line.
//! Upholds: try-incref takes a count of the living only, and a death is told to exactly one thread.

use bowline::protocol::Counted;
use bowline::sync::atomic::{AtomicIsize, Ordering};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// One count in the shared half; the two bits below are flags.
pub const ONE: isize = 4;
const FLAGS: isize = 3;
/// Flag: asked for by try-incref. What `EnableTryIncRef` sets.
pub const MAYBE_WEAKREF: isize = 1;
/// Flag: a foreign thread took the shared half below zero. The owner has been asked to merge.
pub const QUEUED: isize = 2;
/// Flag: the local half is gone. With a count of zero: dead.
pub const MERGED: isize = 3;
/// What a claim leaves: neither alive nor ever to be revived.
pub const CLAIMED: isize = isize::MIN | 1;
/// What the extension leaves of a rich wrapper that goes to the trashcan. CPython refuses to count it, too.
pub const DEPOSITED: isize = 0;
/// What an allocator scribbles over freed storage.
const FREED: isize = isize::MIN | 3;
const IMMORTAL: usize = u32::MAX as usize;

/// Whether try-incref must refuse this shared half: zero without a flag, dead, claimed, freed.
fn refused(shared: isize) -> bool {
    shared == 0 || shared == MERGED || (shared < 0 && shared & FLAGS != QUEUED)
}

/// What a decrement led to.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Decref {
    /// Another thread has a count.
    Alive,
    /// The caller must call dealloc.
    Dead,
    /// The count goes to the owner's merge queue.
    Queue,
}

/// The refcount fields.
///
/// `try_incref`, `peek`, `revive`, `claim` and `has_one_count` are the extension's own, in the orderings of its refcount/biased.rs
/// (`peek` is `dormancy` there; `ci/mutate` compares them); the others are CPython's.
///
/// `tid` and `local` are the owner's: others compare `tid` with their own id only, which they find there only if they
/// put it there last. So a stale read of theirs cannot matter, and loom need not explore it: they are std's atomics.
pub struct Header {
    tid: AtomicUsize,
    local: AtomicUsize,
    shared: AtomicIsize,
}

impl Header {
    /// A new reference of thread `me`, with try-incref enabled. It is biased to the thread if lean, merged if rich.
    pub fn new(me: usize, rich: bool) -> Self {
        let header = Header { tid: AtomicUsize::new(0), local: AtomicUsize::new(0), shared: AtomicIsize::new(0) };
        header.renew(me, rich);
        header
    }

    /// `_Py_NewReference` and what the extension does to it, on storage that served before.
    pub fn renew(&self, me: usize, rich: bool) {
        self.tid.store(if rich { 0 } else { me }, SeqCst);
        self.local.store(if rich { 0 } else { 1 }, SeqCst);
        self.shared.store(if rich { MERGED + ONE } else { MAYBE_WEAKREF }, Ordering::Relaxed);
    }

    fn is_mine(&self, me: usize) -> bool {
        self.tid.load(SeqCst) == me
    }

    /// The part of [`Header::try_incref`] for one who owns it.
    pub fn incref_own(&self, me: usize) -> bool {
        let local = self.local.load(SeqCst);
        let owned = self.is_mine(me) && local != 0 && local != IMMORTAL;
        if owned {
            self.local.store(local + 1, SeqCst);
        }
        owned
    }

    /// Own form of `PyUnstable_TryIncRef`. The error is the shared half that was refused, 0 for a dying one of our own.
    pub fn try_incref(&self, me: usize) -> Result<Counted, isize> {
        let local = self.local.load(SeqCst);
        if local == IMMORTAL {
            return Ok(Counted::Shared);
        }
        if self.is_mine(me) {
            if local == 0 {
                return Err(0);
            }
            self.local.store(local + 1, SeqCst);
            return Ok(Counted::Own);
        }
        let mut shared = self.shared.load(Ordering::Relaxed);
        loop {
            if refused(shared) {
                return Err(shared);
            }
            match self.shared.compare_exchange(shared, shared + ONE, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return Ok(Counted::Shared),
                Err(now) => shared = now,
            }
        }
    }

    /// `Py_INCREF`, by one who has a count or saw one that stays.
    pub fn incref(&self, me: usize) {
        let local = self.local.load(SeqCst);
        if self.is_mine(me) {
            self.local.store(local + 1, SeqCst);
        } else {
            let old = self.shared.fetch_add(ONE, Ordering::AcqRel);
            assert!(!refused(old) || old == 0, "incref of a wrapper that is dead: {old:#x}");
        }
    }

    /// `Py_DECREF`.
    pub fn decref(&self, me: usize) -> Decref {
        let local = self.local.load(SeqCst);
        if local == IMMORTAL {
            return Decref::Alive;
        }
        if !self.is_mine(me) {
            return self.decref_shared();
        }
        assert_ne!(local, 0, "decref of a wrapper that is dying");
        self.local.store(local - 1, SeqCst);
        if local == 1 {
            self.merge_zero_local()
        } else {
            Decref::Alive
        }
    }

    /// `_Py_DecRefShared`.
    fn decref_shared(&self) -> Decref {
        let mut shared = self.shared.load(Ordering::Relaxed);
        loop {
            let queue = shared == 0 || shared == MAYBE_WEAKREF;
            let new = if queue { QUEUED } else { shared - ONE };
            match self.shared.compare_exchange(shared, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if queue => return Decref::Queue,
                Ok(_) => {
                    assert!(shared == 0 || !refused(shared), "decref of a wrapper that is dead: {shared:#x}");
                    return if new == MERGED { Decref::Dead } else { Decref::Alive };
                }
                Err(now) => shared = now,
            }
        }
    }

    /// `_Py_MergeZeroLocalRefcount`.
    fn merge_zero_local(&self) -> Decref {
        let mut shared = self.shared.load(Ordering::Acquire);
        if shared == 0 {
            return Decref::Dead;
        }
        self.tid.store(0, SeqCst);
        loop {
            let new = (shared & !FLAGS) | MERGED;
            match self.shared.compare_exchange(shared, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return if new == MERGED { Decref::Dead } else { Decref::Alive },
                Err(now) => shared = now,
            }
        }
    }

    /// `_Py_ExplicitMergeRefcount`; the count that is left.
    pub fn merge(&self, extra: isize) -> isize {
        let local = self.local.swap(0, SeqCst) as isize;
        self.tid.store(0, SeqCst);
        let mut shared = self.shared.load(Ordering::Relaxed);
        loop {
            let count = (shared >> 2) + local + extra;
            match self.shared.compare_exchange(shared, (count * ONE) | MERGED, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return count,
                Err(now) => shared = now,
            }
        }
    }

    /// Whose local half it is; 0 when merged.
    pub fn owner(&self) -> usize {
        self.tid.load(SeqCst)
    }

    /// How many counts there are; for the oracle, when no thread is amid a step.
    pub fn total(&self) -> isize {
        let shared = self.shared.load(Ordering::Acquire);
        match refused(shared) && shared < 0 {
            true => 0,
            false => self.local.load(SeqCst) as isize + (shared >> 2),
        }
    }

    /// The shared half.
    pub fn peek(&self) -> isize {
        // Relaxed: as in the extension's `dormancy`.
        self.shared.load(Ordering::Relaxed)
    }

    /// Dead → alive, with one count. It is of thread `me`, the wait-free way to take the bias back, or merged for life if rich.
    /// `revived` is called in the very step that decides.
    pub fn revive(&self, me: usize, rich: bool, revived: impl FnOnce()) -> bool {
        // AcqRel: the Acquire pairs with the Release of the death, the Release with `try_incref`.
        if self.shared.compare_exchange(MERGED, MERGED + ONE, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return false;
        }
        revived();
        if rich {
            return true;
        }
        self.local.store(1, SeqCst);
        self.tid.store(me, SeqCst);
        let mut shared = MERGED + ONE;
        loop {
            let new = ((shared - ONE) & !FLAGS) | MAYBE_WEAKREF;
            // Release: as the extension does it. `tid` and `local` above are std's, so loom has nothing to see here.
            match self.shared.compare_exchange(shared, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => shared = now,
            }
        }
    }

    /// Whether the one count of a merged header is the caller's.
    pub fn has_one_count(&self) -> bool {
        // AcqRel: the Release pairs with the Acquire of `try_incref`. Carries: the edge of the word before it.
        self.shared.compare_exchange(MERGED + ONE, MERGED + ONE, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Only the caller's count → not to be counted by any thread.
    pub fn begin_forget(&self) -> bool {
        // Acquire: pairs with the counts given back, and carries what their holders wrote.
        self.shared.compare_exchange(MERGED + ONE, DEPOSITED, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Whether a thread is between `begin_forget` and `end_forget`.
    pub fn is_forgetting(&self) -> bool {
        // Acquire: pairs with `end_forget`.
        self.shared.load(Ordering::Acquire) == DEPOSITED
    }

    /// The reverse.
    pub fn end_forget(&self) {
        // Release: pairs with `try_incref`, and carries that the wrapper is empty.
        self.shared.store(MERGED + ONE, Ordering::Release);
    }

    /// Whether a thread but `me`, which has a count, may have one. The extension has a load and SeqCst, which loom does not know: a
    /// read-modify-write comes before or after a count that another takes, too.
    pub fn shared_with_others(&self, me: usize) -> bool {
        let shared = self.shared.fetch_add(0, Ordering::AcqRel);
        match self.is_mine(me) {
            true => shared >> 2 != 0 || self.local.load(SeqCst) != 1,
            false => shared != MERGED + ONE,
        }
    }

    /// Dead → claimed.
    pub fn claim(&self) -> bool {
        // Relaxed: only who wins is asked; a grace period orders the rest.
        self.shared.compare_exchange(MERGED, CLAIMED, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Dead → not to be revived, before the trashcan takes it.
    pub fn deposit(&self) -> bool {
        // Relaxed: as for `claim`; what comes next carries more.
        self.shared.compare_exchange(MERGED, DEPOSITED, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// What the trashcan does when it takes a dying object out of its list again.
    pub fn take_out(&self) {
        self.tid.store(0, SeqCst);
        // Relaxed: CPython's; the extension's fence before makes a Release of it.
        self.shared.store(MERGED, Ordering::Relaxed);
    }

    /// What an allocator does to freed storage. It makes loom try both orders of this and of every look.
    pub fn scribble(&self) {
        self.tid.store(usize::MAX, SeqCst);
        self.local.store(0, SeqCst);
        self.shared.store(FREED, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn dead_is_merged_without_counts() {
        let header = Header::new(1, false);
        header.incref(2);
        assert_eq!(header.decref(1), Decref::Alive);
        assert_eq!(header.decref(2), Decref::Dead);
        assert_eq!((header.owner(), header.peek()), (0, MERGED));
        assert_eq!(header.try_incref(1), Err(MERGED));
        assert!(header.revive(2, false, || ()) && !header.revive(3, false, || ()));
        assert_eq!((header.owner(), header.peek()), (2, MAYBE_WEAKREF));
        assert_eq!(header.decref(2), Decref::Dead);
        assert!(header.claim() && !header.claim() && !header.revive(1, false, || ()));
        assert_eq!(header.try_incref(3), Err(CLAIMED));
    }

    #[test]
    fn negative_counts_are_alive() {
        let header = Header::new(1, false);
        header.incref(1);
        assert_eq!(header.decref(2), Decref::Queue);
        assert_eq!(header.decref(2), Decref::Alive);
        // One count too few in the shared half, two in the local one. One of them is the queue's.
        assert_eq!(header.peek(), QUEUED - ONE);
        assert_eq!(header.try_incref(3), Ok(Counted::Shared));
    }

    #[test]
    fn rich_headers_are_merged_for_life() {
        let header = Header::new(1, true);
        assert!(header.has_one_count());
        assert_eq!(header.try_incref(1), Ok(Counted::Shared));
        assert!(!header.has_one_count());
        assert_eq!((header.decref(2), header.decref(1)), (Decref::Alive, Decref::Dead));
        assert!(header.revive(2, true, || ()) && header.has_one_count());
        assert_eq!(header.owner(), 0);
    }
}
