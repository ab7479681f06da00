//! Objects that are made without a call. They are blank ones, and copies in which some fields differ.
//! Upholds: such an object has a value in each field before another thread knows it.

use crate::interpreter::exceptions::PyTypeError;
use crate::to_python::error;
use crate::types::init::fast::INLINE_FIELDS;
use crate::types::init::plan::Plan;
use bowline::object::{Obj, Object};
use bowline::reflect::{instance, Reflection};
use bowline::value::Any;
use pyo3::prelude::*;
use pyo3::types::PyType;
use smallvec::SmallVec;

/// An object of a class's type whose fields have their defaults. Those without one are blank.
///
/// # Errors
/// `TypeError` when such an object cannot be; what default factories raise.
pub fn blank(py: Python<'_>, class: &Bound<'_, PyType>, defaults: bool) -> PyResult<Obj<Object>> {
    let plan = Plan::for_class(py, class.as_type_ptr())?;
    if !plan.signature.is_blank() {
        return Err(PyTypeError::new_err(format!("{} has fields that cannot be left without a value", plan.key)));
    }
    let mut values: SmallVec<[Option<Any>; INLINE_FIELDS]> = SmallVec::new();
    for parameter in &plan.parameters {
        values.push(if defaults { parameter.start(py, plan.key)? } else { None });
    }
    // SAFETY: defaults, of their fields.
    unsafe { instance::assemble(&plan.signature, values).map_err(|error| error::to_python(py, &error)) }
}

/// A copy of an object in which some fields, given by position, have other values. The values were converted for
/// them.
///
/// # Errors
/// `TypeError` when objects of the type cannot be copied, `MemoryError`.
pub fn changed_copy(
    py: Python<'_>,
    object: &Obj<Object>,
    reflection: &Reflection,
    changes: Vec<(usize, Any)>,
) -> PyResult<Obj<Object>> {
    let copy = instance::copy_shallow(object).map_err(|error| error::to_python(py, &error))?;
    for (at, value) in changes {
        if reflection.is_foreign() {
            // Its setter converts what it is given.
            reflection.fields[at].set_frozen(&copy, value).map_err(|error| error::to_python(py, &error))?;
            continue;
        }
        // SAFETY: only this thread knows the copy; the value is one of the field's.
        unsafe { reflection.fields[at].init_raw(copy.as_raw(), value) };
    }
    Ok(copy)
}
