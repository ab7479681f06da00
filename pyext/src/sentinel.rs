//! `MISSING` and `KWARGS`: values that say something about arguments instead of being some.
//! Imports pyo3 only.
//! Upholds: there is one of each; copies and pickles are it.
#![forbid(unsafe_code)]

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// A value that stands for itself.
#[pyclass(frozen, module = "bowline._core", name = "_Sentinel")]
pub struct Sentinel {
    name: &'static str,
}

#[pymethods]
impl Sentinel {
    fn __repr__(&self) -> String {
        format!("<{}>", self.name)
    }
    fn __reduce__(&self) -> &'static str {
        self.name
    }
}

static MISSING: PyOnceLock<Py<Sentinel>> = PyOnceLock::new();

/// "Not given".
///
/// # Errors
/// `MemoryError`, the first time.
pub fn missing(py: Python<'_>) -> PyResult<&Bound<'_, Sentinel>> {
    Ok(MISSING.get_or_try_init(py, || Py::new(py, Sentinel { name: "MISSING" }))?.bind(py))
}

/// Whether an object is [`missing`].
#[inline]
pub fn is_missing(ob: &Bound<'_, PyAny>) -> bool {
    MISSING.get(ob.py()).is_some_and(|missing| missing.is(ob))
}

/// Adds both to the module.
///
/// # Errors
/// Those of making them.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("MISSING", missing(py)?)?;
    module.add("KWARGS", Py::new(py, Sentinel { name: "KWARGS" })?)
}
