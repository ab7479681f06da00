//! What Python must release, handed over by threads that may not touch Python.
//! Upholds P7: pushing is lock-free and allocates nothing of Python's; attached threads drain. A finalizer that takes its time
//! keeps no other thread from draining.

use crate::interpreter::attach::attached;
use crate::interpreter::trampoline::unraisable;
use crate::wrapper::retired::Batch;
use bowline::object::Object;
use bowline::reclaim::Queue;
use bowline::sync::counter::{add, Event};
use bowline::tensor::dlpack::Managed;
use pyo3::ffi;
use std::cell::Cell;
#[cfg(not(Py_3_12))]
use std::ptr::null_mut;
use std::ptr::NonNull;
use std::sync::Arc;

/// A release that takes an attached thread.
enum PendingRelease {
    /// One count of an object.
    Count(*mut ffi::PyObject),
    /// The storage of a dead wrapper.
    Storage(*mut ffi::PyObject),
    /// The end of a tensor that another library manages.
    Tensor(Managed),
    /// The last count of an object whose wrapper is preserved, and what ends both.
    Ending(NonNull<Object>, unsafe fn(NonNull<Object>)),
    /// What came out of limbo.
    Batch(Arc<Batch>),
}

// SAFETY: pointers whose ownership travels with the value.
unsafe impl Send for PendingRelease {}

static RELEASES: Queue<PendingRelease> = Queue::new();

#[cold]
#[inline(never)]
fn push(release: PendingRelease) {
    add(Event::Queued, 1);
    RELEASES.push(release);
}

/// Gives back one count of a Python object. That is now, if attached; else when an attached thread drains.
///
/// # Safety
/// The caller owns the count.
#[inline(never)]
pub unsafe fn release(op: *mut ffi::PyObject) {
    if attached() {
        // SAFETY: attached, and the count is the caller's.
        unsafe { ffi::Py_DECREF(op) };
    } else {
        push(PendingRelease::Count(op));
    }
}

/// Frees the storage of a dead wrapper. That is now, if attached; else when an attached thread drains.
///
/// # Safety
/// The storage is dead, untracked and the caller's alone.
pub unsafe fn free_storage(op: *mut ffi::PyObject) {
    if attached() {
        // SAFETY: attached; the rest is the caller's.
        unsafe { crate::wrapper::storage::free(op) };
    } else {
        push(PendingRelease::Storage(op));
    }
}

/// Ends a tensor that another library manages, perhaps in Python. That is now, if attached; else when an attached thread
/// drains.
///
/// # Safety
/// The caller gives the tensor up.
pub unsafe fn delete(tensor: Managed) {
    if attached() {
        // SAFETY: attached; the rest is the caller's.
        unsafe { end(tensor) };
    } else {
        push(PendingRelease::Tensor(tensor));
    }
}

/// Runs a deleter. It may be Python code, which begins without an exception and leaves none; the one that is pending while
/// an argument of a failed call is released must not get lost there.
///
/// # Safety
/// Attached; as for [`delete`].
unsafe fn end(tensor: Managed) {
    // SAFETY: attached; what was fetched is restored; the rest is the caller's.
    unsafe {
        #[cfg(Py_3_12)]
        {
            let pending = ffi::PyErr_GetRaisedException();
            tensor.delete();
            ffi::PyErr_SetRaisedException(pending);
        }
        #[cfg(not(Py_3_12))]
        {
            let (mut class, mut value, mut traceback) = (null_mut(), null_mut(), null_mut());
            ffi::PyErr_Fetch(&mut class, &mut value, &mut traceback);
            tensor.delete();
            ffi::PyErr_Restore(class, value, traceback);
        }
    }
}

/// Leaves the end of an object, with its wrapper, to the thread that drains next. That one calls `end`.
///
/// # Safety
/// The count is the caller's, and the object's word named a preserved wrapper.
pub unsafe fn leave_ending(object: NonNull<Object>, end: unsafe fn(NonNull<Object>)) {
    push(PendingRelease::Ending(object, end));
}

/// Leaves a batch that came out of limbo to those who drain next.
pub fn leave_batch(batch: Arc<Batch>) {
    if batch.len() > 0 {
        push(PendingRelease::Batch(batch));
    }
}

/// Does the pending releases; whether there were any. Cheap when there are none. May run user code.
///
/// # Safety
/// Attached, outside of any section.
#[inline]
pub unsafe fn drain() -> bool {
    // SAFETY: attached, outside of any section.
    !RELEASES.is_empty() && unsafe { drain_all() }
}

/// One by one: what a thread has in hand no other can release. A finalizer that comes here in turn leaves the rest to the drain
/// that it is part of, since finalizers must not nest without end.
#[cold]
unsafe fn drain_all() -> bool {
    thread_local!(static DRAINS: Cell<bool> = const { Cell::new(false) });
    struct Drain;
    impl Drop for Drain {
        fn drop(&mut self) {
            DRAINS.set(false);
        }
    }
    if DRAINS.replace(true) {
        return false;
    }
    let _drain = Drain;
    let mut drained = false;
    while let Some(release) = RELEASES.pop() {
        add(Event::Queued, -1);
        drained = true;
        // SAFETY: attached; what was pushed is released once.
        unsafe {
            match release {
                PendingRelease::Count(op) => ffi::Py_DECREF(op),
                PendingRelease::Storage(op) => crate::wrapper::storage::free(op),
                PendingRelease::Ending(object, end) => unraisable(|| end(object)),
                PendingRelease::Tensor(tensor) => unraisable(|| end(tensor)),
                PendingRelease::Batch(batch) => {
                    // Others may take from it meanwhile.
                    if batch.len() > 1 {
                        push(PendingRelease::Batch(batch.clone()));
                    }
                    while let Some(one) = batch.pop() {
                        // A panic holds back neither others nor the caller, who may be amid a verb.
                        unraisable(|| one.end());
                    }
                }
            }
        }
    }
    drained
}
