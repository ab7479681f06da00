//! Between C slots and Rust: errors are left with the interpreter, panics become exceptions.
//! Upholds: nothing unwinds into C; a slot that fails has set an exception, `MemoryError` when an object could not be made. A
//! panic is a `RuntimeError` with its text, as in functions of the core. It is never PyO3's `PanicException`, which is no
//! `Exception`: that would end threads and servers which take care of all errors of what they run.

use crate::interpreter::exceptions::PyRuntimeError;
use crate::interpreter::make::{Made, Returned};
use bowline::object::grow::owned;
use bowline::object::AllocError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::any::Any;
use std::ffi::c_int;
use std::panic::{catch_unwind, AssertUnwindSafe};
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
    // SAFETY: the interpreter calls it, and so attached.
    let py = unsafe { Python::assume_attached() };
    match catch_unwind(AssertUnwindSafe(|| body(py))) {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => fail(|_| error),
        Err(panic) => fail(|py| from_panic(py, panic)),
    }
}

/// Runs the body of a function that PyO3 calls. Running out of memory, and any panic, is an exception there.
///
/// # Errors
/// Those of the body, `MemoryError`, and `RuntimeError` for a panic.
#[inline]
pub fn or_memory_error<'py, R>(_: Python<'py>, body: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(error)) => Err(counted(|_| settled(error))),
        Err(panic) => Err(counted(|py| settled(from_panic(py, panic)))),
    }
}

/// Runs something where an error has no caller to go to, as in a destructor. A panic is reported as `sys.unraisablehook` does it,
/// and the exception that is pending, if one is, stays so.
///
/// # Safety
/// Attached.
#[inline(always)]
pub unsafe fn unraisable(body: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
        // SAFETY: attached, as `# Safety` says.
        unsafe { report(panic) };
    }
}

/// # Safety
/// Attached.
#[cold]
#[inline(never)]
unsafe fn report(panic: Box<dyn Any + Send>) {
    let report = || {
        counted(|py| {
            let pending = PyErr::take(py);
            from_panic(py, panic).write_unraisable(py, None);
            if let Some(pending) = pending {
                pending.restore(py);
            }
        });
    };
    // PyO3 panics when it cannot make the exception. Then there is no memory to report it.
    if let Err(again) = catch_unwind(AssertUnwindSafe(report)) {
        discard(again);
    }
}

/// As [`or_memory_error`], for the attribute `#[guarded]`.
///
/// # Errors
/// As there.
#[inline]
pub fn guard<R: Returned>(body: impl FnOnce() -> R) -> PyResult<Made<R::Value>> {
    // SAFETY: used in what Python calls.
    or_memory_error(unsafe { Python::assume_attached() }, || body().returned()).map(Made)
}

/// The same error, its exception made. PyO3 would make it later, where a panic ends the process.
#[cold]
fn settled(error: PyErr) -> PyErr {
    match catch_unwind(AssertUnwindSafe(|| counted(|py| drop(error.value(py).clone())))) {
        Ok(()) => error,
        Err(_) => counted(no_memory),
    }
}

/// Asks whether a panic says that there was no memory. It may be for a native object or, in PyO3 (`panic_after_error`), for a
/// Python one.
fn is_no_memory(payload: &(dyn Any + Send)) -> bool {
    payload.is::<AllocError>()
        || payload.downcast_ref::<&str>().is_some_and(|text| says_no_memory(text))
        || payload.downcast_ref::<String>().is_some_and(|text| says_no_memory(text))
}

/// Whether a panic of this text is how PyO3 says that there was no memory.
fn says_no_memory(text: &str) -> bool {
    ["Python API call failed", "PyObject pointer is null"].contains(&text)
        // A message of PyO3's own, of a part that could not be shown.
        || text.starts_with("a formatting trait implementation returned an error")
}

/// A `MemoryError`, which takes no memory.
#[cold]
pub fn no_memory(py: Python<'_>) -> PyErr {
    // SAFETY: attached.
    unsafe { ffi::PyErr_NoMemory() };
    PyErr::fetch(py)
}

#[cold]
#[inline(never)]
fn fail<R: Failure>(error: impl for<'py> FnOnce(Python<'py>) -> PyErr) -> R {
    // PyO3 panics when it cannot make the exception.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| counted(|py| error(py).restore(py)))) {
        discard(panic);
        // SAFETY: attached: called from a slot.
        unsafe { ffi::PyErr_NoMemory() };
    }
    R::FAILURE
}

/// Drops what a panic came with. One of unknown type is let go: its destructor might panic in turn.
fn discard(payload: Box<dyn Any + Send>) {
    if !payload.is::<&str>() && !payload.is::<String>() && !payload.is::<AllocError>() {
        std::mem::forget(payload);
    }
}

/// The exception of a panic: `MemoryError` where an object could not be allocated, else `RuntimeError`.
#[cold]
fn from_panic(py: Python<'_>, payload: Box<dyn Any + Send>) -> PyErr {
    if is_no_memory(&*payload) {
        return no_memory(py);
    }
    let text = payload.downcast_ref::<String>().map(|text| &**text);
    let text = owned(payload.downcast_ref::<&str>().copied().or(text).unwrap_or("panic"));
    discard(payload);
    PyRuntimeError::new_err(text)
}

/// Runs `cold` with PyO3 knowing that the thread is attached. References which it drops are then released at once.
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
