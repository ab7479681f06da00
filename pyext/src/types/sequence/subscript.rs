//! Items and slices of native sequences, read and assigned by subscript.
//! Upholds: `__index__` and conversions, which may run anything, come before the sequence is looked at.

use crate::from_python::classify::Exact;
use crate::from_python::{convert, sequence as container};
use crate::interpreter::exceptions::{PyIndexError, PyTypeError, PyValueError};
use crate::interpreter::recursion::expect_stack;
use crate::interpreter::trampoline::{counted, slot};
use crate::interpreter::{make, small_int};
use crate::to_python::{tensor_library, value};
use crate::types::sequence::view::{expected_sequence, list_item, out_of_range, peek_item, Sequence};
use bowline::container::slice::{place, Slice};
use bowline::object::grow::gathered;
use bowline::object::{Obj, Object};
use bowline::value::{Any, RawAny};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PySlice;
use std::ffi::c_int;
use std::num::NonZero;

/// `mp_subscript`: an item by its index, or a list of those in a slice.
///
/// # Safety
/// Called by the interpreter with a wrapper and a live key.
pub unsafe extern "C" fn subscript(op: *mut ffi::PyObject, key: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a wrapper and a live key.
    unsafe {
        if Exact::Int.is_raw(key) {
            if let Some(item) = small_int::compact(key).and_then(|at| peek_item(op, at)) {
                return value::cached_or(item, |item| plain_item(item, op, key));
            }
        }
        subscript_any(op, key)
    }
}

/// An item that is no object and no integer.
///
/// # Safety
/// A live wrapper and a live key; the item was read since Python code last ran.
#[inline(never)]
unsafe fn plain_item(item: RawAny, op: *mut ffi::PyObject, key: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the item is alive until Python code runs; a live wrapper and key.
    unsafe { value::try_plain(item).unwrap_or_else(|| subscript_any(op, key)) }
}

/// # Safety
/// A live wrapper and a live key.
#[inline(never)]
unsafe fn subscript_any(op: *mut ffi::PyObject, key: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: a live wrapper and a live key, as `# Safety` says.
    unsafe {
        slot(|py| {
            if ffi::PySlice_Check(key) != 0 {
                return counted(|py| slice(py, op, key).map(Bound::into_ptr));
            }
            let at = index(py, key)?;
            let sequence = Sequence::of(op).ok_or_else(|| expected_sequence(py, op))?;
            let (found, is_list) = match sequence {
                Sequence::Array(array) => (place(at, array.len()).and_then(|at| sequence.item(py, at)), false),
                Sequence::List(list) => (list_item(py, list, at), true),
            };
            found.unwrap_or_else(|| Err(out_of_range(is_list))).map(Bound::into_ptr)
        })
    }
}

/// The index in a key. May run Python code.
///
/// # Safety
/// A live object.
#[inline]
unsafe fn index(py: Python<'_>, key: *mut ffi::PyObject) -> PyResult<isize> {
    // SAFETY: attached; a live object. −1 may be an index or an exception.
    unsafe {
        if !Exact::Int.is_raw(key) {
            expect_stack()?;
        }
        let at = ffi::PyNumber_AsSsize_t(key, ffi::PyExc_IndexError);
        if at == -1 {
            if let Some(error) = PyErr::take(py) {
                return Err(match ffi::PyIndex_Check(key) {
                    0 => {
                        let key = Bound::<PyAny>::from_borrowed_ptr(py, key);
                        let found = key.get_type().name()?;
                        PyTypeError::new_err(format!("sequence indices must be integers or slices, not {found}"))
                    }
                    _ => error,
                });
            }
        }
        Ok(at)
    }
}

/// Slices are Python lists.
unsafe fn slice<'py>(py: Python<'py>, op: *mut ffi::PyObject, key: *mut ffi::PyObject) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: a live wrapper and a slice.
    unsafe {
        let key = Bound::from_borrowed_ptr(py, key).cast_into_unchecked::<PySlice>();
        let slice = unpack(&key)?;
        let sequence = Sequence::of(op).ok_or_else(|| expected_sequence(py, op))?;
        let items: Vec<Any> = match sequence {
            Sequence::Array(array) => gathered(array.as_slice().iter().cloned()),
            Sequence::List(list) => list.snapshot(),
        };
        // To show an item may run what drops the sequence.
        let kept = Obj::<Object>::from_borrowed(sequence.object());
        let list = make::list(py)?;
        for at in slice.span(items.len()).places() {
            list.append(tensor_library::item_of(py, &kept, items[at].clone())?)?;
        }
        Ok(list.into_any())
    }
}

/// The numbers of a slice; runs `__index__` of its parts.
unsafe fn unpack(key: &Bound<'_, PySlice>) -> PyResult<Slice> {
    let (mut start, mut stop, mut step) = (0, 0, 0);
    // SAFETY: a slice.
    match unsafe { ffi::PySlice_Unpack(key.as_ptr(), &mut start, &mut stop, &mut step) } {
        0 => Ok(Slice { start, stop, step: NonZero::new(step).expect("unpacking refuses a step of zero") }),
        _ => Err(PyErr::fetch(key.py())),
    }
}

/// `mp_ass_subscript` of Lists.
///
/// # Safety
/// Called by the interpreter with a wrapper, a live key, and a value or null.
pub unsafe extern "C" fn assign(op: *mut ffi::PyObject, key: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the interpreter with a wrapper, a live key, and a value or null.
    unsafe {
        slot(|_| {
            counted(|py| {
                let ob = Bound::from_borrowed_ptr(py, op);
                let value = Bound::from_borrowed_ptr_or_opt(py, value);
                match ffi::PySlice_Check(key) {
                    0 => assign_item(&ob, index(py, key)?, value.as_ref()),
                    _ => {
                        let key = Bound::from_borrowed_ptr(py, key).cast_into_unchecked::<PySlice>();
                        assign_slice(&ob, &key, value.as_ref())
                    }
                }
            })
            .map(|()| 0)
        })
    }
}

fn assign_item(ob: &Bound<'_, PyAny>, at: isize, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let range = || PyIndexError::new_err("list assignment index out of range");
    let value = value.map(convert::any).transpose()?;
    let list = container::native_list(ob)?;
    let done = match value {
        Some(value) => list.set_item(at, value).is_ok(),
        None => list.remove_item(at).is_some(),
    };
    done.then_some(()).ok_or_else(range)
}

fn assign_slice(ob: &Bound<'_, PyAny>, key: &Bound<'_, PySlice>, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    // SAFETY: a slice.
    let slice = unsafe { unpack(key)? };
    // Both may run anything: only then the list is looked at.
    let items = value.map(container::collect_items).transpose()?;
    let list = container::native_list(ob)?;
    let Some(items) = items else {
        list.remove_slice(slice);
        return Ok(());
    };
    let given = items.len();
    list.replace_slice(slice, items).map_err(|count| {
        PyValueError::new_err(format!("attempt to assign sequence of size {given} to extended slice of size {count}"))
    })
}
