//! `object.__class__` and `type.__bases__`: not for wrappers, nor for their classes, whichever way the assignment comes.
//! Upholds: a wrapper is of one class from its beginning to its end, and that class always derives from the same classes.
//!
//! `CObject.__class__` refuses to be set, but `object.__dict__["__class__"].__set__` goes round it, and CPython looks at
//! layouts only. Bare instances, which own no reference of their class, would give one back that they never had. A wrapper
//! that waits for its next life would be of a class that is not its object's. The bases of a class say which fields it has
//! and whether it may be lean. CPython has no hook for either but the audit hook, which makes each `id()` and `open()` of
//! the process slower. A `mro` method of the metaclass would see new bases, but classes with one get no versions and no
//! attribute cache. So the two entries of its tables of attributes get a function of ours in front.

use crate::interpreter::exceptions::{PyImportError, PyTypeError};
use crate::interpreter::refcount;
use crate::wrapper::class_object::ClassObject;
use crate::wrapper::metaclass;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{c_int, c_void, CStr};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

/// CPython's function behind one of ours; null until [`install`].
type Former = AtomicPtr<()>;

static SET_CLASS: Former = AtomicPtr::new(null_mut());
static SET_BASES: Former = AtomicPtr::new(null_mut());

/// Puts our functions in front, once in a process.
///
/// # Errors
/// `ImportError` if the interpreter has no such attributes.
pub fn install(_: Python<'_>) -> PyResult<()> {
    // SAFETY: attached; the types of the interpreter.
    unsafe {
        put_in_front(&raw mut ffi::PyBaseObject_Type, c"__class__", set_class, &SET_CLASS)?;
        put_in_front(&raw mut ffi::PyType_Type, c"__bases__", set_bases, &SET_BASES)
    }
}

/// # Safety
/// Attached; a static type, whose table of attributes no other code writes.
unsafe fn put_in_front(
    class: *mut ffi::PyTypeObject,
    name: &CStr,
    ours: ffi::setter,
    former: &'static Former,
) -> PyResult<()> {
    // SAFETY: a static type, written by no other code. The table ends with an entry without a name
    // (Include/descrobject.h).
    unsafe {
        let mut entry = (*class).tp_getset;
        while !entry.is_null() && !(*entry).name.is_null() {
            if CStr::from_ptr((*entry).name) == name {
                if let Some(found) = (*entry).set.filter(|found| *found as usize != ours as *const () as usize) {
                    // Release: pairs with the Acquire in `forward`; no more than the pointer is carried.
                    // Weaker: see src/sync/edges.md.
                    former.store(found as *mut (), Ordering::Release);
                    // Release: who finds our function finds the former one. CPython reads the entry plainly.
                    AtomicPtr::from_ptr((&raw mut (*entry).set).cast::<*mut ()>())
                        .store(ours as *mut (), Ordering::Release);
                }
                return Ok(());
            }
            entry = entry.add(1);
        }
    }
    Err(PyImportError::new_err(format!("this interpreter's types have no attribute {}", name.to_string_lossy())))
}

/// # Safety
/// As for a setter; in one of ours.
unsafe fn forward(former: &Former, op: *mut ffi::PyObject, value: *mut ffi::PyObject, closure: *mut c_void) -> c_int {
    // Acquire: pairs with the Release in `put_in_front`.
    let former = former.load(Ordering::Acquire);
    // SAFETY: the function that was there; our functions are entered after it was noted.
    unsafe { std::mem::transmute::<*mut (), ffi::setter>(former)(op, value, closure) }
}

/// # Safety
/// Attached.
unsafe fn refuse(message: String) -> c_int {
    // SAFETY: attached, as `# Safety` says.
    PyTypeError::new_err(message).restore(unsafe { Python::assume_attached() });
    -1
}

/// The setter of `object.__class__`.
unsafe extern "C" fn set_class(op: *mut ffi::PyObject, value: *mut ffi::PyObject, closure: *mut c_void) -> c_int {
    // SAFETY: attached, called by the interpreter with a live object.
    unsafe {
        let class = refcount::class_of(op);
        match ffi::PyType_IsSubtype(class, metaclass::base_type(Python::assume_attached())) {
            0 => forward(&SET_CLASS, op, value, closure),
            _ => refuse_class(class),
        }
    }
}

/// `__class__` cannot be assigned. A kept wrapper must stay an instance of the class it was made for.
///
/// # Safety
/// Attached; a live class.
pub unsafe fn refuse_class(class: *mut ffi::PyTypeObject) -> c_int {
    // SAFETY: attached, and a live class, as `# Safety` says.
    unsafe {
        let name = CStr::from_ptr((*class).tp_name).to_string_lossy();
        refuse(format!("__class__ of a native object's wrapper ({name}) cannot be assigned"))
    }
}

/// The setter of `type.__bases__`.
unsafe extern "C" fn set_bases(op: *mut ffi::PyObject, value: *mut ffi::PyObject, closure: *mut c_void) -> c_int {
    // SAFETY: attached, called by the interpreter with a live class.
    unsafe {
        let class = op.cast::<ffi::PyTypeObject>();
        if ClassObject::of_class(class).is_none() {
            return forward(&SET_BASES, op, value, closure);
        }
        let name = CStr::from_ptr((*class).tp_name).to_string_lossy();
        refuse(format!("__bases__ of a class of native objects ({name}) cannot be assigned"))
    }
}
