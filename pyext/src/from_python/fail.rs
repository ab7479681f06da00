//! Why a conversion did not succeed: what was expected, what came, and where.
//! Upholds: what user code raised is kept, as the error itself or as its cause; signals are told as they are.
#![forbid(unsafe_code)]

use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::names::intern;
use crate::interpreter::trampoline::counted;
use crate::interpreter::{interrupt, make, take};
use crate::to_python::error;
use crate::wrapper::tie;
use bowline::function::Error;
use bowline::object::grow::{formatted, owned};
use bowline::object::registry;
use bowline::value::{Any, Schema};
use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::prelude::*;
use std::ffi::CStr;

/// Why a conversion did not succeed.
pub enum Fail {
    /// The value is not what was asked for.
    Mismatch(Mismatch),
    /// Something else was raised on the way, by user code or by the interpreter.
    Raised(PyErr),
}

/// A value is not what was asked for.
pub struct Mismatch {
    /// Where, outermost first, and what was expected and what came: `element [2]: value for key 'a': expected int, got str`.
    text: String,
    /// Whether the text says no more than what was expected and what came.
    brief: bool,
    /// What user code raised on the way.
    cause: Option<PyErr>,
}

/// What was expected and what came, in words.
pub fn wanted(schema: &Schema, got: &Bound<'_, PyAny>) -> String {
    match schema {
        // Any value would do: what came cannot say what it is.
        Schema::Any => format!("failed to convert Any from {}", describe(got)),
        _ => format!("expected {schema}, got {}{}", describe(got), {
            tie::object_of(got).map_or("", |object| schema.tell_apart(object.type_index()))
        }),
    }
}

impl Mismatch {
    /// Whether it is said of the value itself, in words that another schema's would replace.
    pub fn is_of_whole(&self) -> bool {
        self.brief
    }
}

impl From<PyErr> for Fail {
    fn from(error: PyErr) -> Fail {
        Fail::Raised(error)
    }
}

impl From<Error> for Fail {
    #[cold]
    fn from(error: Error) -> Fail {
        Fail::Raised(counted(|py| error::to_python(py, &error)))
    }
}

impl Fail {
    /// "expected `schema`, got …".
    #[cold]
    pub fn expected(schema: &Schema, got: &Bound<'_, PyAny>) -> Fail {
        Fail::Mismatch(Mismatch { text: wanted(schema, got), brief: true, cause: None })
    }

    /// User code that should have said what the value is raised an error.
    #[cold]
    pub fn hook(schema: &Schema, got: &Bound<'_, PyAny>, HookError { hook, error }: HookError) -> Fail {
        let text = format!("{}, whose {hook} failed: {}", wanted(schema, got), told(got.py(), &error));
        Fail::caused(got.py(), text, error)
    }

    /// A mismatch in words, and why. Signals, and lack of memory or stack, are told as they are.
    pub fn caused(py: Python<'_>, text: String, error: PyErr) -> Fail {
        match interrupt::is_interrupt(py, &error) {
            true => Fail::Raised(error),
            false => Fail::Mismatch(Mismatch { text, brief: false, cause: Some(error) }),
        }
    }

    /// A mismatch in words.
    #[cold]
    pub fn text(text: String) -> Fail {
        Fail::Mismatch(Mismatch { text, brief: false, cause: None })
    }

    /// Says where it happened.
    #[cold]
    pub fn inside(self, at: &str) -> Fail {
        match self {
            Fail::Mismatch(Mismatch { text, cause, .. }) => {
                Fail::Mismatch(Mismatch { text: format!("{at}: {text}"), brief: false, cause })
            }
            Fail::Raised(error) => {
                counted(|py| tell_place(py, &error, at));
                Fail::Raised(error)
            }
        }
    }

    /// The exception: a `TypeError`, with what user code raised as its cause.
    #[cold]
    pub fn raise(self, py: Python<'_>) -> PyErr {
        match self {
            Fail::Mismatch(Mismatch { text, cause, .. }) => {
                let error = PyTypeError::new_err(text);
                if cause.is_some() {
                    error.set_cause(py, cause);
                }
                error
            }
            Fail::Raised(error) => error,
        }
    }

    /// The exception where a value is stored or passed on. What user code raised stays as it is.
    #[cold]
    pub fn raise_cause(self, py: Python<'_>) -> PyErr {
        match self {
            Fail::Mismatch(Mismatch { cause: Some(error), .. }) => error,
            other => other.raise(py),
        }
    }

    /// Whether another alternative of a union may be tried.
    pub fn is_mismatch(&self, py: Python<'_>) -> bool {
        match self {
            Fail::Mismatch(Mismatch { cause: None, .. }) => true,
            Fail::Mismatch(Mismatch { cause: Some(error), .. }) | Fail::Raised(error) => {
                error.is_instance_of::<PyTypeError>(py)
            }
        }
    }
}

/// A hook by which an object says what it is raised an error.
pub struct HookError {
    /// The hook, as it is written where it is called.
    pub hook: &'static str,
    /// What it raised.
    pub error: PyErr,
}

impl From<PyErr> for HookError {
    fn from(error: PyErr) -> HookError {
        HookError { hook: "conversion", error }
    }
}

/// Says in a text's own error where the text is. One with a traceback is that of user code, and stays as it is.
fn tell_place(py: Python<'_>, error: &PyErr, at: &str) {
    let is_ours = error.get_type(py).is(py.get_type::<PyUnicodeEncodeError>()) && error.traceback(py).is_none();
    let reason = intern!(py, "reason");
    let tell = |error: &Bound<'_, PyAny>| {
        let text = formatted(format_args!("{at}: {}", take::said(&error.getattr(reason)?)?));
        error.setattr(reason, make::text(py, &text)?)
    };
    if is_ours {
        // Without memory for the place it is a good error, too.
        drop(tell(error.value(py).as_any()));
    }
}

/// What an exception says, for error texts.
pub fn told(py: Python<'_>, error: &PyErr) -> String {
    take::said(error.value(py)).unwrap_or_else(|_| owned("<exception str() failed>"))
}

/// What the interpreter is told that nests, in containers within containers.
pub const CONVERTING: &CStr = c" while converting a Python value";

/// The result of a conversion.
pub type Converted = Result<Any, Fail>;

/// What an object is, for error texts.
pub fn describe(ob: &Bound<'_, PyAny>) -> String {
    if ob.is_none() {
        return "None".to_owned();
    }
    let name = || ob.get_type().name().map_or_else(|_| "?".to_owned(), |name| take::shown(&name));
    match tie::object_of(ob) {
        Some(object) => registry::type_info(object.type_index()).map_or_else(|| owned("?"), |info| owned(info.key)),
        None if tie::is_wrapper(ob) => format!("an empty {}", name()),
        None => name(),
    }
}
