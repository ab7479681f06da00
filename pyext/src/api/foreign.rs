//! Types that other libraries define, as the package asks for them.
#![forbid(unsafe_code)]

use crate::interpreter::entry::add_function;
use crate::to_python::value;
use bowline::reflect::{self, Reflection};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;

/// Whether another library makes and ends a type's objects.
#[pyfunction]
#[guarded]
fn is_foreign(index: i32) -> bool {
    reflect::info(index).is_some_and(Reflection::is_foreign)
}

/// The constructor that the library of a foreign type has given it; None if there is none.
#[pyfunction]
#[guarded]
fn foreign_init(py: Python<'_>, index: i32) -> PyResult<Option<Bound<'_, PyAny>>> {
    let found = reflect::info(index).filter(|reflection| reflection.is_foreign()).and_then(Reflection::foreign_init);
    found.map(|found| value::to_python(py, found)).transpose()
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, is_foreign)?;
    add_function!(module, foreign_init)
}
