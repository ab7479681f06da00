//! Modules, for Python.
//! Upholds: other threads run Python while a library is loaded.

use crate::from_python::fail;
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::{PyImportError, PyRuntimeError, PyTypeError};
use crate::interpreter::trampoline::or_memory_error;
use crate::to_python::{error, value};
use crate::wrapper::tie;
use bowline::function::Error;
use bowline::module::{self, system, ModuleObj, MAX_PATH};
use bowline::object::grow::owned;
use bowline::object::Obj;
use bowline::value::Str;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use std::path::PathBuf;

/// The module behind a wrapper.
fn module_in(ob: &Bound<'_, PyAny>) -> PyResult<Obj<ModuleObj>> {
    let found = tie::object_of(ob).map(Obj::downcast::<ModuleObj>).and_then(Result::ok);
    found.ok_or_else(|| PyTypeError::new_err(format!("expected a Module, got {}", fail::describe(ob))))
}

/// The result of native work, or its error as an exception.
fn raised<T>(py: Python<'_>, result: Result<T, Error>) -> PyResult<T> {
    result.map_err(|error| error::to_python(py, &error))
}

/// Refuses to begin beside another runtime that has the C ABI.
///
/// # Errors
/// `ImportError`.
pub fn expect_only_runtime(_: Python<'_>) -> PyResult<()> {
    // By its message: there are no classes of errors yet.
    module::expect_only_runtime().map_err(|error| PyImportError::new_err(error.message().to_owned()))
}

/// The module in a file, whose path is a `str` or `bytes`. Its functions run under a lock, if asked.
#[pyfunction]
#[guarded]
fn module_load<'py>(path: &Bound<'py, PyAny>, keep_module_alive: bool, serialize: bool) -> PyResult<Bound<'py, PyAny>> {
    let py = path.py();
    or_memory_error(py, || {
        if path.len()? > MAX_PATH {
            return Err(PyRuntimeError::new_err(format!(
                "Failed to load dynamic shared library: {}",
                module::TOO_LONG
            )));
        }
        let path = path.extract::<PathBuf>()?;
        // SAFETY: each clause of `load_library` is about the file, which nothing can check. The docstring of the package's
        // `load_module` hands them on to its caller: the library keeps to the C convention, on any thread unless `serialize` is
        // given, and its objects are gone before it is unloaded unless `keep_module_alive` is.
        let loaded = py.detach(|| unsafe {
            match serialize {
                true => module::load_serialized(&path, keep_module_alive),
                false => module::load(&path, keep_module_alive),
            }
        });
        value::object_to_python(py, raised(py, loaded)?.upcast())
    })
}

/// The module of this process's own functions, with a prefix.
#[pyfunction]
#[guarded]
fn module_system<'py>(py: Python<'py>, symbol_prefix: &str) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(py, || value::object_to_python(py, system::library(symbol_prefix).upcast()))
}

/// The function of a name; None if there is none.
#[pyfunction]
#[guarded]
fn module_function<'py>(this: &Bound<'py, PyAny>, name: &str, imports: bool) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = this.py();
    or_memory_error(py, || {
        let module = module_in(this)?;
        let found = raised(py, py.detach(|| module.get(name, imports)))?;
        found.map(|function| value::object_to_python(py, function.upcast())).transpose()
    })
}

fn text(found: Option<Str>) -> Option<String> {
    found.map(|text| owned(text.as_str()))
}

/// What is said about a function, as JSON text; None if nothing.
#[pyfunction]
#[guarded]
fn module_metadata(this: &Bound<'_, PyAny>, name: &str, imports: bool) -> PyResult<Option<String>> {
    let (py, module) = (this.py(), module_in(this)?);
    raised(py, py.detach(|| module.metadata(name, imports))).map(text)
}

/// Whether there is a function of a name.
#[pyfunction]
#[guarded]
fn module_implements(this: &Bound<'_, PyAny>, name: &str, imports: bool) -> PyResult<bool> {
    let (py, module) = (this.py(), module_in(this)?);
    raised(py, py.detach(|| module.implements(name, imports)))
}

/// The documentation of a function; None if there is none.
#[pyfunction]
#[guarded]
fn module_doc(this: &Bound<'_, PyAny>, name: &str, imports: bool) -> PyResult<Option<String>> {
    let (py, module) = (this.py(), module_in(this)?);
    raised(py, py.detach(|| module.doc(name, imports))).map(text)
}

/// Lets a module import another.
#[pyfunction]
#[guarded]
fn module_import(this: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>) -> PyResult<()> {
    let (py, module, other) = (this.py(), module_in(this)?, module_in(other)?);
    raised(py, py.detach(|| module.import(other)))
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(into: &Bound<'_, PyModule>) -> PyResult<()> {
    module::declare();
    add_function!(into, module_load)?;
    add_function!(into, module_system)?;
    add_function!(into, module_function)?;
    add_function!(into, module_implements)?;
    add_function!(into, module_metadata)?;
    add_function!(into, module_doc)?;
    add_function!(into, module_import)
}
