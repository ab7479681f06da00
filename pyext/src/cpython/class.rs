//! Which Python class wraps which native type, and whether that class is lean.
//! Imports pyo3::ffi and the core's type registry.
//! Upholds P8: a class's layout is settled when it is registered, before any instance exists.

use super::class_call;
use super::collect;
use super::refcount;
use super::shortcut;
use super::slots::{self, base_type, is_base_metaclass};
use super::wrapper::Wrapper;
use arc_swap::ArcSwap;
use bowline::object::table::IndexTable;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use std::collections::HashMap;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

/// What is known of the class registered for a type index.
pub struct ClassRecord {
    /// The class; the record owns a reference. Null after a rollback.
    class: AtomicPtr<ffi::PyTypeObject>,
}

/// By type index; append-only, read without locks.
static RECORDS: IndexTable<ClassRecord> = IndexTable::new();

/// Type index by class, for registered classes. Read without locks: user code may run amid a registration, and must not
/// meet a lock that its own thread holds.
static INDICES: LazyLock<ArcSwap<HashMap<usize, i32>>> = LazyLock::new(ArcSwap::default);

/// Classes that had an instance before they were registered: too late to make them lean.
static INSTANTIATED: Mutex<Option<std::collections::HashSet<usize>>> = Mutex::new(None);

/// Called to make a class for a type index that has none: `(type_index) -> class`.
static FALLBACK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Whether instances of `class` follow the lean protocol. The flag decides: registration cleared it for lean classes only.
#[inline(always)]
pub unsafe fn is_rich(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: a live class.
    unsafe { refcount::type_flags(class) & ffi::Py_TPFLAGS_HAVE_GC != 0 }
}

/// The class registered for a type index; null if none.
#[inline]
pub fn registered(type_index: i32) -> *mut ffi::PyTypeObject {
    match RECORDS.get(type_index) {
        // Acquire: pairs with the Release in `register`. Carries: the settled class.
        Some(record) => record.class.load(Ordering::Acquire),
        None => std::ptr::null_mut(),
    }
}

/// The class that wraps a type index: the registered one, or one made now by the package's fallback maker.
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
    let indices = INDICES.load();
    class.mro().iter().find_map(|ancestor| indices.get(&(ancestor.as_ptr() as usize)).copied())
}

/// The type index for which exactly this class is registered.
pub fn exact_type_index(class: *mut ffi::PyTypeObject) -> Option<i32> {
    INDICES.load().get(&(class as usize)).copied()
}

/// Notes that an instance of a rich class is made, in case the class is registered later.
pub fn note_instance(class: *mut ffi::PyTypeObject) {
    if exact_type_index(class).is_none() {
        let mut noted = INSTANTIATED.lock().unwrap_or_else(|e| e.into_inner());
        noted.get_or_insert_default().insert(class as usize);
    }
}

/// Registers `class` for `type_index` and settles whether it is lean. Classes whose objects can hold Python objects
/// (`holds_python`) are not, so that the collector sees their instances.
///
/// # Errors
/// `TypeError` if the class does not derive from our base type; `ValueError` if another class is registered for the
/// index, or this class for another index.
pub fn register(py: Python<'_>, type_index: i32, class: &Bound<'_, PyType>, holds_python: bool) -> PyResult<()> {
    let raw = class.as_type_ptr();
    // SAFETY: two live types.
    if unsafe { ffi::PyType_IsSubtype(raw, base_type(py)) } == 0 {
        return Err(PyTypeError::new_err(format!("{class} does not derive from bowline.Object")));
    }
    match exact_type_index(raw) {
        Some(same) if same == type_index => return Ok(()),
        Some(other) => {
            return Err(PyValueError::new_err(format!("{class} is already registered for type index {other}")))
        }
        None => {}
    }
    let empty = || Box::new(ClassRecord { class: AtomicPtr::default() });
    let record = RECORDS.get(type_index).or_else(|| RECORDS.set(type_index, empty()).ok());
    let record = record.or_else(|| RECORDS.get(type_index));
    let record = record.ok_or_else(|| PyValueError::new_err(format!("type index {type_index} is out of range")))?;
    let taken = || {
        PyValueError::new_err(format!("type index {type_index} already has a class; cannot register {class} for it"))
    };
    // Acquire: as in `registered`.
    if !record.class.load(Ordering::Acquire).is_null() {
        return Err(taken());
    }
    // SAFETY: attached; nobody else knows of the class as a registered one yet.
    unsafe {
        if !holds_python && can_be_lean(class) {
            make_lean(raw);
        } else {
            adjust_finalizer(raw);
        }
    }
    // SAFETY: attached; a live class, whose metaclass the condition looks at first.
    unsafe {
        if is_base_metaclass(py, refcount::class_of(raw.cast())) && shortcut::of(raw).is_none() {
            shortcut::install(raw, type_index);
            class_call::install(raw);
        }
    }
    // AcqRel: the Release pairs with the Acquire in `registered` and carries the settled class; the Acquire with another
    // registration's Release. Acquire on failure: that registration is complete.
    if record.class.compare_exchange(std::ptr::null_mut(), raw, Ordering::AcqRel, Ordering::Acquire).is_err() {
        return Err(taken());
    }
    // The record's reference.
    std::mem::forget(class.clone());
    change_indices(|indices| _ = indices.insert(raw as usize, type_index));
    Ok(())
}

fn change_indices(change: impl Fn(&mut HashMap<usize, i32>)) {
    INDICES.rcu(|now| {
        let mut next = HashMap::clone(now);
        change(&mut next);
        next
    });
}

/// Takes a registration back. The class and its record's reference stay, for wrappers that exist.
pub fn unregister(type_index: i32) {
    if let Some(record) = RECORDS.get(type_index) {
        // AcqRel: as in `register`.
        let class = record.class.swap(std::ptr::null_mut(), Ordering::AcqRel);
        change_indices(|indices| _ = indices.remove(&(class as usize)));
    }
}

/// Lean: nothing but our own bytes, no finalizer, and no ancestor that could get one behind our back.
unsafe fn can_be_lean(class: &Bound<'_, PyType>) -> bool {
    #[cfg(Py_3_12)]
    const MANAGED: std::ffi::c_ulong = (1 << 3) | (1 << 4); // MANAGED_WEAKREF, MANAGED_DICT (Include/object.h)
    #[cfg(not(Py_3_12))]
    const MANAGED: std::ffi::c_ulong = 1 << 4; // MANAGED_DICT (3.11)
    let raw = class.as_type_ptr();
    // SAFETY: a live class.
    let plain = unsafe {
        let t = &*raw;
        t.tp_basicsize as usize == size_of::<Wrapper>()
            && t.tp_itemsize == 0
            && t.tp_dictoffset == 0
            && t.tp_weaklistoffset == 0
            && refcount::type_flags(raw) & MANAGED == 0
            && t.tp_finalize.is_none()
            && t.tp_del.is_none()
    };
    let instantiated = INSTANTIATED.lock().unwrap_or_else(|e| e.into_inner());
    plain
        && !instantiated.as_ref().is_some_and(|noted| noted.contains(&(raw as usize)))
        && class.mro().iter().all(|ancestor| is_settled(&ancestor))
}

/// Whether an ancestor cannot get a finalizer later without our noticing: our own types, `object`, and the standard
/// library's bases for abstract and generic classes, which nobody gives a `__del__`.
fn is_settled(ancestor: &Bound<'_, PyAny>) -> bool {
    let raw = ancestor.as_ptr();
    // SAFETY: live types.
    let ours = unsafe {
        raw == (&raw mut ffi::PyBaseObject_Type).cast()
            || slots::is_own_type(raw.cast())
            || is_base_metaclass(ancestor.py(), refcount::class_of(raw))
    };
    let module = || ancestor.getattr("__module__").and_then(|module| module.extract::<String>());
    ours || module().is_ok_and(|module| matches!(&*module, "abc" | "collections.abc" | "typing"))
}

/// A `class` statement always makes a GC type. A lean one must not be: the collector's and the trashcan's writes to a dead
/// instance's header would meet a fetch that wakes it.
unsafe fn make_lean(class: *mut ffi::PyTypeObject) {
    // SAFETY: no instance exists, and no other thread has the class yet.
    unsafe {
        let t = &mut *class;
        refcount::clear_type_flags(class, ffi::Py_TPFLAGS_HAVE_GC);
        t.tp_free = Some(ffi::PyObject_Free);
        // Unused by a class that is not GC, but where the search of its GC subclasses for the base's ends.
        t.tp_traverse = Some(collect::traverse);
        t.tp_clear = Some(collect::clear);
        t.tp_dealloc = Some(slots::dealloc);
        ffi::PyType_Modified(class);
    }
}

/// `slot_tp_finalize`, as found in the first class that has a `__del__`.
static PYTHON_FINALIZER: AtomicUsize = AtomicUsize::new(0);

/// What a class needs when it is made: no instance was seen yet, whatever stood at its address before, and its `__del__`
/// runs through us.
///
/// # Safety
/// Attached; a class of ours that was made just now.
pub unsafe fn adjust_new(class: *mut ffi::PyTypeObject) {
    if let Some(noted) = INSTANTIATED.lock().unwrap_or_else(|e| e.into_inner()).as_mut() {
        noted.remove(&(class as usize));
    }
    // SAFETY: by contract.
    unsafe { adjust_finalizer(class) };
}

/// Lets `__del__` run through us, so that an instance it resurrects can still be counted by other threads.
///
/// # Safety
/// Attached; a live class of ours.
pub unsafe fn adjust_finalizer(class: *mut ffi::PyTypeObject) {
    // SAFETY: by contract.
    let t = unsafe { &mut *class };
    match t.tp_finalize {
        Some(found) if refcount::FREE_THREADED && found as usize != finalize as *const () as usize => {
            // Relaxed: the function is one constant of the interpreter.
            PYTHON_FINALIZER.store(found as usize, Ordering::Relaxed);
            t.tp_finalize = Some(finalize);
        }
        _ => {}
    }
}

unsafe extern "C" fn finalize(op: *mut ffi::PyObject) {
    let found = PYTHON_FINALIZER.load(Ordering::Relaxed);
    // SAFETY: stored by `adjust_finalizer` before this function was installed; called by the interpreter.
    unsafe {
        refcount::rearm_in_finalizer(op);
        let python: ffi::destructor = std::mem::transmute::<usize, ffi::destructor>(found);
        python(op);
    }
}
