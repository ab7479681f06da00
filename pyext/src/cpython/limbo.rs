//! Things that wait until every attached thread has passed a safe point.
//! Imports `refcount`, `storage`, `attach`.
//! Upholds: what enters limbo leaves it after a moment at which no thread was inside a section or before a pending
//! dealloc of a lean wrapper.

use super::wrapper::Wrapper;
use super::{refcount, storage, world};
use bowline::object::Object;
use bowline::sync::global::Mutex;
use pyo3::ffi;
use std::ptr::NonNull;

/// One thing in limbo.
pub enum Soul {
    /// The storage of a wrapper that racing readers may still look at.
    Storage(NonNull<Wrapper>),
    /// A wrapper that was moved from: one count of it, and one of the object it held if other threads knew the wrapper.
    Moved(NonNull<Wrapper>, Option<NonNull<Object>>),
}

// SAFETY: pointers whose ownership travels with the value.
unsafe impl Send for Soul {}

/// So many souls make a stop of the world worth its price.
const CROWD: usize = 512;

static LIMBO: Mutex<Vec<Soul>> = Mutex::new(Vec::new());

/// Enters limbo; with the GIL, where nobody can be amid a step, leaves it at once.
///
/// # Safety
/// Attached, outside of any section; what the soul names is the caller's.
pub unsafe fn enter(soul: Soul) {
    if !refcount::FREE_THREADED {
        // SAFETY: no other thread is amid a step.
        return unsafe { leave(soul) };
    }
    if let Soul::Storage(wrapper) = soul {
        // SAFETY: the storage is ours.
        unsafe { storage::forget(wrapper) };
    }
    let crowded = {
        let mut limbo = LIMBO.lock().unwrap_or_else(|e| e.into_inner());
        limbo.push(soul);
        limbo.len() >= CROWD
    };
    if crowded {
        // SAFETY: attached, outside of any section.
        unsafe { flush() };
    }
}

/// Stops the world for a moment and settles all that was in limbo before. May run user code.
///
/// # Safety
/// Attached, outside of any section.
pub unsafe fn flush() {
    let souls = std::mem::take(&mut *LIMBO.lock().unwrap_or_else(|e| e.into_inner()));
    if souls.is_empty() {
        return;
    }
    // SAFETY: attached; after this call no step is pending that began before the souls were taken.
    unsafe { world::all_threads_pass() };
    for soul in souls {
        // SAFETY: see above.
        unsafe { leave(soul) };
    }
}

unsafe fn leave(soul: Soul) {
    // SAFETY: attached, and nobody is amid a step any more.
    unsafe {
        match soul {
            Soul::Storage(wrapper) => storage::free(wrapper.as_ptr().cast()),
            Soul::Moved(wrapper, object) => {
                wrapper.as_ref().handle.clear_moved();
                ffi::Py_DECREF(wrapper.as_ptr().cast());
                if let Some(object) = object {
                    bowline::object::release(object);
                }
            }
        }
    }
}
