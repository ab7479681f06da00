//! Which interpreter this is.
//! Upholds: words, classes and queues are the process's, so that one interpreter may use them.

use crate::interpreter::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

/// Refuses every interpreter but the main one.
///
/// # Errors
/// `ImportError`.
pub fn expect_main(_: Python<'_>) -> PyResult<()> {
    // SAFETY: attached.
    match unsafe { ffi::PyInterpreterState_Get() == ffi::PyInterpreterState_Main() } {
        true => Ok(()),
        false => Err(PyImportError::new_err("bowline does not support subinterpreters")),
    }
}
