//! The fast ways of construction. They are for calls with one positional argument for each field.
//! Upholds: a fast way makes what the plan would make, or does nothing. Users' code runs in it where it would run otherwise.

use crate::from_python::convert;
use crate::to_python::error;
use crate::types::init::parameter::Parameter;
use crate::types::init::raw_fields::RawFields;
use crate::types::sentinel::{is_kwargs, is_missing};
use bowline::object::{Obj, Object, ObjectType};
use bowline::reflect::sentinel::Sentinel;
use bowline::reflect::{instance, InitSignature, Reflection};
use bowline::value::Any;
use pyo3::prelude::*;
use pyo3::{ffi, Borrowed};
use smallvec::SmallVec;

/// Types with more fields than this use the heap for their arguments.
pub const INLINE_FIELDS: usize = 12;

/// How a type's objects are made fast.
pub enum Fast {
    /// All fields are numbers or objects, whose bits are written as they come.
    Raw(RawFields),
    /// The object is zeroed memory to begin with, and then gets its values.
    Zeroed,
}

impl Fast {
    /// The fast way of a type. None where an object is more than its fields, or arguments are not in their order.
    pub fn for_type(reflection: &Reflection, signature: &InitSignature) -> Option<Fast> {
        let in_order = || signature.positional().iter().copied().eq(0..reflection.fields.len());
        let straight = signature.is_blank() && reflection.creator.is_none() && in_order();
        straight.then(|| RawFields::for_type(reflection).map_or(Fast::Zeroed, Fast::Raw))
    }

    /// An object of the arguments. None if they are to be assigned to their fields first, or, of [`Fast::Raw`], if one takes
    /// more than a look to convert.
    ///
    /// # Errors
    /// `MemoryError`; `TypeError`, and what converting raises.
    ///
    /// # Safety
    /// Attached; the reflection and parameters are those of the type `index`, for which this way is; there is a live
    /// argument for each parameter.
    #[inline(always)]
    pub unsafe fn object(
        &self,
        py: Python<'_>,
        index: i32,
        reflection: &Reflection,
        parameters: &[Parameter],
        arguments: *const *mut ffi::PyObject,
    ) -> PyResult<Option<Obj<Object>>> {
        // SAFETY: the reflection and parameters are the type's; each parameter has a live argument.
        unsafe {
            match self {
                Fast::Raw(fields) => fields.object(py, reflection, arguments),
                Fast::Zeroed => zeroed(py, index, parameters, arguments),
            }
        }
    }
}

/// Whether an argument says how others are to be taken, or that it is none.
///
/// # Safety
/// A live object.
unsafe fn is_mark(py: Python<'_>, argument: *mut ffi::PyObject) -> bool {
    // SAFETY: live, as `# Safety` says.
    is_kwargs(py, argument) || is_missing(unsafe { &Borrowed::from_ptr(py, argument) })
}

/// # Safety
/// As [`Fast::object`].
#[inline]
unsafe fn zeroed(
    py: Python<'_>,
    index: i32,
    parameters: &[Parameter],
    arguments: *const *mut ffi::PyObject,
) -> PyResult<Option<Obj<Object>>> {
    let mut values: SmallVec<[Any; INLINE_FIELDS]> = SmallVec::new();
    // SAFETY: there is an argument for each parameter. The values are converted for their fields, and only this thread knows
    // the object.
    unsafe {
        for (at, parameter) in parameters.iter().enumerate() {
            let given = Bound::from_borrowed_ptr(py, *arguments.add(at));
            values.push(match convert::exact_for_field(&given, parameter.field) {
                Some(value) if value.type_index() == Sentinel::type_index() => return Ok(None),
                Some(value) => value,
                None if (0..parameters.len()).any(|at| is_mark(py, *arguments.add(at))) => return Ok(None),
                None => parameter.convert_slowly(&given)?,
            });
        }
        let object = instance::new_zeroed(index).map_err(|error| error::to_python(py, &error))?;
        for (parameter, value) in parameters.iter().zip(values) {
            parameter.field.init_raw(object.as_raw(), value);
        }
        Ok(Some(object))
    }
}
