//! What a wrapper has besides its object. That is an instance dict and slots, for copies and
//! pickles.
#![forbid(unsafe_code)]

use crate::interpreter::names::intern;
use crate::interpreter::{dict, make};
use crate::wrapper::class_table;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The instance dict and the slots of a wrapper; none where there is nothing.
///
/// # Errors
/// What reading them raises.
pub fn extras<'py>(this: &Bound<'py, PyAny>) -> PyResult<[Option<Bound<'py, PyDict>>; 2]> {
    let py = this.py();
    let class = this.get_type();
    if class_table::is_lean(&class) {
        return Ok([None, None]);
    }
    let dict = this.getattr_opt(intern!(py, "__dict__"))?;
    let dict = match dict.map(|dict| dict.cast_into::<PyDict>()) {
        Some(Ok(dict)) if !dict.is_empty() => Some(dict.copy()?),
        _ => None,
    };
    let names = py.import(intern!(py, "copyreg"))?.call_method1(intern!(py, "_slotnames"), (class,))?;
    let slots = make::dict(py)?;
    for name in names.try_iter()? {
        let name = name?;
        let name = name.cast::<pyo3::types::PyString>()?;
        if let Some(value) = this.getattr_opt(name)? {
            slots.set_item(name, value)?;
        }
    }
    Ok([dict, (!slots.is_empty()).then_some(slots)])
}

/// Gives a wrapper an instance dict's and slots' content.
///
/// # Errors
/// What setting them raises.
pub fn set_extras(
    this: &Bound<'_, PyAny>,
    dict: Option<&Bound<'_, PyDict>>,
    slots: Option<&Bound<'_, PyDict>>,
) -> PyResult<()> {
    if let Some(dict) = dict {
        let own = this.getattr(intern!(this.py(), "__dict__"))?;
        own.cast_into::<PyDict>().map_err(PyErr::from)?.update(dict.as_mapping())?;
    }
    for (name, value) in slots.map(dict::entries).transpose()?.into_iter().flatten() {
        let name = name.cast_into::<pyo3::types::PyString>().map_err(PyErr::from)?;
        this.setattr(name, value)?;
    }
    Ok(())
}
