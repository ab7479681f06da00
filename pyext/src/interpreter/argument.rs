//! How PyO3's functions take an argument: one of a wrong type is named.
//! Upholds: only PyO3's own refusals are reworded; what code of users raised comes out as it is.
//!
//! PyO3 names the argument in a note, which `str()` of the exception lacks. Its attributes find this module in its place, by
//! `interpreter/entry.rs`.
#![forbid(unsafe_code)]

pub use pyo3::impl_::extract_argument::*;

use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::take;
use bowline::object::grow::formatted;
use pyo3::prelude::*;
use pyo3::Borrowed;

/// As PyO3's own.
pub fn extract_argument<'a, 'holder, 'py, T, const IMPLEMENTS_FROMPYOBJECT: bool>(
    ob: Borrowed<'a, 'py, PyAny>,
    holder: &'holder mut T::Holder,
    name: &str,
) -> PyResult<T>
where
    T: PyFunctionArgument<'a, 'holder, 'py, IMPLEMENTS_FROMPYOBJECT>,
{
    T::extract(ob, holder).map_err(|error| refused(ob.py(), name, error.into()))
}

/// As PyO3's own, for an argument that must be there.
#[inline]
pub fn extract_required_argument<'a, 'holder, 'py, T, const IMPLEMENTS_FROMPYOBJECT: bool>(
    ob: Option<Borrowed<'a, 'py, PyAny>>,
    holder: &'holder mut T::Holder,
    name: &str,
) -> PyResult<T>
where
    T: PyFunctionArgument<'a, 'holder, 'py, IMPLEMENTS_FROMPYOBJECT>,
{
    match ob {
        Some(ob) => extract_argument(ob, holder, name),
        None => Err(PyTypeError::new_err(formatted(format_args!("argument '{name}' is missing")))),
    }
}

/// As PyO3's own, for an argument that may be left out.
pub fn extract_argument_with_default<'a, 'holder, 'py, T, const IMPLEMENTS_FROMPYOBJECT: bool>(
    ob: Option<Borrowed<'a, 'py, PyAny>>,
    holder: &'holder mut T::Holder,
    name: &str,
    default: fn() -> T,
) -> PyResult<T>
where
    T: PyFunctionArgument<'a, 'holder, 'py, IMPLEMENTS_FROMPYOBJECT>,
{
    ob.map_or_else(|| Ok(default()), |ob| extract_argument(ob, holder, name))
}

/// The refusal of an argument. A traceback says that code of users raised it.
#[cold]
fn refused(py: Python<'_>, name: &str, raised: PyErr) -> PyErr {
    if !raised.get_type(py).is(py.get_type::<PyTypeError>()) || raised.traceback(py).is_some() {
        return raised;
    }
    let name = name.strip_prefix("r#").unwrap_or(name);
    match take::said(raised.value(py)) {
        Ok(text) => PyTypeError::new_err(formatted(format_args!("argument '{name}': {text}"))),
        Err(raised) => raised,
    }
}
