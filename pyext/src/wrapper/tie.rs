//! The tie as the rest of the extension sees it. It goes from objects to wrappers and back.
//! Upholds P2: an owned object that comes in is used up in every case.

use crate::interpreter::exceptions::{PyMemoryError, PyTypeError};
use crate::interpreter::names::intern;
use crate::interpreter::trampoline::unraisable;
use crate::interpreter::{attach, refcount};
use crate::wrapper::host::CPython;
use crate::wrapper::layout::{Handle, Wrapper};
use crate::wrapper::{class_object, class_table, metaclass, release_queue, storage};
use bowline::object::{self, registry, AllocError, Obj, Object};
use bowline::protocol::{self, Fresh, Host, Tie};
use bowline::word::Word;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::ptr::NonNull;

fn tieable(object: NonNull<Object>) -> bool {
    // SAFETY: callers hold a count of the object.
    unsafe { object::tie_word(object) }.is_some()
}

fn bound<'py>(py: Python<'py>, wrapper: NonNull<Wrapper>) -> Bound<'py, PyAny> {
    // SAFETY: the count of the wrapper is handed over.
    unsafe { Bound::from_owned_ptr(py, wrapper.as_ptr().cast()) }
}

/// The wrapper of an object; uses the object's count up. An object that was never wrapped, and that others made, gets a side slot.
///
/// # Errors
/// `MemoryError`, or what the maker of fallback classes raises.
pub fn wrap<'py>(py: Python<'py>, object: Obj<Object>) -> PyResult<Bound<'py, PyAny>> {
    let raw = object.as_raw();
    // SAFETY: the count is ours, and goes to the wrapper's life or back by a release.
    unsafe {
        let word = object::make_tie_word(raw).map_err(no_room)?;
        std::mem::forget(object);
        protocol::fetch_owned(&CPython, raw, word).map(|wrapper| bound(py, wrapper))
    }
}

#[cold]
fn no_room(error: AllocError) -> PyErr {
    PyMemoryError::new_err(error.to_string())
}

/// The wrapper of an object that was made just now. It is of `class`, which is registered for its type.
///
/// # Errors
/// `MemoryError`.
///
/// # Safety
/// Attached; no other thread knows the object, which has a prefix.
#[inline]
pub unsafe fn wrap_new<'py>(
    py: Python<'py>,
    object: Obj<Object>,
    class: *mut ffi::PyTypeObject,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: no other thread knows the object. The count goes into the wrapper's life only if there is a wrapper.
    unsafe {
        release_queue::drain();
        let raw = object.as_raw();
        let Some(wrapper) = NonNull::new(storage::make(class, Handle::tied(raw))) else { return Err(PyErr::fetch(py)) };
        let fresh = Fresh { wrapper, rich: class_table::is_rich(class) };
        let word = object::tie_word(raw).unwrap_unchecked();
        if fresh.rich {
            // The collector shows the wrapper to those who ask it for all objects.
            if word.publish(Word::tied(wrapper, fresh.state())).is_err() {
                CPython.discard(wrapper);
                return wrap(py, object);
            }
        } else {
            word.introduce(Word::tied(wrapper, fresh.state()));
        }
        std::mem::forget(object);
        Ok(bound(py, wrapper))
    }
}

/// The wrapper struct behind a Python object, if it is one of ours.
#[inline]
fn wrapper(ob: &Bound<'_, PyAny>) -> Option<NonNull<Wrapper>> {
    // SAFETY: a live object; the check is what allows the cast.
    unsafe {
        let class = refcount::class_of(ob.as_ptr());
        let ours = class_object::is_usual(class)
            // The interpreter lets no static type derive from one of the heap, as ours are.
            || refcount::type_flags(class) & ffi::Py_TPFLAGS_HEAPTYPE != 0
                && ffi::PyType_IsSubtype(class, metaclass::base_type(ob.py())) != 0;
        ours.then(|| NonNull::new_unchecked(ob.as_ptr().cast()))
    }
}

/// Whether this is a wrapper, empty or not.
pub fn is_wrapper(ob: &Bound<'_, PyAny>) -> bool {
    wrapper(ob).is_some()
}

/// The object that a wrapper holds; none for other Python objects and for empty wrappers.
///
/// The pointer is good until the thread next runs Python code or detaches: to keep the object, use [`object_of`].
#[inline]
pub fn handle(ob: &Bound<'_, PyAny>) -> Option<NonNull<Object>> {
    // SAFETY: alive.
    unsafe { wrapper(ob)?.as_ref() }.handle.read().object()
}

/// As [`handle`], with a strong count.
#[inline]
pub fn object_of(ob: &Bound<'_, PyAny>) -> Option<Obj<Object>> {
    let object = handle(ob)?;
    // SAFETY: the handle was read in this section. A move of the object out of the wrapper, which this thread has a count of,
    // leaves one count in limbo until we have passed a safe point.
    unsafe {
        object::retain(object);
        Some(Obj::from_raw(object))
    }
}

/// Makes a wrapper hold `object` instead of whatever it held.
///
/// # Errors
/// `TypeError` if `ob` is no wrapper, or its class promises what the object is not; `MemoryError`.
pub fn bind(ob: &Bound<'_, PyAny>, object: Obj<Object>) -> PyResult<Tie> {
    let Some(wrapper) = wrapper(ob) else {
        return Err(PyTypeError::new_err(format!("expected an Object, got {}", ob.get_type())));
    };
    expect_fit(ob, object.type_index())?;
    // SAFETY: the caller has a count of the wrapper, and gave one of the object.
    unsafe {
        object::make_tie_word(object.as_raw()).map_err(no_room)?;
        let raw = object.into_raw();
        if wrapper.as_ref().handle.read() == Handle::EMPTY {
            match protocol::bind(&CPython, wrapper, raw, true) {
                Ok(tie) => Ok(tie),
                Err(raw) => Ok(protocol::rebind(&CPython, wrapper, raw, tieable)),
            }
        } else {
            Ok(protocol::rebind(&CPython, wrapper, raw, tieable))
        }
    }
}

/// Refuses objects of a type that is not a wrapper's. Read anywhere else, they would be shown in a class of another branch of
/// types. An unregistered class stands for its nearest registered ancestor.
///
/// # Errors
/// `TypeError`.
#[inline]
pub fn expect_fit(ob: &Bound<'_, PyAny>, index: i32) -> PyResult<()> {
    let class = ob.get_type();
    match class.as_type_ptr() == class_table::registered(index) {
        true => Ok(()),
        false => expect_descent(&class, index),
    }
}

#[cold]
fn expect_descent(class: &Bound<'_, PyType>, index: i32) -> PyResult<()> {
    match class_table::type_index_of(class) {
        Some(asked) if !registry::is_instance(index, asked) => {
            let key = |index| registry::type_info(index).map_or("?", |info| info.key);
            let (asked, found) = (key(asked), key(index));
            Err(PyTypeError::new_err(format!("expected an object of {asked} for {class}, got one of {found}")))
        }
        _ => Ok(()),
    }
}

/// Moves the object out of a wrapper, which is left empty. `None` if it is empty or no wrapper.
pub fn move_out(ob: &Bound<'_, PyAny>) -> Option<Obj<Object>> {
    let wrapper = wrapper(ob)?;
    // SAFETY: the caller has a count of the wrapper; the object's count becomes ours.
    unsafe { protocol::move_out(&CPython, wrapper, tieable).map(|object| Obj::from_raw(object)) }
}

/// What the core calls with the last count of an object whose wrapper is preserved. False when there is no Python any more.
pub fn resume(object: NonNull<Object>) -> bool {
    /// # Safety
    /// Attached, in no section, with the count.
    unsafe fn end(object: NonNull<Object>) {
        // SAFETY: attached, in no section; the object's count is this function's to use up.
        unsafe { unraisable(|| protocol::resume(&CPython, object)) };
    }
    // SAFETY: the core hands a count over, and releases in no section.
    unsafe {
        match attach::attached() {
            true => end(object),
            // While the interpreter ends its collector still looks at the wrapper. By it, it looks at the object: both stay then,
            // unless the thread that ends it comes by.
            false if !attach::is_gone() => release_queue::leave_ending(object, end),
            false => return false,
        }
    }
    true
}

/// What the core calls when an object with a tied wrapper dies.
pub fn untie(taken: Word) {
    // SAFETY: the core took the word of a dying object.
    unsafe { protocol::teardown(&CPython, taken) }
}

/// A wrapper of a class that holds nothing. Does not call `__init__`, nor a `__new__` of the class.
///
/// # Errors
/// `TypeError` when the class is none of wrappers.
pub fn empty<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    // SAFETY: a live type.
    let base: Bound<'_, PyType> =
        unsafe { Bound::from_borrowed_ptr(py, metaclass::base_type(py).cast()).cast_into_unchecked() };
    base.call_method1(intern!(py, "__new__"), (class,))
}
