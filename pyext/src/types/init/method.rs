//! The `__init__` of classes whose objects are made from their fields and nothing else.
//! Upholds: calling one is calling `__ffi_init__`, for objects of its type only: those of a type that is derived have other
//! fields; each can say its own name and signature.
//!
//! No function of Python, whose frame would cost more than the construction, and none of C's usual ones, which have no room for
//! a signature with defaults of any kind.

use crate::from_python::fail;
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::ffi::PyMethod_New;
use crate::interpreter::names::intern;
use crate::interpreter::recursion::expect_stack;
use crate::interpreter::refcount;
use crate::interpreter::take;
use crate::interpreter::trampoline::slot;
use crate::types::init::ffi_init;
use crate::types::object::slots;
use crate::wrapper::{class_table, metaclass, tie};
use bowline::function::stack;
use bowline::object::registry;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::ptr::null_mut;

/// Member by member, what protects it:
///
/// * `call`: [`vectorcall`], from before another thread knows the object: CPython reads it plainly;
/// * `index`: the type whose objects it makes, -1 for any; constant;
/// * `about`: its `__dict__`, set before another thread knows it, cleared by the collector alone.
#[repr(C)]
struct Constructor {
    base: ffi::PyObject,
    call: ffi::vectorcallfunc,
    index: i32,
    about: *mut ffi::PyObject,
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
            slots::type_slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void),
            slots::type_slot(ffi::Py_tp_descr_get, descr_get as *mut c_void),
            slots::type_slot(ffi::Py_tp_members, members.as_mut_ptr().cast()),
            slots::type_slot(ffi::Py_tp_getset, attributes.as_mut_ptr().cast()),
            slots::type_slot(ffi::Py_tp_traverse, traverse as *mut c_void),
            slots::type_slot(ffi::Py_tp_clear, clear as *mut c_void),
            slots::type_slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
            // No doc of the type: its attribute would hide the constructors' own.
            slots::type_slot(0, null_mut()),
        ],
    )?;
    let _ = TYPE.set(py, made.unbind());
    Ok(())
}

/// A constructor with these attributes, for objects of a type, or of any.
///
/// # Errors
/// `MemoryError`.
pub fn make<'py>(about: &Bound<'py, PyDict>, index: Option<i32>) -> PyResult<Bound<'py, PyAny>> {
    let py = about.py();
    let class = TYPE.get(py).expect("the module is initialised").as_ptr().cast();
    // SAFETY: attached; a type of ours, whose instances are a `Constructor`. No other code has a fresh one.
    unsafe {
        let made = Bound::from_owned_ptr_or_err(py, ffi::PyType_GenericAlloc(class, 0))?;
        let this = made.as_ptr().cast::<Constructor>();
        (*this).call = vectorcall;
        (*this).index = index.unwrap_or(-1);
        (*this).about = about.clone().into_ptr().cast();
        Ok(made)
    }
}

/// Whether a class's attribute makes objects of a type as `__ffi_init__` does. It is that itself, under whatever name, or a
/// constructor made here for the type.
pub fn is_ffi_init(attribute: &Bound<'_, PyAny>, index: i32) -> bool {
    static METHOD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = attribute.py();
    if TYPE.get(py).is_some_and(|class| attribute.get_type().is(class.bind(py))) {
        // SAFETY: a live instance of the type.
        let own = unsafe { (*attribute.as_ptr().cast::<Constructor>()).index };
        return own < 0 || own == index;
    }
    let find = || metaclass::base_class(py).getattr(intern!(py, "__ffi_init__")).map(Bound::unbind);
    METHOD.get_or_try_init(py, find).is_ok_and(|method| attribute.is(method.bind(py)))
}

/// Refuses a wrapper of a type with a class of its own. It has fields that the constructor does not know.
fn expect_own(this: &Bound<'_, PyAny>, index: i32) -> PyResult<()> {
    let class = this.get_type();
    if index < 0
        || class.as_type_ptr() == class_table::registered(index)
        || class_table::type_index_of(&class) == Some(index)
    {
        return Ok(());
    }
    let key = registry::type_info(index).map_or("?", |info| info.key);
    let found = class.qualname().map_or_else(|_| "?".to_owned(), |name| take::shown(&name));
    Err(PyTypeError::new_err(format!(
        "{key}.__init__() cannot make a {found}, which is a type of its own: call __ffi_init__ with the values of all fields"
    )))
}

unsafe extern "C" fn vectorcall(
    callable: *mut ffi::PyObject,
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
                let got = this().map_or_else(|| "nothing".to_owned(), |this| fail::describe(&this));
                Err(PyTypeError::new_err(format!("__init__() expected a bowline.Object as self, got {got}")))
            });
        }
        let index = (*callable.cast::<Constructor>()).index;
        if refcount::class_of(*arguments) != class_table::registered(index) {
            let own = slot(|py| {
                expect_own(&Bound::from_borrowed_ptr(py, *arguments), index)?;
                Ok(ffi::Py_None())
            });
            if own.is_null() {
                return own;
            }
        }
        // A `__post_init__` may make the next one. Before 3.12 the interpreter comes here by a way without a look at the stack.
        if stack::is_short() {
            return slot(|_| expect_stack().map(|()| null_mut()));
        }
        ffi_init::init(*arguments, arguments.add(1), count - 1, keywords)
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
    // SAFETY: called by the collector, or `dealloc`, with an instance that is not in use.
    unsafe {
        let about = std::mem::replace(&mut (*this.cast::<Constructor>()).about, null_mut());
        ffi::Py_XDECREF(about);
    }
    0
}

unsafe extern "C" fn dealloc(this: *mut ffi::PyObject) {
    // SAFETY: called by the interpreter with a dead instance of a heap type. It has a count of that type.
    unsafe {
        let class = refcount::class_of(this);
        ffi::PyObject_GC_UnTrack(this.cast());
        clear(this);
        ffi::PyObject_GC_Del(this.cast());
        ffi::Py_DECREF(class.cast());
    }
}
