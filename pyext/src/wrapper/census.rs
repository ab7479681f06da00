//! Counting wrappers, and freeing the storage of dormant ones.
//! Upholds: a visit sees only storages that cannot be freed meanwhile.

use crate::interpreter::{refcount, stop_the_world};
use crate::wrapper::host::CPython;
use crate::wrapper::layout::Wrapper;
use crate::wrapper::storage::STORAGES;
use crate::wrapper::{class_table, limbo, release_queue, storage};
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

/// What a wrapper is to Python.
enum Standing {
    /// Python holds it.
    Live,
    /// A lean one that is kept for its object's next fetch.
    Dormant,
    /// A rich one that is kept by its object.
    Preserved,
}

/// # Safety
/// Inside a visit.
unsafe fn standing(wrapper: NonNull<Wrapper>) -> Standing {
    let op = wrapper.as_ptr().cast::<ffi::PyObject>();
    // SAFETY: the storage exists during the visit, its class and its object's block with it.
    unsafe {
        if !class_table::is_rich(refcount::class_of(op)) {
            let dormant = ffi::Py_REFCNT(op) <= 0 && refcount::dormancy(op) == Dormancy::Dormant;
            return if dormant { Standing::Dormant } else { Standing::Live };
        }
        let handle = wrapper.as_ref().handle.read();
        let word = handle.object().filter(|_| !handle.is_alias()).and_then(|object| object::tie_word(object));
        let preserved = word.map(|word| word.observe()).is_some_and(|word| word.is_preserved() && word.ties(wrapper));
        match preserved && refcount::has_one_count(op) {
            true => Standing::Preserved,
            false => Standing::Live,
        }
    }
}

/// Calls `look` on all storages while no attached thread runs but this one. `look` must not touch Python.
fn visit<R>(look: impl FnMut(NonNull<Wrapper>) -> R, unkeep: impl FnMut(R)) {
    // SAFETY: attached.
    unsafe { stop_the_world::with_world_stopped(move || STORAGES.visit(look, unkeep)) }
}

/// Counts wrappers. Stops other threads for the time of a walk over all wrappers.
pub fn census(_: Python<'_>) -> Census {
    let mut census = Census::default();
    let count = |wrapper: NonNull<Wrapper>| {
        // SAFETY: inside a visit.
        unsafe {
            if matches!(standing(wrapper), Standing::Live) {
                census.live += 1;
            } else {
                census.inactive += 1;
                census.inactive_bytes += (*refcount::class_of(wrapper.as_ptr().cast())).tp_basicsize as usize;
            }
        }
        wrapper
    };
    visit(count, unkeep);
    census
}

/// The visitor's part of [`bowline::protocol::storage_table::StorageTable::leave`].
fn unkeep(wrapper: NonNull<Wrapper>) {
    // SAFETY: the object went during the visit and left us a weak count. Its pointer stays in the handle.
    unsafe {
        if let Some(object) = wrapper.as_ref().handle.read().retiree() {
            drop(WeakObj::<Object>::from_raw(object));
        }
    }
}

/// Frees the storage of all wrappers that are kept and know nothing; returns how many. Stops other threads once, for the time of
/// a walk.
pub fn trim(_: Python<'_>) -> usize {
    let in_limbo = limbo::take();
    let (mut objects, mut evicted) = (Vec::<Obj<Object>>::new(), Vec::new());
    let collect = |wrapper: NonNull<Wrapper>| {
        // SAFETY: inside a visit the storage, its handle and the object's block stay. No other attached thread runs.
        unsafe {
            let held = wrapper.as_ref().handle.read();
            if let Some(object) = held.object().filter(|_| !held.is_alias()) {
                match standing(wrapper) {
                    Standing::Live => {}
                    Standing::Dormant => {
                        // A dormant wrapper is a tied one, but look again.
                        if object.as_ref().header().counts().upgrade() {
                            objects.push(Obj::from_raw(object));
                            if object::tie_word(object).is_some() {
                                evicted.extend(
                                    protocol::evict(&CPython, object).inspect(|wrapper| storage::forget(*wrapper)),
                                );
                            }
                        }
                    }
                    Standing::Preserved => {
                        if protocol::evict_blank(&CPython, wrapper, object) {
                            storage::forget(wrapper);
                            evicted.push(wrapper);
                        }
                    }
                }
            }
        }
        wrapper
    };
    visit(collect, unkeep);
    limbo::leave(in_limbo);
    let count = evicted.len();
    for wrapper in evicted {
        let op = wrapper.as_ptr().cast::<ffi::PyObject>();
        // SAFETY: no word leads to it since no other thread was amid a verb. Its one count, or its death, is ours.
        unsafe {
            if class_table::is_rich(refcount::class_of(op)) {
                ffi::PyObject_GC_UnTrack(op.cast());
            }
            storage::free(op);
        }
    }
    drop(objects);
    // SAFETY: attached, outside of any section.
    unsafe { release_queue::drain() };
    count
}

/// Does the pending releases and empties limbo; whether there was anything. May run user code.
pub fn settle() -> bool {
    // SAFETY: attached, outside of any section.
    unsafe { release_queue::drain() | limbo::flush() }
}
