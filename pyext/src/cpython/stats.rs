//! Counting wrappers, and freeing the storage of dormant ones.
//! Imports the ledger, limbo and the host.
//! Upholds: a visit sees only storages that cannot be freed meanwhile.

use super::host::CPython;
use super::storage::LEDGER;
use super::wrapper::Wrapper;
use super::{class, deferred, limbo, refcount, world};
use bowline::object::{self, Obj, Object, WeakObj};
use bowline::protocol::{self, Dormancy};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::NonNull;

/// What a census found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Census {
    /// Wrappers that Python code holds.
    pub live: usize,
    /// Wrappers whose storage is kept for their object's next fetch.
    pub inactive: usize,
    /// Bytes of those, as asked of the allocator.
    pub inactive_bytes: usize,
}

unsafe fn is_dormant(wrapper: NonNull<Wrapper>) -> bool {
    let op = wrapper.as_ptr().cast::<ffi::PyObject>();
    // SAFETY: the storage exists during the visit, its class with it.
    unsafe {
        ffi::Py_REFCNT(op) <= 0
            && matches!(refcount::dormancy(op, class::is_rich(refcount::class_of(op))), Dormancy::Dormant(_))
    }
}

/// Calls `look` on all storages while no attached thread runs but this one. `look` must not touch Python.
fn visit<R>(look: impl FnMut(NonNull<Wrapper>) -> R, unkeep: impl FnMut(R)) {
    // SAFETY: attached.
    unsafe { world::with_world_stopped(move || LEDGER.visit(look, unkeep)) }
}

/// Counts wrappers. Stops other threads for the time of a walk over all wrappers.
pub fn census(_: Python<'_>) -> Census {
    let mut census = Census::default();
    let count = |wrapper: NonNull<Wrapper>| {
        // SAFETY: inside a visit.
        unsafe {
            if is_dormant(wrapper) {
                census.inactive += 1;
                census.inactive_bytes += wrapper.as_ref().size.load(std::sync::atomic::Ordering::Relaxed) as usize;
            } else {
                census.live += 1;
            }
        }
        wrapper
    };
    visit(count, unkeep);
    census
}

/// The visitor's part of [`bowline::protocol::ledger::Ledger::leave`].
fn unkeep(wrapper: NonNull<Wrapper>) {
    // SAFETY: the object went during the visit and left us a weak count; its pointer stays in the handle.
    unsafe {
        if let Some(object) = wrapper.as_ref().handle.read().retiree() {
            drop(WeakObj::<Object>::from_raw(object));
        }
    }
}

/// Frees the storage of all dormant wrappers; returns how many. Stops other threads for the time of a walk.
pub fn trim(_: Python<'_>) -> usize {
    let mut objects: Vec<Obj<Object>> = Vec::new();
    let collect = |wrapper: NonNull<Wrapper>| {
        // SAFETY: inside a visit: the storage, its handle and the object's block stay.
        unsafe {
            let held = wrapper.as_ref().handle.read();
            if let (Some(object), false, true) = (held.object(), held.is_alias(), is_dormant(wrapper)) {
                if object.as_ref().header().counts().upgrade() {
                    objects.push(Obj::from_raw(object));
                }
            }
        }
        wrapper
    };
    visit(collect, unkeep);
    let evicted = objects.iter().filter(|object| {
        let raw = object.as_raw();
        // SAFETY: we own a count; a dormant wrapper is a tied one, but look again.
        unsafe { object::tie_word(raw).is_some() && protocol::evict(&CPython, raw) }
    });
    let evicted = evicted.count();
    drop(objects);
    settle();
    evicted
}

/// Pays what is owed to Python and empties limbo. May run user code.
pub fn settle() {
    // SAFETY: attached, outside of any section.
    unsafe {
        deferred::drain();
        limbo::flush();
    }
}
