//! Registration: a class and the native type that it wraps.
//! Upholds P8: a class's layout is settled when it is registered, before any instance exists.

use crate::interpreter::exceptions::{PyTypeError, PyValueError};
use crate::interpreter::make;
use crate::interpreter::names::intern;
use crate::interpreter::refcount;
use crate::interpreter::take;
use crate::types::field::field_cache::FieldCache;
use crate::types::field::getattro;
use crate::types::init::type_call;
use crate::types::object::{gc, slots};
use crate::wrapper::class_object::ClassObject;
use crate::wrapper::class_table::{registered, ClassRecord, RECORDS};
use crate::wrapper::layout::Wrapper;
use crate::wrapper::metaclass::{base_type, is_base_metaclass};
use crate::wrapper::{metaclass, rich_slots};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Registers `class` for `type_index` and settles whether it is lean. Classes whose objects can hold Python objects
/// (`holds_python`) are not, so that the collector sees their instances. With `replace` it takes the place of another
/// class, which stays what it is for its wrappers and by itself.
///
/// # Errors
/// `TypeError` if the class does not derive from our base type; `ValueError` if another class is registered for the
/// index and not to be replaced, or this class for another index.
pub fn register(
    py: Python<'_>,
    type_index: i32,
    class: &Bound<'_, PyType>,
    holds_python: bool,
    replace: bool,
) -> PyResult<()> {
    let raw = class.as_type_ptr();
    // SAFETY: attached; two live types.
    let object = unsafe {
        match ffi::PyType_IsSubtype(raw, base_type(py)) != 0 {
            true => ClassObject::of_class(raw),
            false => None,
        }
    };
    let object = object.ok_or_else(|| PyTypeError::new_err(format!("{class} does not derive from bowline.Object")))?;
    let empty = || Box::new(ClassRecord { class: AtomicPtr::default() });
    let record = RECORDS.get(type_index).or_else(|| RECORDS.set(type_index, empty()).ok());
    let record = record.or_else(|| RECORDS.get(type_index));
    let record = record.ok_or_else(|| PyValueError::new_err(format!("type index {type_index} is out of range")))?;
    // Runs user code. Nothing that is found out before it may be relied on after it, and nothing after it runs any.
    let lasting = !holds_python && class.mro().iter().all(|ancestor| is_settled(&ancestor));
    let again = match object.take(type_index) {
        Ok(()) => false,
        Err(other) if other == type_index => match replace && registered(type_index) != raw {
            // A former class, which was settled and is known still.
            true => true,
            false => return Ok(()),
        },
        Err(other) => {
            return Err(PyValueError::new_err(format!("{class} is already registered for type index {other}")))
        }
    };
    // SAFETY: attached; a live class of our metaclass, which no other thread registers now.
    unsafe {
        // Acquire: as in `registered`. Weaker, here and below: see src/sync/edges.md.
        let free = replace || record.class.load(Ordering::Acquire).is_null();
        if free && !again {
            // The record's reference. A class whose instances may have none of their own is never freed.
            std::mem::forget(class.clone());
            settle(raw, object, lasting);
            if FieldCache::of_class(raw).is_none() {
                getattro::install(raw, type_index);
                type_call::install(raw);
            }
        }
        // AcqRel: the Release pairs with the Acquire in `registered` and carries the settled class. The Acquire pairs with
        // another registration's Release. Acquire on failure: that registration is complete.
        let exchange = || record.class.compare_exchange(std::ptr::null_mut(), raw, Ordering::AcqRel, Ordering::Acquire);
        if replace {
            // AcqRel: as above. A class that had the place keeps its reference, and is known for the index still.
            record.class.swap(raw, Ordering::AcqRel);
        } else if !free || exchange().is_err() {
            object.give_back(type_index);
            let taken = format!("type index {type_index} already has a class; cannot register {class} for it");
            return Err(PyValueError::new_err(taken));
        }
    }
    Ok(())
}

/// Makes a class lean if it can be.
///
/// # Safety
/// Attached; a live class of our metaclass, which no other thread registers now.
unsafe fn settle(class: *mut ffi::PyTypeObject, object: &ClassObject, lasting: bool) {
    // SAFETY: a live class that no other thread registers now, as `# Safety` says (P8).
    unsafe {
        match lasting && is_plain(class) && object.settle_lean() {
            true => make_lean(class),
            false => rich_slots::adjust_finalizer(class),
        }
    }
}

/// Whether instances are nothing but our own bytes, and have no finalizer.
///
/// # Safety
/// A live class.
unsafe fn is_plain(class: *mut ffi::PyTypeObject) -> bool {
    #[cfg(Py_3_12)]
    const MANAGED: std::ffi::c_ulong = (1 << 3) | (1 << 4); // MANAGED_WEAKREF, MANAGED_DICT (Include/object.h)
    #[cfg(not(Py_3_12))]
    const MANAGED: std::ffi::c_ulong = 1 << 4; // MANAGED_DICT (3.11)

    // SAFETY: the class is live, as `# Safety` says.
    unsafe {
        let t = &*class;
        t.tp_basicsize as usize == size_of::<Wrapper>()
            && t.tp_itemsize == 0
            && t.tp_dictoffset == 0
            && t.tp_weaklistoffset == 0
            && refcount::type_flags(class) & MANAGED == 0
            && t.tp_finalize.is_none()
            && t.tp_del.is_none()
    }
}

/// Whether an ancestor cannot get a finalizer later without our noticing. These are our own types, `object`, and the standard
/// library's bases for abstract and generic classes, which get no `__del__`.
fn is_settled(ancestor: &Bound<'_, PyAny>) -> bool {
    let raw = ancestor.as_ptr();
    // SAFETY: live types.
    let ours = unsafe {
        raw == (&raw mut ffi::PyBaseObject_Type).cast()
            || metaclass::is_own_type(raw.cast())
            || is_base_metaclass(ancestor.py(), refcount::class_of(raw))
    };
    ours || is_of_library(ancestor).unwrap_or(false)
}

/// Whether an ancestor is what one of those standard modules has under its name. A class that is made by a call of its
/// metaclass says that it comes from `abc`, too.
fn is_of_library(ancestor: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = ancestor.py();
    let module = take::text(&ancestor.getattr(intern!(py, "__module__"))?)?;
    if !matches!(&*module, "abc" | "collections.abc" | "typing") {
        return Ok(false);
    }
    let name = take::text(&ancestor.getattr(intern!(py, "__name__"))?)?;
    Ok(py
        .import(make::text(py, &module)?)?
        .getattr_opt(make::text(py, &name)?)?
        .is_some_and(|known| known.is(ancestor)))
}

/// A `class` statement always makes a GC type. A lean one must not be: the collector's and the trashcan's writes to a dead
/// instance's header would meet a fetch that revives it.
unsafe fn make_lean(class: *mut ffi::PyTypeObject) {
    // SAFETY: no instance exists, and no other thread has the class yet.
    unsafe {
        let t = &mut *class;
        t.tp_free = Some(ffi::PyObject_Free);
        // A class that is not GC uses neither. The search of its GC subclasses for the base's ends there.
        t.tp_traverse = Some(gc::traverse);
        t.tp_clear = Some(gc::clear);
        t.tp_dealloc = Some(slots::dealloc);
        // Last: it is what decides, and until then no instance is made.
        refcount::clear_type_flags(class, ffi::Py_TPFLAGS_HAVE_GC);
        ffi::PyType_Modified(class);
    }
}
