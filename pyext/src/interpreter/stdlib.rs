//! What we ask of the standard library: classes for conversions, and a function.
//! Upholds: no thread waits for another's import, which in a forked child may never end.
#![forbid(unsafe_code)]

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCFunction, PyType};
use pyo3::PyTypeCheck;

/// A class or a function that is looked up once.
pub struct Once<T> {
    module: &'static str,
    name: &'static str,
    found: PyOnceLock<Py<T>>,
}

impl<T: PyTypeCheck> Once<T> {
    const fn new(module: &'static str, name: &'static str) -> Once<T> {
        Once { module, name, found: PyOnceLock::new() }
    }

    /// What is asked for. Threads that ask first at one time all import it, and none holds a lock meanwhile.
    ///
    /// # Errors
    /// Those of the import.
    pub fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, T>> {
        if let Some(found) = self.found.get(py) {
            return Ok(found.bind(py));
        }
        let found = py.import(self.module)?.getattr(self.name)?.cast_into::<T>()?.unbind();
        // Fails if another thread was faster, with the same class.
        let _ = self.found.set(py, found);
        self.get(py)
    }
}

/// `numbers.Integral`.
pub static INTEGRAL: Once<PyType> = Once::new("numbers", "Integral");
/// `numbers.Real`.
pub static REAL: Once<PyType> = Once::new("numbers", "Real");
/// `collections.abc.Mapping`.
pub static MAPPING: Once<PyType> = Once::new("collections.abc", "Mapping");
/// `ctypes.c_void_p`; its module is costly, so it is not imported before it is needed.
pub static C_VOID_P: Once<PyType> = Once::new("ctypes", "c_void_p");
/// `weakref.getweakrefs`.
pub static GET_WEAK_REFERENCES: Once<PyCFunction> = Once::new("_weakref", "getweakrefs");

/// Looks up all that is cheap while the extension module is imported. The import system's own locks, too, may be left
/// taken in a forked child.
///
/// # Errors
/// Those of the imports.
pub fn install(py: Python<'_>) -> PyResult<()> {
    GET_WEAK_REFERENCES.get(py)?;
    [&INTEGRAL, &REAL, &MAPPING].into_iter().try_for_each(|class| class.get(py).map(drop))
}
