//! The base type of all wrappers and the metaclass beneath `bowline.Object`.
//! Upholds: every wrapper is born in `new` or in a fetch and ends in `dealloc`; a lean class never gets a finalizer.

use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::members::Members;
use crate::interpreter::names::intern;
use crate::interpreter::refcount;
use crate::interpreter::trampoline::unraisable;
use crate::types::identity;
use crate::types::object::{class_assignment, gc};
use crate::wrapper::host::CPython;
use crate::wrapper::layout::{Handle, Wrapper};
use crate::wrapper::metaclass::base_if_made;
use crate::wrapper::{class_object, class_table, metaclass, rich, rich_slots, storage};
use bowline::{object, protocol};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::ffi::{c_int, c_void, CStr};
use std::ptr::null_mut;

/// Makes both types and adds them to the module; `members` are those of all wrappers.
pub fn install(module: &Bound<'_, PyModule>, members: Members) -> PyResult<()> {
    let py = module.py();
    let class = ffi::PyGetSetDef {
        name: c"__class__".as_ptr(),
        get: Some(get_class),
        set: Some(set_class),
        ..Default::default()
    };
    let [methods, attributes] = members.attribute(class).slots();
    let base = make_type(
        py,
        c"bowline._core.CObject",
        size_of::<Wrapper>() as c_int,
        ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_BASETYPE | ffi::Py_TPFLAGS_IMMUTABLETYPE,
        &mut [
            type_slot(ffi::Py_tp_new, new as *mut c_void),
            type_slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
            // For the GC types among the subclasses: `subtype_traverse` and `subtype_clear` end here.
            type_slot(ffi::Py_tp_traverse, gc::traverse as *mut c_void),
            type_slot(ffi::Py_tp_clear, gc::clear as *mut c_void),
            type_slot(ffi::Py_tp_richcompare, identity::compare as *mut c_void),
            type_slot(ffi::Py_tp_hash, identity::hash as *mut c_void),
            methods,
            attributes,
            type_slot(ffi::Py_tp_doc, c"Base of all wrappers of native objects.".as_ptr() as *mut c_void),
            type_slot(0, null_mut()),
        ],
    )?;
    let metaclass = make_type(
        py,
        c"bowline._core.CObjectMeta",
        class_object::CLASS_SIZE as c_int,
        ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_BASETYPE,
        &mut [
            type_slot(ffi::Py_tp_base, (&raw mut ffi::PyType_Type).cast()),
            type_slot(ffi::Py_tp_setattro, set_class_attribute as *mut c_void),
            type_slot(ffi::Py_tp_doc, c"Metaclass beneath that of bowline.Object.".as_ptr() as *mut c_void),
            type_slot(0, null_mut()),
        ],
    )?;
    module.add("CObject", &base)?;
    module.add("CObjectMeta", &metaclass)?;
    metaclass::set_types(base, metaclass);
    storage::set_dealloc(dealloc);
    rich::install();
    class_assignment::install(py)
}

/// One entry of a type's slots.
pub fn type_slot(id: c_int, value: *mut c_void) -> ffi::PyType_Slot {
    ffi::PyType_Slot { slot: id, pfunc: value }
}

/// Makes an immutable type from slots, which end with `type_slot(0, null_mut())`. Types that add behaviour to wrappers name
/// [`base_type`](metaclass::base_type) as `Py_tp_base` and keep its size (0 here means: as the base).
///
/// # Errors
/// What `PyType_FromSpec` raises.
pub fn make_type<'py>(
    py: Python<'py>,
    name: &'static CStr,
    basicsize: c_int,
    flags: std::ffi::c_ulong,
    slots: &mut [ffi::PyType_Slot],
) -> PyResult<Bound<'py, PyType>> {
    let mut spec =
        ffi::PyType_Spec { name: name.as_ptr(), basicsize, itemsize: 0, flags: flags as _, slots: slots.as_mut_ptr() };
    // SAFETY: the spec is complete and its name static. The result is a new reference or null with an error set.
    let made: Bound<'_, PyType> =
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&mut spec))?.cast_into_unchecked() };
    if let Some(base) = base_if_made(py) {
        let raw = made.as_type_ptr();
        // SAFETY: two live types; no other thread has the new one yet. Only GC types inherit these two by themselves.
        unsafe {
            if ffi::PyType_IsSubtype(raw, base) != 0 {
                (*raw).tp_traverse = Some(gc::traverse);
                (*raw).tp_clear = Some(gc::clear);
            }
        }
    }
    metaclass::note_own_type(made.as_type_ptr());
    Ok(made)
}

/// `tp_new`: an empty wrapper; arguments are `__init__`'s business.
pub unsafe extern "C" fn new(
    class: *mut ffi::PyTypeObject,
    _args: *mut ffi::PyObject,
    _kwargs: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a class that derives from ours.
    unsafe {
        if refcount::type_flags(class) & ffi::Py_TPFLAGS_IS_ABSTRACT != 0 {
            return refuse_abstract(class);
        }
        if class_table::is_rich(class) && !class_table::settle_rich(class) {
            return refuse_unsettled(class);
        }
        storage::make(class, Handle::EMPTY).cast()
    }
}

/// Another thread registers the class just now. It makes its instances smaller than this one would be.
#[cold]
unsafe fn refuse_unsettled(class: *mut ffi::PyTypeObject) -> *mut ffi::PyObject {
    // SAFETY: attached; a live class.
    unsafe {
        let name = CStr::from_ptr((*class).tp_name).to_string_lossy();
        let error = PyTypeError::new_err(format!("{name} cannot have an instance while it is being registered"));
        error.restore(Python::assume_attached());
    }
    null_mut()
}

/// `object.__new__` knows what to say of a class with abstract methods.
#[cold]
unsafe fn refuse_abstract(class: *mut ffi::PyTypeObject) -> *mut ffi::PyObject {
    // SAFETY: attached; a class with an instance layout of ours. `object.__new__` makes none of it: it raises first.
    unsafe {
        let no_arguments = ffi::PyTuple_New(0);
        if no_arguments.is_null() {
            return null_mut();
        }
        let new = ffi::PyBaseObject_Type.tp_new.expect("object has tp_new");
        let refused = new(class, no_arguments, null_mut());
        ffi::Py_DECREF(no_arguments);
        refused
    }
}

/// `tp_dealloc` of lean classes.
pub unsafe extern "C" fn dealloc(op: *mut ffi::PyObject) {
    // SAFETY: called by the interpreter on a wrapper whose refcount reached zero; attached.
    unsafe {
        let handle = (*op.cast::<Wrapper>()).handle.read();
        if (*op.cast::<Wrapper>()).leave_retire() {
            return;
        }
        // What ends with the object may panic.
        unraisable(|| match handle.retiree() {
            Some(object) if !handle.is_alias() => protocol::retire_lean(&CPython, object),
            Some(object) => {
                storage::free(op);
                object::release(object);
            }
            None => storage::free(op),
        });
    }
}

unsafe extern "C" fn get_class(op: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: a live object.
    unsafe { ffi::Py_NewRef(refcount::class_of(op).cast()) }
}

unsafe extern "C" fn set_class(op: *mut ffi::PyObject, _: *mut ffi::PyObject, _: *mut c_void) -> c_int {
    // SAFETY: attached, called by the interpreter with a live object.
    unsafe { class_assignment::refuse_class(refcount::class_of(op)) }
}

/// `C.name = value`: `__del__` cannot come to a lean class any more. In a rich one it goes through us.
unsafe extern "C" fn set_class_attribute(
    class: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: attached, called by the interpreter with a class and a name.
    unsafe {
        let set = ffi::PyType_Type.tp_setattro.expect("type has tp_setattro");
        if ffi::PyUnicode_Check(name) == 0 || ffi::PyUnicode_CompareWithASCIIString(name, c"__del__".as_ptr()) != 0 {
            return set(class, name, value);
        }
        let py = Python::assume_attached();
        match change_finalizer(
            Bound::from_borrowed_ptr(py, class).cast_into_unchecked(),
            || set(class, name, value),
            value,
        ) {
            Ok(()) => 0,
            Err(error) => {
                error.restore(py);
                -1
            }
        }
    }
}

/// Changes `__del__` of a class by `set`, to null for none. Classes below it follow.
///
/// # Safety
/// A live class of ours.
unsafe fn change_finalizer(
    class: Bound<'_, PyType>,
    set: impl FnOnce() -> c_int,
    value: *mut ffi::PyObject,
) -> PyResult<()> {
    let py = class.py();
    let mut tree = Vec::new();
    add_tree(class, &mut tree)?;
    // SAFETY: live classes of ours. The base type itself is not lean but not GC either, and has no Python-made attributes.
    unsafe {
        let lean = tree.iter().any(|class| !class_table::is_rich(class.as_type_ptr()));
        if lean && !value.is_null() {
            let of = CStr::from_ptr((*tree[0].as_type_ptr()).tp_name).to_string_lossy();
            return Err(PyTypeError::new_err(format!(
                "cannot set __del__ on {of} after its registration; define __del__ in the class body"
            )));
        }
        if set() != 0 {
            return Err(PyErr::fetch(py));
        }
        // Those that came meanwhile, too. Without memory for the list the first one serves.
        let mut now = Vec::new();
        let _ = add_tree(tree[0].clone(), &mut now);
        tree.iter().chain(&now).for_each(|class| rich_slots::adjust_finalizer(class.as_type_ptr()));
    }
    Ok(())
}

/// Adds a class and all below it, as `type` has them, whatever a metaclass says.
///
/// # Errors
/// `MemoryError`.
fn add_tree<'py>(class: Bound<'py, PyType>, tree: &mut Vec<Bound<'py, PyType>>) -> PyResult<()> {
    let py = class.py();
    let below = py.get_type::<PyType>().call_method1(intern!(py, "__subclasses__"), (&class,))?;
    tree.push(class);
    below.extract::<Vec<Bound<'py, PyType>>>()?.into_iter().try_for_each(|class| add_tree(class, tree))
}
