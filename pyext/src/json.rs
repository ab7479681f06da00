//! Graphs as JSON text, for Python.
//! Imports `convert`, `cpython::value`, the core's `reflect::json`.
//! Upholds: what can be written is read back with the same structure and sharing.
#![forbid(unsafe_code)]

use crate::cpython::value;
use crate::{convert, error};
use bowline::reflect::json;
use pyo3::prelude::*;

/// The JSON text of a value; `metadata` is JSON text, too.
#[pyfunction]
#[pyo3(signature = (obj, metadata = None))]
fn to_json_graph(obj: &Bound<'_, PyAny>, metadata: Option<&str>) -> PyResult<String> {
    let value = convert::any(obj)?;
    json::write(value.view(), metadata).map_err(|error| error::to_python(obj.py(), &error))
}

/// The value that JSON text describes.
#[pyfunction]
fn from_json_graph<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    value::to_python(py, json::read(text).map_err(|error| error::to_python(py, &error))?)
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(to_json_graph, module)?)?;
    module.add_function(wrap_pyfunction!(from_json_graph, module)?)
}
