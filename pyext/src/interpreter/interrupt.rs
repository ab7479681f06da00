//! Exceptions that are about the program as a whole. They are not about what it was asked to do.
//! Upholds: a handler that makes the best of an exception lets these through.
#![forbid(unsafe_code)]

use crate::interpreter::exceptions::{PyException, PyMemoryError, PyRecursionError};
use crate::interpreter::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyTraceback, PyTuple};

/// Whether an exception must reach the caller. That is what a signal handler raised, a wish to end, lack of memory
/// or stack.
#[cold]
pub fn is_interrupt(py: Python<'_>, raised: &PyErr) -> bool {
    let lack = raised.is_instance_of::<PyMemoryError>(py) || raised.is_instance_of::<PyRecursionError>(py);
    lack || is_signal(py, raised)
}

/// Whether an exception is what a signal handler raised, or a wish to end.
#[cold]
pub fn is_signal(py: Python<'_>, raised: &PyErr) -> bool {
    !raised.is_instance_of::<PyException>(py) || is_from_handler(py, raised).unwrap_or(false)
}

/// Whether it came from a signal handler. One of its frames was given the frame that it interrupted.
fn is_from_handler(py: Python<'_>, raised: &PyErr) -> PyResult<bool> {
    let mut next = raised.traceback(py);
    while let Some(traceback) = next {
        if is_handler(&traceback.getattr(intern!(py, "tb_frame"))?)? {
            return Ok(true);
        }
        next = traceback.getattr(intern!(py, "tb_next"))?.cast_into::<PyTraceback>().ok();
    }
    Ok(false)
}

fn is_handler(frame: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = frame.py();
    let interrupted = frame.getattr(intern!(py, "f_back"))?;
    if interrupted.is_none() {
        return Ok(false);
    }
    let values = frame.getattr(intern!(py, "f_locals"))?.call_method0(intern!(py, "values"))?;
    for value in values.try_iter()? {
        let value = value?;
        // Of a handler that takes `*args`.
        let among = |tuple: &Bound<'_, PyTuple>| tuple.iter().any(|item| item.is(&interrupted));
        if value.is(&interrupted) || value.cast_exact::<PyTuple>().is_ok_and(among) {
            return Ok(true);
        }
    }
    Ok(false)
}
