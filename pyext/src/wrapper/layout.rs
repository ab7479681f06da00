//! The layout of a wrapper and of the handle inside.
//! Upholds: the handle's pointer is readable as long as the storage exists; its flags decide who releases what.

use bowline::object::Object;
use pyo3::ffi;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// A wrapper. Member by member, what protects it:
/// * `ob_base`: CPython; while dormant, the tie protocol;
/// * `handle`: atomic, see [`Handle`];
/// * `slot`: written once before publication; its number in the storage table;
/// * `notes`: atomic; what became of it, and how many retires left their counts to limbo.
#[repr(C)]
pub struct Wrapper {
    pub ob_base: ffi::PyObject,
    pub handle: AtomicHandle,
    pub slot: AtomicU32,
    notes: AtomicU32,
}

impl Wrapper {
    /// `__del__` has run.
    const FINALIZED: u32 = 1 << 31;
    /// The trashcan has it; it serves no life any more.
    const DEPOSITED: u32 = 1 << 30;
    /// Its end has begun.
    const ENDED: u32 = 1 << 29;
    /// Its life is only there to end with its object.
    const LAST_LIFE: u32 = 1 << 28;
    /// Retires leave their counts to limbo. Those that did are counted in the bits below.
    const DEFERRED: u32 = 1 << 27;

    /// Begins with nothing to note.
    pub fn init_notes(&self) {
        // Relaxed: published later, with the word or by Python.
        self.notes.store(0, Ordering::Relaxed);
    }

    /// Lets retires leave their counts from now on; false if they do already.
    pub fn defer_retires(&self) -> bool {
        // Relaxed: the handle, which changes after this, carries it.
        self.notes.fetch_or(Self::DEFERRED, Ordering::Relaxed) & Self::DEFERRED == 0
    }

    /// Whether a retire that has read the handle leaves its count. The handle may name another object than the life had that ended.
    #[inline(always)]
    pub fn leave_retire(&self) -> bool {
        // Relaxed: a handle that names another object carries it; limbo asks after a grace period.
        let deferred = self.has(Self::DEFERRED);
        if deferred {
            self.notes.fetch_add(1, Ordering::Relaxed);
        }
        deferred
    }

    /// How many retires have left their counts. From now on they do not.
    pub fn take_retires(&self) -> u32 {
        // Relaxed: after a grace period.
        self.notes.fetch_and(!(2 * Self::DEFERRED - 1), Ordering::Relaxed) & (Self::DEFERRED - 1)
    }

    /// Whether `__del__` has run. The collector's own flag cannot say so: it is set when the collector has asked.
    pub fn is_finalized(&self) -> bool {
        self.has(Self::FINALIZED)
    }

    /// `__del__` may run again: the life for which it ran is over.
    pub fn reset_finalized(&self) {
        // Relaxed: see `has`.
        self.notes.fetch_and(!Self::FINALIZED, Ordering::Relaxed);
    }

    /// `__del__` runs now.
    pub fn set_finalized(&self) {
        self.set(Self::FINALIZED);
    }

    /// Whether the trashcan has it, or had.
    pub fn is_deposited(&self) -> bool {
        self.has(Self::DEPOSITED)
    }

    /// The trashcan gets it.
    pub fn set_deposited(&self) {
        self.set(Self::DEPOSITED);
    }

    /// Whether its end has begun.
    pub fn is_ended(&self) -> bool {
        self.has(Self::ENDED)
    }

    /// Its end begins; whether it had before.
    pub fn set_ended(&self) -> bool {
        self.set(Self::ENDED)
    }

    /// The life that begins is only there to end with its object.
    pub fn note_end(&self) {
        self.set(Self::LAST_LIFE);
    }

    /// Whether that was noted; it is not any more.
    pub fn take_note_of_end(&self) -> bool {
        // Relaxed: see `has`.
        self.has(Self::LAST_LIFE) && self.notes.fetch_and(!Self::LAST_LIFE, Ordering::Relaxed) & Self::LAST_LIFE != 0
    }

    fn has(&self, flag: u32) -> bool {
        // Relaxed: most are set and asked by threads that end a life. They come one after the other by its refcount; for what lets
        // retires leave their counts see `leave_retire`.
        self.notes.load(Ordering::Relaxed) & flag != 0
    }

    fn set(&self, flag: u32) -> bool {
        // Relaxed: see `has`.
        self.notes.fetch_or(flag, Ordering::Relaxed) & flag != 0
    }
}

/// What a wrapper holds. It is a pointer to an object and three flags in its low bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Handle(usize);

impl Handle {
    const MOVED: usize = 1;
    const ALIAS: usize = 2;
    /// One thread is changing the tie. That is from `begin_bind` or `begin_rebind` to `finish_bind` and from `begin_move` to
    /// `finish_move`.
    const IN_TRANSITION: usize = 4;
    const FLAGS: usize = Self::MOVED | Self::ALIAS | Self::IN_TRANSITION;
    /// Holds nothing and never did.
    pub const EMPTY: Handle = Handle(0);

    /// The tied wrapper of `object`.
    pub fn tied(object: NonNull<Object>) -> Handle {
        Handle(object.as_ptr() as usize)
    }
    /// A wrapper of `object` that fetches do not return.
    pub fn alias(object: NonNull<Object>) -> Handle {
        Handle(object.as_ptr() as usize | Self::ALIAS)
    }
    /// The object that Python sees: none when empty or moved from.
    #[inline(always)]
    pub fn object(self) -> Option<NonNull<Object>> {
        if self.0 & Self::MOVED != 0 {
            return None;
        }
        NonNull::new((self.0 & !Self::FLAGS) as *mut Object)
    }
    /// The object of a wrapper that is tied and at rest, as almost all are.
    #[inline(always)]
    pub fn settled(self) -> Option<NonNull<Object>> {
        if self.0 & Self::FLAGS != 0 {
            return None;
        }
        NonNull::new(self.0 as *mut Object)
    }
    /// The object that a `retire` of this or a former life releases.
    #[inline(always)]
    pub fn retiree(self) -> Option<NonNull<Object>> {
        NonNull::new((self.0 & !Self::FLAGS) as *mut Object)
    }
    /// Whether it was moved from.
    pub fn is_moved(self) -> bool {
        self.0 & Self::MOVED != 0
    }
    /// Whether it is an alias.
    #[inline(always)]
    pub fn is_alias(self) -> bool {
        self.0 & Self::ALIAS != 0
    }
    fn being_bound(object: NonNull<Object>) -> Handle {
        Handle(object.as_ptr() as usize | Self::IN_TRANSITION)
    }
    fn is_in_transition(self) -> bool {
        self.0 & Self::IN_TRANSITION != 0
    }
    fn being_moved(self) -> Handle {
        Handle(self.0 & !Self::FLAGS | Self::MOVED | Self::IN_TRANSITION)
    }
    fn without_transition(self) -> Handle {
        Handle(self.0 & !Self::IN_TRANSITION)
    }
}

/// A [`Handle`] that threads share; one method per change.
#[repr(transparent)]
pub struct AtomicHandle(AtomicUsize);

impl AtomicHandle {
    /// What the handle says.
    #[inline(always)]
    pub fn read(&self) -> Handle {
        // SeqCst: pairs with the swap in `begin_move`, against a count taken before (see refcount::shared_with_others).
        // Weaker: see src/sync/edges.md, here and below.
        Handle(self.0.load(Ordering::SeqCst))
    }
    /// Sets the handle of storage that no other thread knows.
    pub fn init(&self, handle: Handle) {
        // Relaxed: published later by the word's Release.
        self.0.store(handle.0, Ordering::Relaxed);
    }
    /// Empty or moved → being bound to `object`. False when it holds something or is in transition.
    pub fn begin_bind(&self, object: NonNull<Object>) -> bool {
        let now = self.read();
        now.object().is_none() && !now.is_in_transition() && self.change(now, Handle::being_bound(object))
    }
    /// Anything → the same in transition; what it was, for the one caller that did it. None if in transition already.
    pub fn begin_rebind(&self) -> Option<Handle> {
        // SeqCst: see `read`.
        let was = Handle(self.0.fetch_or(Handle::IN_TRANSITION, Ordering::SeqCst));
        (!was.is_in_transition()).then_some(was)
    }
    /// In transition → being bound to `object`.
    pub fn set_object(&self, object: NonNull<Object>) {
        debug_assert!(self.read().is_in_transition(), "set_object without begin_rebind");
        // SeqCst: see `read`. Carries the object's initialisation, as `change`.
        self.0.store(Handle::being_bound(object).0, Ordering::SeqCst);
    }
    /// Being bound → tied or alias.
    pub fn finish_bind(&self, to: Handle) {
        let from = to.retiree().map(Handle::being_bound);
        debug_assert!(from == Some(self.read()), "a handle in transition was changed by another thread");
        // SeqCst: see `read`.
        self.0.store(to.0, Ordering::SeqCst);
    }
    /// Anything held → being moved; the object, for the one caller that did it. None also in transition.
    pub fn begin_move(&self) -> Option<NonNull<Object>> {
        let mut now = self.read();
        while let Some(object) = now.object() {
            if now.is_in_transition() {
                return None;
            }
            if self.change(now, now.being_moved()) {
                return Some(object);
            }
            now = self.read();
        }
        None
    }
    /// Being moved → moved.
    pub fn finish_move(&self) {
        let now = self.read();
        debug_assert!(now.is_moved() && now.is_in_transition(), "a handle in transition was changed by another thread");
        // SeqCst: see `read`.
        self.0.store(now.without_transition().0, Ordering::SeqCst);
    }
    /// Moved → empty, if it was not bound since.
    pub fn clear_moved(&self) {
        let now = self.read();
        if now.is_moved() && !now.is_in_transition() {
            self.change(now, Handle::EMPTY);
        }
    }
    fn change(&self, from: Handle, to: Handle) -> bool {
        // SeqCst: see `read`. Carries the object's initialisation to readers of the handle.
        self.0.compare_exchange(from.0, to.0, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}
