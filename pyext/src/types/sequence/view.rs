//! The native sequence behind a wrapper, and its items as Python sees them.
//! Upholds P6 for items: one whose wrapper lives is handed out without touching its count.

use crate::from_python::fail;
use crate::interpreter::exceptions::{PyIndexError, PyTypeError};
use crate::to_python::tensor_library;
use crate::to_python::value::{live_wrapper, object_to_python, plain_to_python};
use crate::wrapper::layout::Wrapper;
use bowline::container::{ArrayObj, ListObj};
use bowline::object::Object;
use bowline::value::{tag, AnyView, RawAny};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::NonNull;

/// The native sequence behind a wrapper. Good until Python code runs.
#[derive(Clone, Copy)]
pub enum Sequence<'a> {
    Array(&'a ArrayObj),
    List(&'a ListObj),
}

impl<'a> Sequence<'a> {
    /// The sequence of a wrapper; none if it holds none.
    ///
    /// # Safety
    /// A live wrapper; the result is not used once Python code ran.
    #[inline(always)]
    pub unsafe fn of(op: *mut ffi::PyObject) -> Option<Sequence<'a>> {
        // SAFETY: a live wrapper; the type index says what the object is.
        unsafe {
            let object: NonNull<Object> = (*op.cast::<Wrapper>()).handle.read().object()?;
            match object.as_ref().type_index() {
                tag::ARRAY => Some(Sequence::Array(object.cast().as_ref())),
                tag::LIST => Some(Sequence::List(object.cast().as_ref())),
                _ => None,
            }
        }
    }

    /// How many items it has.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Sequence::Array(array) => array.len(),
            Sequence::List(list) => list.len(),
        }
    }

    /// An item as Python sees it; none past the end. The sequence may be gone afterwards.
    #[inline(always)]
    pub fn item<'py>(self, py: Python<'py>, at: usize) -> Option<PyResult<Bound<'py, PyAny>>> {
        match self {
            // SAFETY: alive until Python code runs.
            Sequence::Array(array) if !unsafe { tensor_library::is_marked(self.object()) } => {
                array.get(at).map(|view| show(py, view))
            }
            Sequence::Array(array) => {
                // SAFETY: the array is alive until Python code runs; the item is owned by then.
                array.get(at).map(|view| unsafe { tensor_library::item(py, self.object(), view.to_owned()) })
            }
            Sequence::List(list) => list_item(py, list, at as isize),
        }
    }

    /// The object.
    pub fn object(self) -> NonNull<Object> {
        match self {
            Sequence::Array(array) => NonNull::from(array).cast(),
            Sequence::List(list) => NonNull::from(list).cast(),
        }
    }
}

/// An item of a list as Python sees it, by an index from either end. None outside. The list may be gone afterwards.
#[inline]
pub fn list_item<'py>(py: Python<'py>, list: &ListObj, at: isize) -> Option<PyResult<Bound<'py, PyAny>>> {
    let value = list.item(at)?;
    // SAFETY: alive until Python code runs.
    Some(unsafe { tensor_library::item(py, NonNull::from(list).cast(), value) })
}

/// An item of a sequence that lives until Python code runs.
#[inline]
fn show<'py>(py: Python<'py>, view: AnyView<'_>) -> PyResult<Bound<'py, PyAny>> {
    match view.as_object() {
        None => plain_to_python(py, view),
        // SAFETY: the item lives as long as its sequence.
        Some(object) => match unsafe { live_wrapper(py, object) } {
            Ok(wrapper) => Ok(wrapper),
            Err(object) => object_to_python(py, object),
        },
    }
}

/// `TypeError` for a wrapper without a native sequence.
#[cold]
pub fn expected_sequence(py: Python<'_>, op: *mut ffi::PyObject) -> PyErr {
    // SAFETY: callers are slots, with a live object.
    let ob = unsafe { Bound::from_borrowed_ptr(py, op) };
    PyTypeError::new_err(format!("expected a native sequence, got {}", fail::describe(&ob)))
}

/// `IndexError`.
#[cold]
pub fn out_of_range(list: bool) -> PyErr {
    PyIndexError::new_err(if list { "list index out of range" } else { "array index out of range" })
}

/// An item of an Array, if it is at hand. None otherwise, also past the ends. It is there until Python code runs.
///
/// # Safety
/// A live wrapper.
#[inline(always)]
pub unsafe fn peek_item(op: *mut ffi::PyObject, at: i64) -> Option<RawAny> {
    // SAFETY: a live wrapper.
    unsafe {
        let object = (*op.cast::<Wrapper>()).handle.read().object()?;
        if object.as_ref().type_index() != tag::ARRAY || tensor_library::is_marked(object) {
            return None;
        }
        let items = object.cast::<ArrayObj>().as_ref().views();
        let at = if at < 0 { at + items.len() as i64 } else { at };
        Some(items.get(at as usize)?.to_raw())
    }
}
