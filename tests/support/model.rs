//! Classes, objects and wrappers of the model, and the oracle's notes about them.
//! Uses `sync` and `word`, and the model's cells and headers.
//! Upholds: bookkeeping adds no happens-before edge that CPython would not add.

use super::cell::Block;
use super::header::Header;
use bowline::object::count::Counts;
use bowline::sync::atomic::{AtomicUsize, Ordering};
use bowline::word::AtomicWord;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize as Plain, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard};

/// Handle bit: the object was moved out. The pointer is kept for retires of former lives.
pub const MOVED: usize = 1;
/// Handle bit: the wrapper is not the tied one.
pub const ALIAS: usize = 2;
/// Handle bit: in transition, see `Host::begin_move`.
pub const BUSY: usize = 4;
/// Bit of [`Wrapper::retires`]: retires leave their counts. Those that did are counted above it.
pub const DEFERRED: usize = 1;
/// What a wrapper contains until its end.
pub const FRESH: u32 = 1;

/// What a class of wrappers is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    pub rich: bool,
    /// Whether it has `__del__`.
    pub finalizer: bool,
    /// Whether its wrappers know nothing of former lives.
    pub forgets: bool,
}

impl Class {
    pub const LEAN: Class = Class { rich: false, finalizer: false, forgets: false };
    pub const RICH: Class = Class { rich: true, finalizer: false, forgets: false };
    pub const FINAL: Class = Class { rich: true, finalizer: true, forgets: false };
    pub const FORGETFUL: Class = Class { rich: true, finalizer: false, forgets: true };
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

/// A native object.
#[repr(align(16))]
pub struct Native {
    pub block: Block,
    pub counts: Counts,
    /// The oracle's count of strong counts: changed with them, in one step.
    pub holders: Plain,
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
// SAFETY: `Native` is made of atomics, blocks that check their use, and std locks.
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
        // SAFETY: natives live as long as their world.
        unsafe { self.0.as_ref() }
    }

    pub fn oracle<'a>(self) -> MutexGuard<'a, Oracle> {
        lock(&self.peek().oracle)
    }

    /// How many strong counts there are.
    pub fn count(self) -> usize {
        self.peek().counts.strong() as usize
    }
}

/// A Python wrapper.
#[repr(align(16))]
pub struct Wrapper {
    pub block: Block,
    pub header: Header,
    /// The object's address and the two handle bits; 0 when it never held one.
    pub handle: AtomicUsize,
    /// Whether retires leave their counts to limbo, and how many did.
    pub retires: AtomicUsize,
    /// Its place in the storage table, if the world has one.
    pub slot: u32,
    /// What Python wrote into it: an attribute.
    pub attribute: AtomicUsize,
    pub notes: Notes,
}

impl Wrapper {
    /// Whether a retire leaves its count to limbo. The handle, which was read before, may name another object.
    pub fn leave_retire(&self) -> bool {
        // Relaxed: a handle that names another object carries it.
        let deferred = self.retires.load(Ordering::Relaxed) & DEFERRED != 0;
        if deferred {
            // Relaxed: limbo asks after a grace period.
            self.retires.fetch_add(2 * DEFERRED, Ordering::Relaxed);
        }
        deferred
    }

    /// Asserts that no retire reads the handle that is about to change.
    pub fn expect_no_retires(&self) {
        let deferred = self.retires.load(Ordering::Relaxed) & DEFERRED != 0;
        assert!(deferred || self.notes.pending.load(SeqCst) == 0, "the handle changes under a retire of a former life");
    }
}

/// The oracle's notes about a wrapper. All of this is bookkeeping that CPython does not have.
#[derive(Default)]
pub struct Notes {
    pub rich: AtomicBool,
    pub finalizer: AtomicBool,
    /// What the handle holds, without its moved-from objects.
    pub holds: Plain,
    /// Whether it is the wrapper that fetches of its object return. The handle says so as far as it
    /// can.
    pub tied: AtomicBool,
    /// It gave an object away in this life.
    pub moved_out: AtomicBool,
    /// It gave an object away in this or a former life.
    pub moved: AtomicBool,
    /// Whether it forgets what it knows with each life.
    pub forgets: AtomicBool,
    /// Its life is only there to end with its object.
    pub last_life: AtomicBool,
    /// `__del__` ran.
    pub finalized: AtomicBool,
    /// Deaths of it whose dealloc has not read the handle yet.
    pub pending: Plain,
    /// It went to the trashcan. Read after the header only, and so ordered by it.
    pub deposited: AtomicBool,
    /// One of its deallocs has taken the end over.
    pub ended: AtomicBool,
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

/// A pointer to a wrapper that goes to another thread.
#[derive(Clone, Copy)]
pub struct Shared(pub NonNull<Wrapper>);

// SAFETY: wrappers are made to be shared, see `Wrapper`.
unsafe impl Send for Shared {}

impl Shared {
    /// The pointer.
    pub fn get(self) -> NonNull<Wrapper> {
        self.0
    }
}
