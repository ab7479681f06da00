//! DLPack tensors in Python capsules, both ways.
//! Upholds: a capsule's tensor is taken once, also when threads race for it; one that was not taken ends with its capsule, one
//! that is refused stays in it. What a Python exporter must release goes through `release_queue` (P7).

use crate::interpreter::exceptions::{PyBufferError, PyTypeError, PyValueError};
use crate::to_python::error;
use crate::wrapper::release_queue;
use bowline::tensor::dlpack::Managed;
use bowline::tensor::{Exported, Tensor, TensorObj};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::PyCapsule;
use std::ffi::{c_void, CStr};
use std::ptr::NonNull;

/// A capsule's name before and after its tensor was taken.
struct Names {
    fresh: &'static CStr,
    used: &'static CStr,
}

const PLAIN: Names = Names { fresh: c"dltensor", used: c"used_dltensor" };
const VERSIONED: Names = Names { fresh: c"dltensor_versioned", used: c"used_dltensor_versioned" };

/// A managed tensor of another library, which ends where Python may be touched.
struct Foreign(Managed);

impl Drop for Foreign {
    fn drop(&mut self) {
        // SAFETY: the maker of this gave the managed tensor up.
        unsafe { release_queue::delete(self.0) };
    }
}

/// A tensor over what another library manages.
///
/// # Errors
/// `MemoryError`; `ValueError` for a tensor that cannot be. The managed tensor has ended then.
///
/// # Safety
/// As for [`TensorObj::from_managed`].
pub unsafe fn from_managed(py: Python<'_>, managed: Managed) -> PyResult<Tensor> {
    let keeper = Box::new(Foreign(managed));
    // SAFETY: the tensor is the caller's to give, as `# Safety` says.
    let made = unsafe {
        if !managed.is_understood() {
            return Err(unknown_version());
        }
        let (tensor, flags) = managed.tensor();
        TensorObj::from_kept(tensor, flags, keeper)
    };
    made.map_err(|error| error::to_python(py, &error))
}

#[cold]
fn unknown_version() -> PyErr {
    PyBufferError::new_err("expected a tensor of DLPack 1, got one of another major version")
}

/// What is in a capsule by this name.
fn content(capsule: &Bound<'_, PyCapsule>, names: &Names) -> Option<NonNull<c_void>> {
    // SAFETY: a live capsule. A null pointer, with an exception set, comes for no other reason than the name's.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule.as_ptr(), names.fresh.as_ptr()) == 0 {
            return None;
        }
        NonNull::new(ffi::PyCapsule_GetPointer(capsule.as_ptr(), names.fresh.as_ptr()))
    }
}

/// Whether a capsule has this name.
fn is_named(capsule: &Bound<'_, PyCapsule>, name: &CStr) -> bool {
    // SAFETY: a live capsule.
    unsafe { ffi::PyCapsule_IsValid(capsule.as_ptr(), name.as_ptr()) != 0 }
}

/// The tensor in a capsule, which is used up.
///
/// # Errors
/// `TypeError` for a capsule of something else, `ValueError` for one that is used up already, or whose tensor cannot be,
/// `BufferError` for a tensor of another major version; the tensor stays in it then.
pub fn take(capsule: &Bound<'_, PyCapsule>) -> PyResult<Tensor> {
    // Two threads that take at one time must not both find the fresh name.
    with_critical_section(capsule, || take_alone(capsule))
}

fn take_alone(capsule: &Bound<'_, PyCapsule>) -> PyResult<Tensor> {
    let py = capsule.py();
    let (managed, names) = if let Some(found) = content(capsule, &VERSIONED) {
        (Managed::Versioned(found.cast()), VERSIONED)
    } else if let Some(found) = content(capsule, &PLAIN) {
        (Managed::Plain(found.cast()), PLAIN)
    } else if is_named(capsule, PLAIN.used) || is_named(capsule, VERSIONED.used) {
        return Err(PyValueError::new_err("the capsule's tensor was taken already: it can be consumed once"));
    } else {
        return Err(PyTypeError::new_err("expected a capsule with a DLPack tensor, got another capsule"));
    };
    // SAFETY: the name says what is there; DLPack's rules are those that `from_managed` asks for. Renamed, it is ours.
    unsafe {
        if !managed.is_understood() {
            return Err(unknown_version());
        }
        TensorObj::check(&managed.tensor().0).map_err(|error| error::to_python(py, &error))?;
        if ffi::PyCapsule_SetName(capsule.as_ptr(), names.used.as_ptr()) != 0 {
            return Err(PyErr::fetch(py));
        }
        from_managed(py, managed)
    }
}

/// A capsule with a tensor of ours.
///
/// # Errors
/// `MemoryError`.
pub fn give(py: Python<'_>, tensor: Exported) -> PyResult<Bound<'_, PyAny>> {
    let managed = tensor.into_managed();
    let (pointer, names) = match managed {
        Managed::Plain(plain) => (plain.as_ptr().cast(), PLAIN),
        Managed::Versioned(versioned) => (versioned.as_ptr().cast(), VERSIONED),
    };
    // SAFETY: attached; the capsule owns the tensor, or we do if there is none.
    unsafe {
        let made = Bound::from_owned_ptr_or_err(py, ffi::PyCapsule_New(pointer, names.fresh.as_ptr(), Some(end)));
        if made.is_err() {
            managed.delete();
        }
        made
    }
}

/// The end of a capsule that [`give`] made.
///
/// # Safety
/// Called by the interpreter with such a capsule.
unsafe extern "C" fn end(capsule: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls it with a capsule of ours. Under its fresh name the tensor is still the capsule's.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, VERSIONED.fresh.as_ptr()) != 0 {
            let found = ffi::PyCapsule_GetPointer(capsule, VERSIONED.fresh.as_ptr());
            NonNull::new(found).into_iter().for_each(|found| Managed::Versioned(found.cast()).delete());
        } else if ffi::PyCapsule_IsValid(capsule, PLAIN.fresh.as_ptr()) != 0 {
            let found = ffi::PyCapsule_GetPointer(capsule, PLAIN.fresh.as_ptr());
            NonNull::new(found).into_iter().for_each(|found| Managed::Plain(found.cast()).delete());
        }
    }
}
