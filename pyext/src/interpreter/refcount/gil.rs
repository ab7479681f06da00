//! With the GIL the steps of a verb are atomic among attached threads. A dead object has refcount 0 and stays so.

use bowline::protocol::{Counted, Dormancy};
use pyo3::ffi;
use std::ffi::c_ulong;

/// Whether the interpreter runs threads in parallel.
pub const FREE_THREADED: bool = false;

/// The flags of a class.
///
/// # Safety
/// A live class.
#[inline(always)]
pub unsafe fn type_flags(class: *mut ffi::PyTypeObject) -> c_ulong {
    // SAFETY: the class is live, as `# Safety` says.
    unsafe { (*class).tp_flags }
}

/// Clears flags of a class.
///
/// # Safety
/// A live class that no other thread uses yet.
pub unsafe fn clear_type_flags(class: *mut ffi::PyTypeObject, flags: c_ulong) {
    // SAFETY: the class is live, and no other thread uses it yet.
    unsafe { (*class).tp_flags &= !flags };
}

/// The count.
///
/// # Safety
/// Storage of an object.
#[cfg(Py_3_14)]
pub unsafe fn count(op: *mut ffi::PyObject) -> *mut u32 {
    // SAFETY: the caller's object.
    unsafe { &raw mut (*op).ob_refcnt.refcnt_and_flags.ob_refcnt }
}
/// The count.
///
/// # Safety
/// Storage of an object.
#[cfg(all(Py_3_12, not(Py_3_14)))]
pub unsafe fn count(op: *mut ffi::PyObject) -> *mut ffi::Py_ssize_t {
    // SAFETY: the caller's object.
    unsafe { &raw mut (*op).ob_refcnt.ob_refcnt }
}
/// The count.
///
/// # Safety
/// Storage of an object.
#[cfg(not(Py_3_12))]
pub unsafe fn count(op: *mut ffi::PyObject) -> *mut ffi::Py_ssize_t {
    // SAFETY: the caller's object.
    unsafe { &raw mut (*op).ob_refcnt }
}

/// Nothing to do: a refcount can always be read.
///
/// # Safety
/// None.
pub unsafe fn arm(_: *mut ffi::PyObject, _: bool) {}

/// Takes a count if [`try_incref`] would give `Own`.
///
/// # Safety
/// As [`try_incref`].
#[inline(always)]
pub unsafe fn incref_own(op: *mut ffi::PyObject, is_preserved: impl FnOnce() -> bool) -> bool {
    // SAFETY: tied wrappers are not freed under the GIL between the look and here.
    unsafe {
        let owned = !is_preserved() && *count(op) != 0;
        if owned {
            ffi::Py_INCREF(op);
        }
        owned
    }
}

/// Takes a count if the object is alive. One that lives by its native object's own count, as `is_preserved` says,
/// is left as it is.
///
/// # Safety
/// The GIL is held since the pointer was read from a word.
#[inline(always)]
pub unsafe fn try_incref(op: *mut ffi::PyObject, is_preserved: impl FnOnce() -> bool) -> Counted {
    if is_preserved() {
        return Counted::Preserved;
    }
    // SAFETY: tied wrappers are not freed under the GIL between the look and here.
    unsafe {
        if *count(op) == 0 {
            return Counted::Dead;
        }
        ffi::Py_INCREF(op);
    }
    Counted::Own
}

/// Takes a count of a living object.
///
/// # Safety
/// Attached; the object is alive throughout.
#[inline(always)]
pub unsafe fn incref(op: *mut ffi::PyObject) {
    // SAFETY: the object is alive, as `# Safety` says.
    unsafe { ffi::Py_INCREF(op) };
}

/// Gives a count back.
///
/// # Safety
/// Attached; the count is the caller's. May run user code.
#[inline(always)]
pub unsafe fn decref(op: *mut ffi::PyObject) {
    // SAFETY: the count is the caller's, as `# Safety` says.
    unsafe { ffi::Py_DECREF(op) };
}

/// What a wrapper that could not be increfed is. No thread can be amid a step.
///
/// # Safety
/// As [`try_incref`].
#[inline]
pub unsafe fn dormancy(op: *mut ffi::PyObject) -> Dormancy {
    // SAFETY: the storage exists, as for `try_incref`.
    match unsafe { *count(op) } {
        0 => Dormancy::Dormant,
        _ => Dormancy::Busy,
    }
}

/// Refcount 0 → 1.
///
/// # Safety
/// As [`bowline::protocol::Host::revive`].
#[inline]
pub unsafe fn revive(op: *mut ffi::PyObject, _: bool) -> bool {
    // SAFETY: the storage exists, and the GIL is held.
    unsafe {
        let dormant = *count(op) == 0;
        if dormant {
            *count(op) = 1;
        }
        dormant
    }
}

/// Always succeeds: the rest of the eviction happens before another thread looks.
///
/// # Safety
/// As [`bowline::protocol::Host::claim`].
pub unsafe fn claim(_: *mut ffi::PyObject) -> bool {
    true
}

/// Whether the one count of a wrapper is the caller's.
///
/// # Safety
/// The caller owns a count.
#[inline]
pub unsafe fn has_one_count(op: *mut ffi::PyObject) -> bool {
    // SAFETY: alive, and the GIL is held.
    unsafe { *count(op) == 1 }
}

/// Whether a wrapper has no count.
///
/// # Safety
/// Storage of an object.
pub unsafe fn is_dead(op: *mut ffi::PyObject) -> bool {
    // SAFETY: the storage is there, and the GIL is held.
    unsafe { *count(op) == 0 }
}

/// No thread revives it between two steps: it is untied next.
///
/// # Safety
/// None.
pub unsafe fn refuse(_: *mut ffi::PyObject) -> bool {
    true
}

/// Never needed.
///
/// # Safety
/// None.
pub unsafe fn make_immortal(_: *mut ffi::PyObject) {}

/// Gives a count back, without a dealloc; whether that was the last.
///
/// # Safety
/// The caller owns the count.
pub unsafe fn give_back(op: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's count, and the GIL is held.
    unsafe {
        *count(op) -= 1;
        *count(op) == 0
    }
}

/// Other threads cannot be amid a read.
///
/// # Safety
/// None.
pub unsafe fn shared_with_others(_: *mut ffi::PyObject) -> bool {
    false
}

/// Lets the collector ask for the object's finalizer once more.
///
/// # Safety
/// A living GC object. The collector may be what calls, from a `tp_finalize` or `tp_clear`.
pub unsafe fn forget_finalizer(op: *mut ffi::PyObject) {
    const FINALIZED: usize = 1; // _PyGC_PREV_MASK_FINALIZED (Include/internal/pycore_gc.h)

    // SAFETY: a GC object is preceded by its two-word PyGC_Head, whose second word has the flags.
    unsafe { *op.cast::<usize>().sub(1) &= !FINALIZED };
}
