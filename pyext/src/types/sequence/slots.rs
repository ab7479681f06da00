//! `CArray` and `CList`: native sequences with the slots of Python's.
//! Upholds: an empty wrapper has no items; comparing items may run anything, so that each is fetched anew.

use crate::from_python::sequence as container;
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::members::Members;
use crate::interpreter::recursion::expect_stack;
use crate::interpreter::trampoline::{counted, slot};
use crate::types::object::slots;
use crate::types::sequence::iterator::Cursor;
use crate::types::sequence::subscript::{assign, subscript};
use crate::types::sequence::view::{expected_sequence, out_of_range, Sequence};
use crate::types::subtype;
use crate::wrapper::tie;
use bowline::container::{ArrayObj, ListObj};
use bowline::object::{Obj, Object};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

/// Makes the types and adds them to the module.
///
/// # Errors
/// Those of making types.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let common = [
        slots::type_slot(ffi::Py_sq_length, length as *mut c_void),
        slots::type_slot(ffi::Py_sq_item, item as *mut c_void),
        slots::type_slot(ffi::Py_sq_contains, contains as *mut c_void),
        slots::type_slot(ffi::Py_mp_length, length as *mut c_void),
        slots::type_slot(ffi::Py_mp_subscript, subscript as *mut c_void),
        slots::type_slot(ffi::Py_tp_iter, iterate as *mut c_void),
    ];
    let array = [common.as_slice(), &[slots::type_slot(ffi::Py_tp_init, init_array as *mut c_void)]].concat();
    subtype::add(module, c"bowline._core.CArray", c"Base of wrappers of Arrays.", Members::new(), &array)?;
    let own = [
        slots::type_slot(ffi::Py_mp_ass_subscript, assign as *mut c_void),
        slots::type_slot(ffi::Py_tp_init, init_list as *mut c_void),
    ];
    let list = [common.as_slice(), &own].concat();
    subtype::add(module, c"bowline._core.CList", c"Base of wrappers of Lists.", Members::new(), &list)?;
    Cursor::install(module)
}

unsafe extern "C" fn length(op: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    // SAFETY: called by the interpreter with a wrapper.
    unsafe {
        slot(|py| match Sequence::of(op) {
            Some(sequence) => Ok(sequence.len() as ffi::Py_ssize_t),
            // An empty wrapper has no items.
            None if tie::handle(&Bound::from_borrowed_ptr(py, op)).is_none() => Ok(0),
            None => Err(expected_sequence(py, op)),
        })
    }
}

/// `sq_item`: the interpreter has added the length to a negative index.
unsafe extern "C" fn item(op: *mut ffi::PyObject, at: ffi::Py_ssize_t) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a wrapper.
    unsafe {
        slot(|py| {
            let sequence = Sequence::of(op).ok_or_else(|| expected_sequence(py, op))?;
            let found = usize::try_from(at).ok().and_then(|at| sequence.item(py, at));
            found.unwrap_or_else(|| Err(out_of_range(false))).map(Bound::into_ptr)
        })
    }
}

unsafe extern "C" fn contains(op: *mut ffi::PyObject, sought: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the interpreter with a wrapper and a live object. Items are fetched one by one, since comparing
    // them may run anything.
    unsafe {
        slot(|_| {
            expect_stack()?;
            counted(|py| {
                let sought = Bound::from_borrowed_ptr(py, sought);
                let mut at = 0;
                while let Some(item) = Sequence::of(op).ok_or_else(|| expected_sequence(py, op))?.item(py, at) {
                    let item = item?;
                    if item.is(&sought) || item.eq(&sought)? {
                        return Ok(1);
                    }
                    at += 1;
                }
                Ok(0)
            })
        })
    }
}

unsafe extern "C" fn init_array(
    op: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: called by the interpreter with a wrapper, a tuple, and a dict or null.
    unsafe {
        init(op, arguments, keywords, |items| match items {
            Some(items) => Ok(ArrayObj::make(container::collect_items(items)?.into_iter()).upcast()),
            None => Err(PyTypeError::new_err("Array() missing 1 required argument: 'input_list'")),
        })
    }
}

unsafe extern "C" fn init_list(
    op: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: called by the interpreter with a wrapper, a tuple, and a dict or null.
    unsafe {
        init(op, arguments, keywords, |items| {
            let items = items.map_or_else(|| Ok(Vec::new()), container::collect_items)?;
            Ok(ListObj::make(items).upcast())
        })
    }
}

/// Binds what `make` makes of the one argument.
///
/// # Safety
/// A live wrapper, a tuple, and a dict or null.
unsafe fn init(
    op: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
    make: impl Fn(Option<&Bound<'_, PyAny>>) -> PyResult<Obj<Object>>,
) -> c_int {
    // SAFETY: a live wrapper, a tuple, and a dict or null, as `# Safety` says.
    unsafe {
        slot(|_| {
            counted(|py| {
                let ob = Bound::from_borrowed_ptr(py, op);
                let mut items: *mut ffi::PyObject = null_mut();
                let mut names = [c"input_list".as_ptr().cast_mut(), null_mut()];
                let form = c"|O:__init__".as_ptr();
                // The type of the name table differs between versions, its layout does not.
                let parsed = ffi::PyArg_ParseTupleAndKeywords(
                    arguments,
                    keywords,
                    form,
                    names.as_mut_ptr().cast(),
                    &raw mut items,
                );
                if parsed == 0 {
                    return Err(PyErr::fetch(py));
                }
                let items = Bound::from_borrowed_ptr_or_opt(py, items);
                let object = make(items.as_ref())?;
                tie::bind(&ob, object)?;
                Ok(0)
            })
        })
    }
}

unsafe extern "C" fn iterate(op: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a wrapper.
    unsafe {
        slot(|py| {
            if Sequence::of(op).is_none() {
                return Err(expected_sequence(py, op));
            }
            Cursor::make(py, op)
        })
    }
}
