//! What is registered of types, as the package asks for it.
#![forbid(unsafe_code)]

use crate::api::registry::known;
use crate::interpreter::entry::add_function;
use crate::to_python::value;
use crate::types::field::info::PyFieldInfo;
use bowline::reflect::{self, Reflection};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;

/// The fields of a type, its parent's first. None of a type whose fields are not registered.
#[pyfunction]
#[guarded]
fn fields_of(index: i32) -> PyResult<Vec<PyFieldInfo>> {
    known(index)?;
    Ok(reflect::info(index).map_or(&[][..], |reflection| &reflection.fields).iter().map(PyFieldInfo::new).collect())
}

/// Bytes of an object of a type; 0 when that is not known.
#[pyfunction]
#[guarded]
fn total_size(index: i32) -> usize {
    reflect::info(index).map_or(0, |reflection| reflection.total_size)
}

/// The methods that a type adds to its parent's. Of each: name, function, whether it is static, its documentation and
/// metadata.
#[pyfunction]
#[guarded]
#[allow(clippy::type_complexity, reason = "a row of a table")]
#[guarded]
fn methods_of(
    py: Python<'_>,
    index: i32,
) -> PyResult<Vec<(&'static str, Bound<'_, PyAny>, bool, Option<&'static str>, &'static str)>> {
    let row = |method: &'static reflect::MethodInfo| {
        let function = value::object_to_python(py, method.function.clone().upcast())?;
        let doc = Some(&*method.doc).filter(|doc| !doc.is_empty());
        Ok((&*method.name, function, method.is_static, doc, &*method.metadata))
    };
    known(index)?;
    reflect::info(index).map_or(&[][..], |reflection| &reflection.methods).iter().map(row).collect()
}

/// Whether the fields of a type are registered.
#[pyfunction]
#[guarded]
fn is_defined(index: i32) -> bool {
    reflect::info(index).is_some()
}

/// Whether objects of a type can be made from values of its fields.
#[pyfunction]
#[guarded]
fn is_constructible(index: i32) -> bool {
    reflect::info(index).is_some_and(|reflection| reflection.constructible)
}

/// The documentation of a type.
#[pyfunction]
#[guarded]
fn doc_of(index: i32) -> Option<&'static str> {
    reflect::info(index).map(|reflection| &*reflection.doc).filter(|doc| !doc.is_empty())
}

/// Whether another library makes and ends a type's objects.
#[pyfunction]
#[guarded]
fn is_foreign(index: i32) -> bool {
    reflect::info(index).is_some_and(Reflection::is_foreign)
}

/// The constructor that the library of a foreign type has given it. None if there is none.
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
    module.add_class::<PyFieldInfo>()?;
    add_function!(module, fields_of)?;
    add_function!(module, methods_of)?;
    add_function!(module, total_size)?;
    add_function!(module, is_defined)?;
    add_function!(module, is_constructible)?;
    add_function!(module, is_foreign)?;
    add_function!(module, foreign_init)?;
    add_function!(module, doc_of)
}
