//! Graphs as JSON text, for Python.
//! Upholds: what can be written is read back with the same structure and sharing.
#![forbid(unsafe_code)]

use crate::from_python::convert;
use crate::interpreter::entry::add_function;
use crate::to_python::{error, value};
use bowline::reflect::json;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;

/// The JSON text of a value; `metadata` is JSON text, too.
#[pyfunction]
#[guarded]
#[pyo3(signature = (obj, metadata = None))]
fn to_json_graph(obj: &Bound<'_, PyAny>, metadata: Option<&str>) -> PyResult<String> {
    let value = convert::any(obj)?;
    json::write(value.view(), metadata).map_err(|error| error::to_python(obj.py(), &error))
}

/// The value that JSON text describes.
#[pyfunction]
#[guarded]
fn from_json_graph<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    value::to_python(py, json::read(text).map_err(|error| error::to_python(py, &error))?)
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, to_json_graph)?;
    add_function!(module, from_json_graph)
}
