//! `MISSING` and `KWARGS`, as Python knows them: the wrappers of the core's two.
//! Imports the core's sentinels, `cpython::{class, tie}`.
//! Upholds: the wrappers last as long as the interpreter, so that comparing addresses tells them.

use crate::cpython::{class, tie};
use bowline::object::{Obj, ObjectType};
use bowline::reflect::sentinel::{self, Sentinel};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

type Kept = PyOnceLock<Py<PyAny>>;

static MISSING: Kept = PyOnceLock::new();
static KWARGS: Kept = PyOnceLock::new();

fn keep<'py>(py: Python<'py>, kept: &'static Kept, object: &Obj<Sentinel>) -> PyResult<&'py Bound<'py, PyAny>> {
    Ok(kept.get_or_try_init(py, || tie::wrap(py, object.clone().upcast()).map(Bound::unbind))?.bind(py))
}

/// "Not given".
///
/// # Errors
/// `MemoryError`, the first time.
pub fn missing(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    keep(py, &MISSING, sentinel::missing())
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

/// Makes a class that of the two, and gives `MISSING` and `KWARGS`.
#[pyfunction]
fn sentinels<'py>(class: &Bound<'py, PyType>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let py = class.py();
    class::register(py, Sentinel::type_index(), class, false)?;
    let kwargs = keep(py, &KWARGS, sentinel::kwargs())?;
    Ok((missing(py)?.clone(), kwargs.clone()))
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(sentinels, module)?)
}
