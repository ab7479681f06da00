//! The checkpoints of long native work.
//! Upholds: long work lets other threads run and ends on a signal.
#![forbid(unsafe_code)]

use crate::interpreter::attach::{self, attached, known};
use crate::interpreter::entry::add_function;
use crate::interpreter::make::Make;
use crate::to_python::error;
use bowline::function::Error;
use bowline::reflect::checkpoint;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// A Python function that does nothing.
static NOTHING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The function that is called instead, once there is one. It gets the steps since the last checkpoint.
static REPORT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Sets what is called at every checkpoint of all work, once for the process.
#[pyfunction]
#[guarded]
fn set_report(report: &Bound<'_, PyAny>) {
    let _ = REPORT.set(report.py(), report.clone().unbind());
}

/// Does what CPython does before it goes on with a function. Signal handlers run. A thread that has waited long enough for the
/// GIL, or for this one to stop, gets its turn.
///
/// Letting go of the GIL for a moment is not enough: it wakes the thread that waits, which comes too late, and begins to wait for the
/// switch interval anew (`take_gil` in CPython's Python/ceval_gil.c).
fn checkpoint() -> Result<(), Error> {
    // Native threads that Python does not know have neither signals nor the GIL.
    if !attached() && !known() {
        return Ok(());
    }
    let turn = |py: Python<'_>| {
        if let Some(report) = REPORT.get(py) {
            return report.call1(py, (checkpoint::STEPS_BETWEEN.make(py)?,));
        }
        let nothing = NOTHING.get_or_try_init(py, || py.eval(c"lambda: None", None, None).map(Bound::unbind))?;
        nothing.call0(py)
    };
    attach::with_python(|py| error::guarded(py, || turn(py).map(drop))).unwrap_or(Ok(()))
}

/// Gives long work of the core its checkpoint, and the module what is here.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    checkpoint::set_hook(checkpoint);
    add_function!(module, set_report)
}
