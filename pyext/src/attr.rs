//! Attributes of types, for Python.
//! Imports `convert`, `cpython::value`, the core's `reflect::attr`.
//! Upholds: a value that is an object comes back as the same wrapper.
#![forbid(unsafe_code)]

use crate::cpython::{tie, value};
use crate::{convert, error};
use bowline::object::{registry, Obj};
use bowline::reflect::enumeration::{Enum, State};
use bowline::reflect::{self, attr};
use bowline::value::Any;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// The attribute of a type; `__ffi_init__` is made when it is first asked for.
fn attribute(index: i32, name: &str) -> Option<Any> {
    match name {
        "__ffi_init__" => reflect::init_of(index),
        _ => attr::get(index, name),
    }
}

/// The attribute of a type, or with `ancestor` of the nearest ancestor that has it; None if there is none.
#[pyfunction]
#[pyo3(signature = (type_index, attr_key, ancestor = false))]
fn lookup_type_attr<'py>(
    py: Python<'py>,
    type_index: i32,
    attr_key: &str,
    ancestor: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let mut found = attribute(type_index, attr_key);
    if ancestor && found.is_none() {
        let ancestors = registry::type_info(type_index).map_or(&[][..], |info| info.ancestors);
        found = ancestors.iter().rev().find_map(|index| attribute(*index, attr_key));
    }
    found.map(|value| value::to_python(py, value)).transpose()
}

/// Sets the attribute of a type.
#[pyfunction]
fn register_type_attr(type_index: i32, attr_key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    attr::set(type_index, attr_key, convert::any(value)?).map_err(|error| error::to_python(value.py(), &error))
}

/// The variants of an enumeration and what is said of them.
#[pyfunction]
fn enum_state(py: Python<'_>, type_index: i32) -> PyResult<Bound<'_, PyAny>> {
    let state = State::of(type_index).map_err(|error| error::to_python(py, &error))?;
    value::object_to_python(py, state.upcast())
}

/// Adds a variant to an enumeration.
#[pyfunction]
fn enum_add(type_index: i32, variant: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = variant.py();
    let raise = |error| error::to_python(py, &error);
    let object = tie::object_of(variant).map(Obj::downcast::<Enum>).and_then(Result::ok);
    let object = object.ok_or_else(|| {
        PyTypeError::new_err(format!("expected a variant of an enumeration, got {}", convert::describe(variant)))
    })?;
    State::of(type_index).and_then(|state| state.add(&object)).map_err(raise)
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(lookup_type_attr, module)?)?;
    module.add_function(wrap_pyfunction!(enum_state, module)?)?;
    module.add_function(wrap_pyfunction!(enum_add, module)?)?;
    module.add_function(wrap_pyfunction!(register_type_attr, module)?)
}
