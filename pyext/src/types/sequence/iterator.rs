//! The iterator of native sequences.
//! Upholds: it keeps the wrapper, and looks the sequence up anew for each item.

use crate::interpreter::refcount;
use crate::interpreter::trampoline::slot;
use crate::to_python::value;
use crate::types::object::slots;
use crate::types::sequence::view::{expected_sequence, peek_item, Sequence};
use bowline::value::RawAny;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicIsize, Ordering};

/// An iterator over a sequence, which it looks up anew for each item. Member by member, what protects it:
/// * `ob_base`: CPython;
/// * `over`: a count of the wrapper, set before publication, given back by dealloc;
/// * `next`: atomic.
#[repr(C)]
pub struct Cursor {
    ob_base: ffi::PyObject,
    over: *mut ffi::PyObject,
    next: AtomicIsize,
}

static CURSOR: PyOnceLock<Py<PyType>> = PyOnceLock::new();

impl Cursor {
    /// Makes the type.
    ///
    /// # Errors
    /// Those of making a type.
    pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        let made = slots::make_type(
            py,
            c"bowline._core.SequenceIterator",
            size_of::<Cursor>() as c_int,
            ffi::Py_TPFLAGS_DEFAULT
                | ffi::Py_TPFLAGS_IMMUTABLETYPE
                | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION
                | ffi::Py_TPFLAGS_HAVE_GC,
            &mut [
                slots::type_slot(ffi::Py_tp_iter, ffi::PyObject_SelfIter as *mut c_void),
                slots::type_slot(ffi::Py_tp_iternext, Cursor::next as *mut c_void),
                slots::type_slot(ffi::Py_tp_dealloc, Cursor::dealloc as *mut c_void),
                slots::type_slot(ffi::Py_tp_traverse, Cursor::traverse as *mut c_void),
                slots::type_slot(0, null_mut()),
            ],
        )?;
        let _ = CURSOR.set(py, made.unbind());
        Ok(())
    }

    /// An iterator over the sequence of a wrapper.
    ///
    /// # Errors
    /// `MemoryError`.
    ///
    /// # Safety
    /// A live wrapper.
    pub unsafe fn make(py: Python<'_>, over: *mut ffi::PyObject) -> PyResult<*mut ffi::PyObject> {
        let class = CURSOR.get(py).expect("the module is initialised").as_ptr().cast();
        // SAFETY: the allocation is zeroed. A traversal that comes before the writes takes that for an empty cursor.
        unsafe {
            let op = ffi::PyType_GenericAlloc(class, 0);
            if op.is_null() {
                return Err(PyErr::fetch(py));
            }
            (*op.cast::<Cursor>()).over = ffi::Py_NewRef(over);
            Ok(op)
        }
    }

    unsafe extern "C" fn next(op: *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: called by the interpreter with a cursor, whose wrapper it keeps.
        unsafe {
            let cursor = &*op.cast::<Cursor>();
            // Relaxed, and no read-modify-write: threads that share an iterator may see an item twice. Lists do the
            // same.
            let at = cursor.next.load(Ordering::Relaxed);
            if at < 0 {
                return null_mut();
            }
            let Some(item) = peek_item(cursor.over, at as i64) else { return next_any(cursor, at) };
            cursor.next.store(at + 1, Ordering::Relaxed);
            value::cached_or(item, |item| plain_item(item, cursor, at))
        }
    }

    unsafe extern "C" fn traverse(op: *mut ffi::PyObject, visit: ffi::visitproc, arg: *mut c_void) -> c_int {
        // SAFETY: called by the collector with a cursor.
        unsafe {
            let class = visit(refcount::class_of(op).cast(), arg);
            match (*op.cast::<Cursor>()).over {
                over if class == 0 && !over.is_null() => visit(over, arg),
                _ => class,
            }
        }
    }

    unsafe extern "C" fn dealloc(op: *mut ffi::PyObject) {
        // SAFETY: called by the interpreter with a dead cursor, whose members are not used any more.
        unsafe {
            ffi::PyObject_GC_UnTrack(op.cast());
            let class = refcount::class_of(op);
            ffi::Py_XDECREF((*op.cast::<Cursor>()).over);
            ffi::PyObject_GC_Del(op.cast());
            ffi::Py_DECREF(class.cast());
        }
    }
}

/// An item that is no object and no integer. The cursor is past it.
///
/// # Safety
/// As for [`next_any`]; the item was read since Python code last ran.
#[inline(never)]
unsafe fn plain_item(item: RawAny, cursor: &Cursor, at: isize) -> *mut ffi::PyObject {
    // SAFETY: what the item names is alive until Python code runs; attached, a live cursor.
    unsafe { value::try_plain(item).unwrap_or_else(|| next_any(cursor, at)) }
}

/// The item that takes more than a look, or the end. Out of line, so that the others need little stack.
///
/// # Safety
/// Attached; a live cursor, and its index.
#[inline(never)]
unsafe fn next_any(cursor: &Cursor, at: isize) -> *mut ffi::PyObject {
    // SAFETY: the cursor keeps its wrapper.
    unsafe {
        slot(|py| {
            let Some(sequence) = Sequence::of(cursor.over) else { return Err(expected_sequence(py, cursor.over)) };
            match sequence.item(py, at as usize) {
                Some(item) => {
                    // Relaxed: as in `next`.
                    cursor.next.store(at + 1, Ordering::Relaxed);
                    item.map(Bound::into_ptr)
                }
                None => {
                    // Relaxed: as above.
                    cursor.next.store(-1, Ordering::Relaxed);
                    Ok(null_mut())
                }
            }
        })
    }
}
