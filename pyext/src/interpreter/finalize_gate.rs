//! Keeps daemon threads from stopping the world while a free-threaded 3.13 finalizes.
//! Upholds: stopping the world does not keep the interpreter from ending.
//!
//! There, a thread that waits to stop the world already holds the interpreter's lock for it (`stop_the_world` in
//! Python/pystate.c). When finalization has begun the wait ends the thread. The lock stays taken, and the last collection
//! waits for it without end. (`gc.freeze` in a daemon thread shows it without bowline. 3.14 is not affected.) So an `atexit`
//! handler shuts the gate and waits until no thread is inside. The gate itself is the core's: `bowline::sync::global::gate`.

use crate::interpreter::refcount::thread_id;
use crate::interpreter::{entry, fork};
use bowline::sync::global::gate::Gate;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

/// Inside are the threads that stop the world, or wait to. The thread that finalizes the interpreter shuts it.
static GATE: Gate = Gate::new();

/// A thread that comes to a shut gate waits this long for finalization to begin. That ends the thread. It cannot wait without
/// end: an `atexit` handler that runs later may wait for it.
const MAX_WAIT: Duration = Duration::from_millis(200);

/// Leaves when dropped.
pub struct Inside(());

impl Drop for Inside {
    fn drop(&mut self) {
        GATE.leave();
    }
}

/// Lets a thread stop the world until what this returns is dropped. On any attached thread; may detach for [`MAX_WAIT`], and
/// not return if finalization begins meanwhile.
///
/// # Safety
/// Attached.
pub unsafe fn enter() -> Inside {
    if GATE.enter(thread_id()) {
        return Inside(());
    }
    // SAFETY: attached, as `# Safety` says.
    unsafe { Python::assume_attached() }.detach(|| sleep(MAX_WAIT));
    GATE.enter_nevertheless();
    Inside(())
}

/// Shuts the gate for every thread but this one, for good.
#[pyfunction]
#[guarded]
fn shut(py: Python<'_>) {
    GATE.shut(thread_id());
    while !GATE.is_empty() {
        py.detach(|| sleep(Duration::from_micros(100)));
    }
}

/// The threads that were inside are not in the child of a fork.
unsafe extern "C" fn forget() {
    GATE.forget_inside();
}

/// Opens the gate, to be shut at exit.
///
/// # Errors
/// Those of `atexit.register`; `OSError` if there is no memory for a hook.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    static CODE: OnceLock<i32> = OnceLock::new();
    fork::in_child(&CODE, forget)?;
    // An interpreter may start in the process of another that ended. No other thread has the module yet.
    GATE.open();
    let atexit = module.py().import("atexit")?;
    atexit.call_method1("register", (entry::function!(module, shut)?,))?;
    Ok(())
}
