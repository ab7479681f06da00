//! What panics, to show where panics end.
//! Upholds: nothing panics unless a test asks for it.
#![forbid(unsafe_code)]

use crate::interpreter::entry::add_function;
use bowline::function::global::register_typed;
use bowline::function::Error;
use bowline::object::Obj;
use bowline::reflect;
use bowline::value::Str;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;

bowline::object! {
    /// Panics as it ends.
    #[key = "testing.Bomb"]
    pub struct Bomb {
        pub text: Str,
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("{}", self.text.as_str());
    }
}

/// Panics.
#[pyfunction]
#[guarded]
fn testing_panic(text: &str) {
    panic!("{text}");
}

/// What panics as PyO3 converts it.
struct Refused;

impl<'a, 'py> FromPyObject<'a, 'py> for Refused {
    type Error = PyErr;
    fn extract(_: Borrowed<'a, 'py, PyAny>) -> PyResult<Refused> {
        panic!("an argument");
    }
}

/// Panics before it is called.
#[pyfunction]
#[guarded]
#[pyo3(signature = (*, argument))]
fn testing_panic_in_argument(argument: Refused) {
    let Refused = argument;
}

/// Panics without a text.
#[pyfunction]
#[guarded]
#[pyo3(signature = (*arguments))]
fn testing_panic_without_text(arguments: &Bound<'_, PyAny>) {
    std::panic::resume_unwind(Box::new(arguments.len().unwrap_or(0)));
}

/// Registers what panics.
///
/// # Errors
/// Those of registration.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let register = || -> Result<(), Error> {
        reflect::declare::<(Bomb,)>();
        register_typed("testing.bomb", |text: Str| -> Obj<Bomb> { Bomb::new(text) }, "")?;
        register_typed("testing.panic", |text: Str| -> i64 { panic!("{}", text.as_str()) }, "")
    };
    register().map_err(|error| crate::to_python::error::to_python(module.py(), &error))?;
    add_function!(module, testing_panic)?;
    add_function!(module, testing_panic_in_argument)?;
    add_function!(module, testing_panic_without_text)
}
