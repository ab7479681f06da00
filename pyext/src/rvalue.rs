//! What `obj._move()` gives: a wrapper whose object the receiver of a call may take away.
//! Imports the tie.
//! Upholds P2: the object leaves its wrapper once; what did not suit the receiver comes back to it.
#![forbid(unsafe_code)]

use crate::cpython::tie;
use bowline::object::{Obj, Object};
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
        tie::take(self.source.bind(py))
    }

    /// Gives an object back that did not suit.
    ///
    /// # Errors
    /// None in practice: the source is a wrapper.
    pub fn put_back(&self, py: Python<'_>, object: Obj<Object>) -> PyResult<()> {
        tie::bind(self.source.bind(py), object).map(drop)
    }
}
