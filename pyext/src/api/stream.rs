//! Current streams, for Python.
//! Upholds: as the core's.
#![forbid(unsafe_code)]

use crate::interpreter::entry::add_function;
use bowline::stream;
use bowline::value::Device;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use std::ffi::c_void;

/// The address of the calling thread's stream for a device; 0 for the default one.
#[pyfunction]
#[guarded]
fn current_stream(kind: i32, id: i32) -> usize {
    stream::current(Device { kind, id }) as usize
}

/// Sets the calling thread's stream for a device; returns the former one.
#[pyfunction]
#[guarded]
fn set_stream(kind: i32, id: i32, stream: usize) -> usize {
    stream::set(Device { kind, id }, stream as *mut c_void) as usize
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, current_stream)?;
    add_function!(module, set_stream)
}
