//! Which field each argument of a construction is for.
//! Upholds: what does not fit is refused in the words that a Python function would have.

use crate::from_python::fail;
use crate::interpreter::take;
use crate::to_python::error;
use crate::types::init::fast::INLINE_FIELDS;
use crate::types::init::parameter::Parameter;
use crate::types::sentinel::{is_kwargs, is_missing};
use crate::types::suggest;
use bowline::reflect::InitSignature;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;
use smallvec::SmallVec;
use std::ptr::null_mut;

/// Which field each argument is for.
///
/// # Errors
/// `TypeError` when the arguments do not fit.
///
/// # Safety
/// `arguments` are live, as many as `count` and the length of `keywords`, which is a tuple of strings or null.
#[inline]
pub unsafe fn assign(
    py: Python<'_>,
    signature: &InitSignature,
    parameters: &[Parameter],
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> PyResult<SmallVec<[*mut ffi::PyObject; INLINE_FIELDS]>> {
    let raise = |error| error::to_python(py, &error);
    let mut given: SmallVec<[*mut ffi::PyObject; INLINE_FIELDS]> = SmallVec::new();
    given.resize(parameters.len(), null_mut());
    // SAFETY: so many arguments are live, and the names are strings, as `# Safety` says.
    unsafe {
        let positional = if count == 0 { &[][..] } else { std::slice::from_raw_parts(arguments, count) };
        let end = positional.iter().position(|argument| is_kwargs(py, *argument)).unwrap_or(count);
        if end > signature.positional().len() {
            return Err(raise(signature.too_many(end)));
        }
        for (at, argument) in signature.positional().iter().zip(&positional[..end]) {
            given[*at] = *argument;
        }
        let mut name = |name, argument| {
            let at = find(py, signature, parameters, name)?;
            match std::mem::replace(&mut given[at], argument).is_null() {
                true => Ok(()),
                false => Err(raise(signature.twice(at))),
            }
        };
        if end < count {
            let (pairs, rest) = positional[end + 1..].as_chunks::<2>();
            if !rest.is_empty() {
                return Err(raise(signature.unpaired(count - end - 1)));
            }
            for [key, argument] in pairs {
                name(*key, *argument)?;
            }
        }
        if !keywords.is_null() {
            for i in 0..ffi::PyTuple_GET_SIZE(keywords) as usize {
                name(ffi::PyTuple_GET_ITEM(keywords, i as isize), *arguments.add(count + i))?;
            }
        }
        for value in &mut given {
            if !value.is_null() && is_missing(&Bound::from_borrowed_ptr(py, *value)) {
                *value = null_mut();
            }
        }
    }
    let missing = |(parameter, value): (&Parameter, &*mut ffi::PyObject)| value.is_null() && parameter.is_required();
    match parameters.iter().zip(&given).any(missing) {
        true => Err(raise(signature.missing(|at| !given[at].is_null()))),
        false => Ok(given),
    }
}

/// The field that a keyword names.
///
/// # Safety
/// `name` is a live object.
#[inline]
unsafe fn find(
    py: Python<'_>,
    signature: &InitSignature,
    parameters: &[Parameter],
    name: *mut ffi::PyObject,
) -> PyResult<usize> {
    let same = |(at, parameter): (usize, &Parameter)| parameter.name.as_ptr() == name && signature.is_passed(at);
    if let Some(at) = parameters.iter().enumerate().position(same) {
        return Ok(at);
    }
    // SAFETY: `name` is live, as `# Safety` says.
    let name = unsafe { Bound::from_borrowed_ptr(py, name) };
    let Ok(name) = name.cast::<PyString>() else {
        return Err(error::to_python(py, &signature.no_name(&fail::describe(&name))));
    };
    let name = take::lent(name);
    signature.named(&name).map_err(|error| {
        let taken = parameters.iter().enumerate().filter(|(at, _)| signature.is_passed(*at));
        suggest::keyword(py, error.message(), &name, taken.map(|(_, parameter)| &*parameter.field.name))
    })
}
