//! A model thread. It does what Python and native code can do to objects and wrappers, deaths of wrappers excepted
//! (`death.rs`). The `Host` impl is in `host.rs`. Upholds: results of fetches are checked against P1, P4 and P6 here, by what the
//! oracle saw so far.

use super::model::{lock, notes_of, object_of, wrapper, Class, Moment, Object, Wrapper, ALIAS, BUSY, FRESH, MOVED};
use super::section::Section;
use super::trace;
use super::world::World;
use bowline::object::count::Released;
use bowline::protocol::{self, Dormancy, Host, Tie};
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
    /// Deaths on this thread go through CPython's trashcan, near the end of the stack.
    pub deposit: Cell<bool>,
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
            deposit: Cell::new(false),
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

    /// Goes on in a section in which a thread was suspended.
    pub fn go_on(&self, section: &mut Section) {
        section.go_on(&self.depth);
    }

    /// Takes a strong count of an object that the caller protects.
    pub fn retain(&self, object: Object) {
        self.native_writes.set(self.native_writes.get() + 1);
        let native = object.get();
        self.tell(|| format!("retains {object:?}"));
        native.counts.retain();
        assert_ne!(native.holders.fetch_add(1, SeqCst), 0, "P2: a dead object was retained");
    }

    /// Releases a strong count.
    pub fn release(&self, object: Object) {
        if std::thread::panicking() {
            return;
        }
        assert_eq!(self.depth(), 0, "P5: a count is released, which may run user code, inside a section");
        self.native_writes.set(self.native_writes.get() + 1);
        let native = object.get();
        let released = native.counts.release(Some(&native.word));
        self.tell(|| format!("releases {object:?}: {released:?}"));
        if released == Released::Preserved {
            self.tell(|| "hands its count to the wrapper".into());
            match self.attached {
                // SAFETY: attached, with a count, in no section.
                true => unsafe { protocol::resume(self, object) },
                false => lock(&self.world.ending).push(object),
            }
            return;
        }
        self.note_released(object, released);
        if released != Released::Alive {
            self.destroy(object, released);
        }
    }

    /// Takes a strong count by a weak one, if the object is alive.
    pub fn upgrade(&self, object: Object) -> bool {
        let upgraded = object.peek().counts.upgrade();
        self.tell(|| format!("upgrades a weak count: {upgraded}"));
        if upgraded {
            assert_ne!(object.get().holders.fetch_add(1, SeqCst), 0, "P11: a count was taken from nothing");
        }
        upgraded
    }

    /// Gives a weak count back.
    pub fn release_weak(&self, object: Object) {
        if object.peek().counts.release_weak() {
            object.peek().block.free("an object");
        }
    }

    /// Tells the oracle of a strong count that was given back.
    pub fn note_released(&self, object: Object, released: Released) {
        let old = object.peek().holders.fetch_sub(1, SeqCst);
        assert_ne!(old, 0, "P2: a strong count was released twice");
        assert_eq!(released != Released::Alive, old == 1, "P11: a count was taken from nothing, or lost");
    }

    /// Destroys an object whose last strong count was given back.
    pub fn destroy(&self, object: Object, released: Released) {
        let native = object.get();
        self.tell(|| format!("destroys {object:?}"));
        let taken = native.word.take();
        assert!(!taken.is_preserved(), "P9: an object is destroyed whose wrapper was to be kept");
        // SAFETY: the strong count is zero and the word was taken.
        unsafe { protocol::teardown(self, taken) };
        let last = match released {
            Released::Last => native.counts.still_last(),
            _ => native.counts.release_weak(),
        };
        if last {
            native.block.free("an object");
        }
        self.world.run_user_code(self, Moment::Destroy);
    }

    /// Evicts all dormant wrappers whose objects live, as `trim` does. It finds them without owning a count of anything. No other
    /// attached thread may run meanwhile.
    pub fn trim(&self) {
        let storages = self.world.storages.as_ref().expect("a world with a storage table");
        let (mut found, mut blank) = (Vec::new(), Vec::new());
        let look = |pointer: NonNull<Wrapper>| {
            let storage = wrapper(pointer);
            // Relaxed: those who change handles are excluded.
            let handle = storage.handle.load(Ordering::Relaxed);
            let held = object_of(handle).filter(|_| handle & (MOVED | ALIAS | BUSY) == 0);
            if notes_of(pointer).notes.rich.load(SeqCst) {
                // SAFETY: no other attached thread runs; the storage table keeps the object's block.
                if let Some(object) = held.filter(|object| unsafe { protocol::evict_blank(self, pointer, *object) }) {
                    object.oracle().excused = true;
                    blank.push(pointer);
                }
            } else if let Some(object) = held.filter(|_| self.is_dormant(pointer)) {
                if object.get().counts.upgrade() {
                    assert_ne!(object.peek().holders.fetch_add(1, SeqCst), 0, "P11: a count was taken from nothing");
                    found.push(object);
                }
            }
            pointer
        };
        storages.visit(look, |pointer| self.unkeep(pointer));
        blank.into_iter().for_each(|pointer| self.world.free(pointer));
        for object in found {
            self.evict(object);
            self.release(object);
        }
    }

    fn is_dormant(&self, pointer: NonNull<Wrapper>) -> bool {
        let _section = self.open();
        // SAFETY: in a section, and storages are not freed during a visit.
        unsafe { self.dormancy(pointer, false) == Dormancy::Dormant }
    }

    /// Gives back the weak count that `StorageTable::leave` took of the object of a wrapper.
    pub fn unkeep(&self, pointer: NonNull<Wrapper>) {
        let object = object_of(notes_of(pointer).handle.load(Ordering::Relaxed)).expect("it had an object");
        if object.peek().counts.release_weak() {
            object.peek().block.free("an object");
        }
    }

    /// The wrapper of an object that the caller protects.
    pub fn fetch(&self, object: Object) -> Result<Held, Failed> {
        let outer = self.fetching.replace(Some(object));
        // SAFETY: protected by the caller; `get` in every step asserts it.
        let result = unsafe { protocol::fetch(self, object) };
        self.fetching.set(outer);
        self.tell(|| format!("fetched {result:?} of {object:?}"));
        result.map(|wrapper| self.check(object, wrapper))
    }

    /// The same, giving a strong count.
    pub fn fetch_owned(&self, object: Object) -> Result<Held, Failed> {
        let outer = self.fetching.replace(Some(object));
        // SAFETY: the count is the caller's.
        let result = unsafe { protocol::fetch_owned(self, object, self.word(object)) };
        self.fetching.set(outer);
        self.tell(|| format!("fetched {result:?} of {object:?}"));
        result.map(|wrapper| self.check(object, wrapper))
    }

    /// As [`Thread::fetch`], by way of `hit`. This is for a caller whose protection ends before user code may run.
    pub fn hit_or_fetch(&self, object: Object) -> Result<Held, Failed> {
        let outer = self.fetching.replace(Some(object));
        // SAFETY: protected by the caller.
        let hit = unsafe { protocol::hit(self, object, self.word(object), Some, || None) };
        self.fetching.set(outer);
        self.tell(|| format!("hit {hit:?}"));
        match hit {
            Some(wrapper) => Ok(self.check(object, wrapper)),
            None => self.fetch_owned(object),
        }
    }

    /// A fetch while the caller holds a result, with P6. Nothing is allocated and no native count written, but beside the drop of
    /// a rich wrapper, which may be the object's for a moment.
    pub fn fetch_again(&self, object: Object, held: &Held) -> Held {
        let before = (self.native_writes.get(), self.allocations.get());
        let expect_quiet = || {
            let writes = if object.peek().class.rich { before.0 } else { self.native_writes.get() };
            assert_eq!((writes, self.allocations.get()), before, "P6: a hit wrote more than the refcount");
        };
        let again = self.fetch(object).expect("a hit allocates nothing");
        expect_quiet();
        assert_eq!(again.id(), held.id(), "P1: another wrapper than the one that is alive");
        let once_more = self.hit_or_fetch(object).expect("a hit allocates nothing");
        expect_quiet();
        self.drop_held(once_more);
        again
    }

    fn check(&self, object: Object, result: NonNull<Wrapper>) -> Held {
        assert_eq!(self.depth(), 0, "a section was left open");
        let got = wrapper(result);
        assert_eq!(got.block.contents("a wrapper"), FRESH, "P9: what the wrapper knew was lost");
        let id = result.as_ptr() as usize;
        // Whether this wrapper is one that P1 speaks of: it still is the object's.
        let counts = |id: usize| {
            let notes = &notes_of(NonNull::new(id as *mut Wrapper).unwrap()).notes;
            let holds = object_of(notes.holds.load(SeqCst)) == Some(object);
            holds && notes.tied.load(SeqCst)
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

    /// Makes a weak reference of a wrapper.
    pub fn weaken(&self, held: &Held) -> NonNull<Wrapper> {
        self.world.weak_list().push(held.id());
        held.wrapper
    }

    /// Calls a weak reference. CPython takes a count of the wrapper if it lives, and knows nothing of words.
    pub fn call_weak(&self, weak: NonNull<Wrapper>) -> Option<Held> {
        let list = self.world.weak_list();
        let lives = list.contains(&(weak.as_ptr() as usize)) && wrapper(weak).header.try_incref(self.id).is_ok();
        drop(list);
        self.tell(|| format!("a weak reference gives {weak:?}: {lives}"));
        lives.then(|| match object_of(notes_of(weak).notes.holds.load(SeqCst)) {
            Some(object) => self.check(object, weak),
            // It was moved out.
            None => Held { wrapper: weak, result_of: None },
        })
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

    /// What Python reads through a wrapper. It is the object it holds, which is looked at before the section ends.
    pub fn read(&self, held: &Held) -> Option<Object> {
        let _section = self.open();
        // Acquire: pairs with the Release of `begin_bind`, `set_object` and `finish_bind`. Carries: the object's
        // initialisation.
        let handle = wrapper(held.wrapper).handle.load(Ordering::Acquire);
        let object = object_of(handle).filter(|_| handle & MOVED == 0);
        object.inspect(|object| object.peek().block.touch("an object"))
    }

    /// `protocol::move_out`.
    pub fn move_out(&self, held: &Held) -> Option<Object> {
        // SAFETY: the count of the wrapper is the caller's.
        unsafe { protocol::move_out(self, held.wrapper, |_| true) }
    }

    /// `protocol::evict` of an object of which the caller owns a count.
    pub fn evict(&self, object: Object) -> bool {
        // SAFETY: the count is the caller's.
        let evicted = unsafe { protocol::evict(self, object) };
        evicted.inspect(|wrapper| self.world.defer_free(*wrapper)).is_some()
    }
}
