//! Attributes of types, for Python.
//! Upholds: a value that is an object comes back as the same wrapper.
#![forbid(unsafe_code)]

use crate::from_python::{convert, fail};
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::take;
use crate::to_python::{error, value};
use crate::wrapper::tie;
use bowline::object::{registry, Obj};
use bowline::reflect::enumeration::{Enum, EnumState};
use bowline::reflect::{self, attr};
use bowline::value::Any;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;

/// The attribute of a type. Functions that make or copy its objects are made when they are first asked for.
fn attribute(index: i32, name: &str) -> Option<Any> {
    match name {
        "__ffi_init__" => reflect::init_of(index),
        "__ffi_new__" => reflect::new_of(index),
        "__ffi_shallow_copy__" => reflect::copy_of(index),
        _ => attr::get(index, name),
    }
}

/// The attribute of a type. With `ancestor` it is that of the nearest ancestor that has it; None if there
/// is none.
#[pyfunction]
#[guarded]
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
#[guarded]
fn register_type_attr(type_index: i32, attr_key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    attr::set(type_index, attr_key, convert::any(value)?).map_err(|error| error::to_python(value.py(), &error))
}

/// The variants of an enumeration and what is said of them.
#[pyfunction]
#[guarded]
fn enum_state(py: Python<'_>, type_index: i32) -> PyResult<Bound<'_, PyAny>> {
    let state = EnumState::of(type_index).map_err(|error| error::to_python(py, &error))?;
    value::object_to_python(py, state.upcast())
}

fn variant_of(ob: &Bound<'_, PyAny>) -> PyResult<Obj<Enum>> {
    let object = tie::object_of(ob).map(Obj::downcast::<Enum>).and_then(Result::ok);
    object.ok_or_else(|| {
        PyTypeError::new_err(format!("expected a variant of an enumeration, got {}", fail::describe(ob)))
    })
}

/// Adds a variant to an enumeration.
#[pyfunction]
#[guarded]
fn enum_add(type_index: i32, variant: &Bound<'_, PyAny>) -> PyResult<()> {
    let object = variant_of(variant)?;
    let added = EnumState::of(type_index).and_then(|state| state.add(&object));
    added.map_err(|error| error::to_python(variant.py(), &error))
}

/// Gives an enumeration other variants.
#[pyfunction]
#[guarded]
fn enum_replace(py: Python<'_>, type_index: i32, variants: &Bound<'_, PyAny>) -> PyResult<()> {
    let objects = take::items(variants, |variant| variant_of(&variant))?;
    EnumState::replace(type_index, &objects).map_err(|error| error::to_python(py, &error))
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, lookup_type_attr)?;
    add_function!(module, enum_state)?;
    add_function!(module, enum_add)?;
    add_function!(module, enum_replace)?;
    add_function!(module, register_type_attr)
}
