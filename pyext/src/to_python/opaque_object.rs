//! `OpaquePyObject`: asks for a Python object to cross native code as it is.
#![forbid(unsafe_code)]

use crate::interpreter::trampoline::guard;
use crate::to_python::opaque::OpaqueObj;
use bowline::object::Obj;
use bowline_python_macros::{guarded, pymethods};
use pyo3::prelude::*;

/// A Python object that crosses native code as it is, and comes back as itself.
#[pyclass(frozen, module = "bowline.core")]
pub struct OpaquePyObject {
    object: Obj<OpaqueObj>,
}

impl OpaquePyObject {
    /// The native object.
    pub fn object_of(ob: &Bound<'_, PyAny>) -> Option<Obj<OpaqueObj>> {
        ob.cast_exact::<OpaquePyObject>().ok().map(|opaque| opaque.get().object.clone())
    }
}

#[pymethods]
impl OpaquePyObject {
    #[new]
    fn new(payload: &Bound<'_, PyAny>) -> PyResult<OpaquePyObject> {
        guard(|| OpaqueObj::make(payload).map(|object| OpaquePyObject { object })).map(|made| made.0)
    }

    /// The object itself.
    #[guarded]
    fn pyobject<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.object.payload(py)
    }

    #[guarded]
    fn __repr__(&self) -> &'static str {
        "ffi.OpaquePyObject"
    }

    fn __traverse__(&self, visit: pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        match (self.object.strong_count(), self.object.weak_count()) {
            // The object has no other holder, and gets none until user code runs: see `types::object::gc`.
            (1, 0) => visit.call(self.object.as_payload().as_py()),
            _ => Ok(()),
        }
    }
}
