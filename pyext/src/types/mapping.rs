//! `CMap` and `CDict`: native mappings with the slots of Python's.
//! Upholds: a key is converted, which may run Python code, before the mapping is looked at.

use crate::from_python::mapping::Mapping;
use crate::from_python::{convert, mapping};
use crate::interpreter::exceptions::{PyKeyError, PyTypeError};
use crate::interpreter::members::Members;
use crate::interpreter::names::intern;
use crate::interpreter::trampoline::{counted, slot};
use crate::to_python::error;
use crate::types::{mapping_iterator, subtype};
use crate::wrapper::tie;
use bowline::container::{DictObj, MapObj};
use bowline::object::{Obj, Object};
use bowline::value::Any;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
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
    ];
    let map = [common.as_slice(), &[slot(ffi::Py_tp_init, init::<false> as *mut c_void)]].concat();
    subtype::add(module, c"bowline._core.CMap", c"Base of wrappers of Maps.", Members::new(), &map)?;
    let own =
        [slot(ffi::Py_tp_init, init::<true> as *mut c_void), slot(ffi::Py_mp_ass_subscript, assign as *mut c_void)];
    let dict = [common.as_slice(), &own].concat();
    subtype::add(module, c"bowline._core.CDict", c"Base of wrappers of Dicts.", Members::new(), &dict)
}

/// `KeyError` with the key as its argument.
#[cold]
fn no_such_key(key: &Bound<'_, PyAny>) -> PyErr {
    // A tuple would be taken for several arguments.
    PyKeyError::new_err((key.clone().unbind(),))
}

/// A key's native value. What a conversion by hooks drops is released at once: PyO3 knows that the thread is attached.
#[inline]
fn key_of(key: &Bound<'_, PyAny>) -> PyResult<Any> {
    match convert::exact(key) {
        Some(native) => Ok(native),
        None => counted(|_| convert::any(key)),
    }
}

unsafe extern "C" fn length(op: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    // SAFETY: called by the interpreter with a wrapper.
    unsafe {
        slot(|_| {
            counted(|py| {
                let ob = Bound::from_borrowed_ptr(py, op);
                // An empty wrapper has no entries.
                match tie::handle(&ob) {
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
        slot(|py| {
            let (ob, key) = (Bound::from_borrowed_ptr(py, op), Bound::from_borrowed_ptr(py, key));
            let native = key_of(&key)?;
            let mapping = Mapping::of(&ob)?;
            match mapping.get(py, native.view())? {
                Some(value) => mapping.show(py, value).map(Bound::into_ptr),
                None => Err(no_such_key(&key)),
            }
        })
    }
}

unsafe extern "C" fn contains(op: *mut ffi::PyObject, key: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the interpreter with a wrapper and a live key.
    unsafe {
        slot(|py| {
            let native = key_of(&Bound::from_borrowed_ptr(py, key))?;
            let mapping = Mapping::of(&Bound::from_borrowed_ptr(py, op))?;
            Ok(mapping.get(py, native.view())?.is_some().into())
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
    unsafe { slot(|_| counted(|py| mapping_iterator::keys(&Bound::from_borrowed_ptr(py, op)).map(Bound::into_ptr))) }
}

/// `Map(mapping)`, or `Dict(mapping=None)`.
unsafe extern "C" fn init<const IS_DICT: bool>(
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
                let keywords = Bound::from_borrowed_ptr_or_opt(py, keywords).map(|given| given.cast_into_unchecked());
                let object = made_of(&ob, &arguments, keywords.as_ref(), IS_DICT)?;
                tie::bind(&ob, object)?;
                Ok(0)
            })
        })
    }
}

/// The native mapping that the arguments of a constructor ask for.
fn made_of(
    ob: &Bound<'_, PyAny>,
    arguments: &Bound<'_, PyTuple>,
    keywords: Option<&Bound<'_, PyDict>>,
    is_dict: bool,
) -> PyResult<Obj<Object>> {
    let named = match keywords {
        Some(keywords) => keywords.get_item(intern!(ob.py(), "input_dict"))?,
        None => None,
    };
    let given = arguments.len() + keywords.map_or(0, PyDictMethods::len);
    if given > 1 || (named.is_none() && given > arguments.len()) {
        return Err(PyTypeError::new_err(format!(
            "expected one mapping for {}(), got other arguments",
            ob.get_type().name()?
        )));
    }
    let entries = match named.map_or_else(|| arguments.get_item(0), Ok) {
        Ok(given) if !(is_dict && given.is_none()) => mapping::collect_entries(&given)?,
        _ if is_dict => Vec::new(),
        _ => {
            let name = ob.get_type().name()?;
            return Err(PyTypeError::new_err(format!("{name}() missing 1 required argument: 'input_dict'")));
        }
    };
    let object = match is_dict {
        true => DictObj::make(entries).map(Obj::upcast),
        false => MapObj::make(entries).map(Obj::upcast),
    };
    object.map_err(mapping::raise(ob.py()))
}
