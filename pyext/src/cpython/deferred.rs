//! What Python must release, handed over by threads that may not touch Python.
//! Imports `attach` and pyo3::ffi.
//! Upholds P7: pushing is lock-free and allocates nothing of Python's; attached threads drain.

use super::attach::attached;
use bowline::sync::counter::{add, Event};
use pyo3::ffi;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Something owed to Python.
enum Debt {
    /// One count of an object.
    Count(*mut ffi::PyObject),
    /// The storage of a dead wrapper.
    Storage(*mut ffi::PyObject),
}

struct Node {
    debt: Debt,
    next: *mut Node,
}

/// A stack (R. K. Treiber, 1986) that is only ever emptied as a whole, so nodes are never compared after reuse.
static STACK: AtomicPtr<Node> = AtomicPtr::new(ptr::null_mut());

fn push(debt: Debt) {
    add(Event::Queued, 1);
    let node = Box::into_raw(Box::new(Node { debt, next: ptr::null_mut() }));
    let mut head = STACK.load(Ordering::Relaxed);
    loop {
        // SAFETY: not yet published.
        unsafe { (*node).next = head };
        // Release: pairs with the Acquire in `drain`. Carries: the node. Relaxed on failure: retried.
        match STACK.compare_exchange_weak(head, node, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => head = now,
        }
    }
}

/// Gives back one count of a Python object: now, if attached; else when an attached thread drains.
///
/// # Safety
/// The caller owns the count.
pub unsafe fn release(op: *mut ffi::PyObject) {
    if attached() {
        // SAFETY: attached, and the count is the caller's.
        unsafe { ffi::Py_DECREF(op) };
    } else {
        push(Debt::Count(op));
    }
}

/// Frees the storage of a dead wrapper: now, if attached; else when an attached thread drains.
///
/// # Safety
/// The storage is dead, untracked and the caller's alone.
pub unsafe fn free_storage(op: *mut ffi::PyObject) {
    if attached() {
        // SAFETY: attached; the rest is the caller's.
        unsafe { super::storage::free(op) };
    } else {
        push(Debt::Storage(op));
    }
}

/// Pays what is owed. Cheap when nothing is. May run user code.
///
/// # Safety
/// Attached, outside of any section.
#[inline]
pub unsafe fn drain() {
    // Relaxed: a hint; `drain_all` reads again.
    if !STACK.load(Ordering::Relaxed).is_null() {
        // SAFETY: handed on.
        unsafe { drain_all() };
    }
}

#[cold]
unsafe fn drain_all() {
    // Acquire: pairs with the Release in `push`.
    let mut node = STACK.swap(ptr::null_mut(), Ordering::Acquire);
    while !node.is_null() {
        // SAFETY: pushed by Box::into_raw, and taken by this thread alone.
        let Node { debt, next } = *unsafe { Box::from_raw(node) };
        add(Event::Queued, -1);
        // SAFETY: attached; what was pushed is owed once.
        unsafe {
            match debt {
                Debt::Count(op) => ffi::Py_DECREF(op),
                Debt::Storage(op) => super::storage::free(op),
            }
        }
        node = next;
    }
}
