//! Classes by type index, as Python objects.
//! Upholds: what is handed out is counted.

use crate::interpreter::exceptions::PyTypeError;
use crate::wrapper::class_object::ClassObject;
use crate::wrapper::{class_table, metaclass, rich_slots};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The class registered for a type index.
pub fn registered_class<'py>(py: Python<'py>, type_index: i32) -> Option<Bound<'py, PyType>> {
    let class = class_table::registered(type_index);
    // SAFETY: null or a live class: a registered class is never freed.
    unsafe { Bound::from_borrowed_ptr_or_opt(py, class.cast()).map(|class| class.cast_into_unchecked()) }
}

/// The type index for which exactly this class is registered. It stays so after another took its place.
pub fn exact_index(class: &Bound<'_, PyType>) -> Option<i32> {
    // SAFETY: attached; a live class.
    unsafe { class_table::exact_type_index(class.as_type_ptr()) }
}

/// Settles what a new class needs before it has an instance.
///
/// # Errors
/// `TypeError` when it does not derive from our base type.
pub fn adjust(class: &Bound<'_, PyType>) -> PyResult<()> {
    let raw = class.as_type_ptr();
    // SAFETY: attached; live types; checked to be ours.
    unsafe {
        if ffi::PyType_IsSubtype(raw, metaclass::base_type(class.py())) == 0 {
            return Err(PyTypeError::new_err(format!("{class} does not derive from bowline.Object")));
        }
        rich_slots::adjust_finalizer(raw);
        // A class is made with what its base has asked for.
        if ClassObject::of_class((*raw).tp_base).is_some_and(ClassObject::forgets) {
            ClassObject::of_class(raw).into_iter().for_each(ClassObject::set_forgets);
        }
    }
    Ok(())
}

/// Lets wrappers of a class forget what they know between lives. Those of classes that derive from it
/// later do so, too.
///
/// # Errors
/// `TypeError` when it does not derive from our base type.
pub fn let_forget(class: &Bound<'_, PyType>) -> PyResult<()> {
    adjust(class)?;
    // SAFETY: attached; a live class, which is ours.
    unsafe { ClassObject::of_class(class.as_type_ptr()) }.into_iter().for_each(ClassObject::set_forgets);
    Ok(())
}
