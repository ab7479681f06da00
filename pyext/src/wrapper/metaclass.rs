//! The types beneath `bowline.Object`: the base of all wrappers, and its metaclass.
//! Upholds: both are there from the module's beginning to its end; a class of the metaclass has what `class_object` says.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use std::sync::Mutex;

static BASE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static METACLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// The types made here: their attributes cannot be set.
static OWN: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Whether this crate made a type.
pub fn is_own_type(class: *mut ffi::PyTypeObject) -> bool {
    OWN.lock().unwrap_or_else(|e| e.into_inner()).contains(&(class as usize))
}

/// `bowline._core.CObject`.
#[inline]
pub fn base_type(py: Python<'_>) -> *mut ffi::PyTypeObject {
    BASE.get(py).expect("the module is initialised").as_ptr().cast()
}

/// Whether `metaclass` is, or derives from, `bowline._core.CObjectMeta`.
pub unsafe fn is_base_metaclass(py: Python<'_>, metaclass: *mut ffi::PyTypeObject) -> bool {
    let ours = METACLASS.get(py).expect("the module is initialised").as_ptr();
    // SAFETY: two live types.
    unsafe { ffi::PyType_IsSubtype(metaclass, ours.cast()) != 0 }
}

/// The base type, if it is made already.
pub fn base_if_made(py: Python<'_>) -> Option<*mut ffi::PyTypeObject> {
    BASE.get(py).map(|base| base.as_ptr().cast())
}

/// Sets both types, when the module is initialised.
pub fn set_types(base: Bound<'_, PyType>, metaclass: Bound<'_, PyType>) {
    let py = base.py();
    let _ = BASE.set(py, base.unbind());
    let _ = METACLASS.set(py, metaclass.unbind());
}

/// Notes a type that this crate made.
pub fn note_own_type(class: *mut ffi::PyTypeObject) {
    OWN.lock().unwrap_or_else(|e| e.into_inner()).push(class as usize);
}

/// `CObject` itself.
pub fn base_class(py: Python<'_>) -> Bound<'_, PyType> {
    // SAFETY: a live type.
    unsafe { Bound::from_borrowed_ptr(py, base_type(py).cast()).cast_into_unchecked() }
}
