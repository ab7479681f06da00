//! Element types and devices between text and numbers, for the package's classes.
//! Upholds: text is read and written by the core's rules.
#![forbid(unsafe_code)]

use crate::from_python::{fail, hooks};
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::{PyTypeError, PyValueError};
use crate::interpreter::take;
use bowline::value::{DataType, Device};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;

/// Code, bits and lanes of an element type. A string names it, or an element type of another
/// package.
#[pyfunction]
#[guarded]
fn parse_dtype(content: &Bound<'_, PyAny>) -> PyResult<(u8, u8, u16)> {
    let parts = |dtype: DataType| (dtype.code, dtype.bits, dtype.lanes);
    if let Ok(text) = take::text(content) {
        return text.parse().map(parts).map_err(|error| PyValueError::new_err(format!("{error}")));
    }
    let found = hooks::foreign_plain(content)?.and_then(|value| value.view().as_dtype());
    found.map(parts).ok_or_else(|| {
        PyTypeError::new_err(format!("expected the name of a dtype or a dtype, got {}", fail::describe(content)))
    })
}

/// The name of an element type.
#[pyfunction]
#[guarded]
fn dtype_text(code: u8, bits: u8, lanes: u16) -> String {
    DataType { code, bits, lanes }.to_string()
}

/// Kind and index of the device that a string names.
#[pyfunction]
#[guarded]
fn parse_device(text: &str) -> PyResult<(i32, i32)> {
    let device: Device = text.parse().map_err(|error| PyValueError::new_err(format!("{error}")))?;
    Ok((device.kind, device.id))
}

/// The name of a device.
#[pyfunction]
#[guarded]
fn device_text(kind: i32, id: i32) -> String {
    Device { kind, id }.to_string()
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, parse_dtype)?;
    add_function!(module, dtype_text)?;
    add_function!(module, parse_device)?;
    add_function!(module, device_text)
}
