//! Python objects inside native ones: `ffi.OpaquePyObject`.
//! Upholds P7: when the last count of such an object is dropped, on any thread, the payload's count goes to `release_queue`.

use crate::interpreter::exceptions::PyMemoryError;
use crate::interpreter::refcount;
use crate::wrapper::release_queue;
use bowline::object::{Header, Obj, Object, ObjectType};
use bowline::value::tag;
use pyo3::ffi;
use pyo3::prelude::*;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// One count of a Python object.
#[repr(transparent)]
pub struct Payload(NonNull<ffi::PyObject>);

// SAFETY: the pointer is used by attached threads only; its count is given back through `release_queue`.
unsafe impl Send for Payload {}
// SAFETY: only attached threads use the pointer; `release_queue` gives its count back.
unsafe impl Sync for Payload {}

impl Payload {
    /// Takes a count.
    #[inline]
    pub fn new(ob: &Bound<'_, PyAny>) -> Payload {
        // SAFETY: a live object; never null.
        unsafe {
            refcount::incref(ob.as_ptr());
            Payload(NonNull::new_unchecked(ob.as_ptr()))
        }
    }

    /// Gives the count back without asking whether the thread is attached.
    #[inline]
    pub fn give_back(self, _: Python<'_>) {
        let payload = ManuallyDrop::new(self);
        // SAFETY: attached, and our count.
        unsafe { refcount::decref(payload.as_ptr()) };
    }

    /// The object.
    #[inline]
    pub fn get<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        // SAFETY: the count that we own keeps it.
        unsafe { Bound::from_borrowed_ptr(py, self.0.as_ptr()) }
    }

    /// The same, as PyO3 has it.
    pub fn as_py(&self) -> &Py<PyAny> {
        // SAFETY: both are transparent over the address of an object of which they own a count.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }

    /// Its address.
    #[inline]
    pub fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        // SAFETY: our count.
        unsafe { release_queue::release(self.0.as_ptr()) }
    }
}

/// A native object around a Python one. It has no tie word: Python sees the payload itself, never a wrapper.
#[repr(C)]
pub struct OpaqueObj {
    header: Header,
    payload: Payload,
}

// SAFETY: repr(C), starts with the header; key and index are the registry's.
unsafe impl ObjectType for OpaqueObj {
    const TYPE_KEY: &'static str = "ffi.OpaquePyObject";
    const NO_PREFIX: bool = true;
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::OPAQUE
    }
}

impl OpaqueObj {
    /// Wraps `ob`.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn make(ob: &Bound<'_, PyAny>) -> PyResult<Obj<OpaqueObj>> {
        Obj::try_new(OpaqueObj { header: Header::placeholder(), payload: Payload::new(ob) })
            .map_err(|error| PyMemoryError::new_err(error.to_string()))
    }

    /// The count inside.
    pub fn as_payload(&self) -> &Payload {
        &self.payload
    }

    /// What is inside.
    #[inline]
    pub fn payload<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.payload.get(py)
    }
}
