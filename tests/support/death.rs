//! Deaths of wrappers on a model thread: what CPython and the extension's deallocs do.
//! Uses `protocol` and the model's world.
//! Upholds: a death may stop at any point at which CPython may, and go on later.

use super::header::Decref;
use super::model::{lock, notes_of, object_of, wrapper, Moment, Object, Wrapper, ALIAS, BUSY, DEFERRED, MOVED};
use super::section::Section;
use super::thread::Thread;
use super::world::{Late, World};
use bowline::protocol::{self, Host};
use bowline::sync::atomic::{fence, AtomicUsize, Ordering};
use bowline::sync::{Mutex as Lock, MutexGuard as LockGuard};
use std::ptr::NonNull;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::Arc;

impl Thread {
    /// `Py_DECREF`.
    pub fn decref(&self, pointer: NonNull<Wrapper>) {
        if std::thread::panicking() {
            return;
        }
        assert!(self.attached, "P7: a thread without Python touches a refcount");
        assert_eq!(self.depth(), 0, "P5: a wrapper is released, which may run user code, inside a section");
        // CPython runs no safe point between the last decrement and tp_dealloc, which reads the handle.
        self.decref_within(self.open(), pointer);
    }

    /// The same in a section, in which the count was taken.
    pub fn decref_within(&self, section: Section, pointer: NonNull<Wrapper>) {
        self.tell(|| format!("decref {pointer:?}"));
        match wrapper(pointer).header.decref(self.id) {
            Decref::Alive => {}
            // One who came too late to revive it gives up what that took.
            Decref::Dead if notes_of(pointer).notes.deposited.load(SeqCst) => {}
            Decref::Dead => self.die(pointer, section),
            Decref::Queue => {
                drop(section);
                self.queue(pointer);
            }
        }
    }

    /// `_Py_brc_queue_object`.
    fn queue(&self, pointer: NonNull<Wrapper>) {
        match wrapper(pointer).header.owner() {
            // The owner merged it meanwhile.
            0 => self.decref(pointer),
            owner => self.world.queue(owner, pointer),
        }
    }

    /// `_Py_brc_merge_refcounts`, which a thread runs now and then for itself. Others run it for a thread that ended.
    pub fn merge_queue(&self, owner: usize) -> bool {
        let queue = self.world.take_queue(owner);
        let some = !queue.is_empty();
        for pointer in queue {
            let section = self.open();
            if wrapper(pointer).header.merge(-1) == 0 {
                self.die(pointer, section);
            }
        }
        some
    }

    /// Waits for a grace period, and ends the limbo of what was in it before.
    pub fn flush_limbo(&self) {
        let limbo = std::mem::take(&mut *lock(&self.world.limbo));
        let kept = std::mem::take(&mut *lock(&self.world.kept));
        if limbo.is_empty() && kept.is_empty() {
            return;
        }
        self.quiesce();
        for (pointer, former) in limbo {
            self.clear_moved(&wrapper(pointer).handle);
            if let Some(former) = former {
                // Relaxed: the grace period orders what retires left.
                let left = wrapper(pointer).retires.swap(0, Ordering::Relaxed) / (2 * DEFERRED);
                (0..left).for_each(|_| self.release(former));
            }
            self.decref(pointer);
        }
        kept.into_iter().for_each(|object| self.release(object));
    }

    /// Waits for a grace period.
    fn quiesce(&self) {
        assert_eq!(self.depth(), 0, "a thread waits for itself");
        // Threads that are amid a death go on meanwhile.
        let stir = || while self.run_late(0) {};
        stir();
        self.world.quiesce(stir);
    }

    /// Moved → empty.
    pub fn clear_moved(&self, handle: &AtomicUsize) {
        let now = handle.load(Ordering::Acquire);
        if now & (MOVED | BUSY) == MOVED {
            // Fails when it holds another object now, or is about to. A later move has an entry of its own in limbo.
            let _ = handle.compare_exchange(now, 0, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    /// Frees what threads without Python left.
    pub fn drain(&self) {
        // A statement of its own: the lock is let go before anything is scheduled.
        let left = std::mem::take(&mut *lock(&self.world.left));
        left.into_iter().for_each(|pointer| self.world.free(pointer));
        let ending = std::mem::take(&mut *lock(&self.world.ending));
        // SAFETY: attached, with the count that was left, in no section.
        ending.into_iter().for_each(|object| unsafe { protocol::resume(self, object) });
    }

    /// `_Py_Dealloc`.
    fn die(&self, pointer: NonNull<Wrapper>, mut section: Section) {
        self.tell(|| format!("death of {pointer:?}"));
        let notes = &notes_of(pointer).notes;
        notes.pending.fetch_add(1, SeqCst);
        let deposited = self.deposit.get() && notes.rich.load(SeqCst) && self.deposit(pointer);
        if self.late.get() {
            section.suspend();
            lock(&self.world.late).push(Late { wrapper: pointer, section, deposited });
            return;
        }
        self.dealloc(pointer, section, deposited);
    }

    /// Lets a stuck death go on; false when there is none.
    pub fn run_late(&self, at: usize) -> bool {
        let Late { wrapper: pointer, mut section, deposited } = {
            let mut late = lock(&self.world.late);
            if at >= late.len() {
                return false;
            }
            late.remove(at)
        };
        self.tell(|| format!("the death of {pointer:?} goes on"));
        self.go_on(&mut section);
        self.dealloc(pointer, section, deposited);
        true
    }

    /// What the extension's `tp_is_gc` does when the trashcan asks it, with the count at zero. If a thread has revived the
    /// wrapper meanwhile, it is made immortal, which is not modelled: its death is then not told to the trashcan.
    fn deposit(&self, pointer: NonNull<Wrapper>) -> bool {
        let notes = &notes_of(pointer).notes;
        // Relaxed: as in `dealloc_lean`.
        let handle = wrapper(pointer).handle.load(Ordering::Relaxed);
        // No thread finds these by a word.
        if object_of(handle).is_none() || handle & ALIAS != 0 || !wrapper(pointer).header.deposit() {
            return false;
        }
        if let Some(object) = object_of(notes.holds.load(SeqCst)) {
            object.oracle().excused = true;
            object.get().word.untie(pointer);
        }
        notes.deposited.store(true, SeqCst);
        // Release: with the store in `Header::take_out`, which CPython does without. Carries: the untied word.
        fence(Ordering::Release);
        true
    }

    /// `deposited`: it is the trashcan that calls.
    fn dealloc(&self, pointer: NonNull<Wrapper>, section: Section, deposited: bool) {
        let notes = &notes_of(pointer).notes;
        if deposited || notes.deposited.load(SeqCst) {
            notes.pending.fetch_sub(1, SeqCst);
            let object = object_of(wrapper(pointer).handle.load(Ordering::Relaxed));
            if deposited {
                wrapper(pointer).header.take_out();
                assert!(!notes.ended.swap(true, SeqCst), "P3: a deposited wrapper ends twice");
            }
            drop(section);
            if deposited {
                // Its end comes once all have passed. Weak references give nothing before, as its count stays zero.
                self.forget_weak(pointer);
                self.world.defer_free(pointer);
            }
            return object.into_iter().for_each(|object| self.release(object));
        }
        match notes_of(pointer).notes.rich.load(SeqCst) {
            false => self.dealloc_lean(pointer, section),
            true => self.dealloc_rich(pointer, section),
        }
    }

    /// Our `tp_dealloc` of lean classes.
    fn dealloc_lean(&self, pointer: NonNull<Wrapper>, section: Section) {
        // Acquire: pairs with the Release of `set_object`. Carries: that retires leave their counts.
        let handle = wrapper(pointer).handle.load(Ordering::Acquire);
        let left = wrapper(pointer).leave_retire();
        notes_of(pointer).notes.pending.fetch_sub(1, SeqCst);
        drop(section);
        if left {
            return;
        }
        match (object_of(handle), handle & ALIAS != 0) {
            (None, _) => self.world.free(pointer),
            (Some(object), true) => {
                self.world.free(pointer);
                self.release(object);
            }
            // SAFETY: the life owned a count. It does not matter whether this one was moved from or a later one of the same
            // wrapper.
            (Some(object), false) => unsafe { protocol::retire_lean(self, object) },
        }
    }

    /// Our `tp_dealloc` of rich classes.
    fn dealloc_rich(&self, pointer: NonNull<Wrapper>, section: Section) {
        // Acquire: as in `dealloc_lean`.
        let handle = wrapper(pointer).handle.load(Ordering::Acquire);
        let left = wrapper(pointer).leave_retire();
        notes_of(pointer).notes.pending.fetch_sub(1, SeqCst);
        if left {
            return;
        }
        let object = object_of(handle);
        if let Some(object) = object.filter(|_| handle & ALIAS == 0) {
            // SAFETY: the life owned a count. It does not matter whether this one was moved from or a later one of the same
            // wrapper.
            return unsafe { protocol::retire_rich(self, section, pointer, object) };
        }
        // No other thread can find it.
        drop(section);
        if self.needs_finalizer(pointer) && wrapper(pointer).header.revive(self.id, true, || ()) {
            self.run_finalizer(pointer);
            return self.decref(pointer);
        }
        self.clear(pointer, object);
        self.world.free(pointer);
        object.into_iter().for_each(|object| self.release(object));
    }

    /// Whether there is a `__del__` that has not run.
    pub fn needs_finalizer(&self, pointer: NonNull<Wrapper>) -> bool {
        let notes = &notes_of(pointer).notes;
        notes.finalizer.load(SeqCst) && !notes.finalized.load(SeqCst)
    }

    /// Runs `__del__`.
    pub fn run_finalizer(&self, pointer: NonNull<Wrapper>) {
        let finalized = &wrapper(pointer).notes.finalized;
        assert!(!finalized.swap(true, SeqCst), "P9: a finalizer ran twice");
        let holds = object_of(wrapper(pointer).handle.load(Ordering::Acquire));
        self.world.run_user_code(self, Moment::Finalize(pointer, holds));
    }

    /// `PyObject_ClearWeakRefs`.
    fn forget_weak(&self, pointer: NonNull<Wrapper>) {
        if self.world.weak.is_some() {
            self.world.weak_list().retain(|id| *id != pointer.as_ptr() as usize);
        }
    }

    /// Clears what a dead wrapper holds.
    pub fn clear(&self, pointer: NonNull<Wrapper>, object: Option<Object>) {
        self.forget_weak(pointer);
        self.world.run_user_code(self, Moment::Clear(pointer, object));
        wrapper(pointer).block.fill(0, "a dying wrapper");
    }
}

impl World {
    /// A world with weak references.
    pub fn weak() -> Arc<World> {
        World::weakly(World::made(false, false, false, None))
    }

    pub(super) fn weakly(mut world: World) -> Arc<World> {
        world.weak = Some(Lock::new(Vec::new()));
        Arc::new(world)
    }

    /// Asks `owner` to merge a wrapper; the queue takes a count over.
    pub fn queue(&self, owner: usize, pointer: NonNull<Wrapper>) {
        // AcqRel: as the lock of CPython's queue.
        self.queued.fetch_add(1, Ordering::AcqRel);
        lock(&self.queues[owner]).push(pointer);
    }

    /// The wrappers that owners are asked to merge, for the oracle.
    pub fn queued(&self) -> Vec<NonNull<Wrapper>> {
        self.queues.iter().flat_map(|queue| lock(queue).clone()).collect()
    }

    /// Takes what `owner` is asked to merge.
    pub fn take_queue(&self, owner: usize) -> Vec<NonNull<Wrapper>> {
        // AcqRel: as above.
        self.queued.fetch_add(1, Ordering::AcqRel);
        std::mem::take(&mut *lock(&self.queues[owner]))
    }

    /// The wrappers that weak references lead to.
    pub fn weak_list(&self) -> LockGuard<'_, Vec<usize>> {
        self.weak.as_ref().expect("a world with weak references").lock().unwrap_or_else(|e| e.into_inner())
    }
}
