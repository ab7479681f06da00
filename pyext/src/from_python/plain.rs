//! Python values to native ones of plain schemas. These are numbers, strings, bytes, pointers, element types
//! and devices.
//! Upholds: what an object says of itself by a special method counts only where its class does not tell.
#![forbid(unsafe_code)]

use crate::from_python::fail::{Converted, Fail};
use crate::from_python::{hooks, pointer, scalar};
use crate::interpreter::exceptions::PyOverflowError;
use crate::interpreter::names::intern;
use crate::interpreter::take;
use bowline::value::{IntoAny, Pointer, Schema};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyString};

/// A pointer, element type or device.
///
/// # Errors
/// A mismatch, or what user code raises.
#[inline(never)]
pub fn to_plain(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    let failed = |error: PyErr| Fail::hook(schema, ob, error.into());
    let found = match schema {
        Schema::Pointer if ob.is_none() => Some(Pointer(std::ptr::null_mut()).into_any()),
        Schema::Pointer => pointer::pointer(ob).map_err(failed)?,
        _ => match ob.cast::<PyString>() {
            // The package's own element types are strings, too.
            Ok(text) if !ob.get_type().hasattr(intern!(ob.py(), "__ffi_plain__"))? => {
                let named = hooks::named(&take::lent(text), schema);
                named.transpose().map_err(Fail::text)?
            }
            _ => hooks::plain(ob, schema).map_err(failed)?,
        },
    };
    found.ok_or_else(|| Fail::expected(schema, ob))
}

/// A string.
///
/// # Errors
/// A mismatch, or what user code raises.
#[inline(never)]
pub fn to_string(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    match ob.is_instance_of::<PyString>() {
        true => Ok(scalar::string(ob)?),
        false => Err(Fail::expected(schema, ob)),
    }
}

/// An integer: of an `int`, or of what counts as one.
///
/// # Errors
/// A mismatch, or what user code raises.
#[inline(never)]
pub fn to_int(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    let failed = |error: PyErr| Fail::hook(schema, ob, error.into());
    let number = match ob.is_instance_of::<PyInt>() {
        true => ob.clone(),
        false => hooks::as_int(ob).map_err(failed)?.ok_or_else(|| Fail::expected(schema, ob))?,
    };
    scalar::int(&number).map_err(|error| match error.is_instance_of::<PyOverflowError>(ob.py()) {
        true => Fail::text("expected int in the int64 range, got a larger one".to_owned()),
        false => Fail::Raised(error),
    })
}

/// A float: of a `float` or `int`, or of what counts as a real number.
///
/// # Errors
/// A mismatch, or what user code raises.
#[inline(never)]
pub fn to_float(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    if ob.is_instance_of::<PyFloat>() || ob.is_instance_of::<PyInt>() {
        return match ob.extract::<f64>() {
            Ok(value) => Ok(value.into_any()),
            Err(error) if error.is_instance_of::<PyOverflowError>(ob.py()) => {
                Err(Fail::text("expected float, got an int that is too large for one".to_owned()))
            }
            Err(error) => Err(error.into()),
        };
    }
    let number = hooks::as_float(ob).map_err(|error| Fail::hook(schema, ob, error.into()))?;
    let number = number.ok_or_else(|| Fail::expected(schema, ob))?;
    Ok(number.into_any())
}

/// A bool: the truth of an integer.
///
/// # Errors
/// A mismatch, or what user code raises.
#[inline(never)]
pub fn to_bool(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    if ob.is_instance_of::<PyInt>() || hooks::is_integral(ob)? {
        let truth = ob.is_truthy().map_err(|error| Fail::hook(schema, ob, error.into()))?;
        return Ok(truth.into_any());
    }
    if hooks::is_numpy_bool(ob)? {
        return Ok(ob.is_truthy()?.into_any());
    }
    Err(Fail::expected(schema, ob))
}

/// Bytes, of a `bytes` or `bytearray`.
///
/// # Errors
/// A mismatch.
#[inline(never)]
pub fn to_bytes(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    scalar::bytes(ob).ok_or_else(|| Fail::expected(schema, ob))
}
