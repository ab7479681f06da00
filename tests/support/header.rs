//! A wrapper's refcount, as CPython's free-threaded build keeps it: a biased local half, a shared half with flags.
//! Imports `sync` only; follows Objects/object.c and Include/refcount.h of CPython 3.13 line by line.
//! Upholds: try-incref takes a count of the living only, and a death is told to exactly one thread.

use bowline::protocol::Counted;
use bowline::sync::atomic::{AtomicIsize, Ordering};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// One count in the shared half; the two bits below are flags.
pub const ONE: isize = 4;
const FLAGS: isize = 3;
/// Flag: asked for by try-incref. What `EnableTryIncRef` sets.
pub const MAYBE_WEAKREF: isize = 1;
/// Flag: a foreign thread took the shared half below zero; the owner has been asked to merge.
pub const QUEUED: isize = 2;
/// Flag: the local half is gone. With a count of zero: dead.
pub const MERGED: isize = 3;
/// What an eviction leaves: neither alive nor ever to be woken.
pub const CLAIMED: isize = isize::MIN | 1;
/// What an allocator scribbles over freed storage.
const FREED: isize = isize::MIN | 3;
const IMMORTAL: usize = u32::MAX as usize;

/// The shared half of a dormant rich wrapper. Negative counts occur in life, with the QUEUED flag only: no flag here.
pub fn parked(ticket: isize) -> isize {
    -(ticket * ONE)
}

/// The ticket of a shared half that [`parked`] made.
pub fn ticket(shared: isize) -> Option<isize> {
    (shared < 0 && shared & FLAGS == 0 && shared != isize::MIN).then_some(-shared / ONE)
}

/// Whether try-incref must refuse this shared half: zero without a flag, dead, dormant, claimed, freed.
fn refused(shared: isize) -> bool {
    shared == 0 || shared == MERGED || (shared < 0 && shared & FLAGS != QUEUED)
}

/// What a decrement led to.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Decref {
    /// Somebody else has a count.
    Alive,
    /// The caller must call dealloc.
    Dead,
    /// The count goes to the owner's merge queue.
    Queue,
}

/// The refcount fields.
///
/// `try_incref`, `peek`, `wake`, `claim` and `lay_down` are the extension's own, in the orderings of its refcount.rs (`peek`
/// is `dormancy` there; `ci/mutate` compares them); the others are CPython's.
///
/// `tid` and `local` are the owner's: others compare `tid` with their own id only, which they find there only if they
/// put it there last. So a stale read of theirs cannot matter, and loom need not explore it: they are std's atomics.
pub struct Header {
    tid: AtomicUsize,
    local: AtomicUsize,
    shared: AtomicIsize,
}

impl Header {
    /// A new reference of thread `me`, with try-incref enabled.
    pub fn new(me: usize) -> Self {
        Header { tid: AtomicUsize::new(me), local: AtomicUsize::new(1), shared: AtomicIsize::new(MAYBE_WEAKREF) }
    }

    /// `_Py_NewReference` and `EnableTryIncRef` on storage that served before.
    pub fn renew(&self, me: usize) {
        self.tid.store(me, SeqCst);
        self.local.store(1, SeqCst);
        self.shared.store(MAYBE_WEAKREF, Ordering::Relaxed);
    }

    fn is_mine(&self, me: usize) -> bool {
        self.tid.load(SeqCst) == me
    }

    /// Own form of `PyUnstable_TryIncRef`; the error is the shared half that was refused, 0 for a dying one of our own.
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

    /// `_PyObject_ResurrectStart`: a finalizer is about to run. Loses the maybe-weakref flag, as CPython does.
    pub fn resurrect_start(&self, me: usize) {
        self.tid.store(me, SeqCst);
        self.local.store(1, SeqCst);
        self.shared.store(0, Ordering::Relaxed);
    }

    /// What our `tp_finalize` does first: asks for the flag again, so that others can count the wrapper meanwhile.
    pub fn rearm(&self) {
        // Relaxed: nothing is carried; a value other than 0 needs no flag.
        let _ = self.shared.compare_exchange(0, MAYBE_WEAKREF, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// `_PyObject_ResurrectEnd`: whether the finalizer brought the wrapper back.
    pub fn resurrect_end(&self, me: usize) -> bool {
        let mine = self.is_mine(me);
        if mine && self.local.load(SeqCst) == 1 && self.shared.load(Ordering::Acquire) == 0 {
            self.local.store(0, SeqCst);
            return false;
        }
        if mine {
            return self.merge(-1) > 0;
        }
        self.decref_shared() != Decref::Dead
    }

    /// What the trashcan does when it takes a dying object out of its list again.
    pub fn trashcan(&self) {
        self.tid.store(0, SeqCst);
        self.shared.store(MERGED, Ordering::Relaxed);
    }

    /// Dead or dying → dormant under a ticket.
    pub fn lay_down(&self, ticket: isize) {
        self.tid.store(0, SeqCst);
        self.local.store(0, SeqCst);
        // Release: pairs with the Acquire of `peek` and of the swap in `wake`. Carries: the cleared contents.
        self.shared.store(parked(ticket), Ordering::Release);
    }

    /// The shared half, and all that its writer wrote before.
    pub fn peek(&self) -> isize {
        self.shared.load(Ordering::Acquire)
    }

    /// `from` → alive, with one count of thread `me`: the wait-free way to take the bias back. `woken` is called in the
    /// very step that decides.
    pub fn wake(&self, from: isize, me: usize, woken: impl FnOnce()) -> bool {
        // AcqRel: the Acquire pairs with the Release of the death or of `lay_down`, the Release with `try_incref`.
        if self.shared.compare_exchange(from, MERGED + ONE, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return false;
        }
        woken();
        self.local.store(1, SeqCst);
        self.tid.store(me, SeqCst);
        let mut shared = MERGED + ONE;
        loop {
            let new = ((shared - ONE) & !FLAGS) | MAYBE_WEAKREF;
            // Release: as the extension does it; `tid` and `local` above are std's, so loom has nothing to see here.
            match self.shared.compare_exchange(shared, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => shared = now,
            }
        }
    }

    /// `from` → claimed.
    pub fn claim(&self, from: isize) -> bool {
        // Relaxed: only who wins is asked; a grace period orders the rest.
        self.shared.compare_exchange(from, CLAIMED, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// What an allocator does to freed storage; makes loom try both orders of this and of every look.
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
        let header = Header::new(1);
        header.incref(2);
        assert_eq!(header.decref(1), Decref::Alive);
        assert_eq!(header.decref(2), Decref::Dead);
        assert_eq!((header.owner(), header.peek()), (0, MERGED));
        assert_eq!(header.try_incref(1), Err(MERGED));
        assert!(header.wake(MERGED, 2, || ()) && !header.wake(MERGED, 3, || ()));
        assert_eq!((header.owner(), header.peek()), (2, MAYBE_WEAKREF));
        assert_eq!(header.decref(2), Decref::Dead);
    }

    #[test]
    fn negative_counts_are_alive_and_tickets_are_not() {
        let header = Header::new(1);
        header.incref(1);
        assert_eq!(header.decref(2), Decref::Queue);
        assert_eq!(header.decref(2), Decref::Alive);
        // One count too few in the shared half, two in the local one, one of them the queue's.
        assert_eq!(header.peek(), QUEUED - ONE);
        assert_eq!((ticket(header.peek()), header.try_incref(3)), (None, Ok(Counted::Shared)));
        header.lay_down(7);
        assert_eq!((ticket(header.peek()), header.try_incref(3)), (Some(7), Err(parked(7))));
        assert!(!header.wake(MERGED, 1, || ()) && !header.wake(parked(6), 1, || ()) && header.claim(parked(7)));
        assert_eq!((ticket(header.peek()), header.try_incref(3)), (None, Err(CLAIMED)));
    }

    #[test]
    fn a_finalizer_run_is_refused_to_other_threads_and_after_it_to_its_own() {
        let header = Header::new(1);
        assert_eq!(header.decref(1), Decref::Dead);
        header.resurrect_start(1);
        assert_eq!((header.try_incref(2), header.try_incref(1)), (Err(0), Ok(Counted::Own)));
        assert_eq!(header.decref(1), Decref::Alive);
        assert!(!header.resurrect_end(1));
        assert_eq!((header.try_incref(2), header.try_incref(1)), (Err(0), Err(0)));
        header.resurrect_start(1);
        header.incref(1);
        // It is nobody's now.
        assert!(header.resurrect_end(1));
        assert_eq!((header.try_incref(2), header.try_incref(1)), (Ok(Counted::Shared), Ok(Counted::Shared)));
    }
}
