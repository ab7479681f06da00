//! Rust's values from Python objects: where there is no memory, a `MemoryError`.
//! Upholds: nothing here ends the process. PyO3's own ways do: a `String` that it copies finds no room, or a `Vec` for as many items as
//! a `__len__` says.
#![forbid(unsafe_code)]

use crate::interpreter::make;
use crate::interpreter::names::intern;
use bowline::object::grow::{lossy, owned, Grow};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::borrow::Cow;

/// The text of a `str`.
///
/// # Errors
/// `TypeError` for anything else, `UnicodeEncodeError` for half a surrogate pair.
pub fn text(ob: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(owned(ob.cast::<PyString>()?.to_str()?))
}

/// The text of a `str`, as far as it can be shown.
pub fn lent<'a>(text: &'a Bound<'_, PyString>) -> Cow<'a, str> {
    text.to_str().map_or_else(|_| Cow::Owned(encoded(text)), Cow::Borrowed)
}

/// The text of a `str` with half a surrogate pair, with marks in its place. There is no text where there is no memory for it.
#[cold]
fn encoded(text: &Bound<'_, PyString>) -> String {
    let bytes = || {
        let how = make::tuple(text.py(), ["utf-8", "surrogatepass"])?;
        text.getattr(intern!(text.py(), "encode"))?.call1(how)
    };
    let bytes = bytes().ok().and_then(|bytes| bytes.cast_into::<PyBytes>().ok());
    bytes.map_or_else(String::new, |bytes| String::from(lossy(bytes.as_bytes())))
}

/// The text of a `str`, as far as it can be shown, as a copy.
pub fn shown(text: &Bound<'_, PyString>) -> String {
    owned(&lent(text))
}

/// What `str()` says of something.
///
/// # Errors
/// What that raises.
pub fn said(ob: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(shown(&ob.str()?))
}

/// All items of something, each as `take` makes it.
///
/// # Errors
/// Those of iterating, and of `take`.
pub fn items<'py, T>(
    ob: &Bound<'py, PyAny>,
    mut take: impl FnMut(Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    let mut items = Vec::new();
    for item in ob.try_iter()? {
        items.grow(1);
        items.push(take(item?)?);
    }
    Ok(items)
}
