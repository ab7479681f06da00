//! `CArray` and `CList`: native sequences with the slots of Python's, and their iterator.
//! Imports the tie, `value`, `subtype`; conversions come from `crate::convert` and `crate::container`.
//! Upholds P6 for items: one whose wrapper lives is handed out without touching its count.

use super::methods::Members;
use super::origin;
use super::refcount;
use super::trampoline::{counted, slot};
use super::value::{self, living, object_to_python, plain_to_python, to_python};
use super::wrapper::Wrapper;
use super::{integer, slots, subtype, tie};
use crate::{container, convert};
use bowline::container::slice::{place, Slice};
use bowline::container::{ArrayObj, ListObj};
use bowline::object::{Obj, Object};
use bowline::value::{tag, Any, AnyView};
use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PySlice, PyType};
use std::ffi::{c_int, c_void};
use std::num::NonZero;
use std::ptr::{null_mut, NonNull};
use std::sync::atomic::{AtomicIsize, Ordering};

/// Makes the types and adds them to the module.
///
/// # Errors
/// Those of making types.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let common = [
        slots::slot(ffi::Py_sq_length, length as *mut c_void),
        slots::slot(ffi::Py_sq_item, item as *mut c_void),
        slots::slot(ffi::Py_sq_contains, contains as *mut c_void),
        slots::slot(ffi::Py_mp_length, length as *mut c_void),
        slots::slot(ffi::Py_mp_subscript, subscript as *mut c_void),
        slots::slot(ffi::Py_tp_iter, iterate as *mut c_void),
    ];
    let array = [common.as_slice(), &[slots::slot(ffi::Py_tp_init, init_array as *mut c_void)]].concat();
    subtype::add(module, c"bowline._core.CArray", c"Base of wrappers of Arrays.", Members::new(), &array)?;
    let own = [
        slots::slot(ffi::Py_mp_ass_subscript, assign as *mut c_void),
        slots::slot(ffi::Py_tp_init, init_list as *mut c_void),
    ];
    let list = [common.as_slice(), &own].concat();
    subtype::add(module, c"bowline._core.CList", c"Base of wrappers of Lists.", Members::new(), &list)?;
    Cursor::install(module)
}

/// The native sequence behind a wrapper. Good until Python code runs.
#[derive(Clone, Copy)]
enum Sequence<'a> {
    Array(&'a ArrayObj),
    List(&'a ListObj),
}

impl<'a> Sequence<'a> {
    /// # Safety
    /// A live wrapper; the result is not used once Python code ran.
    #[inline(always)]
    unsafe fn of(op: *mut ffi::PyObject) -> Option<Sequence<'a>> {
        // SAFETY: by contract; the type index says what the object is.
        unsafe {
            let object: NonNull<Object> = (*op.cast::<Wrapper>()).handle.read().object()?;
            match object.as_ref().type_index() {
                tag::ARRAY => Some(Sequence::Array(object.cast().as_ref())),
                tag::LIST => Some(Sequence::List(object.cast().as_ref())),
                _ => None,
            }
        }
    }

    #[inline]
    fn len(self) -> usize {
        match self {
            Sequence::Array(array) => array.len(),
            Sequence::List(list) => list.len(),
        }
    }

    /// An item as Python sees it; none past the end. The sequence may be gone afterwards.
    #[inline(always)]
    fn item<'py>(self, py: Python<'py>, at: usize) -> Option<PyResult<Bound<'py, PyAny>>> {
        match self {
            Sequence::Array(array) if !origin::is_used() => array.get(at).map(|view| show(py, view)),
            Sequence::Array(array) => array.get(at).map(|view| origin::item(py, self.object(), view.to_owned())),
            Sequence::List(list) => list_item(py, list, at as isize),
        }
    }

    fn object(self) -> NonNull<Object> {
        match self {
            Sequence::Array(array) => NonNull::from(array).cast(),
            Sequence::List(list) => NonNull::from(list).cast(),
        }
    }
}

/// An item of a list as Python sees it, by an index from either end; none outside. The list may be gone afterwards.
#[inline]
fn list_item<'py>(py: Python<'py>, list: &ListObj, at: isize) -> Option<PyResult<Bound<'py, PyAny>>> {
    let value = list.item(at)?;
    Some(match origin::is_used() {
        false => to_python(py, value),
        true => origin::item(py, NonNull::from(list).cast(), value),
    })
}

/// An item of a sequence that lives until Python code runs.
#[inline]
fn show<'py>(py: Python<'py>, view: AnyView<'_>) -> PyResult<Bound<'py, PyAny>> {
    match view.as_object() {
        None => plain_to_python(py, view),
        // SAFETY: the item lives as long as its sequence.
        Some(object) => match unsafe { living(py, object) } {
            Ok(wrapper) => Ok(wrapper),
            Err(object) => object_to_python(py, object),
        },
    }
}

#[cold]
fn empty(py: Python<'_>, op: *mut ffi::PyObject) -> PyErr {
    // SAFETY: callers are slots, with a live object.
    let ob = unsafe { Bound::from_borrowed_ptr(py, op) };
    PyTypeError::new_err(format!("expected a native sequence, got {}", convert::describe(&ob)))
}

#[cold]
fn out_of_range(list: bool) -> PyErr {
    PyIndexError::new_err(if list { "list index out of range" } else { "array index out of range" })
}

unsafe extern "C" fn length(op: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    // SAFETY: called by the interpreter with a wrapper.
    unsafe {
        slot(|py| match Sequence::of(op) {
            Some(sequence) => Ok(sequence.len() as ffi::Py_ssize_t),
            // An empty wrapper has no items.
            None if tie::handle(&Bound::from_borrowed_ptr(py, op)).is_none() => Ok(0),
            None => Err(empty(py, op)),
        })
    }
}

/// `sq_item`: the interpreter has added the length to a negative index.
unsafe extern "C" fn item(op: *mut ffi::PyObject, at: ffi::Py_ssize_t) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a wrapper.
    unsafe {
        slot(|py| {
            let sequence = Sequence::of(op).ok_or_else(|| empty(py, op))?;
            let found = usize::try_from(at).ok().and_then(|at| sequence.item(py, at));
            found.unwrap_or_else(|| Err(out_of_range(false))).map(Bound::into_ptr)
        })
    }
}

/// An item of an Array, if it is at hand: none otherwise, also past the ends.
///
/// # Safety
/// A live wrapper.
#[inline(always)]
unsafe fn at_hand(op: *mut ffi::PyObject, at: i64) -> Option<*mut ffi::PyObject> {
    // SAFETY: by contract; nothing runs Python code before the item is counted.
    unsafe {
        let object = (*op.cast::<Wrapper>()).handle.read().object()?;
        if object.as_ref().type_index() != tag::ARRAY || origin::is_used() {
            return None;
        }
        let items = object.cast::<ArrayObj>().as_ref().views();
        let at = if at < 0 { at + items.len() as i64 } else { at };
        value::at_hand(items.get(at as usize)?.to_raw())
    }
}

unsafe extern "C" fn subscript(op: *mut ffi::PyObject, key: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a wrapper and a live key.
    unsafe {
        if refcount::class_of(key) == &raw mut ffi::PyLong_Type {
            if let Some(found) = integer::compact(key).and_then(|at| at_hand(op, at)) {
                return found;
            }
        }
        subscript_any(op, key)
    }
}

/// # Safety
/// A live wrapper and a live key.
#[inline(never)]
unsafe fn subscript_any(op: *mut ffi::PyObject, key: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: by contract.
    unsafe {
        slot(|py| {
            if ffi::PySlice_Check(key) != 0 {
                return counted(|py| slice(py, op, key).map(Bound::into_ptr));
            }
            let at = index(py, key)?;
            let sequence = Sequence::of(op).ok_or_else(|| empty(py, op))?;
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
    // SAFETY: by contract; −1 may be an index or an exception.
    unsafe {
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
        let sequence = Sequence::of(op).ok_or_else(|| empty(py, op))?;
        let items: Vec<Any> = match sequence {
            Sequence::Array(array) => array.as_slice().to_vec(),
            Sequence::List(list) => list.snapshot(),
        };
        let object = sequence.object();
        let list = PyList::empty(py);
        for at in slice.span(items.len()).places() {
            list.append(origin::item(py, object, items[at].clone())?)?;
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

unsafe extern "C" fn assign(op: *mut ffi::PyObject, key: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
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
    let list = container::list_of(ob)?;
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
    let items = value.map(container::collect).transpose()?;
    let list = container::list_of(ob)?;
    let Some(items) = items else {
        list.remove_slice(slice);
        return Ok(());
    };
    let given = items.len();
    list.replace_slice(slice, items).map_err(|count| {
        PyValueError::new_err(format!("attempt to assign sequence of size {given} to extended slice of size {count}"))
    })
}

unsafe extern "C" fn contains(op: *mut ffi::PyObject, sought: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the interpreter with a wrapper and a live object; items are fetched one by one, since comparing
    // them may run anything.
    unsafe {
        slot(|_| {
            counted(|py| {
                let sought = Bound::from_borrowed_ptr(py, sought);
                let mut at = 0;
                while let Some(item) = Sequence::of(op).ok_or_else(|| empty(py, op))?.item(py, at) {
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
            Some(items) => Ok(ArrayObj::make(container::collect(items)?.into_iter()).upcast()),
            None => Err(PyTypeError::new_err("Array() missing 1 required argument: 'items'")),
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
            let items = items.map_or_else(|| Ok(Vec::new()), container::collect)?;
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
    // SAFETY: by contract.
    unsafe {
        slot(|_| {
            counted(|py| {
                let ob = Bound::from_borrowed_ptr(py, op);
                let mut items: *mut ffi::PyObject = null_mut();
                let mut names = [c"items".as_ptr().cast_mut(), null_mut()];
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
                return Err(empty(py, op));
            }
            Cursor::make(py, op)
        })
    }
}

/// An iterator over a sequence, which it looks up anew for each item. Member by member, what protects it:
/// * `ob_base`: CPython;
/// * `over`: a count of the wrapper, set before publication, given back by dealloc;
/// * `next`: atomic.
#[repr(C)]
struct Cursor {
    ob_base: ffi::PyObject,
    over: *mut ffi::PyObject,
    next: AtomicIsize,
}

static CURSOR: PyOnceLock<Py<PyType>> = PyOnceLock::new();

impl Cursor {
    fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
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
                slots::slot(ffi::Py_tp_iter, ffi::PyObject_SelfIter as *mut c_void),
                slots::slot(ffi::Py_tp_iternext, Cursor::next as *mut c_void),
                slots::slot(ffi::Py_tp_dealloc, Cursor::dealloc as *mut c_void),
                slots::slot(ffi::Py_tp_traverse, Cursor::traverse as *mut c_void),
                slots::slot(0, null_mut()),
            ],
        )?;
        let _ = CURSOR.set(py, made.unbind());
        Ok(())
    }

    /// # Safety
    /// A live wrapper.
    unsafe fn make(py: Python<'_>, over: *mut ffi::PyObject) -> PyResult<*mut ffi::PyObject> {
        let class = CURSOR.get(py).expect("the module is initialised").as_ptr().cast();
        // SAFETY: the allocation is zeroed, which a traversal that comes before the writes takes for an empty cursor.
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
            // Relaxed, and no read-modify-write: threads that share an iterator may see an item twice, as with lists.
            let at = cursor.next.load(Ordering::Relaxed);
            if at < 0 {
                return null_mut();
            }
            if let Some(item) = at_hand(cursor.over, at as i64) {
                cursor.next.store(at + 1, Ordering::Relaxed);
                return item;
            }
            slot(|py| {
                let Some(sequence) = Sequence::of(cursor.over) else { return Err(empty(py, cursor.over)) };
                match sequence.item(py, at as usize) {
                    Some(item) => {
                        cursor.next.store(at + 1, Ordering::Relaxed);
                        item.map(Bound::into_ptr)
                    }
                    None => {
                        cursor.next.store(-1, Ordering::Relaxed);
                        Ok(null_mut())
                    }
                }
            })
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
        // SAFETY: called by the interpreter with a dead cursor, whose members nobody uses any more.
        unsafe {
            ffi::PyObject_GC_UnTrack(op.cast());
            let class = refcount::class_of(op);
            ffi::Py_XDECREF((*op.cast::<Cursor>()).over);
            ffi::PyObject_GC_Del(op.cast());
            ffi::Py_DECREF(class.cast());
        }
    }
}
