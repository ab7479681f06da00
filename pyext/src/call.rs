//! Module functions over functions: making, naming, finding, calling.
//! Imports `cpython::{callback, function}`, the core's global table.
//! Upholds: a name is registered once unless the caller overrides.
#![forbid(unsafe_code)]

use crate::cpython::trampoline::or_memory_error;
use crate::cpython::{callback, function, value};
use crate::{convert, error};
use bowline::function::{global, Function};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

fn function_or_callable(ob: &Bound<'_, PyAny>) -> PyResult<Function> {
    function::function_of(ob).or_else(|_| match ob.is_callable() {
        true => Ok(callback::from_callable(ob)),
        false => Err(PyTypeError::new_err(format!("expected a callable, got {}", convert::describe(ob)))),
    })
}

/// A Function that calls a Python callable.
#[pyfunction]
fn function_from_callable<'py>(f: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(f.py(), || value::object_to_python(f.py(), function_or_callable(f)?.upcast()))
}

/// A Function that calls a Python callable, to which tensors are shown as those of a class with an exchange API.
#[pyfunction]
fn function_from_callable_of<'py>(
    f: &Bound<'py, PyAny>,
    tensor_cls: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(f.py(), || {
        if !f.is_callable() {
            return Err(PyTypeError::new_err(format!("expected a callable, got {}", convert::describe(f))));
        }
        value::object_to_python(f.py(), callback::from_callable_of(f, tensor_cls)?.upcast())
    })
}

/// Calls a function with arguments.
#[pyfunction]
#[pyo3(signature = (f, *args))]
fn call<'py>(f: &Bound<'py, PyAny>, args: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(f.py(), || {
        let arguments: Vec<Bound<'py, PyAny>> = args.iter().collect();
        function::call_native(f.py(), &function::function_of(f)?, &arguments)
    })
}

/// The native value of a Python one, as Python sees it.
#[pyfunction]
#[pyo3(name = "convert")]
fn convert_value<'py>(v: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(v.py(), || value::to_python(v.py(), convert::any(v)?))
}

/// Names a function; returns it.
#[pyfunction]
#[pyo3(signature = (name, f, r#override = false))]
fn set_global_func<'py>(name: &str, f: &Bound<'py, PyAny>, r#override: bool) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(f.py(), || {
        let function = function_or_callable(f)?;
        global::register(name, function.clone(), r#override).map_err(|error| error::to_python(f.py(), &error))?;
        value::object_to_python(f.py(), function.upcast())
    })
}

/// The function of a name.
#[pyfunction]
fn get_global_func<'py>(py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    global::get(name).map(|function| value::object_to_python(py, function.upcast())).transpose()
}

/// What is known of the function of a name, as JSON text; None without such a function.
#[pyfunction]
fn global_func_metadata(name: &str) -> Option<String> {
    global::metadata(name).map(|text| text.to_string())
}

/// Forgets a name; whether there was one.
#[pyfunction]
fn remove_global_func(name: &str) -> bool {
    global::remove(name)
}

/// All names.
#[pyfunction]
fn global_func_names() -> Vec<String> {
    global::names()
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(function_from_callable, module)?)?;
    module.add_function(wrap_pyfunction!(function_from_callable_of, module)?)?;
    module.add_function(wrap_pyfunction!(call, module)?)?;
    module.add_function(wrap_pyfunction!(convert_value, module)?)?;
    module.add_function(wrap_pyfunction!(set_global_func, module)?)?;
    module.add_function(wrap_pyfunction!(get_global_func, module)?)?;
    module.add_function(wrap_pyfunction!(global_func_metadata, module)?)?;
    module.add_function(wrap_pyfunction!(remove_global_func, module)?)?;
    module.add_function(wrap_pyfunction!(global_func_names, module)?)
}
