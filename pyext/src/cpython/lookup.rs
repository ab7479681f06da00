//! Classes by type index, as Python objects.
//! Imports `class`.
//! Upholds: what is handed out is counted.

use super::{class, slots};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The class registered for a type index.
pub fn class_of<'py>(py: Python<'py>, type_index: i32) -> Option<Bound<'py, PyType>> {
    let class = class::registered(type_index);
    // SAFETY: null or a live class: a registered class is never freed.
    unsafe { Bound::from_borrowed_ptr_or_opt(py, class.cast()).map(|class| class.cast_into_unchecked()) }
}

/// Settles what a new class needs before it has an instance.
///
/// # Errors
/// `TypeError` when it does not derive from our base type.
pub fn adjust(class: &Bound<'_, PyType>) -> PyResult<()> {
    let raw = class.as_type_ptr();
    // SAFETY: attached; live types; checked to be ours.
    unsafe {
        if ffi::PyType_IsSubtype(raw, slots::base_type(class.py())) == 0 {
            return Err(PyTypeError::new_err(format!("{class} does not derive from bowline.Object")));
        }
        class::adjust_new(raw);
    }
    Ok(())
}
