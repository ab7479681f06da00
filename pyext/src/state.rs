//! What the process holds: counts for tests and for people, and giving memory back.
//! Imports `cpython::{stats, tie}`, the core's counters.
//! Upholds: a count is exact when the threads that change it are quiet.
#![forbid(unsafe_code)]

use crate::cpython::{collect, origin, stats, tie};
use bowline::object;
use bowline::sync::counter::{sum, Event};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Counts of native objects and of wrappers. Stops other threads for the time of a walk over all wrappers.
#[pyfunction(name = "stats")]
fn report(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let census = stats::census(py);
    let report = PyDict::new(py);
    report.set_item("objects_alive", object::stats::alive())?;
    report.set_item("wrappers_live", census.live)?;
    report.set_item("wrappers_inactive", census.inactive)?;
    report.set_item("inactive_bytes", census.inactive_bytes)?;
    report.set_item("revivals", sum(Event::Revival))?;
    report.set_item("superseded", sum(Event::Superseded))?;
    report.set_item("queued", sum(Event::Queued))?;
    Ok(report)
}

/// Frees the storage of all wrappers that nobody holds; returns how many.
#[pyfunction]
fn trim(py: Python<'_>) -> usize {
    stats::trim(py)
}

/// Releases what other threads left to be released, and what waited for readers.
#[pyfunction]
fn settle() {
    bowline::reclaim::flush();
    stats::settle();
    origin::forget();
}

/// For `gc.callbacks`: tells the walk through native objects of a collection's start and end, which is also a good time to
/// pay what is owed to Python.
#[pyfunction]
fn on_gc(phase: &str, info: &Bound<'_, PyAny>) -> PyResult<()> {
    if phase == "start" {
        collect::begin(info.get_item("generation")?.extract()?);
    } else {
        collect::end();
        settle();
    }
    Ok(())
}

/// The strong count of a wrapper's object, the wrapper's own included; 0 when it is empty.
#[pyfunction]
fn strong_count(ob: &Bound<'_, PyAny>) -> u32 {
    tie::object_of(ob).map_or(0, |object| object.strong_count() - 1)
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(report, module)?)?;
    module.add_function(wrap_pyfunction!(trim, module)?)?;
    module.add_function(wrap_pyfunction!(settle, module)?)?;
    module.add_function(wrap_pyfunction!(on_gc, module)?)?;
    module.add_function(wrap_pyfunction!(strong_count, module)?)
}
