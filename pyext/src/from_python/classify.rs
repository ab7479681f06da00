//! What a Python object is by its exact class. This is the one place that names Python's own classes.
//! Upholds: asking runs no code of users and takes no count. Instances of subclasses are [`Exact::Other`].

use crate::interpreter::ffi::PyMethod_Type;
use crate::interpreter::refcount;
use crate::wrapper::class_object;
use pyo3::ffi;
use pyo3::prelude::*;

/// What the exact class of an object says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exact {
    Int,
    Str,
    None,
    Float,
    Bool,
    Bytes,
    /// A wrapper whose class is registered and has the usual metaclass. Any other wrapper is `Other`.
    Wrapper,
    /// A function that is written in Python.
    Function,
    /// A function that is written in C. It may be one of its methods bound to an object.
    Builtin,
    /// A function that is bound to an object.
    Method,
    List,
    Tuple,
    Dict,
    Other,
}

impl Exact {
    /// Whether an object of this class is such a one.
    ///
    /// # Safety
    /// A live object and its class.
    #[inline(always)]
    unsafe fn has(self, object: *mut ffi::PyObject, class: *mut ffi::PyTypeObject) -> bool {
        // SAFETY: object and class are live (the caller); of the types only addresses are taken.
        unsafe {
            match self {
                Exact::Int => class == &raw mut ffi::PyLong_Type,
                Exact::Str => class == &raw mut ffi::PyUnicode_Type,
                Exact::None => object == ffi::Py_None(),
                Exact::Float => class == &raw mut ffi::PyFloat_Type,
                Exact::Bool => class == &raw mut ffi::PyBool_Type,
                Exact::Bytes => class == &raw mut ffi::PyBytes_Type,
                Exact::Wrapper => class_object::is_usual(class),
                Exact::Function => class == &raw mut ffi::PyFunction_Type,
                Exact::Builtin => class == &raw mut ffi::PyCFunction_Type,
                Exact::Method => class == &raw mut PyMethod_Type,
                Exact::List => class == &raw mut ffi::PyList_Type,
                Exact::Tuple => class == &raw mut ffi::PyTuple_Type,
                Exact::Dict => class == &raw mut ffi::PyDict_Type,
                // What is left when nothing else is, and no question.
                Exact::Other => false,
            }
        }
    }

    /// Whether an object is such a one. It is a single question, for paths that expect its answer.
    #[inline(always)]
    pub fn is(self, ob: &Bound<'_, PyAny>) -> bool {
        // SAFETY: a live object.
        unsafe { self.is_raw(ob.as_ptr()) }
    }

    /// As [`Exact::is`].
    ///
    /// # Safety
    /// A live object.
    #[inline(always)]
    pub unsafe fn is_raw(self, object: *mut ffi::PyObject) -> bool {
        // SAFETY: a live object, whose class lives as long.
        unsafe { self.has(object, refcount::class_of(object)) }
    }
}

/// Whether the exact class of an object is one of Python's own. Those say nothing to native code by hooks.
#[inline]
pub fn is_built_in(ob: &Bound<'_, PyAny>) -> bool {
    !matches!(classify(ob), Exact::Wrapper | Exact::Other)
}

/// What an object is, the kinds that come most often first.
#[inline(always)]
pub fn classify(ob: &Bound<'_, PyAny>) -> Exact {
    // SAFETY: a live object.
    unsafe { classify_raw(ob.as_ptr()) }
}

/// As [`classify`].
///
/// # Safety
/// A live object.
#[inline(always)]
unsafe fn classify_raw(object: *mut ffi::PyObject) -> Exact {
    macro_rules! first_of {
        ($($kind:ident)*) => {
            // SAFETY: a live object, whose class lives as long.
            unsafe {
                let class = refcount::class_of(object);
                $(if Exact::$kind.has(object, class) {
                    return Exact::$kind;
                })*
            }
        };
    }
    first_of!(Int Str Wrapper None Float Bool Bytes Function Builtin Method List Tuple Dict);
    Exact::Other
}
