//! What a refusal adds that may be what was meant. It is a name that is close, or a decorator that was left away.
//! Upholds: what a signal handler or a lack of memory raises meanwhile is not lost.
#![forbid(unsafe_code)]

use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::make;
use crate::interpreter::make::Make;
use crate::interpreter::names::intern;
use crate::interpreter::take;
use bowline::object::grow::owned;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// How long a name is at most for which a close one is looked for. The search takes time and memory for each character. CPython
/// looks for none beyond.
const MAX_NAME: usize = 40;

/// The `TypeError` of a keyword that nothing takes, in CPython's words. It names the closest one, if one is close.
#[cold]
pub fn keyword<'a>(py: Python<'_>, message: &str, name: &str, known: impl Iterator<Item = &'a str>) -> PyErr {
    let close = || -> PyResult<Option<String>> {
        let known = make::list_of(py, known)?;
        let matches = py.import(intern!(py, "difflib"))?.getattr(intern!(py, "get_close_matches"))?;
        matches
            .call1((make::text(py, name)?, known, 1i32.make(py)?))?
            .try_iter()?
            .next()
            .map(|found| take::text(&found?))
            .transpose()
    };
    let close = if name.chars().nth(MAX_NAME).is_some() { Ok(None) } else { close() };
    match close {
        Ok(Some(close)) => PyTypeError::new_err(format!("{message}. Did you mean '{close}'?")),
        Ok(None) => PyTypeError::new_err(owned(message)),
        Err(raised) => raised,
    }
}

/// Whether a class declares fields, without being registered.
///
/// # Errors
/// What its metaclass raises.
pub fn has_annotations(class: &Bound<'_, PyType>) -> PyResult<bool> {
    let own = class.getattr(intern!(class.py(), "__dict__"))?;
    // The last three are the forms that 3.14 keeps them in.
    for name in ["__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__"] {
        if own.contains(make::text(class.py(), name)?)? {
            return Ok(true);
        }
    }
    Ok(false)
}
