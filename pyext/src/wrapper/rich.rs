//! How wrappers of rich classes die, and what the collector does to them.
//! Upholds P9: what a wrapper knows ends with its object and not before, also when the collector takes the wrapper for garbage.
//!
//! The collector may find a wrapper garbage whose object is alive: `node.me = node`, when only native code holds the object.
//! Python code cannot reach it, and yet the next fetch must find it whole. So `tp_finalize` gives it to the object, which
//! makes it reachable; and `tp_clear`, which is called without `tp_finalize` when the collector finds it again before that
//! is seen, leaves it alone.
//!
//! A `__del__` waits with it. The object's holders may be garbage as well, and the collector would find the wrapper again in what
//! they lead to, once finalizers have run: it would clear it, and the dictionary on its own, and `__del__` would come too late. So
//! a wrapper whose `__del__` waits has a count until the collection is over. It stays, with all that it leads to, for the next one.

use crate::interpreter::refcount;
use crate::interpreter::trampoline::unraisable;
use crate::wrapper::host::CPython;
use crate::wrapper::layout::{Handle, Wrapper};
use crate::wrapper::retired::Retired;
use crate::wrapper::rich_slots::{self, RichSlots};
use crate::wrapper::{ends, forget, limbo, state, tie, trashcan};
use bowline::object::{self, Object};
use bowline::protocol::{self, Host};
use bowline::sync::global::Mutex;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::c_int;
use std::ptr::NonNull;

/// Wrappers whose `__del__` the collection under way made wait, with a count of each.
struct Waiting(Mutex<Vec<NonNull<Wrapper>>>);

// SAFETY: counts, which any attached thread may give back.
unsafe impl Sync for Waiting {}

static WAITING: Waiting = Waiting(Mutex::new(Vec::new()));

impl Waiting {
    fn with<R>(&self, work: impl FnOnce(&mut Vec<NonNull<Wrapper>>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

/// A collection begins or is over: gives the counts back of wrappers whose `__del__` waited. May run user code.
///
/// # Safety
/// Attached.
pub unsafe fn end_waits() {
    for wrapper in WAITING.with(std::mem::take) {
        // SAFETY: attached; the count that `finalize` took.
        unsafe { ffi::Py_DECREF(wrapper.as_ptr().cast()) };
    }
}

/// Makes these functions those of rich classes.
pub fn install() {
    let is_gc: ffi::inquiry = trashcan::is_gc;
    rich_slots::install(RichSlots { dealloc, finalize, clear, is_gc: cfg!(Py_3_14).then_some(is_gc) });
}

/// `tp_dealloc` of rich classes.
unsafe extern "C" fn dealloc(op: *mut ffi::PyObject) {
    // SAFETY: called by the interpreter on a wrapper whose refcount reached zero. The thread is attached, and since then at no safe
    // point.
    unsafe {
        let wrapper = NonNull::new_unchecked(op.cast::<Wrapper>());
        let handle = wrapper.as_ref().handle.read();
        if cfg!(Py_3_14) && wrapper.as_ref().is_deposited() {
            if trashcan::take_out(wrapper) {
                // To the collector an object without counts is garbage. The collector would end it in its way.
                ffi::PyObject_GC_UnTrack(op.cast());
                limbo::enter(Retired::Deposited(wrapper));
            }
            // The count of the life that ended.
            return unraisable(|| handle.retiree().into_iter().for_each(|object| object::release(object)));
        }
        if !wrapper.as_ref().leave_retire() {
            die(wrapper, handle);
        }
    }
}

/// Ends a life.
///
/// # Safety
/// Attached; the wrapper's refcount reached zero by the caller, and since then at no safe point.
unsafe fn die(wrapper: NonNull<Wrapper>, handle: Handle) {
    let op = wrapper.as_ptr().cast::<ffi::PyObject>();
    // SAFETY: as `# Safety` says; the life's count protects the object.
    let end = || unsafe {
        match handle.retiree() {
            Some(object) if !handle.is_alias() => {
                if cfg!(Py_3_14) {
                    trashcan::renounce(wrapper, object);
                }
                protocol::retire_rich(&CPython, (), wrapper, object);
            }
            // No other thread can find it.
            held => {
                if state::needs_finalizer(wrapper) && refcount::revive(op, true) {
                    state::run_finalizer(wrapper);
                    return ffi::Py_DECREF(op);
                }
                ends::end(wrapper, None);
                if let Some(object) = held {
                    object::release(object);
                }
            }
        }
    };
    // What ends with the object may panic.
    // SAFETY: attached.
    unsafe { unraisable(end) };
}

/// The object that a wrapper is tied to. The flag tells whether another than the wrapper's life has a count of it.
unsafe fn tied(wrapper: NonNull<Wrapper>) -> Option<(NonNull<Object>, bool)> {
    // SAFETY: alive by the collector's count; a life, or the object's holder, protects the object.
    unsafe {
        let handle = wrapper.as_ref().handle.read();
        let object = handle.object().filter(|_| !handle.is_alias())?;
        let word = object::tie_word(object)?.observe();
        let active = word.ties(wrapper) && !word.is_preserved();
        Some((object, active && object.as_ref().header().counts().strong() > 1))
    }
}

/// `tp_finalize`: the wrapper is garbage to the collector. If others hold its object, it becomes the object's.
unsafe extern "C" fn finalize(op: *mut ffi::PyObject) {
    // SAFETY: called by the collector with a count of the wrapper.
    unsafe {
        let wrapper = NonNull::new_unchecked(op.cast::<Wrapper>());
        match tied(wrapper).filter(|_| !forget::forgets(wrapper)) {
            Some((object, true)) => {
                refcount::forget_finalizer(op);
                // Without memory for it, `clear` alone keeps the wrapper whole.
                if state::needs_finalizer(wrapper)
                    && WAITING.with(|all| all.try_reserve(1).map(|()| all.push(wrapper)).is_ok())
                {
                    ffi::Py_INCREF(op);
                }
                ffi::Py_INCREF(op);
                match CPython.word(object).preserve(wrapper) {
                    // The life's count, which those who hold the wrapper do without from now on.
                    Ok(()) => unraisable(|| object::release(object)),
                    Err(_) => ffi::Py_DECREF(op),
                }
            }
            _ => state::run_finalizer(wrapper),
        }
    }
}

/// `tp_clear`: a wrapper that is garbage lets go of what it knows. It lets go of an object that has no other holder, too.
///
/// One whose `__del__` has yet to run stays whole.
unsafe extern "C" fn clear(op: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the collector, attached, with a count of the wrapper.
    unsafe {
        let wrapper = NonNull::new_unchecked(op.cast::<Wrapper>());
        if state::needs_finalizer(wrapper) {
            // The collector may have asked before there was one, and would not ask again.
            refcount::forget_finalizer(op);
            return 0;
        }
        let held = matches!(tied(wrapper), Some((_, true)));
        if held && !forget::forgets(wrapper) {
            return 0;
        }
        state::clear_attributes(op);
        if held {
            return 0;
        }
        release_object(op);
    }
    0
}

/// Lets a wrapper that is garbage let go of its object. The object must have no other holder. An object that is held elsewhere
/// stays tied: no cycle runs through it, and it will be fetched again.
///
/// # Safety
/// Attached; the caller has a count of the wrapper.
pub unsafe fn release_object(op: *mut ffi::PyObject) {
    // SAFETY: the wrapper's life, which the caller's count prolongs, or the object's holder protects the object.
    unsafe {
        let handle = (*op.cast::<Wrapper>()).handle.read();
        let sole = |object: NonNull<Object>| {
            let preserved = object::tie_word(object).is_some_and(|word| word.observe().is_preserved());
            !preserved && object.as_ref().header().counts().strong() == 1
        };
        if handle.object().is_some_and(sole) {
            unraisable(|| drop(tie::move_out(&Bound::from_borrowed_ptr(Python::assume_attached(), op))));
        }
    }
}
