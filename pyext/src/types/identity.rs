//! Equality and hash of wrappers: those of the native object's identity.
//! Upholds: wrappers of one object are equal and hash alike; anything that is no wrapper is left to its own opinion.

use crate::interpreter::refcount;
use crate::interpreter::trampoline::slot;
use crate::wrapper::tie;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::c_int;

/// `tp_richcompare`.
pub unsafe extern "C" fn compare(a: *mut ffi::PyObject, b: *mut ffi::PyObject, op: c_int) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a wrapper and another live object.
    unsafe {
        slot(|py| {
            if op == ffi::Py_NE {
                return Ok(not_equal(a, b));
            }
            let (a, b) = (Bound::from_borrowed_ptr(py, a), Bound::from_borrowed_ptr(py, b));
            if op != ffi::Py_EQ || !tie::is_wrapper(&b) {
                return Ok(ffi::Py_NewRef(ffi::Py_NotImplemented()));
            }
            let same = tie::handle(&a) == tie::handle(&b);
            Ok(ffi::PyBool_FromLong(same.into()))
        })
    }
}

/// `a != b` inverts what the class says of `a == b`, as `object` does. A class may define `__eq__` alone.
///
/// # Safety
/// As for [`compare`].
unsafe fn not_equal(a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: live objects; `a` is a wrapper, whose class inherits our `tp_richcompare` or has another.
    unsafe {
        let equal = match (*refcount::class_of(a)).tp_richcompare {
            Some(compare) => compare(a, b, ffi::Py_EQ),
            None => ffi::Py_NewRef(ffi::Py_NotImplemented()),
        };
        if equal.is_null() || equal == ffi::Py_NotImplemented() {
            return equal;
        }
        let truth = ffi::PyObject_IsTrue(equal);
        ffi::Py_DECREF(equal);
        match truth {
            -1 => std::ptr::null_mut(),
            truth => ffi::PyBool_FromLong((truth == 0).into()),
        }
    }
}

/// How many bits a digit of Python's `int` has (`PyLong_SHIFT`).
const DIGIT: u32 = 30;

/// `tp_hash`.
pub unsafe extern "C" fn hash(op: *mut ffi::PyObject) -> ffi::Py_hash_t {
    // SAFETY: called by the interpreter with a wrapper.
    unsafe {
        slot(|py| {
            let object = tie::handle(&Bound::from_borrowed_ptr(py, op));
            let address = object.map_or(0, |object| object.as_ptr() as u64);
            // Objects are 16-aligned. The rest is folded to one digit of an `int`, so that `hash()` needs no larger one: within
            // 16 GiB no two objects hash alike. −1, which says that an exception is set, is not among them.
            Ok((((address >> 4) ^ (address >> (4 + DIGIT))) & ((1 << DIGIT) - 1)) as ffi::Py_hash_t)
        })
    }
}
