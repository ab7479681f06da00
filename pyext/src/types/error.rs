//! Native errors as Python objects: `CError` and what makes one.
//! Upholds: what is shown of an error is what the native object says at that moment.
#![forbid(unsafe_code)]

use crate::from_python::fail;
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::make::Make;
use crate::interpreter::members as methods;
use crate::interpreter::members::{Answer, Attribute, Members, OneArgument};
use crate::interpreter::take;
use crate::interpreter::trampoline::or_memory_error;
use crate::to_python::{error, value};
use crate::types::subtype;
use crate::wrapper::tie;
use bowline::function::error::{ErrorObj, Update};
use bowline::function::Error;
use bowline::object::grow::owned;
use bowline::object::Obj;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use std::ffi::CStr;

/// The error behind a wrapper.
fn error_of(ob: &Bound<'_, PyAny>) -> PyResult<Error> {
    let error = tie::object_of(ob).map(Obj::downcast::<ErrorObj>).and_then(Result::ok);
    error.map(Error::from).ok_or_else(|| PyTypeError::new_err(format!("expected an Error, got {}", fail::describe(ob))))
}

macro_rules! attribute {
    ($name:ident, $text:literal, $doc:literal, |$error:ident| $value:expr) => {
        struct $name;
        impl Attribute for $name {
            const NAME: &'static CStr = $text;
            const DOC: &'static CStr = $doc;
            fn get<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
                let $error = error_of(this)?;
                let text: &str = &$value;
                text.make(this.py())
            }
        }
    };
}
attribute!(Kind, c"kind", c"The kind: the name of an exception class.", |error| error.kind());
attribute!(Message, c"message", c"The message.", |error| error.message());
attribute!(Backtrace, c"backtrace", c"The frames it came through, the most recent first.", |error| error.backtrace());

struct ExtraContext;
impl Attribute for ExtraContext {
    const NAME: &'static CStr = c"extra_context";
    const DOC: &'static CStr = c"What a language attached to the error; None if nothing.";
    fn get<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        let py = this.py();
        match error_of(this)?.extra_context() {
            Some(context) => value::object_to_python(py, context),
            None => Ok(py.None().into_bound(py)),
        }
    }
}

struct Exception;
impl methods::NoArguments for Exception {
    const NAME: &'static CStr = c"py_error";
    const DOC: &'static CStr = c"py_error($self, /)\n--\n\nThe exception that stands for the error.";
    fn call<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        let py = this.py();
        Ok(error::to_python(py, &error_of(this)?).into_value(py).into_bound(py).into_any())
    }
}

struct UpdateBacktrace;
impl OneArgument for UpdateBacktrace {
    const NAME: &'static CStr = c"update_backtrace";
    const DOC: &'static CStr = c"update_backtrace($self, text, /)\n--\n\nReplaces the backtrace.";
    fn call<'py>(this: &Bound<'py, PyAny>, text: &Bound<'py, PyAny>) -> Answer<'py> {
        if !text.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err(format!("argument 'text' must be a str, got {}", fail::describe(text))));
        }
        let text = take::text(text)?;
        error_of(this)?.update_backtrace(&text, Update::Replace);
        Ok(this.py().None().into_bound(this.py()))
    }
}

/// A native error.
#[pyfunction]
#[guarded]
#[pyo3(signature = (kind, message, backtrace = ""))]
fn make_error<'py>(py: Python<'py>, kind: &str, message: &str, backtrace: &str) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(py, || {
        value::object_to_python(py, Error::with_backtrace(kind, owned(message), backtrace).into_object().upcast())
    })
}

/// The kinds of errors that have a class of their own, with that class.
#[pyfunction]
#[guarded]
fn error_kinds(py: Python<'_>) -> PyResult<Vec<(String, Bound<'_, PyType>)>> {
    error::kinds(py)
}

/// Maps an error kind to an exception class.
#[pyfunction]
#[guarded]
fn register_error_kind(kind: &str, class: &Bound<'_, PyType>) -> PyResult<()> {
    error::register(kind, class)
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let members = Members::new()
        .method(methods::no_arguments::<Exception>())
        .method(methods::one_argument::<UpdateBacktrace>())
        .attribute(methods::attribute::<Kind>())
        .attribute(methods::attribute::<Message>())
        .attribute(methods::attribute::<Backtrace>())
        .attribute(methods::attribute::<ExtraContext>());
    subtype::add(module, c"bowline._core.CError", c"Base of wrappers of native errors.", members, &[])?;
    add_function!(module, make_error)?;
    add_function!(module, error_kinds)?;
    add_function!(module, register_error_kind)
}
