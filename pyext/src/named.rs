//! Global functions under `ffi.` of which Python has its own idea: copies, hashes, and the two sentinels.
//! Imports `content`, `sentinel`, `convert`, `error`, the core's global table.
//! Upholds: each can be called on any thread that may attach to Python; elsewhere it is an error.
#![forbid(unsafe_code)]

use crate::content::Pythons;
use crate::cpython::value;
use crate::{convert, error, sentinel};
use bowline::container::{DictObj, MapObj};
use bowline::function::{global, Error, Function};
use bowline::reflect::content::Hash;
use bowline::reflect::{named, pulse};
use bowline::value::{Any, AnyView, IntoAny};
use pyo3::intern;
use pyo3::prelude::*;

/// A function that takes Python.
fn python(name: &'static str, call: fn(Python<'_>, &[AnyView<'_>]) -> PyResult<Any>) -> Result<(), Error> {
    let function = Function::from_packed(move |arguments| {
        let result = Python::try_attach(|py| call(py, arguments).map_err(|raised| error::from_python(py, raised)));
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

fn missing(py: Python<'_>) -> PyResult<Any> {
    convert::any(sentinel::missing(py)?.as_any())
}

/// The value that a mapping has for a key; `MISSING` if it has none.
fn get_or_missing(py: Python<'_>, name: &str, arguments: &[AnyView<'_>]) -> PyResult<Any> {
    let [mapping, key] = exactly(name, arguments).map_err(|error| error::to_python(py, &error))?;
    let found = match (mapping.as_ref::<MapObj>(), mapping.as_ref::<DictObj>()) {
        (Some(map), _) => map.get(key).map(AnyView::to_owned),
        (_, Some(dict)) => dict.get(key),
        _ => {
            let wrong = Error::type_error(format!("{name} takes a mapping, got {}", mapping.type_name()));
            return Err(error::to_python(py, &wrong));
        }
    };
    found.map_or_else(|| missing(py), Ok)
}

fn declare() -> Result<(), Error> {
    let hash = Function::from_packed(|arguments| {
        let [value] = exactly("ffi.RecursiveHash", arguments)?;
        pulse::finish(Hash::new(value, &Pythons)).map(|hash| (hash as i64).into_any())
    });
    global::register("ffi.RecursiveHash", hash, true)?;
    python("ffi.DeepCopy", |py, arguments| {
        let [value] = exactly("ffi.DeepCopy", arguments).map_err(|error| error::to_python(py, &error))?;
        let copier = py.import(intern!(py, "copy"))?.getattr(intern!(py, "deepcopy"))?;
        convert::any(&copier.call1((value::to_python(py, AnyView::to_owned(value))?,))?)
    })?;
    python("ffi.GetInvalidObject", |py, _| missing(py))?;
    python("ffi.GetKwargsObject", |py, _| {
        convert::any(&py.import(intern!(py, "bowline._core"))?.getattr(intern!(py, "KWARGS"))?)
    })?;
    python("ffi.MapGetItemOrMissing", |py, arguments| get_or_missing(py, "ffi.MapGetItemOrMissing", arguments))?;
    python("ffi.DictGetItemOrMissing", |py, arguments| get_or_missing(py, "ffi.DictGetItemOrMissing", arguments))
}

/// Registers them, and the core's.
///
/// # Errors
/// Those of registering.
pub fn install(py: Python<'_>) -> PyResult<()> {
    named::declare();
    declare().map_err(|error| error::to_python(py, &error))
}
