//! Which library's tensors are among the arguments of a call. Its result is shown as that library's, and its work is done on
//! that library's stream.
//! Upholds: arguments of Python's own classes are not asked for an exchange API.
#![forbid(unsafe_code)]

use crate::from_python::classify::{classify, Exact};
use crate::to_python::dlpack_exchange::Exchange;
use crate::to_python::tensor_library::{is_container, remembered, show_as};
use crate::to_python::value::to_python;
use crate::wrapper::tie;
use bowline::stream;
use bowline::tensor::TensorObj;
use bowline::value::{tag, Any, Device};
use pyo3::prelude::*;
use std::ffi::c_void;

/// Whether an object's class may have an exchange API. The interpreter's own classes that come often have none.
fn may_exchange(ob: &Bound<'_, PyAny>) -> bool {
    !matches!(
        classify(ob),
        Exact::None
            | Exact::Int
            | Exact::Str
            | Exact::Float
            | Exact::Bool
            | Exact::Tuple
            | Exact::List
            | Exact::Dict
            | Exact::Function
    )
}

/// The library of the first argument that has one. That is a tensor of its own, or a container that remembers it.
fn among(arguments: &[Bound<'_, PyAny>]) -> PyResult<Option<Exchange>> {
    for argument in arguments {
        let found = match tie::is_wrapper(argument) {
            true => tie::object_of(argument).as_ref().and_then(remembered),
            false if may_exchange(argument) => Exchange::of(&argument.get_type())?,
            false => None,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The result of a call with these arguments, as Python sees it.
///
/// # Errors
/// As for [`show_as`].
#[inline]
pub fn result<'py>(py: Python<'py>, value: Any, arguments: &[Bound<'py, PyAny>]) -> PyResult<Bound<'py, PyAny>> {
    let index = value.type_index();
    match index == tag::TENSOR || is_container(index) {
        false => to_python(py, value),
        true => result_of(py, value, arguments),
    }
}

#[inline(never)]
fn result_of<'py>(py: Python<'py>, value: Any, arguments: &[Bound<'py, PyAny>]) -> PyResult<Bound<'py, PyAny>> {
    match among(arguments)? {
        Some(exchange) => show_as(py, value, exchange),
        None => to_python(py, value),
    }
}

/// Puts a thread's stream back.
pub struct WorkStream {
    device: Device,
    former: *mut c_void,
}

impl Drop for WorkStream {
    fn drop(&mut self) {
        stream::set(self.device, self.former);
    }
}

/// Makes a library's stream the thread's current one. The device is that of the first of its tensors that is not in the
/// processor's memory.
///
/// # Errors
/// What the library raises.
#[inline(never)]
pub fn work_stream(arguments: &[Bound<'_, PyAny>], values: &[Any]) -> PyResult<Option<WorkStream>> {
    for (argument, value) in arguments.iter().zip(values) {
        let Some(tensor) = value.view().as_ref::<TensorObj>().filter(|tensor| !tensor.is_on_cpu()) else { continue };
        if tie::is_wrapper(argument) {
            continue;
        }
        if let Some(exchange) = Exchange::of(&argument.get_type())? {
            let device = tensor.device();
            let Some(stream) = exchange.work_stream(argument.py(), device)? else { return Ok(None) };
            return Ok(Some(WorkStream { device, former: stream::set(device, stream) }));
        }
    }
    Ok(None)
}
