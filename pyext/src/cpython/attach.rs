//! Whether this thread may touch Python.
//! Imports pyo3::ffi only.
//! Upholds P7: never attaches, never blocks, gives the answer "no" on threads that Python does not know and after the
//! interpreter is gone.

use pyo3::ffi;

/// Whether the calling thread is attached to a live interpreter (holds the GIL, where there is one).
#[inline]
pub fn attached() -> bool {
    #[cfg(Py_3_12)]
    // SAFETY: reads a thread-local; valid at any time on any thread, also after finalization.
    unsafe {
        !ffi::compat::PyThreadState_GetUnchecked().is_null()
    }
    #[cfg(not(Py_3_12))]
    // Before 3.12 the current thread state is one global: it is ours only if it is also this thread's own.
    // SAFETY: both read globals; the first is null on unknown threads and after finalization.
    unsafe {
        let own = ffi::PyGILState_GetThisThreadState();
        !own.is_null() && own == ffi::compat::PyThreadState_GetUnchecked()
    }
}

/// Whether Python knows the calling thread: it is attached, or was and will be again.
pub fn known() -> bool {
    // SAFETY: reads thread-specific storage; null on unknown threads and after finalization.
    unsafe { !ffi::PyGILState_GetThisThreadState().is_null() }
}
