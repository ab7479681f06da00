//! Calls of leaf functions with arguments that need neither conversion nor count.
//! Imports the tie, `value`, pyo3::ffi.
//! Upholds: what is lent to the function stays: no Python code runs between the look at a handle and the function's
//! return, and an object that another thread moves out of its wrapper meanwhile stays in limbo until after that.

use super::refcount;
use super::shortcut;
use super::value;
use super::wrapper::Wrapper;
use crate::error;
use bowline::function::FunctionObj;
use bowline::object::Obj;
use bowline::value::{tag, AnyView, RawAny};
use pyo3::ffi;
use pyo3::prelude::*;
use std::mem::ManuallyDrop;

/// More arguments than this take the long way.
const MOST: usize = 4;

/// Calls; `None`, having done nothing, when something is not as simple as this file takes it to be.
///
/// # Safety
/// Attached; `this` is a live wrapper, the arguments are live objects.
#[inline]
pub unsafe fn run<'py>(
    py: Python<'py>,
    this: *mut ffi::PyObject,
    arguments: &[*mut ffi::PyObject],
) -> Option<PyResult<Bound<'py, PyAny>>> {
    // SAFETY: by contract. See the file's head for how long the handles' objects are used; views are transparent over
    // `RawAny`.
    unsafe {
        let function = (*this.cast::<Wrapper>()).handle.read().object()?;
        if function.as_ref().type_index() != tag::FUNCTION || arguments.len() > MOST {
            return None;
        }
        let function = ManuallyDrop::new(Obj::<FunctionObj>::from_raw(function));
        if !function.is_leaf() {
            return None;
        }
        let mut lent = [RawAny::NONE; MOST];
        for (place, argument) in lent.iter_mut().zip(arguments) {
            *place = lend(*argument)?;
        }
        let lent = std::slice::from_raw_parts(lent.as_ptr().cast::<AnyView<'_>>(), arguments.len());
        Some(match function.call(lent) {
            Ok(result) => value::to_python(py, result),
            Err(error) => Err(error::to_python(py, &error)),
        })
    }
}

/// An argument's value without a count.
///
/// # Safety
/// A live object.
#[inline(always)]
unsafe fn lend(argument: *mut ffi::PyObject) -> Option<RawAny> {
    // SAFETY: by contract.
    unsafe {
        let class = refcount::class_of(argument);
        if shortcut::is_usual(class) {
            return (*argument.cast::<Wrapper>()).handle.read().object().map(|object| RawAny::of_object(object));
        }
        if class == &raw mut ffi::PyLong_Type {
            let mut overflow = 0;
            let number = ffi::PyLong_AsLongLongAndOverflow(argument, &mut overflow);
            return (overflow == 0).then(|| RawAny::bits(tag::INT, number as u64));
        }
        (argument == ffi::Py_None()).then_some(RawAny::NONE)
    }
}
