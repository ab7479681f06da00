//! Tensors of other libraries.
//! Upholds: no content is copied.
#![forbid(unsafe_code)]

use crate::from_python::{fail, hooks};
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::make;
use crate::interpreter::make::Make;
use crate::interpreter::names::intern;
use crate::to_python::dlpack_capsule;
use crate::to_python::dlpack_exchange::Exchange;
use bowline::tensor::Tensor;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// The tensor of an object of another library. It comes by its class's exchange API, or by `__dlpack__`; none of other
/// objects.
///
/// # Errors
/// What the library raises, and those of taking its tensor.
pub fn tensor_of(ob: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    match exchanged(ob)? {
        Some(tensor) => Ok(Some(tensor)),
        None => exported(ob),
    }
}

/// The tensor of an object whose class has an exchange API.
///
/// # Errors
/// As for [`tensor_of`].
pub fn exchanged(ob: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    Exchange::of(&ob.get_type())?.map(|exchange| exchange.tensor_of(ob)).transpose()
}

/// The tensor of an object with `__dlpack__`.
///
/// # Errors
/// As for [`tensor_of`].
pub fn exported(ob: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    let py = ob.py();
    let Some(export) = hooks::special(ob, intern!(py, "__dlpack__"))? else { return Ok(None) };
    let keywords = make::dict(py)?;
    keywords.set_item(intern!(py, "max_version"), (1, 1).make(py)?)?;
    let capsule = match export.call((), Some(&keywords)) {
        // Libraries from before versions know no such keyword.
        Err(raised) if raised.is_instance_of::<PyTypeError>(py) => export.call0()?,
        other => other?,
    };
    let capsule = capsule.cast::<PyCapsule>().map_err(|_| {
        let (name, found) = (fail::describe(ob), fail::describe(&capsule));
        PyTypeError::new_err(format!("expected a capsule from {name}.__dlpack__(), got {found}"))
    })?;
    dlpack_capsule::take(capsule).map(Some)
}
