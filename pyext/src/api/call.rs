//! Module functions over functions: making, naming, finding, calling.
//! Upholds: a name is registered once unless the caller overrides.
#![forbid(unsafe_code)]

use crate::from_python::{callable, convert, fail};
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::trampoline::or_memory_error;
use crate::to_python::{error, value};
use crate::types::call::function;
use bowline::function::{global, Function};
use bowline::object::grow::{gathered, owned};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

fn function_or_callable(ob: &Bound<'_, PyAny>) -> PyResult<Function> {
    function::function_of(ob).or_else(|_| match ob.is_callable() {
        true => Ok(callable::from_callable(ob)),
        false => Err(PyTypeError::new_err(format!("expected a callable, got {}", fail::describe(ob)))),
    })
}

/// A Function that calls a Python callable.
#[pyfunction]
#[guarded]
fn function_from_callable<'py>(f: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(f.py(), || value::object_to_python(f.py(), function_or_callable(f)?.upcast()))
}

/// Makes a Function that calls a Python callable. It shows it tensors as those of a class with an exchange API.
#[pyfunction]
#[guarded]
fn function_from_callable_of<'py>(
    f: &Bound<'py, PyAny>,
    tensor_cls: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(f.py(), || {
        if !f.is_callable() {
            return Err(PyTypeError::new_err(format!("expected a callable, got {}", fail::describe(f))));
        }
        value::object_to_python(f.py(), callable::from_callable_of(f, tensor_cls)?.upcast())
    })
}

/// Calls a function with arguments.
#[pyfunction]
#[guarded]
#[pyo3(signature = (f, *args))]
fn call<'py>(f: &Bound<'py, PyAny>, args: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(f.py(), || {
        let arguments = gathered(args.iter());
        function::call_native(f.py(), &function::function_of(f)?, &arguments)
    })
}

/// The native value of a Python one, as Python sees it.
#[pyfunction]
#[guarded]
#[pyo3(name = "convert")]
fn convert_value<'py>(v: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(v.py(), || value::to_python(v.py(), convert::any(v)?))
}

/// Names a function; returns it.
#[pyfunction]
#[guarded]
#[pyo3(signature = (func_name, f, r#override = false))]
fn set_global_func<'py>(func_name: &str, f: &Bound<'py, PyAny>, r#override: bool) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(f.py(), || {
        let function = function_or_callable(f)?;
        global::register(func_name, function.clone(), r#override).map_err(|error| error::to_python(f.py(), &error))?;
        value::object_to_python(f.py(), function.upcast())
    })
}

/// The function of a name.
#[pyfunction]
#[guarded]
fn get_global_func<'py>(py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    global::get(name).map(|function| value::object_to_python(py, function.upcast())).transpose()
}

/// What is known of the function of a name, as JSON text. None without such a function.
#[pyfunction]
#[guarded]
fn global_func_metadata(name: &str) -> Option<String> {
    global::metadata(name).map(|text| owned(&text))
}

/// Forgets a name; whether there was one.
#[pyfunction]
#[guarded]
fn remove_global_func(name: &str) -> bool {
    global::remove(name)
}

/// All names.
#[pyfunction]
#[guarded]
fn global_func_names() -> Vec<String> {
    global::names()
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, function_from_callable)?;
    add_function!(module, function_from_callable_of)?;
    add_function!(module, call)?;
    add_function!(module, convert_value)?;
    add_function!(module, set_global_func)?;
    add_function!(module, get_global_func)?;
    add_function!(module, global_func_metadata)?;
    add_function!(module, remove_global_func)?;
    add_function!(module, global_func_names)
}
