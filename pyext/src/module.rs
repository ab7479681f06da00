//! Modules, for Python.
//! Imports `cpython::{tie, value}`, the core's modules.
//! Upholds: other threads run Python while a library is loaded.

use crate::cpython::trampoline::or_memory_error;
use crate::cpython::{tie, value};
use crate::{convert, error};
use bowline::function::Error;
use bowline::module::{self, system, ModuleObj};
use bowline::object::Obj;
use bowline::value::Str;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::path::PathBuf;

/// The module behind a wrapper.
fn module_in(ob: &Bound<'_, PyAny>) -> PyResult<Obj<ModuleObj>> {
    let found = tie::object_of(ob).map(Obj::downcast::<ModuleObj>).and_then(Result::ok);
    found.ok_or_else(|| PyTypeError::new_err(format!("expected a Module, got {}", convert::describe(ob))))
}

/// The result of native work, or its error as an exception.
fn raised<T>(py: Python<'_>, result: Result<T, Error>) -> PyResult<T> {
    result.map_err(|error| error::to_python(py, &error))
}

/// The module in a file.
#[pyfunction]
fn module_load(py: Python<'_>, path: PathBuf, keep_module_alive: bool) -> PyResult<Bound<'_, PyAny>> {
    or_memory_error(py, || {
        // SAFETY: the caller's word, as `load_module` documents it: there is no way to check a library.
        let loaded = py.detach(|| unsafe { module::load(&path, keep_module_alive) });
        value::object_to_python(py, raised(py, loaded)?.upcast())
    })
}

/// The module of this process's own functions, with a prefix.
#[pyfunction]
fn module_system<'py>(py: Python<'py>, prefix: &str) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(py, || value::object_to_python(py, system::library(prefix).upcast()))
}

/// The function of a name; None if there is none.
#[pyfunction]
fn module_function<'py>(this: &Bound<'py, PyAny>, name: &str, imports: bool) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = this.py();
    or_memory_error(py, || {
        let found = raised(py, module_in(this)?.get(name, imports))?;
        found.map(|function| value::object_to_python(py, function.upcast())).transpose()
    })
}

fn text(found: Option<Str>) -> Option<String> {
    found.map(|text| text.as_str().to_owned())
}

/// What is said about a function, as JSON text; None if nothing.
#[pyfunction]
fn module_metadata(this: &Bound<'_, PyAny>, name: &str, imports: bool) -> PyResult<Option<String>> {
    raised(this.py(), module_in(this)?.metadata(name, imports)).map(text)
}

/// The documentation of a function; None if there is none.
#[pyfunction]
fn module_doc(this: &Bound<'_, PyAny>, name: &str, imports: bool) -> PyResult<Option<String>> {
    raised(this.py(), module_in(this)?.doc(name, imports)).map(text)
}

/// Lets a module import another.
#[pyfunction]
fn module_import(this: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>) -> PyResult<()> {
    raised(this.py(), module_in(this)?.import(module_in(other)?))
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(into: &Bound<'_, PyModule>) -> PyResult<()> {
    module::declare();
    into.add_function(wrap_pyfunction!(module_load, into)?)?;
    into.add_function(wrap_pyfunction!(module_system, into)?)?;
    into.add_function(wrap_pyfunction!(module_function, into)?)?;
    into.add_function(wrap_pyfunction!(module_metadata, into)?)?;
    into.add_function(wrap_pyfunction!(module_doc, into)?)?;
    into.add_function(wrap_pyfunction!(module_import, into)?)
}
