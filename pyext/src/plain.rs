//! Element types and devices between text and numbers, for the package's classes.
//! Imports `convert`, the core's plain data.
//! Upholds: text is read and written by the core's rules.
#![forbid(unsafe_code)]

use crate::{convert, protocols};
use bowline::value::{DataType, Device};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// Code, bits and lanes of what a string or an element type of another package names.
#[pyfunction]
fn parse_dtype(content: &Bound<'_, PyAny>) -> PyResult<(u8, u8, u16)> {
    let parts = |dtype: DataType| (dtype.code, dtype.bits, dtype.lanes);
    if let Ok(text) = content.extract::<String>() {
        return text.parse().map(parts).map_err(|error| PyValueError::new_err(format!("{error}")));
    }
    let found = protocols::foreign_plain(content)?.and_then(|value| value.view().as_dtype());
    found.map(parts).ok_or_else(|| {
        PyTypeError::new_err(format!("expected the name of a dtype or a dtype, got {}", convert::describe(content)))
    })
}

/// The name of an element type.
#[pyfunction]
fn dtype_text(code: u8, bits: u8, lanes: u16) -> String {
    DataType { code, bits, lanes }.to_string()
}

/// Kind and index of the device that a string names.
#[pyfunction]
fn parse_device(text: &str) -> PyResult<(i32, i32)> {
    let device: Device = text.parse().map_err(|error| PyValueError::new_err(format!("{error}")))?;
    Ok((device.kind, device.id))
}

/// The name of a device.
#[pyfunction]
fn device_text(kind: i32, id: i32) -> String {
    Device { kind, id }.to_string()
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(parse_dtype, module)?)?;
    module.add_function(wrap_pyfunction!(dtype_text, module)?)?;
    module.add_function(wrap_pyfunction!(parse_device, module)?)?;
    module.add_function(wrap_pyfunction!(device_text, module)?)
}
