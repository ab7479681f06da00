//! Global functions under `ffi.` of which Python has its own idea: copies and hashes.
//! Upholds: each can be called on any thread that may attach to Python; elsewhere it is an error.
#![forbid(unsafe_code)]

use crate::api::content::PythonHashing;
use crate::from_python::convert;
use crate::interpreter::attach;
use crate::interpreter::names::intern;
use crate::to_python::{error, value};
use bowline::function::{global, Error, Function};
use bowline::reflect::checkpoint;
use bowline::reflect::content::ContentHash;
use bowline::value::{Any, AnyView, IntoAny};
use pyo3::prelude::*;

/// A function that takes Python.
fn python(name: &'static str, call: fn(Python<'_>, &[AnyView<'_>]) -> PyResult<Any>) -> Result<(), Error> {
    let function = Function::from_packed(move |arguments| {
        let result = attach::with_python(|py| error::guarded(py, || call(py, arguments)));
        result.unwrap_or_else(|| Err(Error::runtime(format!("{name} was called while there is no Python interpreter"))))
    });
    global::register(name, function, true)
}

/// The arguments of a function that takes so many.
fn exactly<'a, const N: usize>(name: &str, arguments: &[AnyView<'a>]) -> Result<[AnyView<'a>; N], Error> {
    let given = arguments.len();
    <[AnyView<'a>; N]>::try_from(arguments)
        .map_err(|_| Error::type_error(format!("{name} takes {N} arguments, got {given}")))
}

fn declare() -> Result<(), Error> {
    let hash = Function::from_packed(|arguments| {
        let [value] = exactly("ffi.RecursiveHash", arguments)?;
        checkpoint::finish(ContentHash::new(value, &PythonHashing)).map(|hash| (hash as i64).into_any())
    });
    global::register("ffi.RecursiveHash", hash, true)?;
    python("ffi.DeepCopy", |py, arguments| {
        let [value] = exactly("ffi.DeepCopy", arguments).map_err(|error| error::to_python(py, &error))?;
        let copier = py.import(intern!(py, "copy"))?.getattr(intern!(py, "deepcopy"))?;
        convert::any(&copier.call1((value::to_python(py, AnyView::to_owned(value))?,))?)
    })
}

/// Registers them, and the core's.
///
/// # Errors
/// Those of registering.
pub fn install(py: Python<'_>) -> PyResult<()> {
    bowline::abi::start();
    declare().map_err(|error| error::to_python(py, &error))
}
