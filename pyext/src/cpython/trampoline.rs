//! Between C slots and Rust: errors are left with the interpreter, panics become exceptions.
//! Imports pyo3 and the core's allocation error.
//! Upholds: nothing unwinds into C; a slot that fails has set an exception, `MemoryError` when an object could not be made.

use bowline::object::AllocError;
use pyo3::ffi;
use pyo3::panic::PanicException;
use pyo3::prelude::*;
use std::any::Any;
use std::ffi::c_int;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr::null_mut;

/// What a slot returns to say that it failed.
pub trait Failure {
    /// That value.
    const FAILURE: Self;
}
impl Failure for *mut ffi::PyObject {
    const FAILURE: Self = null_mut();
}
impl Failure for c_int {
    const FAILURE: Self = -1;
}
impl Failure for ffi::Py_ssize_t {
    const FAILURE: Self = -1;
}

/// Runs the body of a slot.
///
/// # Safety
/// Attached: called by the interpreter.
#[inline(always)]
pub unsafe fn slot<R: Failure>(body: impl for<'py> FnOnce(Python<'py>) -> PyResult<R>) -> R {
    // SAFETY: by contract.
    let py = unsafe { Python::assume_attached() };
    match catch_unwind(AssertUnwindSafe(|| body(py))) {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => fail(error),
        Err(panic) => fail(from_panic(py, panic)),
    }
}

/// Runs the body of a function that PyO3 calls, to which running out of memory for an object would be a panic like any.
///
/// # Errors
/// Those of the body, and `MemoryError`.
#[inline]
pub fn or_memory_error<'py, R>(py: Python<'py>, body: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(panic) if panic.is::<AllocError>() => Err(no_memory(py)),
        Err(panic) => resume_unwind(panic),
    }
}

/// A `MemoryError`, which takes no memory.
#[cold]
fn no_memory(py: Python<'_>) -> PyErr {
    // SAFETY: attached.
    unsafe { ffi::PyErr_NoMemory() };
    PyErr::fetch(py)
}

#[cold]
#[inline(never)]
fn fail<R: Failure>(error: PyErr) -> R {
    // PyO3 panics when it cannot make the exception.
    if catch_unwind(AssertUnwindSafe(|| counted(|py| error.restore(py)))).is_err() {
        // SAFETY: attached: called from a slot.
        unsafe { ffi::PyErr_NoMemory() };
    }
    R::FAILURE
}

#[cold]
fn from_panic(py: Python<'_>, payload: Box<dyn Any + Send>) -> PyErr {
    if payload.is::<AllocError>() {
        return no_memory(py);
    }
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned());
    // Its destructor might panic in turn.
    std::mem::forget(payload);
    PanicException::new_err(text)
}

/// Runs `cold` with PyO3 knowing that the thread is attached, so that references which it drops are released at once.
/// For whatever is not a hot path.
pub fn counted<R>(cold: impl for<'py> FnOnce(Python<'py>) -> R) -> R {
    let mut cold = Some(cold);
    let mut run = |py: Python<'_>| cold.take().map(|cold| cold(py));
    match Python::try_attach(&mut run).flatten() {
        Some(result) => result,
        // Refused, because the interpreter is shutting down: this thread is attached all the same.
        // SAFETY: callers are slots.
        None => run(unsafe { Python::assume_attached() }).expect("not run yet"),
    }
}
