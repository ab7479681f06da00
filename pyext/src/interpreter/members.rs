//! Methods and attributes of C types, made from safe functions.
//! Upholds: a method's function is entered attached, with PyO3 knowing it and some stack left, and leaves by a result or an
//! exception.

use crate::interpreter::recursion::expect_stack;
use crate::interpreter::trampoline::{counted, slot, Failure};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::ffi::{c_int, c_void, CStr};

/// What a method or an attribute returns.
pub type Answer<'py> = PyResult<Bound<'py, PyAny>>;

/// A method without arguments.
pub trait NoArguments {
    /// Its name.
    const NAME: &'static CStr;
    /// Its documentation.
    const DOC: &'static CStr;
    /// What it does.
    ///
    /// # Errors
    /// What it raises.
    fn call<'py>(this: &Bound<'py, PyAny>) -> Answer<'py>;
}

/// A method with one argument.
pub trait OneArgument {
    /// Its name.
    const NAME: &'static CStr;
    /// Its documentation.
    const DOC: &'static CStr;
    /// What it does.
    ///
    /// # Errors
    /// What it raises.
    fn call<'py>(this: &Bound<'py, PyAny>, argument: &Bound<'py, PyAny>) -> Answer<'py>;
}

/// A method with any arguments.
pub trait Arguments {
    /// Its name.
    const NAME: &'static CStr;
    /// Its documentation.
    const DOC: &'static CStr;
    /// What it does.
    ///
    /// # Errors
    /// What it raises.
    fn call<'py>(
        this: &Bound<'py, PyAny>,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Answer<'py>;
}

/// An attribute that is computed.
pub trait Attribute {
    /// Its name.
    const NAME: &'static CStr;
    /// Its documentation.
    const DOC: &'static CStr;
    /// Its value.
    ///
    /// # Errors
    /// What it raises.
    fn get<'py>(this: &Bound<'py, PyAny>) -> Answer<'py>;
}

/// Runs a method, which may nest.
///
/// # Safety
/// Attached: called by the interpreter.
#[inline]
unsafe fn entered<R: Failure>(body: impl for<'py> FnOnce(Python<'py>) -> PyResult<R>) -> R {
    // SAFETY: the interpreter calls it, and so attached.
    unsafe { slot(|_| expect_stack().and_then(|()| counted(body))) }
}

/// The definition of a method.
pub fn no_arguments<M: NoArguments>() -> ffi::PyMethodDef {
    unsafe extern "C" fn call<M: NoArguments>(this: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: called by the interpreter with a live instance.
        unsafe { entered(|py| M::call(&Bound::from_borrowed_ptr(py, this)).map(Bound::into_ptr)) }
    }
    ffi::PyMethodDef {
        ml_name: M::NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: call::<M> },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: M::DOC.as_ptr(),
    }
}

/// The definition of a method.
pub fn one_argument<M: OneArgument>() -> ffi::PyMethodDef {
    unsafe extern "C" fn call<M: OneArgument>(
        this: *mut ffi::PyObject,
        argument: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: called by the interpreter with a live instance and argument.
        unsafe {
            entered(|py| {
                M::call(&Bound::from_borrowed_ptr(py, this), &Bound::from_borrowed_ptr(py, argument))
                    .map(Bound::into_ptr)
            })
        }
    }
    ffi::PyMethodDef {
        ml_name: M::NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: call::<M> },
        ml_flags: ffi::METH_O,
        ml_doc: M::DOC.as_ptr(),
    }
}

/// The definition of a method.
pub fn arguments<M: Arguments>() -> ffi::PyMethodDef {
    unsafe extern "C" fn call<M: Arguments>(
        this: *mut ffi::PyObject,
        arguments: *mut ffi::PyObject,
        keywords: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: called by the interpreter with a live instance, a tuple, and a dict or null.
        unsafe {
            entered(|py| {
                let arguments = Bound::from_borrowed_ptr(py, arguments).cast_into_unchecked();
                let keywords = Bound::from_borrowed_ptr_or_opt(py, keywords);
                let keywords = keywords.map(|keywords| keywords.cast_into_unchecked());
                M::call(&Bound::from_borrowed_ptr(py, this), &arguments, keywords.as_ref()).map(Bound::into_ptr)
            })
        }
    }
    ffi::PyMethodDef {
        ml_name: M::NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionWithKeywords: call::<M> },
        ml_flags: ffi::METH_VARARGS | ffi::METH_KEYWORDS,
        ml_doc: M::DOC.as_ptr(),
    }
}

/// The definition of an attribute.
pub fn attribute<A: Attribute>() -> ffi::PyGetSetDef {
    unsafe extern "C" fn get<A: Attribute>(this: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
        // SAFETY: called by the interpreter with a live instance.
        unsafe { entered(|py| A::get(&Bound::from_borrowed_ptr(py, this)).map(Bound::into_ptr)) }
    }
    ffi::PyGetSetDef { name: A::NAME.as_ptr(), get: Some(get::<A>), doc: A::DOC.as_ptr(), ..Default::default() }
}

/// An attribute that can be set.
pub trait SettableAttribute: Attribute {
    /// Sets it; `None` is its deletion.
    ///
    /// # Errors
    /// What it raises.
    fn set<'py>(this: &Bound<'py, PyAny>, value: Option<&Bound<'py, PyAny>>) -> PyResult<()>;
}

/// The definition of an attribute that can be set.
pub fn settable<A: SettableAttribute>() -> ffi::PyGetSetDef {
    unsafe extern "C" fn set<A: SettableAttribute>(
        this: *mut ffi::PyObject,
        value: *mut ffi::PyObject,
        _: *mut c_void,
    ) -> c_int {
        // SAFETY: called by the interpreter with a live instance, and a live value or null.
        unsafe {
            entered(|py| {
                let value = Bound::from_borrowed_ptr_or_opt(py, value);
                A::set(&Bound::from_borrowed_ptr(py, this), value.as_ref()).map(|()| 0)
            })
        }
    }
    ffi::PyGetSetDef { set: Some(set::<A>), ..attribute::<A>() }
}

/// Methods and attributes for a type: tables that live as long as the process.
#[derive(Default)]
pub struct Members {
    methods: Vec<ffi::PyMethodDef>,
    attributes: Vec<ffi::PyGetSetDef>,
}

impl Members {
    /// None.
    pub fn new() -> Members {
        Members::default()
    }
    /// Adds a method.
    pub fn method(mut self, method: ffi::PyMethodDef) -> Members {
        self.methods.push(method);
        self
    }
    /// Adds an attribute.
    pub fn attribute(mut self, attribute: ffi::PyGetSetDef) -> Members {
        self.attributes.push(attribute);
        self
    }
    /// The type's slots for them.
    pub fn slots(self) -> [ffi::PyType_Slot; 2] {
        let methods = self.methods.into_iter().chain([ffi::PyMethodDef::zeroed()]).collect::<Vec<_>>();
        let attributes = self.attributes.into_iter().chain([ffi::PyGetSetDef::default()]).collect::<Vec<_>>();
        let slot = |slot: c_int, table: *mut c_void| ffi::PyType_Slot { slot, pfunc: table };
        [
            slot(ffi::Py_tp_methods, methods.leak().as_mut_ptr().cast()),
            slot(ffi::Py_tp_getset, attributes.leak().as_mut_ptr().cast()),
        ]
    }
}
