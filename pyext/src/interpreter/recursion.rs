//! How deep native code and user code may call each other.
//! Upholds: what nests counts against the interpreter's recursion limit where the interpreter does not count it itself, and
//! ends in `RecursionError` before the thread's stack does, on every interpreter and on stacks of any size.
//!
//! CPython counts frames of Python code. Up to 3.13 it takes calls from C for granted up to a fixed depth (`C_RECURSION_LIMIT`).
//! That counts on a stack of 8 MiB and on frames of its own size. From 3.14 on it looks at the stack, as is done here.
//! So each way from native code into user code looks at the stack first ([`expect_stack`]), and what nests without a call of
//! Python code, as containers in containers do, is counted, too ([`enter`]).

use crate::interpreter::exceptions::PyRecursionError;
use bowline::function::stack;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::CStr;

/// One level of nesting, which ends with the value.
pub struct Level<'py>(Python<'py>);

/// One level deeper; `doing` continues a text that ends in "exceeded".
///
/// # Errors
/// `RecursionError`.
pub fn enter<'py>(py: Python<'py>, doing: &CStr) -> PyResult<Level<'py>> {
    expect_stack()?;
    // SAFETY: attached.
    match unsafe { ffi::Py_EnterRecursiveCall(doing.as_ptr()) } {
        0 => Ok(Level(py)),
        _ => Err(PyErr::fetch(py)),
    }
}

impl Drop for Level<'_> {
    fn drop(&mut self) {
        // SAFETY: attached; entered once.
        unsafe { ffi::Py_LeaveRecursiveCall() };
    }
}

/// Refuses to go on where hardly any stack is left. Some instructions.
///
/// # Errors
/// `RecursionError`.
#[inline]
pub fn expect_stack() -> PyResult<()> {
    match stack::is_short() {
        true => Err(too_deep()),
        false => Ok(()),
    }
}

#[cold]
#[inline(never)]
fn too_deep() -> PyErr {
    PyRecursionError::new_err("maximum recursion depth exceeded: hardly any of this thread's stack is left")
}
