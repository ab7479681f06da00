//! `protocol::Host` for model threads.
//! Upholds: each promise of the trait, and asserts each duty of its caller.

use super::header::{CLAIMED, DEPOSITED, MERGED};
use super::model::{lock, notes_of, object_of, wrapper, Moment, Object, Wrapper, ALIAS, BUSY, DEFERRED, MOVED};
use super::section::Section;
use super::thread::{Failed, Thread};
use bowline::protocol::{Counted, Dormancy, Fresh, Host, InTransition, Tie};
use bowline::sync::atomic::Ordering;
use bowline::sync::thread::yield_now;
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

// SAFETY: each method keeps its own promises. What is in limbo stays while a section is open that was open then; `revive` and
// `claim` are one compare-and-swap each, from what a death leaves.
unsafe impl Host for Thread {
    type Object = Object;
    type Wrapper = Wrapper;
    type Error = Failed;
    type Section = Section;

    fn enter(&self) -> Section {
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

    unsafe fn incref_own(&self, pointer: NonNull<Wrapper>, _: impl FnOnce() -> bool) -> bool {
        self.in_section();
        let counted = wrapper(pointer).header.incref_own(self.id);
        self.tell(|| format!("increfs {pointer:?} as its own: {counted}"));
        counted
    }

    unsafe fn try_incref(&self, pointer: NonNull<Wrapper>, is_preserved: impl FnOnce() -> bool) -> Counted {
        self.in_section();
        let header = &wrapper(pointer).header;
        if header.owner() != self.id && is_preserved() {
            return Counted::Preserved;
        }
        match header.try_incref(self.id) {
            Ok(counted) => {
                self.tell(|| format!("increfs {pointer:?}: {counted:?}"));
                counted
            }
            Err(refused) => {
                self.tell(|| format!("cannot incref {pointer:?}, which is {refused:#x}"));
                Counted::Dead
            }
        }
    }

    unsafe fn decref_within(&self, section: Section, pointer: NonNull<Wrapper>) {
        Thread::decref_within(self, section, pointer);
    }

    unsafe fn decref(&self, pointer: NonNull<Wrapper>) {
        Thread::decref(self, pointer);
    }

    unsafe fn is_claimed(&self, pointer: NonNull<Wrapper>) -> bool {
        self.in_section();
        wrapper(pointer).notes.deposited.load(SeqCst)
    }

    unsafe fn dormancy(&self, pointer: NonNull<Wrapper>, rich: bool) -> Dormancy {
        self.in_section();
        let shared = wrapper(pointer).header.peek();
        self.tell(|| format!("asks what {pointer:?} is: {shared:#x}"));
        match shared {
            DEPOSITED if notes_of(pointer).notes.forgets.load(SeqCst) => Dormancy::Forgetting,
            CLAIMED | DEPOSITED => Dormancy::Claimed,
            MERGED if rich && notes_of(pointer).notes.deposited.load(SeqCst) => Dormancy::Claimed,
            MERGED => Dormancy::Dormant,
            _ => Dormancy::Busy,
        }
    }

    unsafe fn revive(&self, pointer: NonNull<Wrapper>, rich: bool) -> bool {
        self.in_section();
        let revived = wrapper(pointer);
        let notes = &revived.notes;
        assert_eq!(notes.rich.load(SeqCst), rich, "the word's tag names the wrong tier");
        let won = revived.header.revive(self.id, rich, || {
            assert!(!notes.moved_out.load(SeqCst), "P1: revived though the object was moved out");
        });
        self.tell(|| format!("{} {pointer:?}", if won { "revives" } else { "comes too late to revive" }));
        won
    }

    unsafe fn claim(&self, pointer: NonNull<Wrapper>) -> bool {
        self.in_section();
        let claimed = wrapper(pointer).header.claim();
        self.tell(|| format!("claims {pointer:?}: {claimed}"));
        if claimed {
            self.excuse(notes_of(pointer).notes.holds.load(SeqCst));
        }
        claimed
    }

    unsafe fn has_one_count(&self, pointer: NonNull<Wrapper>) -> bool {
        self.in_section();
        wrapper(pointer).header.has_one_count()
    }

    unsafe fn claim_end(&self, object: Object) -> bool {
        let claimed = object.get().counts.claim_end();
        self.tell(|| format!("claims the end of {object:?}: {claimed}"));
        claimed
    }

    unsafe fn renounce_end(&self, object: Object) {
        self.tell(|| format!("renounces the end of {object:?}"));
        object.get().counts.renounce_end();
    }

    unsafe fn is_sole(&self, object: Object) -> bool {
        object.get().counts.is_sole()
    }

    unsafe fn needs_finalizer(&self, pointer: NonNull<Wrapper>) -> bool {
        self.needs_finalizer(pointer)
    }

    unsafe fn run_finalizer(&self, pointer: NonNull<Wrapper>) {
        self.run_finalizer(pointer);
    }

    unsafe fn forgets(&self, pointer: NonNull<Wrapper>) -> bool {
        let notes = &notes_of(pointer).notes;
        notes.forgets.load(SeqCst) && !notes.last_life.swap(false, SeqCst)
    }

    unsafe fn forget(&self, pointer: NonNull<Wrapper>, keep: impl FnOnce() -> bool) -> bool {
        Thread::forget(self, pointer, keep)
    }

    unsafe fn is_forgetting(&self, pointer: NonNull<Wrapper>) -> bool {
        notes_of(pointer).notes.forgets.load(SeqCst) && wrapper(pointer).header.is_forgetting()
    }

    fn back_off(&self) {
        assert_eq!(self.depth(), 0, "a thread waits in a section");
        yield_now();
    }

    unsafe fn note_end(&self, pointer: NonNull<Wrapper>) {
        let notes = &wrapper(pointer).notes;
        if notes.forgets.load(SeqCst) {
            notes.finalized.store(true, SeqCst);
            notes.last_life.store(true, SeqCst);
        }
    }

    unsafe fn end(&self, pointer: NonNull<Wrapper>, object: Object) {
        self.tell(|| format!("ends {pointer:?} and its object"));
        assert!(object.get().word.untie(pointer), "the wrapper that ends is not the object's");
        assert_eq!(wrapper(pointer).header.total(), 0, "P4: a wrapper is ended that is alive, or the object's");
        self.clear(pointer, None);
        self.world.free(pointer);
        let released = object.get().counts.end();
        self.note_released(object, released);
        self.destroy(object, released);
    }

    unsafe fn is_blank(&self, pointer: NonNull<Wrapper>) -> bool {
        wrapper(pointer).header.total() == 1 && !notes_of(pointer).notes.finalizer.load(SeqCst)
    }

    unsafe fn free(&self, pointer: NonNull<Wrapper>) {
        self.tell(|| format!("frees {pointer:?}"));
        if self.attached {
            self.world.free(pointer);
        } else {
            if let Some(storages) = &self.world.storages {
                let object = object_of(wrapper(pointer).handle.load(Ordering::Relaxed)).expect("it had an object");
                storages.leave(notes_of(pointer).slot, || object.peek().counts.retain_weak(), || self.unkeep(pointer));
            }
            lock(&self.world.left).push(pointer);
        }
    }

    unsafe fn begin_move(&self, pointer: NonNull<Wrapper>) -> Option<Object> {
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
        self.tell(|| format!("moved {:?} out of {pointer:?}", object_of(handle)));
        moved.notes.moved_out.store(true, SeqCst);
        moved.notes.moved.store(true, SeqCst);
        moved.notes.tied.store(false, SeqCst);
        moved.notes.holds.store(0, SeqCst);
        if handle & ALIAS == 0 {
            self.excuse(handle);
        }
        object_of(handle)
    }

    unsafe fn finish_move(&self, pointer: NonNull<Wrapper>) {
        let handle = &wrapper(pointer).handle;
        // Relaxed: no other thread changes the handle while it is in transition.
        let now = handle.load(Ordering::Relaxed);
        assert_eq!(now & (MOVED | BUSY), MOVED | BUSY, "finished without begin_move");
        // Release: pairs with the Acquire in `begin_bind`. Carries: the edge of the word that unties the wrapper. A swap here
        // and below: loom lets a plain store be overtaken by a read-modify-write that read what was there before it.
        handle.swap(now & !BUSY, Ordering::Release);
    }

    unsafe fn begin_bind(&self, pointer: NonNull<Wrapper>, object: Object) -> bool {
        let bound = wrapper(pointer);
        let handle = bound.handle.load(Ordering::Acquire);
        if handle & BUSY != 0 || (handle != 0 && handle & MOVED == 0) {
            return false;
        }
        bound.expect_no_retires();
        let new = object.0.as_ptr() as usize;
        if bound.handle.compare_exchange(handle, new | BUSY, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return false;
        }
        self.tell(|| format!("bound {pointer:?}"));
        bound.notes.moved_out.store(false, SeqCst);
        bound.notes.holds.store(new, SeqCst);
        true
    }

    unsafe fn begin_rebind(&self, pointer: NonNull<Wrapper>) -> Result<Option<Object>, InTransition> {
        let rebound = wrapper(pointer);
        // AcqRel: as in `begin_bind`. One read-modify-write: loom forgets the read of a `retire` that another read, such as
        // that of a compare-and-swap loop, comes after, and would not try the write before it.
        let handle = rebound.handle.fetch_or(BUSY, Ordering::AcqRel);
        if handle & BUSY != 0 {
            return Err(InTransition);
        }
        self.tell(|| format!("begins to rebind {pointer:?}, which has {:?}", object_of(handle)));
        if handle & MOVED != 0 {
            return Ok(None);
        }
        let held = object_of(handle);
        if held.is_some() {
            rebound.notes.moved.store(true, SeqCst);
            rebound.notes.tied.store(false, SeqCst);
            if handle & ALIAS == 0 {
                self.excuse(handle);
            }
        }
        Ok(held)
    }

    unsafe fn defer_retires(&self, pointer: NonNull<Wrapper>) -> Option<Object> {
        let Wrapper { handle, retires, .. } = wrapper(pointer);
        // Relaxed: no other thread changes the handle while it is in transition.
        let former = object_of(handle.load(Ordering::Relaxed))?;
        // Relaxed: `set_object` carries it to those who read the handle.
        let before = retires.fetch_or(DEFERRED, Ordering::Relaxed);
        self.tell(|| format!("retires of {pointer:?} leave their counts of {former:?}: {before}"));
        (before & DEFERRED == 0).then_some(former)
    }

    unsafe fn set_object(&self, pointer: NonNull<Wrapper>, object: Object) {
        wrapper(pointer).expect_no_retires();
        let Wrapper { handle, notes, .. } = wrapper(pointer);
        // Relaxed: no other thread changes the handle while it is in transition.
        assert_ne!(handle.load(Ordering::Relaxed) & BUSY, 0, "an object set without begin_rebind");
        self.tell(|| format!("sets {object:?} in {pointer:?}"));
        notes.moved_out.store(false, SeqCst);
        notes.holds.store(object.0.as_ptr() as usize, SeqCst);
        // Release: pairs with the Acquire of readers. Carries: the object's initialisation.
        handle.swap(object.0.as_ptr() as usize | BUSY, Ordering::Release);
    }

    unsafe fn finish_bind(&self, pointer: NonNull<Wrapper>, tie: Tie) {
        let Wrapper { handle, notes, .. } = wrapper(pointer);
        notes.tied.store(tie == Tie::Tied, SeqCst);
        // Relaxed: no other thread changes the handle while it is in transition.
        let now = handle.load(Ordering::Relaxed);
        assert_ne!(now & BUSY, 0, "finished without begin_bind or begin_rebind");
        let flags = if tie == Tie::Alias { ALIAS } else { 0 };
        // Release: pairs with the Acquire in `begin_move`. Carries: the edge of the word that ties the wrapper.
        handle.swap((now & !BUSY) | flags, Ordering::Release);
    }

    unsafe fn is_rich(&self, pointer: NonNull<Wrapper>) -> bool {
        wrapper(pointer).notes.rich.load(SeqCst)
    }

    unsafe fn forget_moved(&self, pointer: NonNull<Wrapper>) {
        self.tell(|| format!("{pointer:?} holds nothing from now on"));
        wrapper(pointer).expect_no_retires();
        self.clear_moved(&wrapper(pointer).handle);
    }

    unsafe fn limbo(&self, pointer: NonNull<Wrapper>, former: Option<Object>) {
        self.tell(|| format!("limbo takes {pointer:?}, and what retires leave of {former:?}"));
        wrapper(pointer).header.incref(self.id);
        lock(&self.world.limbo).push((pointer, former));
    }

    unsafe fn keep_for_readers(&self, pointer: NonNull<Wrapper>, object: Object) {
        if wrapper(pointer).header.shared_with_others(self.id) {
            self.tell(|| format!("keeps {object:?} for readers"));
            Thread::retain(self, object);
            lock(&self.world.kept).push(object);
        }
    }
}
