//! What a thread has of the collector. A thread may end, or a fork leave it behind.
//! Upholds: a participant is pinned only while a thread that exists reads.

use crate::sync::global::lease::{Lease, Leases};
use crate::sync::global::{AtomicUsize, OnceLock, Ordering};
use crossbeam_epoch::{self as epoch, Collector, LocalHandle};
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr;

/// A thread's part in the collector. A thread that ends leaves it to a later one.
///
/// | member | protected by |
/// |---|---|
/// | `handle`, `busy`, `passing` | the holder's alone; of a thread that a fork left behind, the child's only thread's |
/// | `owed` | atomic |
#[repr(align(128))]
pub(super) struct Participant {
    handle: LocalHandle,
    /// Something waits for the end of the pin.
    pub(super) busy: Cell<bool>,
    /// It was taken for a single pin, by a thread at its very end.
    passing: Cell<bool>,
    pub(super) owed: Owed,
}

/// How much of what a participant deferred is not ripe. Away from what its holder uses: any thread counts it down.
#[repr(align(128))]
pub(super) struct Owed(pub(super) AtomicUsize);

// SAFETY: its holder alone uses the members but `owed`, which is atomic.
unsafe impl Sync for Participant {}
// SAFETY: one holder at a time, who sees what the former one did.
unsafe impl Send for Participant {}

static PARTICIPANTS: Leases<Participant> = Leases::new();

/// What a thread knows of itself. Without a destructor, so that it is at hand at any time of the thread's life.
pub(super) struct Me {
    participant: Cell<Option<&'static Lease<Participant>>>,
    /// How many releases are under way, one within the other.
    pub(super) depth: Cell<u32>,
    /// How much of what was deferred the thread ever found ripe.
    pub(super) found: Cell<usize>,
}

/// Gives the participant back when the thread ends.
struct Leaving;

thread_local! {
    static ME: Me = const { Me { participant: Cell::new(None), depth: Cell::new(0), found: Cell::new(0) } };
    static LEAVING: Leaving = const { Leaving };
}

impl Drop for Leaving {
    fn drop(&mut self) {
        ME.with(|me| me.leave());
    }
}

/// The calling thread.
#[inline(always)]
pub(super) fn with_me<R>(work: impl FnOnce(&Me) -> R) -> R {
    ME.with(work)
}

impl Me {
    /// The thread's participant, if it ever read.
    #[inline(always)]
    pub(super) fn known(&self) -> Option<&'static Lease<Participant>> {
        self.participant.get()
    }

    #[inline(always)]
    pub(super) fn participant(&self) -> &'static Lease<Participant> {
        match self.known() {
            Some(participant) => participant,
            None => self.join(),
        }
    }

    #[cold]
    fn join(&self) -> &'static Lease<Participant> {
        static COLLECTOR: OnceLock<Collector> = OnceLock::new();
        let participant = PARTICIPANTS.take(|| Participant {
            handle: COLLECTOR.get_or_init(Collector::new).register(),
            busy: Cell::new(false),
            passing: Cell::new(false),
            owed: Owed(AtomicUsize::new(0)),
        });
        self.participant.set(Some(participant));
        let passing = LEAVING.try_with(|_| ()).is_err();
        participant.passing.set(passing);
        participant.busy.set(passing);
        participant
    }

    /// Notes that something was ripe that the thread found.
    pub(super) fn note_found(&self) {
        self.found.set(self.found.get().wrapping_add(1));
    }

    fn leave(&self) {
        if let Some(participant) = self.participant.take() {
            // Nothing stays where only this thread would find it.
            participant.collect();
            participant.give_back();
        }
    }

    /// Whether the thread is amid a read.
    #[inline(always)]
    pub(super) fn is_pinned(&self) -> bool {
        self.known().is_some_and(|participant| participant.is_pinned())
    }
}

impl Participant {
    #[inline(always)]
    pub(super) fn is_pinned(&self) -> bool {
        self.handle.is_pinned()
    }

    #[inline(always)]
    pub(super) fn pin(&self) -> epoch::Guard {
        self.handle.pin()
    }

    /// How much of what was deferred here is not ripe.
    pub(super) fn owed(&self) -> usize {
        // Relaxed: a hint for who waits.
        self.owed.0.load(Ordering::Relaxed)
    }

    /// Finds what is ripe, after all see what was deferred. The epoch has gone on by then if no pin is in its way.
    pub(super) fn collect(&self) {
        self.pin().flush();
    }

    /// Gives the participant back if it was taken at the very end of its thread. Nothing else will do so.
    pub(super) fn pass_on(&self) {
        if self.passing.get() {
            with_me(Me::leave);
        }
    }
}

/// How much of what threads deferred is not ripe.
pub(super) fn owed() -> usize {
    PARTICIPANTS.iter().map(|participant| participant.owed()).sum()
}

/// Lets go of what threads had that a fork left behind. A pin of theirs would keep what is replaced in the child until its end.
/// What they had deferred is released like all else; lost is what they had in hand, as is all that was on their stacks.
///
/// # Safety
/// The caller is the only thread of the child of a fork. It may be amid a read of its own.
pub unsafe fn after_fork() {
    let mine = with_me(Me::known).map(ptr::from_ref);
    for participant in PARTICIPANTS.iter().filter(|one| one.is_held() && Some(ptr::from_ref(*one)) != mine) {
        let idle = !participant.is_pinned();
        while participant.is_pinned() {
            let guard = ManuallyDrop::new(participant.pin());
            // SAFETY: one end is that of the pin just made. The other is that of one whose guard was on a stack which is no
            // more. There is no reader under it: its thread is no more either.
            unsafe { drop(ptr::read(&*guard)) };
            drop(ManuallyDrop::into_inner(guard));
        }
        if idle {
            // Not amid anything but perhaps the very end of a pin, which this makes good. A participant that was pinned
            // may have been left with half a change of what it had deferred: it is not given to another thread.
            drop(participant.pin());
            participant.give_back();
        }
    }
}

/// How many threads ever read at the same time.
#[cfg(test)]
pub(super) fn count() -> usize {
    PARTICIPANTS.iter().count()
}
