//! What the process holds: counts for tests and for people, and giving memory back.
//! Upholds: a count is exact when the threads that change it are quiet.
#![forbid(unsafe_code)]

use crate::interpreter::entry::add_function;
use crate::interpreter::make;
use crate::interpreter::make::Make;
use crate::interpreter::names::intern;
use crate::to_python::tensor_library;
use crate::types::object::gc;
use crate::wrapper::{census as stats, tie};
use bowline::sync::counter::{sum, Event};
use bowline::{object, reclaim};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Counts of native objects and of wrappers. Stops other threads for the time of a walk over all wrappers.
#[pyfunction(name = "stats")]
#[guarded]
fn report(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let census = stats::census(py);
    let report = make::dict(py)?;
    let numbers = [
        ("objects_alive", object::stats::alive().make(py)?),
        ("wrappers_live", census.live.make(py)?),
        ("wrappers_inactive", census.inactive.make(py)?),
        ("inactive_bytes", census.inactive_bytes.make(py)?),
        ("revivals", sum(Event::Revived).make(py)?),
        ("superseded", sum(Event::Superseded).make(py)?),
        ("queued", sum(Event::Queued).make(py)?),
        ("side_slots", object::side::in_use().make(py)?),
    ];
    numbers.into_iter().try_for_each(|(name, number)| report.set_item(make::text(py, name)?, number))?;
    Ok(report)
}

/// Frees the storage of all wrappers that are kept and know nothing; returns how many.
#[pyfunction]
#[guarded]
fn trim(py: Python<'_>) -> usize {
    stats::trim(py)
}

/// So often releases that lead to more are followed at most. Other threads may make more all the time.
const ROUNDS: usize = 1000;

/// Releases what other threads left to be released. It also releases what waited for readers, and what that releases in
/// turn.
#[pyfunction]
#[guarded]
fn settle() {
    for _ in 0..ROUNDS {
        reclaim::settle();
        if !stats::settle() {
            break;
        }
    }
    tensor_library::forget();
}

/// For `gc.callbacks`: tells the walk through native objects how far a collection goes. Its end is told, too, and is a
/// good time for pending releases.
#[pyfunction]
#[guarded]
fn on_gc(phase: &str, info: &Bound<'_, PyAny>) -> PyResult<()> {
    if phase == "start" {
        gc::begin(info.py(), info.get_item(intern!(info.py(), "generation"))?.extract()?);
    } else {
        gc::end(info.py());
        reclaim::flush();
        stats::settle();
        tensor_library::forget();
    }
    Ok(())
}

/// The strong count of a wrapper's object, the wrapper's own included. 0 when it is empty.
#[pyfunction]
#[guarded]
fn strong_count(ob: &Bound<'_, PyAny>) -> u32 {
    tie::object_of(ob).map_or(0, |object| object.strong_count() - 1)
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, report)?;
    add_function!(module, trim)?;
    add_function!(module, settle)?;
    add_function!(module, on_gc)?;
    add_function!(module, strong_count)
}
