//! What an object says of an address: pointers and streams.
//! Upholds: an address that an object says itself comes before a handler's.
#![forbid(unsafe_code)]

use crate::from_python::fail::describe;
use crate::from_python::hooks::special;
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::names::intern;
use crate::interpreter::{make, stdlib, take};
use bowline::value::{Any, IntoAny, Pointer};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyInt, PyType};
use std::ffi::c_void;

static HANDLERS: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// The table of functions that say the address of an instance, by exact class. Users fill it.
///
/// # Errors
/// `MemoryError`.
pub fn handlers(py: Python<'_>) -> PyResult<&Bound<'_, PyDict>> {
    if let Some(table) = HANDLERS.get(py) {
        return Ok(table.bind(py));
    }
    // Fails if another thread was faster, with a table as empty.
    let _ = HANDLERS.set(py, make::dict(py)?.unbind());
    handlers(py)
}

/// The handler of an object's class, if the table has one.
fn handler<'py>(ob: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match HANDLERS.get(ob.py()).map(|table| table.bind(ob.py())) {
        // Most programs have none.
        Some(table) if !table.is_empty() => table.get_item(ob.get_type()),
        _ => Ok(None),
    }
}

/// A stream as a pointer. It is what `__cuda_stream__` gives, a version and a handle, or a `CUstream` of CUDA's own package.
///
/// # Errors
/// What user code raises; `TypeError` when it gives something else.
pub fn stream(ob: &Bound<'_, PyAny>) -> PyResult<Option<Any>> {
    let Some(hook) = special(ob, intern!(ob.py(), "__cuda_stream__"))? else {
        return match is_custream(&ob.get_type())? {
            true => {
                let handle = ob.py().get_type::<PyInt>().call1((ob,))?.extract::<usize>()?;
                Ok(Some(Pointer(handle as *mut c_void).into_any()))
            }
            false => Ok(None),
        };
    };
    let given = hook.call0()?;
    let Ok((_, handle)) = given.extract::<(Bound<'_, PyAny>, usize)>() else {
        let found = describe(&given);
        return Err(PyTypeError::new_err(format!(
            "expected a tuple (version, handle) from __cuda_stream__(), got {found}"
        )));
    };
    Ok(Some(Pointer(handle as *mut c_void).into_any()))
}

fn is_custream(class: &Bound<'_, PyType>) -> PyResult<bool> {
    Ok(class.name()? == "CUstream" && take::lent(&class.module()?).starts_with("cuda."))
}

/// The pointer in a `ctypes.c_void_p`, behind `__tvm_ffi_opaque_ptr__`, or of a handler.
///
/// # Errors
/// What user code raises.
pub fn pointer(ob: &Bound<'_, PyAny>) -> PyResult<Option<Any>> {
    let py = ob.py();
    let address = if ob.is_instance(stdlib::C_VOID_P.get(py)?)? {
        ob.getattr(intern!(py, "value"))?.extract::<Option<usize>>()?
    } else if let Some(hook) = special(ob, intern!(py, "__tvm_ffi_opaque_ptr__"))? {
        hook.call0()?.extract::<Option<usize>>()?
    } else if let Some(handler) = handler(ob)? {
        handler.call1((ob,))?.extract::<Option<usize>>()?
    } else {
        return stream(ob);
    };
    Ok(Some(Pointer(address.unwrap_or(0) as *mut c_void).into_any()))
}
