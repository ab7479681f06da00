//! Which Python class wraps which native type, and whether that class is lean.
//! Upholds P8: a class's layout is settled when it is registered, before any instance exists.

use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::{refcount, take};
use crate::wrapper::class_object::ClassObject;
use bowline::object::table::IndexTable;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use std::sync::atomic::{AtomicPtr, Ordering};

/// What is known of the class registered for a type index.
pub struct ClassRecord {
    /// The class; the record owns a reference. Null after a rollback.
    pub class: AtomicPtr<ffi::PyTypeObject>,
}

/// By type index; append-only, read without locks.
pub static RECORDS: IndexTable<ClassRecord> = IndexTable::new();

/// Called to make a class for a type index that has none: `(type_index) -> class`.
static FALLBACK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Whether instances of `class` follow the lean protocol. The flag decides: registration cleared it for lean classes only.
#[inline(always)]
pub unsafe fn is_rich(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: a live class.
    unsafe { refcount::type_flags(class) & ffi::Py_TPFLAGS_HAVE_GC != 0 }
}

/// Whether wrappers of a class have nothing but their object: neither a dict nor slots.
pub fn is_lean(class: &Bound<'_, PyType>) -> bool {
    // SAFETY: a bound class lives.
    unsafe { !is_rich(class.as_type_ptr()) }
}

/// The class registered for a type index; null if none.
#[inline]
pub fn registered(type_index: i32) -> *mut ffi::PyTypeObject {
    match RECORDS.get(type_index) {
        // Acquire: pairs with the Release in `register`. Carries: the settled class.
        // Weaker: see src/sync/edges.md.
        Some(record) => record.class.load(Ordering::Acquire),
        None => std::ptr::null_mut(),
    }
}

/// The class that wraps a type index. It is the registered one, or one made now by the package's fallback maker.
///
/// # Errors
/// What the fallback maker raises; `TypeError` when it makes something else than a registered class.
pub fn class_for(py: Python<'_>, type_index: i32) -> PyResult<*mut ffi::PyTypeObject> {
    let class = registered(type_index);
    if !class.is_null() {
        return Ok(class);
    }
    let Some(make) = FALLBACK.get(py) else {
        return Err(PyTypeError::new_err(format!("no Python class is registered for type index {type_index}")));
    };
    make.call1(py, (type_index,))?;
    match registered(type_index) {
        class if class.is_null() => {
            Err(PyTypeError::new_err(format!("the fallback maker registered no class for type index {type_index}")))
        }
        class => Ok(class),
    }
}

/// Installs the maker of fallback classes.
pub fn set_fallback(py: Python<'_>, make: Py<PyAny>) {
    let _ = FALLBACK.set(py, make);
}

/// The type index of a class: its own, or that of the nearest registered ancestor.
pub fn type_index_of(class: &Bound<'_, PyType>) -> Option<i32> {
    // SAFETY: attached; live classes.
    class.mro().iter().find_map(|ancestor| unsafe { exact_type_index(ancestor.as_ptr().cast()) })
}

/// Whether exactly this class is registered for a native type.
pub fn is_registered(class: &Bound<'_, PyType>) -> bool {
    // SAFETY: attached; a live class.
    unsafe { exact_type_index(class.as_type_ptr()) }.is_some()
}

/// The type index for which exactly this class is registered, as code without `unsafe` asks.
pub fn registered_index(class: &Bound<'_, PyType>) -> Option<i32> {
    // SAFETY: attached; a live class.
    unsafe { exact_type_index(class.as_type_ptr()) }
}

/// The type index for which exactly this class is registered.
///
/// # Safety
/// Attached; a live class.
pub unsafe fn exact_type_index(class: *mut ffi::PyTypeObject) -> Option<i32> {
    // SAFETY: attached, and a live class, as `# Safety` says.
    unsafe { ClassObject::of_class(class) }.and_then(ClassObject::type_index)
}

/// Notes that an instance of a rich class is made. The class may be registered later. False when none may be made, because
/// another thread is making the class lean.
///
/// # Safety
/// Attached; a live class.
#[inline]
pub unsafe fn settle_rich(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: attached, and a live class, as `# Safety` says. A class of another metaclass cannot be registered.
    unsafe { ClassObject::of_class(class).is_none_or(ClassObject::settle_rich) || !is_rich(class) }
}

/// Takes a registration back. The class and its record's reference stay, for wrappers that exist.
pub fn unregister(type_index: i32) {
    if let Some(record) = RECORDS.get(type_index) {
        // AcqRel: as in `register`.
        let class = record.class.swap(std::ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: attached; a class that was registered is never freed, and its metaclass is ours.
        if let Some(object) = (!class.is_null()).then(|| unsafe { ClassObject::of_class(class) }).flatten() {
            object.give_back(type_index);
        }
    }
}

/// A class's name, for error texts.
pub fn name_of(class: &Bound<'_, PyType>) -> String {
    class.name().map_or_else(|_| "?".to_owned(), |name| take::shown(&name))
}
