//! The native values of Python's ints, floats, strings and bytes.
//! Upholds: no code of users runs, but that of an `__index__` or the like which a subclass has.

use crate::from_python::classify::Exact;
use crate::interpreter::exceptions::PyOverflowError;
use crate::interpreter::make::{self, Make};
use crate::interpreter::names::intern;
use crate::interpreter::small_int;
use bowline::object::grow::{gathered, Grow};
use bowline::value::{big_int, Any, Bytes, IntoAny, Str};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyByteArray, PyByteArrayMethods, PyBytes, PyFloat, PyInt};
use std::ffi::{c_char, c_int};

/// The value of an `int` or of an instance of a subclass.
///
/// # Errors
/// `OverflowError`.
#[inline]
pub fn int(ob: &Bound<'_, PyAny>) -> PyResult<Any> {
    if Exact::Int.is(ob) {
        // SAFETY: a live object whose class is exactly `int`.
        if let Some(value) = unsafe { small_int::compact(ob.as_ptr()) } {
            return Ok(value.into_any());
        }
    }
    let mut overflow: c_int = 0;
    // SAFETY: a live object; other types than int end in an exception.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(ob.as_ptr(), &mut overflow) };
    if overflow != 0 {
        return Err(PyOverflowError::new_err("int too large to convert to a 64-bit integer"));
    }
    if value == -1 {
        if let Some(error) = PyErr::take(ob.py()) {
            return Err(error);
        }
    }
    Ok(value.into_any())
}

/// The value of an `int` of any size, or of an instance of a subclass.
///
/// # Errors
/// `TypeError` for other objects, `MemoryError`.
#[inline]
pub fn any_int(ob: &Bound<'_, PyAny>) -> PyResult<Any> {
    match int(ob) {
        Err(error) if error.is_instance_of::<PyOverflowError>(ob.py()) => big(ob),
        other => other,
    }
}

/// The value of an `int` beyond 64 bits. What a subclass makes of the methods does not count.
#[cold]
fn big(ob: &Bound<'_, PyAny>) -> PyResult<Any> {
    let py = ob.py();
    let class = py.get_type::<PyInt>();
    let bits: usize = class.call_method1(intern!(py, "bit_length"), (ob,))?.extract()?;
    // One more, of the sign.
    let words = bits / 64 + 1;
    let signed = make::dict(py)?;
    signed.set_item(intern!(py, "signed"), true)?;
    let to_bytes = class.getattr(intern!(py, "to_bytes"))?;
    let bytes = to_bytes.call((ob, (words * 8).make(py)?, intern!(py, "little")), Some(&signed))?;
    let bytes = bytes.cast::<PyBytes>()?.as_bytes();
    let words = bytes.as_chunks::<8>().0.iter().map(|word| i64::from_le_bytes(*word));
    Ok(big_int::integer(&gathered(words)))
}

/// The value of a `str` or of an instance of a subclass.
///
/// # Errors
/// `UnicodeEncodeError`; `TypeError` for other objects.
#[inline]
pub fn string(ob: &Bound<'_, PyAny>) -> PyResult<Any> {
    let mut size: ffi::Py_ssize_t = 0;
    // SAFETY: a live object. What is returned belongs to it, is UTF-8, and is copied at once.
    unsafe {
        let data: *const c_char = ffi::PyUnicode_AsUTF8AndSize(ob.as_ptr(), &mut size);
        if data.is_null() {
            return Err(PyErr::fetch(ob.py()));
        }
        let content = std::slice::from_raw_parts(data.cast::<u8>(), size as usize);
        Ok(Str::from(std::str::from_utf8_unchecked(content)).into())
    }
}

/// The value of a `float` or of an instance of a subclass. None of other objects.
#[inline]
pub fn float(ob: &Bound<'_, PyAny>) -> Option<Any> {
    // SAFETY: a live object whose class was just looked at.
    ob.is_instance_of::<PyFloat>().then(|| unsafe { ffi::PyFloat_AS_DOUBLE(ob.as_ptr()) }.into_any())
}

/// The value of a `bool`.
#[inline]
pub fn bool(ob: &Bound<'_, PyAny>) -> Any {
    // SAFETY: an address that is compared only.
    (ob.as_ptr() == unsafe { ffi::Py_True() }).into_any()
}

/// What a `bytearray` has now.
fn copied(bytes: &Bound<'_, PyByteArray>) -> Vec<u8> {
    let mut copy = Vec::new();
    loop {
        // Outside of the section: this may unwind.
        copy.grow(bytes.len());
        let fits = with_critical_section(bytes, || {
            // SAFETY: attached. On a free-threaded interpreter others who change it wait meanwhile, as `bytearray`'s own methods
            // hold the same section; nothing here runs Python code.
            let now = unsafe { bytes.as_bytes() };
            let fits = now.len() <= copy.capacity();
            if fits {
                copy.extend_from_slice(now);
            }
            fits
        });
        if fits {
            return copy;
        }
    }
}

/// The value of a `bytes` or `bytearray`, or of an instance of a subclass. None of other objects.
#[inline]
pub fn bytes(ob: &Bound<'_, PyAny>) -> Option<Any> {
    if ob.is_instance_of::<PyBytes>() {
        // SAFETY: a live object whose class was just looked at; bytes do not change.
        return Some(unsafe {
            let data = ffi::PyBytes_AS_STRING(ob.as_ptr()).cast::<u8>();
            Bytes::from(std::slice::from_raw_parts(data, ffi::Py_SIZE(ob.as_ptr()) as usize)).into()
        });
    }
    // A copy, which other threads cannot change.
    ob.cast::<PyByteArray>().ok().map(|bytes| Bytes::from(copied(bytes)).into_any())
}
