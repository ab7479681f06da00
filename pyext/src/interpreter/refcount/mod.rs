//! Refcount headers. That is taking a count of what may be dead, beginning a life, ending one for good.
//! Upholds the refcount contracts of [`bowline::protocol::Host`].
//!
//! | file | one job |
//! |---|---|
//! | `biased` | Biased reference counts, where threads are free |
//! | `forget` | A header that no thread can count for a moment |
//! | `gil` | Plain reference counts, under the GIL |

#[cfg(Py_GIL_DISABLED)]
mod biased;
mod forget;
#[cfg(not(Py_GIL_DISABLED))]
mod gil;

#[cfg(Py_GIL_DISABLED)]
pub use biased::*;
#[cfg(not(Py_GIL_DISABLED))]
pub use gil::*;

pub use forget::{begin_forget, end_forget, is_forgetting};
use pyo3::ffi;
use pyo3::prelude::*;

/// The class of an object.
///
/// # Safety
/// A Python object that is there: alive, or storage of ours.
#[inline(always)]
pub unsafe fn class_of(op: *mut ffi::PyObject) -> *mut ffi::PyTypeObject {
    // SAFETY: an object that is there. The class of an object of ours is never assigned, and the interpreter reads it
    // as plainly.
    unsafe { (*op).ob_type }
}

/// How many references an object had a moment ago, as `sys.getrefcount` tells.
pub fn count_of(ob: &Bound<'_, PyAny>) -> isize {
    // SAFETY: alive by the borrowed reference.
    unsafe { ffi::Py_REFCNT(ob.as_ptr()) }
}
