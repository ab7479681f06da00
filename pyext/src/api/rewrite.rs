//! Structural visits and mutations with callbacks, for Python.
//! Upholds: what a callback raises comes out as it is, also through hooks of native code.
#![forbid(unsafe_code)]

use crate::from_python::callable::from_callable;
use crate::from_python::convert;
use crate::interpreter::entry::add_function;
use crate::to_python::{error, value};
use bowline::function::Error;
use bowline::reflect::structural::{self, Row, Rows, Way};
use bowline::value::Any;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;

/// A callback for all values, which returns `MISSING` where it is for none.
fn rows(call: &Bound<'_, PyAny>, with_more: bool) -> Rows {
    Rows::new(vec![Row::choosy(from_callable(call), with_more)])
}

fn made<'py>(py: Python<'py>, result: Result<Any, Error>) -> PyResult<Bound<'py, PyAny>> {
    value::to_python(py, result.map_err(|error| error::to_python(py, &error))?)
}

/// A value like another, with parts that a callback gave. The callback gets a value and its region.
#[pyfunction]
#[guarded]
fn structural_map<'py>(root: &Bound<'py, PyAny>, call: &Bound<'py, PyAny>, pre: bool) -> PyResult<Bound<'py, PyAny>> {
    let way = if pre { Way::Before } else { Way::After };
    let native = convert::any(root)?;
    made(root.py(), structural::rewrite(native.view(), way, rows(call, true)))
}

/// The same with a callback that gets a value, a mutator and a mode. It says what becomes of the value and its parts.
#[pyfunction]
#[guarded]
fn structural_mutate<'py>(root: &Bound<'py, PyAny>, call: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let native = convert::any(root)?;
    made(root.py(), structural::rewrite(native.view(), Way::Instead, rows(call, true)))
}

/// Visits a value. The callback gets a value and a visitor, and says which parts are visited. Returns what ended the visit.
#[pyfunction]
#[guarded]
fn structural_visit<'py>(root: &Bound<'py, PyAny>, call: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let native = convert::any(root)?;
    made(root.py(), structural::visit(native.view(), rows(call, false)).map(Option::unwrap_or_default))
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, structural_map)?;
    add_function!(module, structural_mutate)?;
    add_function!(module, structural_visit)
}
