//! What `obj._move()` gives: a wrapper whose object the receiver of a call may take away.
//! Upholds P2: the object leaves its wrapper once; what did not suit the receiver comes back to it. A wrapper that others hold,
//! too, keeps its object.
#![forbid(unsafe_code)]

use crate::from_python::fail::{Converted, Fail};
use crate::interpreter::refcount;
use crate::wrapper::tie;
use bowline::object::{Obj, Object};
use bowline::value::{IntoAny, Schema};
use pyo3::prelude::*;

/// Counts of a wrapper whose object may be taken: the offer's and a variable's.
///
/// The number may be too small where CPython lends an argument (from 3.14 on), and too large while a debugger looks. Either is
/// safe, as a move may empty any wrapper, and may leave any as it is.
const HOLDERS: isize = 2;

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
    ///
    /// There is one wrapper for an object. It is also the one of those who never said `_move()`, such as the caller of a
    /// function that got it back from native code as "a copy". They keep it, and the receiver gets a count of its own: it sees
    /// that the object is shared, and copies it before it writes.
    pub fn take(&self, py: Python<'_>) -> Option<Obj<Object>> {
        self.take_from(py, HOLDERS)
    }

    fn take_from(&self, py: Python<'_>, holders: isize) -> Option<Obj<Object>> {
        let source = self.source.bind(py);
        match refcount::count_of(source) > holders {
            true => tie::object_of(source),
            false => tie::move_out(source),
        }
    }

    /// Gives an object back that did not suit.
    ///
    /// # Errors
    /// None in practice: the source is a wrapper.
    pub fn put_back(&self, py: Python<'_>, object: Obj<Object>) -> PyResult<()> {
        let source = self.source.bind(py);
        match tie::object_of(source) {
            // It never left it, or the wrapper has got another one meanwhile.
            Some(_) => Ok(()),
            None => tie::bind(source, object).map(drop),
        }
    }
}

/// What a function returned by `_move()`; none if it is something else. Its variables are gone: what is still held is by others.
///
/// # Errors
/// A mismatch, when it was moved away already.
pub fn returned(ob: &Bound<'_, PyAny>) -> Option<Converted> {
    let rvalue = Rvalue::of(ob)?;
    let object = rvalue.take_from(ob.py(), 1).map(IntoAny::into_any);
    Some(object.ok_or_else(|| Fail::text("the function returned an object that was moved away already".to_owned())))
}

/// What a `_move()` holds, as `schema` asks; put back when it does not suit.
///
/// # Errors
/// A mismatch.
#[inline(never)]
pub fn moved(py: Python<'_>, rvalue: &Rvalue, schema: &Schema) -> Converted {
    let object =
        rvalue.take(py).ok_or_else(|| Fail::text(format!("expected {schema}, got an object moved away already")))?;
    let value = object.into_any();
    if schema.check(value.view()) {
        return Ok(value);
    }
    let text = format!("expected {schema}, got {}", value.view().type_name());
    if let Ok(object) = value.into_object() {
        rvalue.put_back(py, object)?;
    }
    Err(Fail::text(text))
}
