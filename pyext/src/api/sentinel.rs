//! `MISSING` and `KWARGS`, for the package.
#![forbid(unsafe_code)]

use crate::interpreter::entry::add_function;
use crate::types::object::register;
use crate::types::sentinel::{kwargs, missing};
use bowline::object::ObjectType;
use bowline::reflect::sentinel::Sentinel;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::PyType;

/// Makes a class that of the two, and gives `MISSING` and `KWARGS`.
#[pyfunction]
#[guarded]
fn sentinels<'py>(class: &Bound<'py, PyType>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let py = class.py();
    register::register(py, Sentinel::type_index(), class, false, false)?;
    let kwargs = kwargs(py)?;
    Ok((missing(py)?.clone(), kwargs.clone()))
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, sentinels)
}
