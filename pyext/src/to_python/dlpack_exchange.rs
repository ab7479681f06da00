//! DLPack's exchange between libraries that share a process. It is a table of C functions on the class of a library's
//! tensors.
//! Upholds: a table is used with objects of the class that shows it, and with tensors; it lives as long as the process, as
//! DLPack demands.

use crate::interpreter::exceptions::{PyBufferError, PyRuntimeError, PyTypeError};
use crate::interpreter::names::intern;
use crate::to_python::dlpack_capsule;
use bowline::tensor::dlpack::{DLManagedTensorVersioned, DLPackVersion, Managed, VERSION};
use bowline::tensor::Tensor;
use bowline::value::Device;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyInt, PyType};
use std::ffi::{c_int, c_void, CStr};
use std::ptr::{null_mut, NonNull};

const NAME: &CStr = c"dlpack_exchange_api";

/// The table, as DLPack lays it out.
#[repr(C)]
struct Table {
    version: DLPackVersion,
    /// The table of an older major version, or null.
    former: *const Table,
    _allocate: *const c_void,
    from_python: Option<unsafe extern "C" fn(*mut ffi::PyObject, *mut *mut DLManagedTensorVersioned) -> c_int>,
    to_python: Option<unsafe extern "C" fn(*mut DLManagedTensorVersioned, *mut *mut ffi::PyObject) -> c_int>,
    _borrow: *const c_void,
    work_stream: Option<unsafe extern "C" fn(c_int, i32, *mut *mut c_void) -> c_int>,
}

/// The table of a library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exchange(NonNull<Table>);

// SAFETY: a constant table of functions, which may be called on any attached thread.
unsafe impl Send for Exchange {}
// SAFETY: a constant table of functions, which may be called on any attached thread.
unsafe impl Sync for Exchange {}

impl Exchange {
    /// The table that a class shows as `__dlpack_c_exchange_api__`: a capsule, or an address.
    ///
    /// # Errors
    /// `TypeError` when the attribute is something else, `BufferError` when the table has no part of version 1.
    pub fn of(class: &Bound<'_, PyType>) -> PyResult<Option<Exchange>> {
        let py = class.py();
        let Some(shown) = class.getattr_opt(intern!(py, "__dlpack_c_exchange_api__"))? else { return Ok(None) };
        let address = if let Ok(capsule) = shown.cast::<PyCapsule>() {
            // SAFETY: a live capsule; null with an exception set under another name.
            let found = unsafe { ffi::PyCapsule_GetPointer(capsule.as_ptr(), NAME.as_ptr()) };
            NonNull::new(found).ok_or_else(|| PyErr::fetch(py))?.as_ptr()
        } else if shown.is_instance_of::<PyInt>() {
            shown.extract::<usize>()? as *mut c_void
        } else {
            let found = shown.get_type().name()?.to_string();
            let name = class.name()?;
            return Err(PyTypeError::new_err(format!(
                "expected a capsule or an address as {name}.__dlpack_c_exchange_api__, got {found}"
            )));
        };
        let mut at = address.cast::<Table>().cast_const();
        // SAFETY: the class's word that a table is there; tables of all versions begin alike.
        unsafe {
            while let Some(table) = at.as_ref() {
                if table.version.major == VERSION.major {
                    return Ok(Some(Exchange(NonNull::from(table))));
                }
                at = table.former;
            }
        }
        let name = class.name()?;
        Err(PyBufferError::new_err(format!("{name}.__dlpack_c_exchange_api__ has no table of DLPack 1")))
    }

    /// The tensor of an object whose class shows the table.
    ///
    /// # Errors
    /// What the library raises; `BufferError` when it cannot.
    pub fn tensor_of(self, ob: &Bound<'_, PyAny>) -> PyResult<Tensor> {
        // SAFETY: `of` found the table at the class, which keeps it for good.
        let function = unsafe { self.0.as_ref() }.from_python;
        let function = function.ok_or_else(|| PyBufferError::new_err("the exchange API exports no tensors"))?;
        let mut managed = null_mut();
        // SAFETY: attached; a live object of the class. On success the tensor is ours.
        unsafe {
            let code = function(ob.as_ptr(), &mut managed);
            match NonNull::new(managed) {
                Some(managed) if code == 0 => dlpack_capsule::from_managed(ob.py(), Managed::Versioned(managed)),
                _ => Err(raised(ob.py(), "export")),
            }
        }
    }

    /// A tensor as an object of the library.
    ///
    /// # Errors
    /// As for [`tensor_of`](Self::tensor_of).
    pub fn show<'py>(self, py: Python<'py>, tensor: Tensor) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: `of` found the table at the class, which keeps it for good.
        let function = unsafe { self.0.as_ref() }.to_python;
        let function = function.ok_or_else(|| PyBufferError::new_err("the exchange API imports no tensors"))?;
        let Managed::Versioned(managed) = tensor.export_versioned(false).into_managed() else {
            return Err(PyBufferError::new_err("expected a versioned tensor, got one without a version"));
        };
        let mut made = null_mut();
        // SAFETY: attached. On success the tensor is the library's and the object ours, else the tensor stays ours.
        unsafe {
            if function(managed.as_ptr(), &mut made) == 0 && !made.is_null() {
                return Ok(Bound::from_owned_ptr(py, made));
            }
            Managed::Versioned(managed).delete();
        }
        Err(raised(py, "import"))
    }

    /// The stream on which the library works on a device. None if it does not say.
    ///
    /// # Errors
    /// What the library raises; `RuntimeError` when it fails.
    pub fn work_stream(self, py: Python<'_>, device: Device) -> PyResult<Option<*mut c_void>> {
        // SAFETY: `of` found the table at the class, which keeps it for good.
        let Some(function) = unsafe { self.0.as_ref() }.work_stream else { return Ok(None) };
        let mut stream = null_mut();
        // SAFETY: attached.
        match unsafe { function(device.kind, device.id, &mut stream) } {
            0 => Ok(Some(stream)),
            _ => Err(PyErr::take(py)
                .unwrap_or_else(|| PyRuntimeError::new_err(format!("the exchange API has no stream for {device}")))),
        }
    }
}

#[cold]
fn raised(py: Python<'_>, what: &str) -> PyErr {
    PyErr::take(py).unwrap_or_else(|| {
        PyRuntimeError::new_err(format!(
            "expected the exchange API to {what} a tensor, got a failure without an exception"
        ))
    })
}
