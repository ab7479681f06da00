//! The `__init__` of classes whose objects are made from their fields and nothing else.
//! Imports `construct`, the tie, `slots`, pyo3::ffi.
//! Upholds: calling one is calling `__ffi_init__`; each can say its own name and signature.
//!
//! No function of Python, whose frame would cost more than the construction, and none of C's usual ones, which have no room for
//! a signature with defaults of any kind.

use super::trampoline::slot;
use super::{construct, refcount, slots, tie};
use crate::convert;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};
use pyo3::{ffi, intern};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::ptr::null_mut;

/// Member by member, what protects it:
///
/// * `call`: [`vectorcall`], from before anybody else knows the object: CPython reads it plainly;
/// * `about`: its `__dict__`, set before anybody else knows it, cleared by the collector alone.
#[repr(C)]
struct Constructor {
    base: ffi::PyObject,
    call: ffi::vectorcallfunc,
    about: *mut ffi::PyObject,
}

extern "C" {
    // Of CPython's, which pyo3-ffi does not have.
    fn PyMethod_New(function: *mut ffi::PyObject, object: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Makes the type.
///
/// # Errors
/// Those of making a type.
pub fn install(py: Python<'_>) -> PyResult<()> {
    let offset = |name: &'static std::ffi::CStr, offset: usize| ffi::PyMemberDef {
        name: name.as_ptr(),
        type_code: ffi::Py_T_PYSSIZET,
        offset: offset as ffi::Py_ssize_t,
        flags: ffi::Py_READONLY,
        doc: std::ptr::null(),
    };
    let members = Box::leak(Box::new([
        offset(c"__vectorcalloffset__", offset_of!(Constructor, call)),
        offset(c"__dictoffset__", offset_of!(Constructor, about)),
        ffi::PyMemberDef::default(),
    ]));
    let attributes = Box::leak(Box::new([
        ffi::PyGetSetDef {
            name: c"__dict__".as_ptr(),
            get: Some(ffi::PyObject_GenericGetDict),
            set: None,
            doc: std::ptr::null(),
            closure: null_mut(),
        },
        ffi::PyGetSetDef::default(),
    ]));
    let made = slots::make_type(
        py,
        c"bowline._core.Constructor",
        size_of::<Constructor>() as c_int,
        ffi::Py_TPFLAGS_DEFAULT
            | ffi::Py_TPFLAGS_IMMUTABLETYPE
            | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION
            | ffi::Py_TPFLAGS_HAVE_GC
            | ffi::Py_TPFLAGS_HAVE_VECTORCALL
            | ffi::Py_TPFLAGS_METHOD_DESCRIPTOR,
        &mut [
            slots::slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void),
            slots::slot(ffi::Py_tp_descr_get, descr_get as *mut c_void),
            slots::slot(ffi::Py_tp_members, members.as_mut_ptr().cast()),
            slots::slot(ffi::Py_tp_getset, attributes.as_mut_ptr().cast()),
            slots::slot(ffi::Py_tp_traverse, traverse as *mut c_void),
            slots::slot(ffi::Py_tp_clear, clear as *mut c_void),
            slots::slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
            // No doc of the type: its attribute would hide the constructors' own.
            slots::slot(0, null_mut()),
        ],
    )?;
    let _ = TYPE.set(py, made.unbind());
    Ok(())
}

/// A constructor with these attributes.
///
/// # Errors
/// `MemoryError`.
pub fn make<'py>(about: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let py = about.py();
    let class = TYPE.get(py).expect("the module is initialised").as_ptr().cast();
    // SAFETY: attached; a type of ours, whose instances are a `Constructor`; a fresh one is nobody else's.
    unsafe {
        let made = Bound::from_owned_ptr_or_err(py, ffi::PyType_GenericAlloc(class, 0))?;
        let this = made.as_ptr().cast::<Constructor>();
        (*this).call = vectorcall;
        (*this).about = about.clone().into_ptr().cast();
        Ok(made)
    }
}

/// Whether a class's attribute does what `__ffi_init__` does: that itself, under whatever name, or a constructor made here.
pub fn is_ffi_init(attribute: &Bound<'_, PyAny>) -> bool {
    static METHOD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = attribute.py();
    if TYPE.get(py).is_some_and(|class| attribute.get_type().is(class.bind(py))) {
        return true;
    }
    let find = || construct::base_class(py).getattr(intern!(py, "__ffi_init__")).map(Bound::unbind);
    METHOD.get_or_try_init(py, find).is_ok_and(|method| attribute.is(method.bind(py)))
}

unsafe extern "C" fn vectorcall(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with so many live arguments, those by name behind them.
    unsafe {
        let count = ffi::PyVectorcall_NARGS(count);
        let this = || (count > 0).then(|| Bound::from_borrowed_ptr(Python::assume_attached(), *arguments));
        if !this().is_some_and(|this| tie::is_wrapper(&this)) {
            return slot(|_| {
                let got = this().map_or_else(|| "nothing".to_owned(), |this| convert::describe(&this));
                Err(PyTypeError::new_err(format!("__init__() expected a bowline.Object as self, got {got}")))
            });
        }
        construct::init(*arguments, arguments.add(1), count - 1, keywords)
    }
}

unsafe extern "C" fn descr_get(
    this: *mut ffi::PyObject,
    object: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with live objects, or null for none.
    unsafe {
        match object.is_null() {
            true => ffi::Py_NewRef(this),
            false => PyMethod_New(this, object),
        }
    }
}

unsafe extern "C" fn traverse(this: *mut ffi::PyObject, visit: ffi::visitproc, argument: *mut c_void) -> c_int {
    // SAFETY: called by the collector with a live instance.
    unsafe {
        for held in [(*this.cast::<Constructor>()).about, refcount::class_of(this).cast()] {
            if !held.is_null() {
                let code = visit(held, argument);
                if code != 0 {
                    return code;
                }
            }
        }
    }
    0
}

unsafe extern "C" fn clear(this: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the collector, or `dealloc`, with an instance that nobody else uses.
    unsafe {
        let about = std::mem::replace(&mut (*this.cast::<Constructor>()).about, null_mut());
        ffi::Py_XDECREF(about);
    }
    0
}

unsafe extern "C" fn dealloc(this: *mut ffi::PyObject) {
    // SAFETY: called by the interpreter with a dead instance of a heap type, which has a count of that.
    unsafe {
        let class = refcount::class_of(this);
        ffi::PyObject_GC_UnTrack(this.cast());
        clear(this);
        ffi::PyObject_GC_Del(this.cast());
        ffi::Py_DECREF(class.cast());
    }
}
