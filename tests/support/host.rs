//! `protocol::Host` for model threads.
//! Imports `protocol`, `word` and the model.
//! Upholds: each promise of the trait, and asserts each duty of its caller.

use super::header::{self, CLAIMED, MERGED};
use super::thread::{Failed, Thread};
use super::world::{lock, notes_of, object_of, wrapper, Moment, Object, Section, Wrapper, ALIAS, BUSY, MOVED};
use bowline::protocol::{Counted, Dormancy, Fresh, Host, InTransition, Tie};
use bowline::sync::atomic::Ordering;
use bowline::word::AtomicWord;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::SeqCst;

impl Thread {
    fn in_section(&self) {
        assert_ne!(self.depth(), 0, "P3: a wrapper is read outside a section");
    }

    /// Notes that P4 no longer holds for the object that the wrapper held.
    fn excuse(&self, holds: usize) {
        if let Some(object) = object_of(holds) {
            object.oracle().excused = true;
        }
    }
}

// SAFETY: see the methods; storage is not freed while a section is open that was open at `defer_free`; `wake` and `claim`
// are one compare-and-swap each, from a value that only one dormancy has (rich) or any death (lean).
unsafe impl Host for Thread {
    type Object = Object;
    type Wrapper = Wrapper;
    type Error = Failed;
    type Ticket = isize;
    type Section = Section;

    fn enter(&self) -> Section {
        self.refused.set(None);
        self.open()
    }

    unsafe fn word(&self, object: Object) -> &AtomicWord {
        &object.get().word
    }

    unsafe fn retain(&self, object: Object) {
        Thread::retain(self, object);
    }

    unsafe fn release(&self, object: Object) {
        Thread::release(self, object);
    }

    unsafe fn allocate(&self, object: Object) -> Result<Fresh<Wrapper>, Failed> {
        assert_eq!(self.depth(), 0, "P5: allocation inside a section");
        if self.refused.take().is_some() {
            // A fetch that met a rich wrapper dying is about to replace it.
            object.oracle().excused = true;
        }
        self.world.run_user_code(self, Moment::Allocate(object));
        if self.fail.take() {
            return Err(Failed);
        }
        self.allocations.set(self.allocations.get() + 1);
        let class = object.get().class;
        let fresh = self.world.make(self.id, class, object.0.as_ptr() as usize);
        self.tell(|| format!("allocated {fresh:?}"));
        Ok(Fresh { wrapper: fresh, rich: class.rich })
    }

    unsafe fn discard(&self, pointer: NonNull<Wrapper>) {
        if std::thread::panicking() {
            return;
        }
        assert_eq!(self.depth(), 0, "P5: a wrapper is freed inside a section");
        self.tell(|| format!("discards {pointer:?}"));
        let discarded = wrapper(pointer);
        assert_eq!(discarded.header.merge(0), 1, "a wrapper that others saw is discarded");
        self.world.free(pointer);
    }

    unsafe fn try_incref(&self, pointer: NonNull<Wrapper>) -> Counted {
        self.in_section();
        let seen = wrapper(pointer);
        match seen.header.try_incref(self.id) {
            Ok(counted) => {
                self.tell(|| format!("increfs {pointer:?}: {counted:?}"));
                self.refused.set(None);
                counted
            }
            Err(refused) => {
                self.tell(|| format!("cannot incref {pointer:?}, which is {refused:#x}"));
                if seen.notes.rich.load(SeqCst) {
                    self.refused.set(Some(pointer));
                    // A refusal may be old news, of a death before this life.
                    let dying = (refused == 0 || refused == MERGED) && seen.notes.dying.load(SeqCst);
                    seen.notes.met.fetch_or(dying, SeqCst);
                }
                Counted::Dead
            }
        }
    }

    unsafe fn decref(&self, pointer: NonNull<Wrapper>) {
        Thread::decref(self, pointer);
    }

    unsafe fn dormancy(&self, pointer: NonNull<Wrapper>, rich: bool) -> Dormancy<isize> {
        self.in_section();
        let seen = wrapper(pointer);
        assert_eq!(seen.notes.rich.load(SeqCst), rich, "the word's tag names the wrong tier");
        let shared = seen.header.peek();
        self.tell(|| format!("asks what {pointer:?} is: {shared:#x}"));
        match shared {
            CLAIMED => Dormancy::Claimed,
            MERGED if !rich => Dormancy::Dormant(MERGED),
            shared if header::ticket(shared).is_some() => Dormancy::Dormant(shared),
            _ => Dormancy::Busy,
        }
    }

    unsafe fn wake(&self, pointer: NonNull<Wrapper>, ticket: isize, rich: bool) -> bool {
        self.in_section();
        let woken = wrapper(pointer);
        let notes = &woken.notes;
        let won = woken.header.wake(ticket, self.id, || {
            if rich {
                let complete = !notes.dying.load(SeqCst) && notes.laid.swap(false, SeqCst);
                assert!(complete, "P9: woken before its death was complete");
                assert_eq!(woken.block.contents("a wrapper"), 0, "P9: woken with the contents of the former life");
            }
            assert!(!notes.disowned.load(SeqCst), "P1: woken though the object was moved out");
            notes.finalized.store(false, SeqCst);
            notes.met.store(false, SeqCst);
        });
        self.tell(|| format!("{} {pointer:?}", if won { "woke" } else { "comes too late to wake" }));
        won
    }

    unsafe fn claim(&self, pointer: NonNull<Wrapper>, ticket: isize) -> bool {
        self.in_section();
        let claimed = wrapper(pointer).header.claim(ticket);
        self.tell(|| format!("claims {pointer:?}: {claimed}"));
        if claimed {
            self.excuse(notes_of(pointer).notes.holds.load(SeqCst));
        }
        claimed
    }

    unsafe fn lay_down(&self, pointer: NonNull<Wrapper>) {
        self.tell(|| format!("lays {pointer:?} down"));
        let dead = wrapper(pointer);
        assert!(dead.notes.dying.swap(false, SeqCst), "laid down without having died");
        dead.notes.laid.store(true, SeqCst);
        dead.header.lay_down(self.world.tickets.fetch_add(1, SeqCst) as isize);
    }

    unsafe fn keeps(&self, pointer: NonNull<Wrapper>) -> bool {
        let keeps = wrapper(pointer).notes.keeps.load(SeqCst);
        if !keeps {
            self.excuse(notes_of(pointer).notes.holds.load(SeqCst));
        }
        keeps
    }

    unsafe fn free(&self, pointer: NonNull<Wrapper>) {
        self.tell(|| format!("frees {pointer:?}"));
        if self.attached {
            self.world.free(pointer);
        } else {
            lock(&self.world.left).push(pointer);
        }
    }

    unsafe fn defer_free(&self, pointer: NonNull<Wrapper>) {
        self.tell(|| format!("will free {pointer:?}"));
        self.world.defer_free(pointer);
    }

    unsafe fn disown(&self, pointer: NonNull<Wrapper>) -> Option<Object> {
        let moved = wrapper(pointer);
        let mut handle = moved.handle.load(Ordering::Acquire);
        loop {
            if handle == 0 || handle & (MOVED | BUSY) != 0 {
                return None;
            }
            // AcqRel: among moves, the loser sees that the winner took the object.
            match moved.handle.compare_exchange(handle, handle | MOVED | BUSY, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break,
                Err(now) => handle = now,
            }
        }
        self.tell(|| format!("moved out of {pointer:?}"));
        moved.notes.disowned.store(true, SeqCst);
        moved.notes.moved.store(true, SeqCst);
        moved.notes.tied.store(false, SeqCst);
        moved.notes.holds.store(0, SeqCst);
        if handle & ALIAS == 0 {
            self.excuse(handle);
        }
        object_of(handle)
    }

    unsafe fn vacate(&self, pointer: NonNull<Wrapper>) {
        let handle = &wrapper(pointer).handle;
        // Relaxed: nobody else changes the handle while it is in transition.
        let now = handle.load(Ordering::Relaxed);
        assert_eq!(now & (MOVED | BUSY), MOVED | BUSY, "vacated without having been disowned");
        // Release: pairs with the Acquire in `adopt`. Carries: the edge of the word that unties the wrapper. A swap here and
        // below: loom lets a plain store be overtaken by a read-modify-write that read what was there before it.
        handle.swap(now & !BUSY, Ordering::Release);
    }

    unsafe fn adopt(&self, pointer: NonNull<Wrapper>, object: Object) -> bool {
        let adopting = wrapper(pointer);
        let handle = adopting.handle.load(Ordering::Acquire);
        if handle & BUSY != 0 || (handle != 0 && handle & MOVED == 0) {
            return false;
        }
        assert_eq!(adopting.notes.pending.load(SeqCst), 0, "the handle changes under a retire of a former life");
        let new = object.0.as_ptr() as usize;
        if adopting.handle.compare_exchange(handle, new | BUSY, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return false;
        }
        self.tell(|| format!("bound {pointer:?}"));
        adopting.notes.disowned.store(false, SeqCst);
        adopting.notes.holds.store(new, SeqCst);
        true
    }

    unsafe fn seize(&self, pointer: NonNull<Wrapper>) -> Result<Option<Object>, InTransition> {
        let seized = wrapper(pointer);
        // AcqRel: as in `adopt`. One read-modify-write: loom forgets the read of a `retire` that another read, such as that of
        // a compare-and-swap loop, comes after, and would not try the write before it.
        let handle = seized.handle.fetch_or(BUSY, Ordering::AcqRel);
        if handle & BUSY != 0 {
            return Err(InTransition);
        }
        self.tell(|| format!("seized {pointer:?}"));
        if handle & MOVED != 0 {
            return Ok(None);
        }
        let held = object_of(handle);
        if held.is_some() {
            seized.notes.moved.store(true, SeqCst);
            seized.notes.tied.store(false, SeqCst);
            if handle & ALIAS == 0 {
                self.excuse(handle);
            }
        }
        Ok(held)
    }

    unsafe fn seat(&self, pointer: NonNull<Wrapper>, object: Object) {
        let Wrapper { handle, notes, .. } = wrapper(pointer);
        assert_eq!(notes.pending.load(SeqCst), 0, "the handle changes under a retire of a former life");
        // Relaxed: nobody else changes the handle while it is in transition.
        assert_ne!(handle.load(Ordering::Relaxed) & BUSY, 0, "seated without having been seized");
        self.tell(|| format!("seated {pointer:?}"));
        notes.disowned.store(false, SeqCst);
        notes.holds.store(object.0.as_ptr() as usize, SeqCst);
        // Release: pairs with the Acquire of readers. Carries: the object's initialisation.
        handle.swap(object.0.as_ptr() as usize | BUSY, Ordering::Release);
    }

    unsafe fn note(&self, pointer: NonNull<Wrapper>, tie: Tie) {
        let Wrapper { handle, notes, .. } = wrapper(pointer);
        notes.tied.store(tie == Tie::Tied, SeqCst);
        // Relaxed: nobody else changes the handle while it is in transition.
        let now = handle.load(Ordering::Relaxed);
        assert_ne!(now & BUSY, 0, "noted without having been adopted");
        let flags = if tie == Tie::Alias { ALIAS } else { 0 };
        // Release: pairs with the Acquire in `disown`. Carries: the edge of the word that ties the wrapper.
        handle.swap((now & !BUSY) | flags, Ordering::Release);
    }

    unsafe fn is_rich(&self, pointer: NonNull<Wrapper>) -> bool {
        wrapper(pointer).notes.rich.load(SeqCst)
    }

    unsafe fn limbo(&self, pointer: NonNull<Wrapper>, _object: Object) {
        wrapper(pointer).header.incref(self.id);
        lock(&self.world.limbo).push(pointer);
    }

    fn quiesce(&self) {
        assert_eq!(self.depth(), 0, "a thread waits for itself");
        // Sequential histories: what stands for suspended threads goes on first.
        while self.run_late(0) {}
        self.world.quiesce();
    }

    fn superseded(&self) {
        self.tell(|| "superseded it".into());
        let object = self.fetching.get().expect("only fetches supersede");
        object.oracle().excused = true;
    }
}
