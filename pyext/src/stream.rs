//! Current streams, for Python.
//! Imports the core's streams.
//! Upholds: as the core's.
#![forbid(unsafe_code)]

use bowline::stream;
use bowline::value::Device;
use pyo3::prelude::*;
use std::ffi::c_void;

/// The address of the calling thread's stream for a device; 0 for the default one.
#[pyfunction]
fn current_stream(kind: i32, id: i32) -> usize {
    stream::current(Device { kind, id }) as usize
}

/// Sets the calling thread's stream for a device; returns the former one.
#[pyfunction]
fn set_stream(kind: i32, id: i32, stream: usize) -> usize {
    stream::set(Device { kind, id }, stream as *mut c_void) as usize
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(current_stream, module)?)?;
    module.add_function(wrap_pyfunction!(set_stream, module)?)
}
