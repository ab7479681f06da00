//! A model thread: what Python code and native code on it can do to objects and wrappers, deaths included.
//! Imports `protocol` and the model's world; the `Host` impl is in `host.rs`.
//! Upholds: results of fetches are checked against P1, P4 and P6 here, by what the oracle saw so far.

use super::header::Decref;
use super::trace;
use super::world::{
    lock, notes_of, object_of, wrapper, Class, Late, Moment, Object, Section, World, Wrapper, ALIAS, BUSY, FRESH, MOVED,
};
use bowline::protocol::{self, Host, Tie};
use bowline::sync::atomic::{fence, Ordering};
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize as Plain, Ordering::SeqCst};
use std::sync::Arc;

/// A wrapper could not be allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// One count of a wrapper. Give it back with [`Thread::drop_held`].
#[derive(Debug)]
#[must_use]
pub struct Held {
    pub wrapper: NonNull<Wrapper>,
    /// The object whose fetch returned it.
    pub result_of: Option<Object>,
}

// SAFETY: wrappers are made to be shared, see `Wrapper`.
unsafe impl Send for Held {}

impl Held {
    /// `id()` of the wrapper.
    pub fn id(&self) -> usize {
        self.wrapper.as_ptr() as usize
    }
}

/// A thread, attached to Python or not. Every verb of the protocol takes it as the host.
pub struct Thread {
    pub world: Arc<World>,
    pub id: usize,
    pub attached: bool,
    depth: Arc<Plain>,
    /// Read-modify-writes of native counts by this thread.
    pub native_writes: Cell<usize>,
    /// Wrappers allocated by this thread.
    pub allocations: Cell<usize>,
    /// The next allocation fails.
    pub fail: Cell<bool>,
    /// Deaths on this thread get stuck before their dealloc, until [`Thread::run_late`].
    pub late: Cell<bool>,
    /// The object that is being fetched.
    pub fetching: Cell<Option<Object>>,
    /// How deep user code is nested, for user code to note.
    pub nesting: Cell<usize>,
    /// The rich wrapper that could not be increfed last.
    pub refused: Cell<Option<NonNull<Wrapper>>>,
}

impl Thread {
    pub fn new(world: Arc<World>, id: usize, attached: bool) -> Thread {
        Thread {
            world,
            id,
            attached,
            depth: Arc::default(),
            native_writes: Cell::new(0),
            allocations: Cell::new(0),
            fail: Cell::new(false),
            late: Cell::new(false),
            fetching: Cell::new(None),
            nesting: Cell::new(0),
            refused: Cell::new(None),
        }
    }

    /// How many sections of this thread are open.
    pub fn depth(&self) -> usize {
        self.depth.load(SeqCst)
    }

    /// Adds a line to the story of the execution.
    pub fn tell(&self, line: impl FnOnce() -> String) {
        trace::tell(self.id, line);
    }

    pub fn open(&self) -> Section {
        assert!(self.attached, "P7: a thread without Python reads wrappers");
        self.world.open(&self.depth)
    }

    /// Takes a strong count of an object that the caller protects.
    pub fn retain(&self, object: Object) {
        self.native_writes.set(self.native_writes.get() + 1);
        // Relaxed: as in `Arc::clone`.
        let old = object.get().counts.fetch_add(1, Ordering::Relaxed);
        assert_ne!(old, 0, "P2: a dead object was retained");
    }

    /// Releases a strong count.
    pub fn release(&self, object: Object) {
        if std::thread::panicking() {
            return;
        }
        assert_eq!(self.depth(), 0, "P5: a count is released, which may run user code, inside a section");
        self.native_writes.set(self.native_writes.get() + 1);
        let native = object.get();
        self.tell(|| "releases the object".into());
        // Release: as in `Arc::drop`.
        let old = native.counts.fetch_sub(1, Ordering::Release);
        assert_ne!(old, 0, "P2: a strong count was released twice");
        if old == 1 {
            self.tell(|| "destroys the object".into());
            // Acquire: as in `Arc::drop`.
            fence(Ordering::Acquire);
            let taken = native.word.take();
            // SAFETY: the strong count is zero and the word was taken.
            unsafe { protocol::teardown(self, taken) };
            native.block.free("an object");
            self.world.run_user_code(self, Moment::Destroy);
        }
    }

    /// The wrapper of an object that the caller protects.
    pub fn fetch(&self, object: Object) -> Result<Held, Failed> {
        let outer = self.fetching.replace(Some(object));
        // SAFETY: protected by the caller; `get` in every step asserts it.
        let result = unsafe { protocol::fetch(self, object) };
        self.fetching.set(outer);
        self.tell(|| format!("fetched {result:?}"));
        result.map(|wrapper| self.check(object, wrapper))
    }

    /// The same, giving a strong count.
    pub fn fetch_owned(&self, object: Object) -> Result<Held, Failed> {
        let outer = self.fetching.replace(Some(object));
        // SAFETY: the count is the caller's.
        let result = unsafe { protocol::fetch_owned(self, object) };
        self.fetching.set(outer);
        self.tell(|| format!("fetched {result:?}"));
        result.map(|wrapper| self.check(object, wrapper))
    }

    /// As [`Thread::fetch`], by way of `hit`: for one whose protection ends before user code may run.
    pub fn hit_or_fetch(&self, object: Object) -> Result<Held, Failed> {
        let outer = self.fetching.replace(Some(object));
        // SAFETY: protected by the caller.
        let hit = unsafe { protocol::hit(self, object, Some, || None) };
        self.fetching.set(outer);
        self.tell(|| format!("hit {hit:?}"));
        match hit {
            Some(wrapper) => Ok(self.check(object, wrapper)),
            None => self.fetch_owned(object),
        }
    }

    /// A fetch while the caller holds a result, with P6: no native count is written and nothing allocated.
    pub fn fetch_again(&self, object: Object, held: &Held) -> Held {
        let before = (self.native_writes.get(), self.allocations.get());
        let again = self.fetch(object).expect("a hit allocates nothing");
        assert_eq!(
            (self.native_writes.get(), self.allocations.get()),
            before,
            "P6: a hit wrote more than the refcount"
        );
        assert_eq!(again.id(), held.id(), "P1: another wrapper than the one that is alive");
        let once_more = self.hit_or_fetch(object).expect("a hit allocates nothing");
        assert_eq!(
            (self.native_writes.get(), self.allocations.get()),
            before,
            "P6: a hit wrote more than the refcount"
        );
        self.drop_held(once_more);
        again
    }

    fn check(&self, object: Object, result: NonNull<Wrapper>) -> Held {
        assert_eq!(self.depth(), 0, "a section was left open");
        let got = wrapper(result);
        let contents = got.block.contents("a wrapper");
        assert!(contents == 0 || contents == FRESH);
        let id = result.as_ptr() as usize;
        // Whether this wrapper is one that P1 speaks of: it still is the object's, and it was not superseded in its own
        // death and brought back by its finalizer.
        let counts = |id: usize| {
            let notes = &notes_of(NonNull::new(id as *mut Wrapper).unwrap()).notes;
            let holds = object_of(notes.holds.load(SeqCst)) == Some(object);
            holds && notes.tied.load(SeqCst) && !notes.met.load(SeqCst)
        };
        assert!(
            object_of(got.notes.holds.load(SeqCst)) == Some(object) || got.notes.moved.load(SeqCst),
            "P1: the word pointed at a wrapper of another object"
        );
        let mut oracle = object.oracle();
        if counts(id) {
            for other in oracle.results.iter().filter(|other| counts(**other)) {
                assert_eq!(*other, id, "P1: two wrappers of one object are alive");
            }
            if oracle.home.is_some_and(|home| home != id) {
                assert!(oracle.excused, "P4: the wrapper's address changed");
            }
            oracle.home = Some(id);
            oracle.excused &= !self.world.sequential;
        }
        oracle.results.push(id);
        Held { wrapper: result, result_of: Some(object) }
    }

    /// Another count of a wrapper.
    pub fn clone_held(&self, held: &Held) -> Held {
        wrapper(held.wrapper).header.incref(self.id);
        if let Some(object) = held.result_of {
            object.oracle().results.push(held.id());
        }
        Held { wrapper: held.wrapper, result_of: held.result_of }
    }

    /// Gives a count of a wrapper back.
    pub fn drop_held(&self, held: Held) {
        if let Some(object) = held.result_of {
            let mut oracle = object.oracle();
            let at = oracle.results.iter().position(|id| *id == held.id()).expect("a result is given back twice");
            oracle.results.swap_remove(at);
        }
        self.decref(held.wrapper);
    }

    /// A wrapper that Python made, and that holds nothing yet.
    pub fn construct(&self, class: Class) -> Held {
        Held { wrapper: self.world.make(self.id, class, 0), result_of: None }
    }

    /// `protocol::bind`, giving a count of the object.
    pub fn bind(&self, held: &Held, object: Object) -> Result<Tie, Object> {
        // SAFETY: both counts are the caller's.
        unsafe { protocol::bind(self, held.wrapper, object, true) }
    }

    /// `protocol::rebind`, giving a count of the object.
    pub fn rebind(&self, held: &Held, object: Object) -> Tie {
        // SAFETY: both counts are the caller's.
        unsafe { protocol::rebind(self, held.wrapper, object, |_| true) }
    }

    /// What Python reads through a wrapper: the object it holds, which is looked at before the section ends.
    pub fn read(&self, held: &Held) -> Option<Object> {
        let _section = self.open();
        // Acquire: pairs with the Release of `adopt`, `seat` and `note`. Carries: the object's initialisation.
        let handle = wrapper(held.wrapper).handle.load(Ordering::Acquire);
        let object = object_of(handle).filter(|_| handle & MOVED == 0);
        object.inspect(|object| object.peek().block.touch("an object"))
    }

    /// `protocol::shift`.
    pub fn shift(&self, held: &Held) -> Option<Object> {
        // SAFETY: the count of the wrapper is the caller's.
        unsafe { protocol::shift(self, held.wrapper, |_| true) }
    }

    /// `protocol::evict` of an object of which the caller owns a count.
    pub fn evict(&self, object: Object) -> bool {
        // SAFETY: the count is the caller's.
        unsafe { protocol::evict(self, object) }
    }

    /// `Py_DECREF`.
    pub fn decref(&self, pointer: NonNull<Wrapper>) {
        if std::thread::panicking() {
            return;
        }
        assert!(self.attached, "P7: a thread without Python touches a refcount");
        assert_eq!(self.depth(), 0, "P5: a wrapper is released, which may run user code, inside a section");
        let rich = notes_of(pointer).notes.rich.load(SeqCst);
        self.tell(|| format!("decref {pointer:?}"));
        // CPython runs no safe point between the last decrement and tp_dealloc, which reads the handle of a lean one.
        let section = (!rich).then(|| self.open());
        match wrapper(pointer).header.decref(self.id) {
            Decref::Alive => {}
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

    /// `_Py_brc_merge_refcounts`, which a thread runs now and then for itself, and others run for a thread that ended.
    pub fn merge_queue(&self, owner: usize) -> bool {
        let queue = self.world.take_queue(owner);
        let some = !queue.is_empty();
        for pointer in queue {
            let rich = notes_of(pointer).notes.rich.load(SeqCst);
            let section = (!rich).then(|| self.open());
            if wrapper(pointer).header.merge(-1) == 0 {
                self.die(pointer, section);
            }
        }
        some
    }

    /// Stops the world and ends the limbo of wrappers that were moved from.
    pub fn flush_limbo(&self) {
        let limbo = std::mem::take(&mut *lock(&self.world.limbo));
        if limbo.is_empty() {
            return;
        }
        self.quiesce();
        for pointer in limbo {
            let handle = &wrapper(pointer).handle;
            let now = handle.load(Ordering::Acquire);
            if now & (MOVED | BUSY) == MOVED {
                // Fails when it holds another object now, or is about to. A later move has an entry of its own in limbo.
                let _ = handle.compare_exchange(now, 0, Ordering::AcqRel, Ordering::Relaxed);
            }
            self.decref(pointer);
        }
    }

    /// Frees what threads without Python left.
    pub fn drain(&self) {
        // A statement of its own: the lock is let go before anything is scheduled.
        let left = std::mem::take(&mut *lock(&self.world.left));
        left.into_iter().for_each(|pointer| self.world.free(pointer));
    }

    /// `_Py_Dealloc`.
    fn die(&self, pointer: NonNull<Wrapper>, mut section: Option<Section>) {
        self.tell(|| format!("death of {pointer:?}"));
        let notes = &notes_of(pointer).notes;
        match &section {
            Some(_) => drop(notes.pending.fetch_add(1, SeqCst)),
            None => notes.dying.store(true, SeqCst),
        }
        if self.late.get() {
            if let Some(section) = &mut section {
                section.suspend();
            }
            lock(&self.world.late).push(Late { wrapper: pointer, section });
            return;
        }
        match section {
            Some(section) => self.dealloc_lean(pointer, section),
            None => self.dealloc_rich(pointer),
        }
    }

    /// Lets a stuck death go on; false when there is none.
    pub fn run_late(&self, at: usize) -> bool {
        let Late { wrapper: pointer, section } = {
            let mut late = lock(&self.world.late);
            if at >= late.len() {
                return false;
            }
            late.remove(at)
        };
        self.tell(|| format!("the death of {pointer:?} goes on"));
        match section {
            Some(section) => self.dealloc_lean(pointer, section),
            None => {
                // It was on the trashcan.
                wrapper(pointer).header.trashcan();
                self.dealloc_rich(pointer);
            }
        }
        true
    }

    /// Our `tp_dealloc` of lean classes.
    fn dealloc_lean(&self, pointer: NonNull<Wrapper>, section: Section) {
        // Relaxed: the handle of a tied wrapper keeps its pointer in all of its lives, see `Host::disown`; `quiesce` orders
        // what comes after it.
        let handle = wrapper(pointer).handle.load(Ordering::Relaxed);
        notes_of(pointer).notes.pending.fetch_sub(1, SeqCst);
        drop(section);
        match (object_of(handle), handle & ALIAS != 0) {
            (None, _) => self.world.free(pointer),
            (Some(object), true) => {
                self.world.free(pointer);
                self.release(object);
            }
            // SAFETY: the life owned a count; whether this one was moved from or a later one of the same wrapper.
            (Some(object), false) => unsafe { protocol::retire_lean(self, object) },
        }
    }

    /// `subtype_dealloc` and our base dealloc.
    fn dealloc_rich(&self, pointer: NonNull<Wrapper>) {
        let dying = wrapper(pointer);
        let notes = &dying.notes;
        // Relaxed: this thread ends the life, so all changes of the handle are ordered before.
        let holds = || object_of(dying.handle.load(Ordering::Relaxed));
        if notes.finalizer.load(SeqCst) && !notes.finalized.swap(true, SeqCst) {
            dying.header.resurrect_start(self.id);
            dying.header.rearm();
            self.world.run_user_code(self, Moment::Finalize(pointer, holds()));
            // Others may have found it alive meanwhile, and given it another object.
            if dying.header.resurrect_end(self.id) {
                notes.dying.store(false, SeqCst);
                return;
            }
        }
        self.world.run_user_code(self, Moment::Clear(pointer, holds()));
        dying.block.fill(0, "a dying wrapper");
        let handle = dying.handle.load(Ordering::Relaxed);
        assert_eq!(handle & MOVED, 0, "a wrapper that was moved from died in limbo");
        match object_of(handle) {
            None => self.world.free(pointer),
            Some(object) if handle & ALIAS != 0 => {
                self.world.free(pointer);
                self.release(object);
            }
            // SAFETY: the life owned a count, and this is its last step.
            Some(object) => unsafe { protocol::retire_rich(self, pointer, object) },
        }
    }
}
