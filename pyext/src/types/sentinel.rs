//! `MISSING` and `KWARGS`, as Python knows them: the wrappers of the core's two.
//! Upholds: the wrappers last as long as the interpreter, so that comparing addresses tells them.

use crate::wrapper::tie;
use bowline::object::Obj;
use bowline::reflect::sentinel::{self, Sentinel};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

type Wrapped = PyOnceLock<Py<PyAny>>;

static MISSING: Wrapped = PyOnceLock::new();
static KWARGS: Wrapped = PyOnceLock::new();

fn keep<'py>(py: Python<'py>, kept: &'static Wrapped, object: &Obj<Sentinel>) -> PyResult<&'py Bound<'py, PyAny>> {
    Ok(kept.get_or_try_init(py, || tie::wrap(py, object.clone().upcast()).map(Bound::unbind))?.bind(py))
}

/// "Not given".
///
/// # Errors
/// `MemoryError`, the first time.
pub fn missing(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    keep(py, &MISSING, sentinel::missing())
}

/// The mark before arguments by name.
///
/// # Errors
/// `MemoryError`, the first time.
pub fn kwargs(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    keep(py, &KWARGS, sentinel::kwargs())
}

/// Whether an object is [`missing`].
#[inline]
pub fn is_missing(ob: &Bound<'_, PyAny>) -> bool {
    MISSING.get(ob.py()).is_some_and(|missing| missing.as_ptr() == ob.as_ptr())
}

/// Whether an object is `KWARGS`.
#[inline]
pub fn is_kwargs(py: Python<'_>, ob: *mut ffi::PyObject) -> bool {
    KWARGS.get(py).is_some_and(|kwargs| kwargs.as_ptr() == ob)
}
