//! A header that no thread can count for a moment. Meanwhile what a rich wrapper knows is taken out of it.
//! Upholds: a count that is taken before keeps that from beginning; who comes meanwhile is told.

#[cfg(Py_GIL_DISABLED)]
mod build {
    use crate::interpreter::refcount::biased::{shared, MERGED, ONE, REFUSED};
    use pyo3::ffi;
    use std::sync::atomic::Ordering;

    /// Only the caller's count → not to be counted by any thread, of a rich wrapper. Ended by [`end_forget`].
    ///
    /// # Safety
    /// The caller owns a count.
    pub unsafe fn begin_forget(op: *mut ffi::PyObject) -> bool {
        // Acquire: pairs with the last counts of others given back. It carries what they did to the attributes.
        // SAFETY: alive by the caller's count.
        unsafe { shared(op) }.compare_exchange(ONE | MERGED, REFUSED, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Whether a thread is between [`begin_forget`] and [`end_forget`].
    ///
    /// # Safety
    /// The caller has what will be a count.
    #[inline]
    pub unsafe fn is_forgetting(op: *mut ffi::PyObject) -> bool {
        // Acquire: pairs with `end_forget`.
        // SAFETY: alive, or about to be.
        unsafe { shared(op) }.load(Ordering::Acquire) == REFUSED
    }

    /// The reverse.
    ///
    /// # Safety
    /// After [`begin_forget`], by the same thread.
    pub unsafe fn end_forget(op: *mut ffi::PyObject) {
        // Release: pairs with `try_incref`, and carries the empty attributes.
        // SAFETY: alive by the caller's count, taken in `begin_forget`.
        unsafe { shared(op) }.store(ONE | MERGED, Ordering::Release);
    }
}

#[cfg(not(Py_GIL_DISABLED))]
mod build {
    use pyo3::ffi;

    /// Whether the caller has the only count. Until [`end_forget`] no other thread runs.
    ///
    /// # Safety
    /// The caller owns a count.
    pub unsafe fn begin_forget(op: *mut ffi::PyObject) -> bool {
        // SAFETY: alive, and the GIL is held.
        unsafe { ffi::Py_REFCNT(op) == 1 }
    }

    /// No other thread runs amid that.
    ///
    /// # Safety
    /// None.
    pub unsafe fn is_forgetting(_: *mut ffi::PyObject) -> bool {
        false
    }

    /// The reverse.
    ///
    /// # Safety
    /// None.
    pub unsafe fn end_forget(_: *mut ffi::PyObject) {}
}

pub use build::{begin_forget, end_forget, is_forgetting};
