//! What `obj._move()` gives: a wrapper whose object the receiver of a call may take away.
//! Upholds P2: the object leaves its wrapper once; what did not suit the receiver comes back to it.
#![forbid(unsafe_code)]

use crate::from_python::fail::{Converted, Fail};
use crate::wrapper::tie;
use bowline::object::{Obj, Object};
use bowline::value::{IntoAny, Schema};
use pyo3::prelude::*;

/// An offer to move the object out of a wrapper.
#[pyclass(frozen, module = "bowline._core", name = "ObjectRValueRef")]
pub struct Rvalue {
    source: Py<PyAny>,
}

impl Rvalue {
    /// Offers the object of a wrapper.
    pub fn offer<'py>(source: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Ok(Bound::new(source.py(), Rvalue { source: source.clone().unbind() })?.into_any())
    }

    /// The offer behind a Python object.
    pub fn of<'a>(ob: &'a Bound<'_, PyAny>) -> Option<&'a Rvalue> {
        ob.cast_exact::<Rvalue>().ok().map(Bound::get)
    }

    /// Takes the object; the wrapper is empty then. None if it is already.
    pub fn take(&self, py: Python<'_>) -> Option<Obj<Object>> {
        tie::move_out(self.source.bind(py))
    }

    /// Gives an object back that did not suit.
    ///
    /// # Errors
    /// None in practice: the source is a wrapper.
    pub fn put_back(&self, py: Python<'_>, object: Obj<Object>) -> PyResult<()> {
        tie::bind(self.source.bind(py), object).map(drop)
    }
}

/// What a `_move()` holds, as `schema` asks; put back when it does not suit.
///
/// # Errors
/// A mismatch.
#[inline(never)]
pub fn moved(py: Python<'_>, rvalue: &Rvalue, schema: &Schema) -> Converted {
    let object =
        rvalue.take(py).ok_or_else(|| Fail::text(format!("expected {schema}, got an object moved away already")))?;
    let value = object.into_any();
    if schema.check(value.view()) {
        return Ok(value);
    }
    let text = format!("expected {schema}, got {}", value.view().type_name());
    if let Ok(object) = value.into_object() {
        rvalue.put_back(py, object)?;
    }
    Err(Fail::text(text))
}
