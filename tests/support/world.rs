//! What the threads of one execution share: all objects and wrappers, sections, and queues.
//! Upholds: bookkeeping adds no happens-before edge that CPython would not add; `finish` finds every leak.

use super::cell::Block;
use super::header::Header;
use super::model::{lock, notes_of, Class, Moment, Native, Notes, Object, Wrapper, FRESH};
use super::section::Section;
use super::thread::Thread;
use super::trace;
use bowline::object::count::Counts;
use bowline::protocol::storage_table::StorageTable;
use bowline::sync::atomic::{AtomicUsize, Ordering};
use bowline::sync::thread::yield_now;
use bowline::sync::Mutex as Lock;
use bowline::word::AtomicWord;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize as Plain, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// Thread ids are 1 to THREADS − 1.
pub const THREADS: usize = 8;
type UserCode = dyn Fn(&Thread, Moment) + Send + Sync;

/// A death whose dealloc has yet to run.
pub struct Late {
    pub wrapper: NonNull<Wrapper>,
    /// The thread is between the last decrement and the read of the handle. There is no safe point between them.
    pub section: Section,
    /// The trashcan has it.
    pub deposited: bool,
}

/// See the methods; made by [`World::new`].
pub struct World {
    natives: Mutex<Vec<NonNull<Native>>>,
    wrappers: Mutex<Vec<NonNull<Wrapper>>>,
    pool: Option<Mutex<Vec<NonNull<Wrapper>>>>,
    pub(super) open: Mutex<(u64, Vec<u64>)>,
    deferred: Mutex<Vec<(NonNull<Wrapper>, Vec<u64>)>>,
    /// Loom's view of grace periods. It is touched only once there was one, or always in a `strict` world.
    pub(super) grace: AtomicUsize,
    graced: AtomicBool,
    pub(super) strict: bool,
    /// No two threads run at once. The oracle need not make allowance for what others do meanwhile.
    pub sequential: bool,
    /// What owners are asked to merge; for CPython's lock `queued` stands.
    pub(super) queues: [Mutex<Vec<NonNull<Wrapper>>>; THREADS],
    pub(super) queued: AtomicUsize,
    /// What threads without Python left for the others to free.
    pub left: Mutex<Vec<NonNull<Wrapper>>>,
    /// Last counts of objects with preserved wrappers, left by threads without Python.
    pub ending: Mutex<Vec<Object>>,
    pub limbo: Mutex<Vec<(NonNull<Wrapper>, Option<Object>)>>,
    /// Counts of objects that were taken out of wrappers which other threads may know.
    pub kept: Mutex<Vec<Object>>,
    pub late: Mutex<Vec<Late>>,
    user: Option<Box<UserCode>>,
    /// Where `trim` finds wrappers, in worlds that have it.
    pub storages: Option<StorageTable<1>>,
    /// The wrappers that weak references lead to, in worlds that have them, under CPython's lock.
    pub weak: Option<Lock<Vec<usize>>>,
}

// SAFETY: the pointers are to natives and wrappers. The world owns them and they are made to be shared.
unsafe impl Send for World {}
// SAFETY: the pointers are to natives and wrappers. The world owns them and they are made to be shared.
unsafe impl Sync for World {}

impl World {
    fn build(strict: bool, recycles: bool, sequential: bool, user: Option<Box<UserCode>>) -> Arc<World> {
        Arc::new(World::made(strict, recycles, sequential, user))
    }

    pub(super) fn made(strict: bool, recycles: bool, sequential: bool, user: Option<Box<UserCode>>) -> World {
        trace::begin();
        World {
            natives: Mutex::default(),
            wrappers: Mutex::default(),
            pool: recycles.then(Mutex::default),
            open: Mutex::default(),
            deferred: Mutex::default(),
            grace: AtomicUsize::new(0),
            graced: AtomicBool::new(false),
            strict,
            sequential,
            queues: Default::default(),
            queued: AtomicUsize::new(0),
            left: Mutex::default(),
            ending: Mutex::default(),
            limbo: Mutex::default(),
            kept: Mutex::default(),
            late: Mutex::default(),
            user,
            storages: None,
            weak: None,
        }
    }

    /// A world with a storage table, for `trim`.
    pub fn listed() -> Arc<World> {
        let mut world = World::made(false, false, false, None);
        world.storages = Some(StorageTable::new());
        Arc::new(world)
    }

    /// A world without user code.
    pub fn new() -> Arc<World> {
        World::build(false, false, false, None)
    }

    /// A world whose sections order what is in them. It comes before the grace periods that wait for them.
    pub fn strict() -> Arc<World> {
        World::build(true, false, false, None)
    }

    /// A world with user code.
    pub fn with_user(user: impl Fn(&Thread, Moment) + Send + Sync + 'static) -> Arc<World> {
        World::build(false, false, false, Some(Box::new(user)))
    }

    /// A strict world with weak references in which addresses of freed wrappers are used again. An allocator does so.
    pub fn recycling(user: impl Fn(&Thread, Moment) + Send + Sync + 'static) -> Arc<World> {
        World::weakly(World::made(true, true, false, Some(Box::new(user))))
    }

    /// The same for histories in which one thread runs at a time.
    pub fn sequential(user: impl Fn(&Thread, Moment) + Send + Sync + 'static) -> Arc<World> {
        World::weakly(World::made(false, true, true, Some(Box::new(user))))
    }

    /// An attached thread.
    pub fn thread(self: &Arc<Self>, id: usize) -> Thread {
        assert!((1..THREADS).contains(&id));
        Thread::new(self.clone(), id, true)
    }

    /// One that Python does not know.
    pub fn foreign(self: &Arc<Self>, id: usize) -> Thread {
        Thread::new(self.clone(), id, false)
    }

    /// A new object with one strong count, the caller's.
    pub fn object(&self, class: Class) -> Object {
        let native = Box::leak(Box::new(Native {
            block: Block::default(),
            counts: Counts::new(),
            holders: Plain::new(1),
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
            let (header, handle, attribute) = (Header::new(me, class.rich), AtomicUsize::new(0), AtomicUsize::new(0));
            let slot = lock(&self.wrappers).len() as u32;
            let retires = AtomicUsize::new(0);
            let made = Wrapper { block, header, handle, retires, slot, attribute, notes };
            let made = NonNull::from(Box::leak(Box::new(made)));
            lock(&self.wrappers).push(made);
            made
        });
        let made = notes_of(pointer);
        if recycled.is_some() {
            made.block.reuse("a wrapper");
            made.header.renew(me, class.rich);
        }
        made.block.fill(FRESH, "a wrapper");
        made.handle.store(handle, Ordering::Relaxed);
        made.attribute.store(0, Ordering::Relaxed);
        made.retires.store(0, Ordering::Relaxed);
        let notes = &made.notes;
        for (flag, value) in [
            (&notes.rich, class.rich),
            (&notes.finalizer, class.finalizer),
            (&notes.forgets, class.forgets),
            (&notes.last_life, false),
            (&notes.tied, handle != 0),
            (&notes.moved_out, false),
            (&notes.moved, false),
            (&notes.finalized, false),
            (&notes.deposited, false),
            (&notes.ended, false),
        ] {
            flag.store(value, SeqCst);
        }
        notes.holds.store(handle, SeqCst);
        notes.pending.store(0, SeqCst);
        if let Some(storages) = &self.storages {
            storages.reserve(1, &mut Vec::new());
            storages.enter(made.slot, pointer);
        }
        pointer
    }

    /// Takes a wrapper that waits to be freed out of the storage table.
    fn forget(&self, pointer: NonNull<Wrapper>) {
        if let Some(storages) = &self.storages {
            storages.clear(notes_of(pointer).slot);
        }
    }

    /// Frees a wrapper at once.
    pub fn free(&self, pointer: NonNull<Wrapper>) {
        self.forget(pointer);
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
        self.forget(pointer);
        notes_of(pointer).block.defer("a wrapper");
        self.graced.store(true, SeqCst);
        // Release: pairs with the Acquire of `open`. Sections that begin later see the word as it is now.
        self.grace.fetch_add(1, Ordering::Release);
        let waits_for = lock(&self.open).1.clone();
        lock(&self.deferred).push((pointer, waits_for));
        self.ripen();
    }

    pub(super) fn ripen(&self) {
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
        Section::new(self, depth, id)
    }

    /// All wrappers whose storage was not freed, for the oracle.
    pub fn wrappers(&self) -> Vec<NonNull<Wrapper>> {
        let mut wrappers = lock(&self.wrappers).clone();
        wrappers.retain(|pointer| !notes_of(*pointer).block.is_gone());
        wrappers
    }

    /// Returns once all open sections have ended and all pending retires have run. `stir` runs what is suspended.
    pub fn quiesce(&self, stir: impl Fn()) {
        self.graced.store(true, SeqCst);
        // Release: as in `defer_free`.
        self.grace.fetch_add(1, Ordering::Release);
        let waits_for = lock(&self.open).1.clone();
        while lock(&self.open).1.iter().any(|id| waits_for.contains(id)) {
            stir();
            yield_now();
        }
        // Acquire: pairs with the Release of `Section::drop`.
        self.grace.fetch_add(0, Ordering::Acquire);
    }

    /// Ends the execution, last. Lets all that is pending happen on `thread`, and looks for what is left over.
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

    fn progress(&self) -> [usize; 7] {
        let queued = self.queues.iter().map(|queue| lock(queue).len()).sum();
        let freed = lock(&self.wrappers).iter().filter(|pointer| notes_of(**pointer).block.is_freed()).count();
        [
            lock(&self.late).len(),
            queued,
            lock(&self.left).len(),
            lock(&self.ending).len(),
            lock(&self.limbo).len(),
            lock(&self.kept).len(),
            freed,
        ]
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
