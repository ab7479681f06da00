//! Classes of the standard library that conversions ask for.
//! Imports pyo3.
//! Upholds: no thread waits for another's import, which in a forked child may never end.
#![forbid(unsafe_code)]

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// A class that is looked up once.
pub struct Class {
    module: &'static str,
    name: &'static str,
    found: PyOnceLock<Py<PyType>>,
}

impl Class {
    const fn new(module: &'static str, name: &'static str) -> Class {
        Class { module, name, found: PyOnceLock::new() }
    }

    /// The class. Threads that ask first at one time all import it, and nobody holds anything meanwhile.
    ///
    /// # Errors
    /// Those of the import.
    pub fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        if let Some(found) = self.found.get(py) {
            return Ok(found.bind(py));
        }
        let found = py.import(self.module)?.getattr(self.name)?.cast_into::<PyType>()?.unbind();
        // Fails if another thread was faster, with the same class.
        let _ = self.found.set(py, found);
        self.get(py)
    }
}

/// `numbers.Integral`.
pub static INTEGRAL: Class = Class::new("numbers", "Integral");
/// `numbers.Real`.
pub static REAL: Class = Class::new("numbers", "Real");
/// `collections.abc.Mapping`.
pub static MAPPING: Class = Class::new("collections.abc", "Mapping");
/// `ctypes.c_void_p`; its module is costly, so it is not imported before somebody asks.
pub static C_VOID_P: Class = Class::new("ctypes", "c_void_p");

/// Looks up all that is cheap while the extension module is imported: the import system's own locks, too, may be left
/// taken in a forked child.
///
/// # Errors
/// Those of the imports.
pub fn install(py: Python<'_>) -> PyResult<()> {
    [&INTEGRAL, &REAL, &MAPPING].into_iter().try_for_each(|class| class.get(py).map(drop))
}
