//! The beat of long native work.
//! Imports `cpython::attach`, `error`, the core's `reflect::pulse`.
//! Upholds: long work lets other threads run and ends on a signal.
#![forbid(unsafe_code)]

use crate::cpython::attach::{attached, known};
use crate::error;
use bowline::function::Error;
use bowline::reflect::pulse;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// A Python function that does nothing.
static NOTHING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// At a beat, whatever CPython does before it goes on with a function is done: signal handlers run, and a thread that has waited long
/// enough for the GIL, or for this one to stop, gets its turn.
///
/// Letting go of the GIL for a moment is not enough: it wakes the thread that waits, which comes too late, and begins to wait for the
/// switch interval anew (`take_gil` in CPython's Python/ceval_gil.c).
fn beat() -> Result<(), Error> {
    // Native threads that Python does not know have neither signals nor the GIL.
    if !attached() && !known() {
        return Ok(());
    }
    let turn = |py: Python<'_>| {
        let nothing = NOTHING.get_or_try_init(py, || py.eval(c"lambda: None", None, None).map(Bound::unbind))?;
        nothing.call0(py)
    };
    Python::try_attach(|py| turn(py).map(drop).map_err(|raised| error::from_python(py, raised))).unwrap_or(Ok(()))
}

/// Gives all long work of the core its beat.
pub fn install() {
    pulse::set_hook(beat);
}
