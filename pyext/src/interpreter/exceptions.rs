//! The exceptions that this crate raises, by PyO3's names. Their messages are made without a panic.
//! Upholds: without memory for its message an exception is raised without it, or as a `MemoryError`.
//!
//! PyO3 makes the message when the exception is raised, and panics when it gets no memory then: in a function of its own that is outside
//! of all that catches, and ends the process.

use pyo3::prelude::*;
use pyo3::{ffi, PyErrArguments, PyTypeInfo};
use std::borrow::Cow;

/// What an exception is made with.
pub enum Argument {
    /// A message.
    Text(Cow<'static, str>),
    /// An object, such as the key that is missing.
    Object(Py<PyAny>),
}

impl From<String> for Argument {
    fn from(text: String) -> Argument {
        Argument::Text(text.into())
    }
}
impl From<&'static str> for Argument {
    fn from(text: &'static str) -> Argument {
        Argument::Text(text.into())
    }
}
impl From<(Py<PyAny>,)> for Argument {
    fn from((object,): (Py<PyAny>,)) -> Argument {
        Argument::Object(object)
    }
}

impl PyErrArguments for Argument {
    fn arguments(self, py: Python<'_>) -> Py<PyAny> {
        // SAFETY: attached, with a text or a live object. The result is a new reference, or null with an exception set.
        unsafe {
            let made = match &self {
                Argument::Text(text) => ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as isize),
                Argument::Object(object) => ffi::PyTuple_Pack(1, object.as_ptr()),
            };
            let made = Bound::from_owned_ptr_or_opt(py, made);
            made.map_or_else(
                || {
                    ffi::PyErr_Clear();
                    py.None()
                },
                Bound::unbind,
            )
        }
    }
}

macro_rules! exceptions {
    ($($name:ident),*) => {
        $(
            /// The class of this name.
            pub struct $name;

            impl $name {
                /// An exception of the class, with this argument.
                #[allow(dead_code, reason = "some are only told apart")]
                pub fn new_err(argument: impl Into<Argument>) -> PyErr {
                    PyErr::new::<$name, Argument>(argument.into())
                }
            }

            // SAFETY: the class is PyO3's.
            unsafe impl PyTypeInfo for $name {
                fn type_object_raw(py: Python<'_>) -> *mut ffi::PyTypeObject {
                    pyo3::exceptions::$name::type_object_raw(py)
                }
            }
        )*
    };
}
exceptions!(
    PyAssertionError,
    PyAttributeError,
    PyBufferError,
    PyException,
    PyImportError,
    PyIndexError,
    PyKeyError,
    PyLookupError,
    PyMemoryError,
    PyOverflowError,
    PyRecursionError,
    PyRuntimeError,
    PyTypeError,
    PyValueError
);
