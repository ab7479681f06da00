//! Keeps daemon threads from stopping the world while a free-threaded 3.13 finalizes.
//! Upholds: stopping the world does not keep the interpreter from ending.
//!
//! There, a thread that waits to stop the world already holds the interpreter's lock for it (`stop_the_world` in
//! Python/pystate.c). When finalization has begun the wait ends the thread. The lock stays taken, and the last collection
//! waits for it without end. (`gc.freeze` in a daemon thread shows it without bowline. 3.14 is not affected.) So an `atexit`
//! handler shuts the gate and waits until no thread is inside.

use crate::interpreter::refcount::thread_id;
use crate::interpreter::{entry, fork};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

/// How many threads stop the world, or wait to.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
/// The thread that finalizes the interpreter; 0 before.
static CLOSER: AtomicUsize = AtomicUsize::new(0);

/// A thread that comes to a shut gate waits this long for finalization to begin. That ends the thread. It cannot wait without
/// end: an `atexit` handler that runs later may wait for it.
const MAX_WAIT: Duration = Duration::from_millis(200);

/// Leaves when dropped.
pub struct Inside(());

impl Drop for Inside {
    fn drop(&mut self) {
        // Release: with the Acquire load in `shut`. What this thread did under the lock is done.
        INSIDE.fetch_sub(1, Ordering::Release);
    }
}

/// Lets a thread stop the world until what this returns is dropped. On any attached thread; may detach for [`MAX_WAIT`], and
/// not return if finalization begins meanwhile.
///
/// # Safety
/// Attached.
pub unsafe fn enter() -> Inside {
    // SeqCst, here and in the next load, with the store and the load in `shut`. Either we see the gate shut, or it sees us
    // inside. Weaker: see src/sync/edges.md.
    INSIDE.fetch_add(1, Ordering::SeqCst);
    let inside = Inside(());
    let closer = CLOSER.load(Ordering::SeqCst);
    if closer == 0 || closer == thread_id() {
        return inside;
    }
    drop(inside);
    // SAFETY: attached, as `# Safety` says.
    unsafe { Python::assume_attached() }.detach(|| sleep(MAX_WAIT));
    INSIDE.fetch_add(1, Ordering::Relaxed); // the gate is not looked at any more
    Inside(())
}

/// Shuts the gate for every thread but this one, for good.
#[pyfunction]
#[guarded]
fn shut(py: Python<'_>) {
    // SeqCst, here and in the load: see `enter`. The load's Acquire pairs with the Release of `Inside`.
    CLOSER.store(thread_id(), Ordering::SeqCst);
    while INSIDE.load(Ordering::SeqCst) != 0 {
        py.detach(|| sleep(Duration::from_micros(100)));
    }
}

/// The threads that were inside are not in the child of a fork.
unsafe extern "C" fn forget() {
    INSIDE.store(0, Ordering::Relaxed); // the only thread
}

/// Opens the gate, to be shut at exit.
///
/// # Errors
/// Those of `atexit.register`; `OSError` if there is no memory for a hook.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    static CODE: OnceLock<i32> = OnceLock::new();
    fork::in_child(&CODE, forget)?;
    // Relaxed: no other thread has the module yet.
    CLOSER.store(0, Ordering::Relaxed); // an interpreter that starts in the process of another that ended
    let atexit = module.py().import("atexit")?;
    atexit.call_method1("register", (entry::function!(module, shut)?,))?;
    Ok(())
}
