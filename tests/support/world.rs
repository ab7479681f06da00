//! What the threads of one execution share: objects, wrappers, sections, queues, and the oracle's notes about them.
//! Imports `sync` and `word`, and the model's cells and headers.
//! Upholds: bookkeeping adds no happens-before edge that CPython would not add; `finish` finds every leak.

use super::cell::Block;
use super::header::Header;
use super::thread::Thread;
use super::trace;
use bowline::sync::atomic::{AtomicUsize, Ordering};
use bowline::sync::thread::yield_now;
use bowline::word::AtomicWord;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize as Plain, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};

/// Thread ids are 1 to THREADS − 1.
pub const THREADS: usize = 8;
/// Handle bit: the object was moved out; the pointer is kept for retires of former lives.
pub const MOVED: usize = 1;
/// Handle bit: the wrapper is not the tied one.
pub const ALIAS: usize = 2;
/// Handle bit: in transition, see `Host::disown`.
pub const BUSY: usize = 4;
/// What a fresh wrapper contains; a life that begins in kept storage must find 0.
pub const FRESH: u32 = 1;

/// What a class of wrappers is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    pub rich: bool,
    /// Whether it has `__del__`.
    pub finalizer: bool,
    /// Whether it is the class that is registered for its objects, so that storage can be kept.
    pub keeps: bool,
}

impl Class {
    pub const LEAN: Class = Class { rich: false, finalizer: false, keeps: true };
    pub const RICH: Class = Class { rich: true, finalizer: false, keeps: true };
    pub const FINAL: Class = Class { rich: true, finalizer: true, keeps: true };
    pub const SUBCLASS: Class = Class { rich: true, finalizer: false, keeps: false };
}

/// When user code runs.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// A wrapper is being allocated.
    Allocate(Object),
    /// `__del__` of a wrapper.
    Finalize(NonNull<Wrapper>, Option<Object>),
    /// Weakref callbacks and destructors of slot values, after `__del__`.
    Clear(NonNull<Wrapper>, Option<Object>),
    /// The destructor of an object.
    Destroy,
}

type UserCode = dyn Fn(&Thread, Moment) + Send + Sync;

/// A native object.
#[repr(align(16))]
pub struct Native {
    pub block: Block,
    pub counts: AtomicUsize,
    pub word: AtomicWord,
    pub class: Class,
    pub oracle: Mutex<Oracle>,
}

/// What is known of an object's wrappers by what fetches returned.
#[derive(Default)]
pub struct Oracle {
    /// The wrappers of the results that are alive, once per result.
    pub results: Vec<usize>,
    /// The address that P4 promises.
    pub home: Option<usize>,
    /// Something happened that ends the promise.
    pub excused: bool,
    /// How often user code asked; for code that is to run once.
    pub asked: usize,
}

/// A pointer to a native object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Object(pub NonNull<Native>);

// SAFETY: `Native` is made of atomics, blocks that check their use, and std locks.
unsafe impl Send for Object {}
// SAFETY: as above.
unsafe impl Sync for Object {}

impl Object {
    /// The object's block; asserts that it was not freed.
    #[track_caller]
    pub fn get<'a>(self) -> &'a Native {
        // SAFETY: natives live as long as their world; only their `block` is ever marked as freed.
        let native = unsafe { self.0.as_ref() };
        native.block.touch("an object");
        native
    }

    /// The same without the check, for the oracle.
    pub fn peek<'a>(self) -> &'a Native {
        // SAFETY: as in `get`.
        unsafe { self.0.as_ref() }
    }

    pub fn oracle<'a>(self) -> MutexGuard<'a, Oracle> {
        lock(&self.peek().oracle)
    }

    /// How many strong counts there are.
    pub fn count(self) -> usize {
        self.peek().counts.load(Ordering::Relaxed)
    }
}

/// A Python wrapper.
#[repr(align(16))]
pub struct Wrapper {
    pub block: Block,
    pub header: Header,
    /// The object's address and the two handle bits; 0 when it never held one.
    pub handle: AtomicUsize,
    pub notes: Notes,
}

/// The oracle's notes about a wrapper. All of this is bookkeeping that CPython does not have.
#[derive(Default)]
pub struct Notes {
    pub rich: AtomicBool,
    pub finalizer: AtomicBool,
    pub keeps: AtomicBool,
    /// What the handle holds, without its moved-from objects.
    pub holds: Plain,
    /// Whether it is the wrapper that fetches of its object return, as far as the handle says.
    pub tied: AtomicBool,
    /// It gave an object away in this life.
    pub disowned: AtomicBool,
    /// It gave an object away in this or a former life.
    pub moved: AtomicBool,
    /// `__del__` ran in this life.
    pub finalized: AtomicBool,
    /// A rich life that has ended, and not yet been laid down.
    pub dying: AtomicBool,
    /// Laid down.
    pub laid: AtomicBool,
    /// A fetch met it dying in this life.
    pub met: AtomicBool,
    /// Lean deaths of it whose dealloc has not read the handle yet.
    pub pending: Plain,
}

/// The wrapper behind a pointer; asserts that it was not freed.
#[track_caller]
pub fn wrapper<'a>(pointer: NonNull<Wrapper>) -> &'a Wrapper {
    let wrapper = notes_of(pointer);
    wrapper.block.touch("a wrapper");
    wrapper
}

/// The same without the check, for the oracle.
pub fn notes_of<'a>(pointer: NonNull<Wrapper>) -> &'a Wrapper {
    // SAFETY: wrappers live as long as their world; only their `block` is ever marked as freed.
    unsafe { pointer.as_ref() }
}

/// The object in a handle.
pub fn object_of(handle: usize) -> Option<Object> {
    NonNull::new((handle & !(MOVED | ALIAS | BUSY)) as *mut Native).map(Object)
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

/// A death whose dealloc has yet to run.
pub struct Late {
    pub wrapper: NonNull<Wrapper>,
    /// Lean: the thread is between the last decrement and the read of the handle, without a safe point.
    pub section: Option<Section>,
}

/// See the methods; made by [`World::new`].
pub struct World {
    natives: Mutex<Vec<NonNull<Native>>>,
    wrappers: Mutex<Vec<NonNull<Wrapper>>>,
    pool: Option<Mutex<Vec<NonNull<Wrapper>>>>,
    open: Mutex<(u64, Vec<u64>)>,
    deferred: Mutex<Vec<(NonNull<Wrapper>, Vec<u64>)>>,
    /// Loom's view of grace periods; touched only once there was one, or always in a `strict` world.
    grace: AtomicUsize,
    graced: AtomicBool,
    strict: bool,
    /// No two threads run at once: the oracle need not make allowance for what others do meanwhile.
    pub sequential: bool,
    pub tickets: Plain,
    /// What owners are asked to merge; CPython has a lock here, for which `queued` stands.
    queues: [Mutex<Vec<NonNull<Wrapper>>>; THREADS],
    queued: AtomicUsize,
    /// What threads without Python left for the others to free.
    pub left: Mutex<Vec<NonNull<Wrapper>>>,
    pub limbo: Mutex<Vec<NonNull<Wrapper>>>,
    pub late: Mutex<Vec<Late>>,
    user: Option<Box<UserCode>>,
}

// SAFETY: the pointers are to natives and wrappers, which the world owns and which are made to be shared.
unsafe impl Send for World {}
// SAFETY: as above.
unsafe impl Sync for World {}

impl World {
    fn build(strict: bool, recycles: bool, sequential: bool, user: Option<Box<UserCode>>) -> Arc<World> {
        trace::begin();
        Arc::new(World {
            natives: Mutex::default(),
            wrappers: Mutex::default(),
            pool: recycles.then(Mutex::default),
            open: Mutex::default(),
            deferred: Mutex::default(),
            grace: AtomicUsize::new(0),
            graced: AtomicBool::new(false),
            strict,
            sequential,
            tickets: Plain::new(1),
            queues: Default::default(),
            queued: AtomicUsize::new(0),
            left: Mutex::default(),
            limbo: Mutex::default(),
            late: Mutex::default(),
            user,
        })
    }

    /// A world without user code.
    pub fn new() -> Arc<World> {
        World::build(false, false, false, None)
    }

    /// A world whose sections order what is in them before the grace periods that wait for them: for `rebind`.
    pub fn strict() -> Arc<World> {
        World::build(true, false, false, None)
    }

    /// A world with user code.
    pub fn with_user(user: impl Fn(&Thread, Moment) + Send + Sync + 'static) -> Arc<World> {
        World::build(false, false, false, Some(Box::new(user)))
    }

    /// A strict world in which addresses of freed wrappers are used again, as an allocator does.
    pub fn recycling(user: impl Fn(&Thread, Moment) + Send + Sync + 'static) -> Arc<World> {
        World::build(true, true, false, Some(Box::new(user)))
    }

    /// The same for histories in which one thread runs at a time.
    pub fn sequential(user: impl Fn(&Thread, Moment) + Send + Sync + 'static) -> Arc<World> {
        World::build(false, true, true, Some(Box::new(user)))
    }

    /// An attached thread.
    pub fn thread(self: &Arc<Self>, id: usize) -> Thread {
        assert!((1..THREADS).contains(&id));
        Thread::new(self.clone(), id, true)
    }

    /// A thread that Python does not know.
    pub fn foreign(self: &Arc<Self>, id: usize) -> Thread {
        Thread::new(self.clone(), id, false)
    }

    /// A new object with one strong count, the caller's.
    pub fn object(&self, class: Class) -> Object {
        let native = Box::leak(Box::new(Native {
            block: Block::default(),
            counts: AtomicUsize::new(1),
            word: AtomicWord::new(),
            class,
            oracle: Mutex::default(),
        }));
        let native = NonNull::from(native);
        lock(&self.natives).push(native);
        Object(native)
    }

    pub fn run_user_code(&self, thread: &Thread, moment: Moment) {
        if let Some(user) = &self.user {
            assert_eq!(thread.depth(), 0, "P5: user code runs inside a section");
            user(thread, moment);
        }
    }

    /// A wrapper with refcount 1 of thread `me`.
    pub fn make(&self, me: usize, class: Class, handle: usize) -> NonNull<Wrapper> {
        let recycled = self.pool.as_ref().and_then(|pool| lock(pool).pop());
        let pointer = recycled.unwrap_or_else(|| {
            let (block, notes) = (Block::default(), Notes::default());
            let made =
                Box::leak(Box::new(Wrapper { block, header: Header::new(me), handle: AtomicUsize::new(0), notes }));
            let made = NonNull::from(made);
            lock(&self.wrappers).push(made);
            made
        });
        let made = notes_of(pointer);
        if recycled.is_some() {
            made.block.reuse("a wrapper");
            made.header.renew(me);
        }
        made.block.fill(FRESH, "a wrapper");
        made.handle.store(handle, Ordering::Relaxed);
        let notes = &made.notes;
        for (flag, value) in [
            (&notes.rich, class.rich),
            (&notes.finalizer, class.finalizer),
            (&notes.keeps, class.keeps),
            (&notes.tied, handle != 0),
            (&notes.disowned, false),
            (&notes.moved, false),
            (&notes.finalized, false),
            (&notes.dying, false),
            (&notes.laid, false),
            (&notes.met, false),
        ] {
            flag.store(value, SeqCst);
        }
        notes.holds.store(handle, SeqCst);
        notes.pending.store(0, SeqCst);
        pointer
    }

    /// Frees a wrapper at once.
    pub fn free(&self, pointer: NonNull<Wrapper>) {
        notes_of(pointer).block.free("a wrapper");
        self.recycle(pointer);
    }

    fn recycle(&self, pointer: NonNull<Wrapper>) {
        notes_of(pointer).header.scribble();
        if let Some(pool) = &self.pool {
            lock(pool).push(pointer);
        }
    }

    /// Frees a wrapper after the sections that are open now.
    pub fn defer_free(&self, pointer: NonNull<Wrapper>) {
        notes_of(pointer).block.defer("a wrapper");
        self.graced.store(true, SeqCst);
        // Release: pairs with the Acquire of `open`: sections that begin later see the word as it is now.
        self.grace.fetch_add(1, Ordering::Release);
        let waits_for = lock(&self.open).1.clone();
        lock(&self.deferred).push((pointer, waits_for));
        self.ripen();
    }

    fn ripen(&self) {
        let mut ripe = Vec::new();
        {
            let open = lock(&self.open);
            lock(&self.deferred).retain(|(pointer, waits_for)| {
                let wait = waits_for.iter().any(|id| open.1.contains(id));
                if !wait {
                    ripe.push(*pointer);
                }
                wait
            });
        }
        if !ripe.is_empty() {
            // Acquire: pairs with the Release of `defer_free`.
            self.grace.fetch_add(0, Ordering::Acquire);
        }
        for pointer in ripe {
            notes_of(pointer).block.ripen("a wrapper");
            self.recycle(pointer);
        }
    }

    pub fn open(self: &Arc<Self>, depth: &Arc<Plain>) -> Section {
        let id = {
            let mut open = lock(&self.open);
            open.0 += 1;
            let id = open.0;
            open.1.push(id);
            id
        };
        depth.fetch_add(1, SeqCst);
        if self.strict || self.graced.load(SeqCst) {
            // Acquire: pairs with the Release of `defer_free` and `quiesce`. A read-modify-write, to read the latest.
            self.grace.fetch_add(0, Ordering::Acquire);
        }
        Section { world: self.clone(), depth: depth.clone(), id }
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

    /// All wrappers whose storage was not freed, for the oracle.
    pub fn wrappers(&self) -> Vec<NonNull<Wrapper>> {
        let mut wrappers = lock(&self.wrappers).clone();
        wrappers.retain(|pointer| !notes_of(*pointer).block.is_gone());
        wrappers
    }

    /// Takes what `owner` is asked to merge.
    pub fn take_queue(&self, owner: usize) -> Vec<NonNull<Wrapper>> {
        // AcqRel: as above.
        self.queued.fetch_add(1, Ordering::AcqRel);
        std::mem::take(&mut *lock(&self.queues[owner]))
    }

    /// See `Host::quiesce`.
    pub fn quiesce(&self) {
        self.graced.store(true, SeqCst);
        // Release: as in `defer_free`.
        self.grace.fetch_add(1, Ordering::Release);
        let waits_for = lock(&self.open).1.clone();
        while lock(&self.open).1.iter().any(|id| waits_for.contains(id)) {
            yield_now();
        }
        // Acquire: pairs with the Release of `Section::drop`.
        self.grace.fetch_add(0, Ordering::Acquire);
    }

    /// Ends the execution: lets everything that is pending happen on `thread`, then looks for what is left over. To be
    /// called when all threads were joined and all counts given back.
    pub fn finish(self: Arc<Self>, thread: &Thread) {
        loop {
            let before = self.progress();
            while thread.run_late(0) {}
            for id in 0..THREADS {
                thread.merge_queue(id);
            }
            thread.drain();
            thread.flush_limbo();
            if before == self.progress() {
                break;
            }
        }
        assert!(lock(&self.open).1.is_empty(), "a section was left open");
        assert!(lock(&self.deferred).is_empty());
        for native in lock(&self.natives).iter() {
            let object = Object(*native);
            assert_eq!(object.count(), 0, "P2: strong counts are left over");
            assert!(object.peek().block.is_freed(), "P3: an object was not freed");
            assert!(object.oracle().results.is_empty(), "a result was not given back");
        }
        for pointer in lock(&self.wrappers).iter() {
            assert!(notes_of(*pointer).block.is_freed(), "P3: a wrapper was not freed");
        }
    }

    fn progress(&self) -> [usize; 5] {
        let queued = self.queues.iter().map(|queue| lock(queue).len()).sum();
        let freed = lock(&self.wrappers).iter().filter(|pointer| notes_of(**pointer).block.is_freed()).count();
        [lock(&self.late).len(), queued, lock(&self.left).len(), lock(&self.limbo).len(), freed]
    }
}

impl Drop for World {
    fn drop(&mut self) {
        lock(&self.late).clear();
        for native in std::mem::take(&mut *lock(&self.natives)) {
            // SAFETY: leaked by `object`, freed only here; no thread of the execution is left.
            drop(unsafe { Box::from_raw(native.as_ptr()) });
        }
        for wrapper in std::mem::take(&mut *lock(&self.wrappers)) {
            // SAFETY: leaked by `make`, as above.
            drop(unsafe { Box::from_raw(wrapper.as_ptr()) });
        }
    }
}

/// See `Host::enter`.
pub struct Section {
    world: Arc<World>,
    depth: Arc<Plain>,
    id: u64,
}

impl Section {
    /// Keeps the section open while the thread goes on: stands for a thread that was suspended in it.
    pub fn suspend(&mut self) {
        self.depth.fetch_sub(1, SeqCst);
        self.depth = Arc::new(Plain::new(1));
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if self.world.strict {
            // Release: pairs with the Acquire of `quiesce`.
            self.world.grace.fetch_add(1, Ordering::Release);
        }
        self.depth.fetch_sub(1, SeqCst);
        lock(&self.world.open).1.retain(|id| *id != self.id);
        self.world.ripen();
    }
}
