//! `CMap` and `CDict`: native mappings with the slots of Python's.
//! Imports the tie, `value`, `subtype`; conversions come from `crate::convert` and `crate::mapping`.
//! Upholds: a key is converted, which may run Python code, before the mapping is looked at.

use super::methods::Members;
use super::subtype;
use super::trampoline::{counted, slot};
use crate::mapping::{self, Mapping};
use crate::{convert, error};
use pyo3::exceptions::PyKeyError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{c_int, c_void};

/// Makes the types and adds them to the module.
///
/// # Errors
/// Those of making types.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let slot = |slot: c_int, function: *mut c_void| ffi::PyType_Slot { slot, pfunc: function };
    let common = [
        slot(ffi::Py_mp_length, length as *mut c_void),
        slot(ffi::Py_mp_subscript, subscript as *mut c_void),
        slot(ffi::Py_sq_contains, contains as *mut c_void),
        slot(ffi::Py_tp_iter, iterate as *mut c_void),
        slot(ffi::Py_tp_init, init as *mut c_void),
    ];
    subtype::add(module, c"bowline._core.CMap", c"Base of wrappers of Maps.", Members::new(), &common)?;
    let dict = [common.as_slice(), &[slot(ffi::Py_mp_ass_subscript, assign as *mut c_void)]].concat();
    subtype::add(module, c"bowline._core.CDict", c"Base of wrappers of Dicts.", Members::new(), &dict)
}

/// `KeyError` with the key as its argument.
#[cold]
fn no_such_key(key: &Bound<'_, PyAny>) -> PyErr {
    // A tuple would be taken for several arguments.
    PyKeyError::new_err((key.clone().unbind(),))
}

unsafe extern "C" fn length(op: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    // SAFETY: called by the interpreter with a wrapper.
    unsafe {
        slot(|_| {
            counted(|py| {
                let ob = Bound::from_borrowed_ptr(py, op);
                // An empty wrapper has no entries.
                match super::tie::handle(&ob) {
                    None => Ok(0),
                    Some(_) => Ok(Mapping::of(&ob)?.len() as ffi::Py_ssize_t),
                }
            })
        })
    }
}

unsafe extern "C" fn subscript(op: *mut ffi::PyObject, key: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a wrapper and a live key.
    unsafe {
        slot(|_| {
            counted(|py| {
                let (ob, key) = (Bound::from_borrowed_ptr(py, op), Bound::from_borrowed_ptr(py, key));
                let native = convert::any(&key)?;
                match Mapping::of(&ob)?.get(py, native.view())? {
                    Some(value) => crate::mapping::shown_of(&ob, value).map(Bound::into_ptr),
                    None => Err(no_such_key(&key)),
                }
            })
        })
    }
}

unsafe extern "C" fn contains(op: *mut ffi::PyObject, key: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the interpreter with a wrapper and a live key.
    unsafe {
        slot(|_| {
            counted(|py| {
                let native = convert::any(&Bound::from_borrowed_ptr(py, key))?;
                let mapping = Mapping::of(&Bound::from_borrowed_ptr(py, op))?;
                Ok(mapping.get(py, native.view())?.is_some().into())
            })
        })
    }
}

unsafe extern "C" fn assign(op: *mut ffi::PyObject, key: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the interpreter with a wrapper, a live key, and a value or null.
    unsafe {
        slot(|_| {
            counted(|py| {
                let (ob, key) = (Bound::from_borrowed_ptr(py, op), Bound::from_borrowed_ptr(py, key));
                let native = convert::any(&key)?;
                let value = Bound::from_borrowed_ptr_or_opt(py, value).map(|value| convert::any(&value)).transpose()?;
                let dict = mapping::dict_of(&ob)?;
                let raise = |error| error::to_python(py, &error);
                match value {
                    Some(value) => drop(dict.set(native, value).map_err(raise)?),
                    None => drop(dict.remove(native.view()).map_err(raise)?.ok_or_else(|| no_such_key(&key))?),
                }
                Ok(0)
            })
        })
    }
}

/// Keys as they are now.
unsafe extern "C" fn iterate(op: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a wrapper.
    unsafe {
        slot(|_| {
            counted(|py| {
                let keys = mapping::keys(&Bound::from_borrowed_ptr(py, op))?;
                Ok(keys.try_iter()?.into_ptr())
            })
        })
    }
}

unsafe extern "C" fn init(
    op: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: called by the interpreter with a wrapper, a tuple, and a dict or null.
    unsafe {
        slot(|_| {
            counted(|py| {
                let ob = Bound::from_borrowed_ptr(py, op);
                let arguments = Bound::from_borrowed_ptr(py, arguments).cast_into_unchecked();
                let keywords = Bound::from_borrowed_ptr_or_opt(py, keywords);
                mapping::init(
                    &ob,
                    &arguments,
                    keywords.is_some_and(|keywords| ffi::PyDict_Size(keywords.as_ptr()) > 0),
                )?;
                Ok(0)
            })
        })
    }
}
