//! Classes whose wrappers know nothing of their former lives (`forget=True`). What they know goes with each life.
//! Upholds: what a thread writes into a wrapper that it holds stays, also beside another's drop. The address stays.

use crate::interpreter::names::intern;
use crate::interpreter::{refcount, stdlib, take};
use crate::wrapper::class_object::ClassObject;
use crate::wrapper::layout::Wrapper;
use crate::wrapper::state;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::NonNull;

/// Whether a wrapper's class asks for it.
///
/// # Safety
/// Attached; the wrapper's storage is there.
#[inline]
pub unsafe fn forgets(wrapper: NonNull<Wrapper>) -> bool {
    // SAFETY: the storage is there, and its class with it, as `# Safety` says.
    unsafe { ClassObject::of_class(refcount::class_of(wrapper.as_ptr().cast())) }.is_some_and(ClassObject::forgets)
}

/// Lets go of what a wrapper knows, if the caller's count is the only one.
///
/// Calls `keep` when it knows nothing and no thread can count it; whether that was called, and true. Runs user code, at the end,
/// when the wrapper may be gone.
///
/// Without memory for its dictionary, or to list its weak references, a wrapper keeps what it knows.
///
/// # Safety
/// Attached; the caller owns counts of the wrapper and of its object.
pub unsafe fn forget(wrapper: NonNull<Wrapper>, keep: impl FnOnce() -> bool) -> bool {
    let op = wrapper.as_ptr().cast::<ffi::PyObject>();
    // SAFETY: alive by the caller's count; between `begin_forget` and `end_forget` it is the caller's alone.
    unsafe {
        state::beside_exception(|| {
            let py = Python::assume_attached();
            // Both may take memory. The dictionary may have to be made of the values behind the instance.
            let found = weak_references(&Bound::from_borrowed_ptr(py, op)).ok().zip(state::dictionary(py, op).ok());
            if !refcount::begin_forget(op) {
                return false;
            }
            // Another thread may have come and gone since. It may have left a dictionary of which only the wrapper has a count:
            // its values must not be released here. The caller's drop is the next attempt.
            let unchanged = found.as_ref().is_none_or(|(_, dictionary)| state::has_dictionary(op, dictionary.as_ref()));
            let known = (unchanged && found.is_some()).then(|| take_attributes(wrapper));
            let kept = unchanged && keep();
            if kept {
                wrapper.as_ref().reset_finalized();
                refcount::forget_finalizer(op);
            }
            refcount::end_forget(op);
            if let (Some(known), Some((references, dictionary))) = (known, found) {
                references.into_iter().for_each(|reference| end_weak_reference(&reference));
                known.into_iter().for_each(|value| ffi::Py_DECREF(value.as_ptr()));
                drop(dictionary);
            }
            kept
        })
    }
}

/// Takes out what a wrapper knows in a dictionary and slots. Runs no user code.
///
/// # Safety
/// As [`forget`], after `begin_forget`.
unsafe fn take_attributes(wrapper: NonNull<Wrapper>) -> Vec<NonNull<ffi::PyObject>> {
    let op = wrapper.as_ptr().cast::<ffi::PyObject>();
    // To the collector an object without counts is garbage. So it does not see the wrapper, should this wait for a lock.
    // SAFETY: the wrapper is the caller's alone.
    unsafe {
        let tracked = ffi::PyObject_GC_IsTracked(op) != 0;
        if tracked {
            ffi::PyObject_GC_UnTrack(op.cast());
        }
        let known = state::take_attributes(op);
        if tracked {
            ffi::PyObject_GC_Track(op.cast());
        }
        known
    }
}

/// The weak references of a wrapper.
fn weak_references<'py>(ob: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    // SAFETY: alive, and its class with it.
    if unsafe { (*refcount::class_of(ob.as_ptr())).tp_weaklistoffset } == 0 {
        return Ok(Vec::new());
    }
    take::items(&stdlib::GET_WEAK_REFERENCES.get(ob.py())?.call1((ob,))?, Ok)
}

/// Lets a weak reference give nothing any more, and calls it back. `PyObject_ClearWeakRefs` does so for a dead object.
fn end_weak_reference(reference: &Bound<'_, PyAny>) {
    let callback = reference.getattr(intern!(reference.py(), "__callback__"));
    // SAFETY: a weak reference. The collector's way, of the base class of all: a subclass's own would clear its attributes, too.
    unsafe {
        if let Some(clear) = ffi::_PyWeakref_RefType.tp_clear {
            clear(reference.as_ptr());
        }
    }
    let called = callback.and_then(|callback| match callback.is_none() {
        true => Ok(()),
        false => callback.call1((reference,)).map(drop),
    });
    if let Err(error) = called {
        error.write_unraisable(reference.py(), Some(reference));
    }
}
