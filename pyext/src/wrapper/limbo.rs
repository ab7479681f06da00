//! Things that wait until every attached thread has passed a safe point.
//! Upholds P10: what enters limbo leaves it after a moment at which no thread was inside a section or before a pending
//! dealloc. On CPython 3.14 and later no thread waits for that moment, but at the end of a collection (`flush`).

use crate::interpreter::{refcount, stop_the_world};
use crate::wrapper::release_queue;
use crate::wrapper::retired::{Batch, Retired};
use bowline::sync::single_threaded::single_threaded;
use std::sync::Arc;

/// Enters limbo; where no other thread can be amid a step, leaves it at once. May run user code.
///
/// # Safety
/// Attached, outside of any section; what it names is the caller's.
pub unsafe fn enter(retired: Retired) {
    // What the trashcan had is in CPython's hands still.
    let waits = match retired {
        Retired::Deposited(_) => refcount::FREE_THREADED,
        _ => refcount::FREE_THREADED && !single_threaded(),
    };
    // SAFETY: attached, outside of any section.
    unsafe {
        match waits {
            false => retired.end(),
            true => {
                grace::enter(retired);
                release_queue::drain();
            }
        }
    }
}

/// All that is in limbo, for one who stops the world next. It must go to [`leave`] after that.
#[must_use]
pub fn take() -> Vec<Retired> {
    grace::take()
}

/// Hands what was in limbo before a stop of the world to the next drain.
pub fn leave(mut all: Vec<Retired>) {
    let batch = Batch::new();
    batch.append(&mut all);
    release_queue::leave_batch(Arc::new(batch));
}

/// Stops the world for a moment and settles all that was in limbo before. Tells whether there was anything. May run user code.
///
/// # Safety
/// Attached, outside of any section.
pub unsafe fn flush() -> bool {
    let all = take();
    if all.is_empty() {
        return false;
    }
    // SAFETY: attached; after the stop no step is pending that began before they were taken.
    unsafe {
        stop_the_world::all_threads_pass();
        leave(all);
        release_queue::drain();
    }
    true
}

/// Grace periods of CPython's. An object whose count is given back by `_PyObject_XDecRefDelayed` dies when every attached thread
/// has passed a safe point (Python/qsbr.c, Objects/obmalloc.c). Such a *ticket* stands for a batch of a thread's.
#[cfg(all(Py_GIL_DISABLED, Py_3_14))]
mod grace {
    use crate::interpreter::ffi::_PyObject_XDecRefDelayed;
    use crate::wrapper::release_queue;
    use crate::wrapper::retired::{Batch, Retired};
    use bowline::sync::global::Mutex;
    use pyo3::ffi;
    use std::cell::Cell;
    use std::ptr::null;
    use std::sync::Arc;

    /// So many have a ticket. It costs about what ten moves do, and CPython looks after some two hundred tickets.
    const FULL: usize = 64;

    /// Batches that threads fill, and those with a ticket.
    static BATCHES: Mutex<Vec<Arc<Batch>>> = Mutex::new(Vec::new());
    /// What threads left that ended before their batch was full.
    static ORPHANS: Mutex<Vec<Retired>> = Mutex::new(Vec::new());

    /// The batch that a thread fills.
    struct Own(Cell<Option<Arc<Batch>>>);

    thread_local!(static OWN: Own = const { Own(Cell::new(None)) });

    impl Drop for Own {
        fn drop(&mut self) {
            if let Some(batch) = self.0.take() {
                lock(&ORPHANS).append(&mut batch.take());
            }
        }
    }

    fn lock<T>(list: &Mutex<Vec<T>>) -> bowline::sync::global::MutexGuard<'_, Vec<T>> {
        list.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// # Safety
    /// Attached, outside of any section.
    pub unsafe fn enter(retired: Retired) {
        let Ok(own) = OWN.try_with(|own| own.0.take()) else {
            return lock(&ORPHANS).push(retired);
        };
        let batch = own.unwrap_or_else(|| {
            let fresh = Arc::new(Batch::new());
            fresh.append(&mut lock(&ORPHANS));
            let mut batches = lock(&BATCHES);
            // Some have no ticket, for want of memory.
            batches.retain(|batch| Arc::strong_count(batch) > 1 || batch.len() > 0);
            batches.push(fresh.clone());
            fresh
        });
        match batch.push(retired) < FULL {
            true => OWN.with(|own| own.0.set(Some(batch))),
            // SAFETY: as `# Safety` says; no lock is held.
            false => unsafe { begin(batch) },
        }
    }

    /// The end of a ticket. It may come amid anything that CPython does, so that no user code runs here.
    unsafe extern "C" fn over(ticket: *mut ffi::PyObject) {
        // SAFETY: the pointer that `begin` gave to the capsule, used once.
        release_queue::leave_batch(unsafe { Arc::from_raw(ffi::PyCapsule_GetPointer(ticket, null()).cast()) });
    }

    /// Lets a batch leave after a grace period. Without memory for a ticket it waits for a stop of the world.
    ///
    /// # Safety
    /// Attached, outside of any section.
    unsafe fn begin(batch: Arc<Batch>) {
        let pointer = Arc::into_raw(batch);
        // SAFETY: attached; the ticket is ours, and its count goes to the delayed queue.
        unsafe {
            let ticket = ffi::PyCapsule_New(pointer.cast_mut().cast(), null(), Some(over));
            if ticket.is_null() {
                ffi::PyErr_Clear();
                return drop(Arc::from_raw(pointer));
            }
            _PyObject_XDecRefDelayed(ticket);
        }
    }

    /// See [`super::take`].
    pub fn take() -> Vec<Retired> {
        let mut all = std::mem::take(&mut *lock(&ORPHANS));
        let mut batches = lock(&BATCHES);
        batches.iter().for_each(|batch| all.append(&mut batch.take()));
        batches.retain(|batch| Arc::strong_count(batch) > 1);
        all
    }
}

/// Stops of the world, for CPython 3.13 has nothing else. There is one for as many in limbo as an eighth of all wrappers, so
/// that each costs a constant part of one.
#[cfg(not(all(Py_GIL_DISABLED, Py_3_14)))]
mod grace {
    use crate::interpreter::stop_the_world;
    use crate::wrapper::retired::{Batch, Retired};
    use crate::wrapper::storage::STORAGES;

    /// At least so many are worth a stop.
    const WORTH_A_STOP: usize = 4096;

    static WAITING: Batch = Batch::new();

    /// # Safety
    /// Attached, outside of any section.
    pub unsafe fn enter(retired: Retired) {
        if WAITING.push(retired) < WORTH_A_STOP.max(STORAGES.reserved() / 8) {
            return;
        }
        let all = take();
        // SAFETY: attached; after the stop no step is pending that began before.
        unsafe { stop_the_world::all_threads_pass() };
        super::leave(all);
    }

    /// See [`super::take`].
    pub fn take() -> Vec<Retired> {
        WAITING.take()
    }
}
