//! `CAny`: a native value as a Python object, before it is shown as one.
//! Upholds: a value is owned once, whatever is made of it.
#![forbid(unsafe_code)]

use crate::from_python::convert;
use crate::interpreter::trampoline::{guard, or_memory_error};
use crate::interpreter::{make, take};
use crate::to_python::value;
use bowline::value::{tag, Any};
use bowline_python_macros::{guarded, pymethods};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

/// A native value.
#[pyclass(frozen, module = "bowline.core")]
pub struct CAny {
    value: Any,
}

make::make_instance!(CAny);

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
        guard(|| value.map_or_else(|| Ok(Any::none()), convert::any).map(CAny::from)).map(|made| made.0)
    }

    /// What the value is, as native code numbers types.
    #[getter]
    #[guarded]
    fn type_index(&self) -> i32 {
        self.value.type_index()
    }

    /// The value as Python sees it.
    #[guarded]
    fn to_py<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        or_memory_error(py, || value::to_python(py, self.value.clone()))
    }

    #[guarded]
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shown = self.to_py(py)?.0.repr()?;
        let index = match self.value.type_index() {
            index if index >= tag::OBJECT => format!(", type_index={index}"),
            _ => String::new(),
        };
        Ok(format!("CAny({}={}{index})", self.value.view().type_name(), take::lent(&shown)))
    }

    #[guarded]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        Ok((py.get_type::<CAny>(), make::tuple(py, [self.to_py(py)?])?))
    }
}
