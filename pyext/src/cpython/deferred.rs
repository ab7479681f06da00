//! What Python must release, handed over by threads that may not touch Python.
//! Imports `attach` and pyo3::ffi.
//! Upholds P7: pushing is lock-free and allocates nothing of Python's; attached threads drain.

use super::attach::attached;
use bowline::sync::counter::{add, Event};
use bowline::sync::stack::Stack;
use bowline::tensor::dlpack::Managed;
use pyo3::ffi;
#[cfg(not(Py_3_12))]
use std::ptr::null_mut;

/// Something owed to Python.
enum Debt {
    /// One count of an object.
    Count(*mut ffi::PyObject),
    /// The storage of a dead wrapper.
    Storage(*mut ffi::PyObject),
    /// The end of a tensor that another library manages.
    Tensor(Managed),
}

// SAFETY: pointers whose ownership travels with the value.
unsafe impl Send for Debt {}

static DEBTS: Stack<Debt> = Stack::new();

#[cold]
#[inline(never)]
fn push(debt: Debt) {
    add(Event::Queued, 1);
    DEBTS.push(debt);
}

/// Gives back one count of a Python object: now, if attached; else when an attached thread drains.
///
/// # Safety
/// The caller owns the count.
#[inline(never)]
pub unsafe fn release(op: *mut ffi::PyObject) {
    if attached() {
        // SAFETY: attached, and the count is the caller's.
        unsafe { ffi::Py_DECREF(op) };
    } else {
        push(Debt::Count(op));
    }
}

/// Frees the storage of a dead wrapper: now, if attached; else when an attached thread drains.
///
/// # Safety
/// The storage is dead, untracked and the caller's alone.
pub unsafe fn free_storage(op: *mut ffi::PyObject) {
    if attached() {
        // SAFETY: attached; the rest is the caller's.
        unsafe { super::storage::free(op) };
    } else {
        push(Debt::Storage(op));
    }
}

/// Ends a tensor that another library manages, perhaps in Python: now, if attached; else when an attached thread drains.
///
/// # Safety
/// The caller gives the tensor up.
pub unsafe fn delete(tensor: Managed) {
    if attached() {
        // SAFETY: attached; the rest is the caller's.
        unsafe { end(tensor) };
    } else {
        push(Debt::Tensor(tensor));
    }
}

/// Runs a deleter. It may be Python code, which begins without an exception and leaves none; the one that is pending while
/// an argument of a failed call is released must not get lost there.
///
/// # Safety
/// Attached; as for [`delete`].
unsafe fn end(tensor: Managed) {
    // SAFETY: attached; what was fetched is restored; the rest is the caller's.
    unsafe {
        #[cfg(Py_3_12)]
        {
            let pending = ffi::PyErr_GetRaisedException();
            tensor.delete();
            ffi::PyErr_SetRaisedException(pending);
        }
        #[cfg(not(Py_3_12))]
        {
            let (mut class, mut value, mut traceback) = (null_mut(), null_mut(), null_mut());
            ffi::PyErr_Fetch(&mut class, &mut value, &mut traceback);
            tensor.delete();
            ffi::PyErr_Restore(class, value, traceback);
        }
    }
}

/// Pays what is owed. Cheap when nothing is. May run user code.
///
/// # Safety
/// Attached, outside of any section.
#[inline]
pub unsafe fn drain() {
    if !DEBTS.is_empty() {
        // SAFETY: handed on.
        unsafe { drain_all() };
    }
}

#[cold]
unsafe fn drain_all() {
    for debt in DEBTS.take() {
        add(Event::Queued, -1);
        // SAFETY: attached; what was pushed is owed once.
        unsafe {
            match debt {
                Debt::Count(op) => ffi::Py_DECREF(op),
                Debt::Storage(op) => super::storage::free(op),
                Debt::Tensor(tensor) => end(tensor),
            }
        }
    }
}
