//! What the interpreter finds in a class, and the number of each of its states.
//! Upholds: what is found under a version stays so for as long as the class has it.

#[cfg(not(Py_3_13))]
use crate::interpreter::ffi::_PyType_Lookup;
#[cfg(Py_3_13)]
use crate::interpreter::ffi::_PyType_LookupRef;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use std::ffi::c_uint;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the classes in the MRO have under a name, as it is. Gives the class a version.
///
/// # Safety
/// Attached; a live class.
pub unsafe fn lookup<'py>(
    py: Python<'py>,
    class: *mut ffi::PyTypeObject,
    name: &Bound<'py, PyString>,
) -> Option<Bound<'py, PyAny>> {
    // SAFETY: attached; a live class. Before 3.13 the result is borrowed, and the GIL is held.
    unsafe {
        #[cfg(Py_3_13)]
        let found = Bound::from_owned_ptr_or_opt(py, _PyType_LookupRef(class, name.as_ptr()));
        #[cfg(not(Py_3_13))]
        let found = Bound::from_borrowed_ptr_or_opt(py, _PyType_Lookup(class, name.as_ptr()));
        found
    }
}

/// What the classes in a class's MRO have under a name, as it is. A metaclass is not asked, and nothing is raised.
pub fn of_class<'py>(class: &Bound<'py, PyType>, name: &Bound<'py, PyString>) -> Option<Bound<'py, PyAny>> {
    // SAFETY: a bound class lives, and binding it says that the thread is attached.
    unsafe { lookup(class.py(), class.as_type_ptr(), name) }
}

/// Whether a class has under a name just what another one has.
pub fn is_inherited<'py>(class: &Bound<'py, PyType>, from: &Bound<'py, PyType>, name: &Bound<'py, PyString>) -> bool {
    match (of_class(class, name), of_class(from, name)) {
        (Some(own), Some(other)) => own.is(&other),
        _ => false,
    }
}

/// The number that the interpreter gives to each state of a class. It is 0 from a change of the class, or of one that it
/// derives from, to the next lookup (`PyType_Modified` in CPython's Objects/typeobject.c).
///
/// # Safety
/// A live class.
#[inline(always)]
pub unsafe fn version(class: *mut ffi::PyTypeObject) -> c_uint {
    // Relaxed: as the interpreter's specialised instructions read it.
    // SAFETY: a live class. CPython writes the field atomically where threads are free.
    unsafe { AtomicU32::from_ptr(&raw mut (*class).tp_version_tag) }.load(Ordering::Relaxed)
}
