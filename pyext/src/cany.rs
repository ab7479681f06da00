//! `CAny`: a native value as a Python object, before it is shown as one.
//! Imports `convert`, `cpython::{opaque, value}`, the core's values.
//! Upholds: a value is owned once, whatever is made of it.
#![forbid(unsafe_code)]

use crate::convert;
use crate::cpython::opaque::OpaqueObj;
use crate::cpython::value;
use bowline::object::Obj;
use bowline::value::{tag, Any};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

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
        OpaqueObj::make(payload).map(|object| OpaquePyObject { object })
    }

    /// The object itself.
    fn pyobject<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.object.payload(py)
    }

    fn __repr__(&self) -> &'static str {
        "ffi.OpaquePyObject"
    }

    fn __traverse__(&self, visit: pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        match self.object.strong_count() {
            // Whoever else has the object keeps the payload, too.
            1 => visit.call(self.object.as_payload().as_py()),
            _ => Ok(()),
        }
    }
}

/// A native value.
#[pyclass(frozen, module = "bowline.core")]
pub struct CAny {
    value: Any,
}

impl From<Any> for CAny {
    fn from(value: Any) -> CAny {
        CAny { value }
    }
}

#[pymethods]
impl CAny {
    #[new]
    #[pyo3(signature = (value = None))]
    fn new(value: Option<&Bound<'_, PyAny>>) -> PyResult<CAny> {
        value.map_or_else(|| Ok(Any::none()), convert::any).map(CAny::from)
    }

    /// What the value is, as native code numbers types.
    #[getter]
    fn type_index(&self) -> i32 {
        self.value.type_index()
    }

    /// The value as Python sees it.
    fn to_py<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        value::to_python(py, self.value.clone())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shown = self.to_py(py)?.repr()?;
        let index = match self.value.type_index() {
            index if index >= tag::OBJECT => format!(", type_index={index}"),
            _ => String::new(),
        };
        Ok(format!("CAny({}={}{index})", self.value.view().type_name(), shown.to_string_lossy()))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        Ok((py.get_type::<CAny>(), PyTuple::new(py, [self.to_py(py)?])?))
    }
}
