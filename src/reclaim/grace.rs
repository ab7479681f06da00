//! Pins, under which nothing that is seen is released. It is released at their end.
//! Upholds: nothing is released inside a pin; what was replaced is released by the first who can.

use super::participant::{self, with_me, Participant};
use super::ripe::{self, Release};
use crate::sync::global::Ordering;
use crate::sync::single_threaded::single_threaded;
use crossbeam_epoch as epoch;
use std::mem::ManuallyDrop;

/// How often a thread tries at once to release what it replaced. Two steps of the epoch do without readers.
const ATTEMPTS: usize = 4;
/// How often [`settle`] tries in vain before it leaves the rest to those who read. The collector's own queue is taken apart eight
/// nodes at a time, of which nothing is seen here.
const MAX_VAIN_ROUNDS: usize = 512;

/// What a reader holds while it looks at shared pointers. Dropping it ends the read, and may release what others replaced.
pub struct Guard {
    pinned: ManuallyDrop<epoch::Guard>,
    participant: &'static Participant,
}

impl Guard {
    /// Ends the read and releases nothing.
    pub(crate) fn end_quietly(self) {
        let mut guard = ManuallyDrop::new(self);
        // SAFETY: not used again.
        unsafe { ManuallyDrop::drop(&mut guard.pinned) };
    }
}

impl Drop for Guard {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: not used again.
        unsafe { ManuallyDrop::drop(&mut self.pinned) };
        if self.participant.busy.get() {
            after_pin(self.participant);
        }
    }
}

/// The end of a pin that something waited for.
#[cold]
fn after_pin(participant: &Participant) {
    if participant.is_pinned() {
        return;
    }
    participant.busy.set(false);
    flush();
}

/// Begins a read. What is replaced from now on is not released before the guard is dropped.
#[inline]
pub fn pin() -> Guard {
    let participant = with_me(|me| me.participant());
    Guard { pinned: ManuallyDrop::new(participant.pin()), participant }
}

/// Looks at shared pointers under a pin and releases nothing, not even at its end. It is for garbage collectors, amid whose
/// work no destructor may run.
pub fn look<R>(look: impl FnOnce(&Guard) -> R) -> R {
    /// Also when `look` panics.
    struct Quiet(ManuallyDrop<Guard>);
    impl Drop for Quiet {
        fn drop(&mut self) {
            // SAFETY: not used again.
            unsafe { ManuallyDrop::take(&mut self.0) }.end_quietly();
        }
    }
    look(&Quiet(ManuallyDrop::new(pin())).0)
}

/// Runs `release`, which ends what was replaced, once all present readers are done. That is before this returns if there are
/// none, else on whichever thread finds it ripe. It may be user code; a panic of it ends there.
///
/// The only thread, outside of its own pins, is no reader. Readers who ask [`single_threaded`] need no guard then, if nothing
/// runs between their look at a pointer and the count that they take.
#[inline]
pub fn retire(release: impl FnOnce() + Send + 'static) {
    let rest = with_me(|me| match single_threaded() && !me.is_pinned() {
        true => {
            me.release_now(release);
            None
        }
        false => Some(release),
    });
    if let Some(release) = rest {
        defer(release);
        flush();
    }
}

/// Runs `release` some time after all present readers are done. It must not be user code, which [`retire`] is for.
pub fn defer(release: impl FnOnce() + Send + 'static) {
    let participant: &'static Participant = with_me(|me| me.participant());
    let release: Release = Box::new(release);
    // Relaxed, here and below: a hint for a thread that waits. What was deferred is handed on by the collector.
    participant.owed.0.fetch_add(1, Ordering::Relaxed);
    participant.pin().defer(move || {
        ripe::push(release);
        participant.owed.0.fetch_sub(1, Ordering::Relaxed);
        with_me(|me| {
            me.note_found();
            me.known().inspect(|mine| mine.busy.set(true));
        });
    });
}

/// Releases what is ripe, and what this thread replaced if there are no readers. Amid a read that happens at its end.
pub fn flush() {
    let participant = with_me(|me| me.participant());
    for _ in 0..ATTEMPTS {
        if participant.owed() == 0 {
            break;
        }
        participant.collect();
        if participant.is_pinned() {
            return participant.busy.set(true);
        }
    }
    ripe::release_all();
    participant.pass_on();
}

/// Releases all that was replaced, by any thread, and what that releases in turn. What another thread reads, or goes on
/// to replace, is left to it.
pub fn settle() {
    let (mut vain, mut rounds) = (0, participant::owed() + 1000);
    // What was deferred becomes ripe in its order. Before it there may be any number of nodes of queues.
    let found = || with_me(|me| me.found.get());
    while vain < MAX_VAIN_ROUNDS && rounds > 0 && !(participant::owed() == 0 && ripe::is_empty()) {
        let before = (participant::owed(), found());
        with_me(|me| me.participant()).collect();
        flush();
        rounds -= 1;
        vain = if participant::owed() < before.0 || found() != before.1 { 0 } else { vain + 1 };
        if vain > 0 {
            std::thread::yield_now();
        }
    }
}
