//! What must be free in the child of a `fork`.
//! Imports the core's stripes.
//! Upholds: no stripe is held in a child, whatever threads without Python were doing in the parent.

use bowline::value::stripe::{hold_all, AllHeld};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::cell::Cell;

thread_local! {
    /// The stripes, from just before to just after a fork by this thread.
    static HELD: Cell<Option<AllHeld>> = const { Cell::new(None) };
}

extern "C" fn before() {
    HELD.set(Some(hold_all()));
}

extern "C" fn after() {
    HELD.set(None);
}

/// Asks for all stripes to be held by the thread that forks while it does.
///
/// The C library's hook, not `os.register_at_fork`: that one runs before a free-threaded interpreter stops the world for
/// the fork (`PyOS_BeforeFork` in Modules/posixmodule.c), which an attached thread that waits for a stripe would prevent.
/// This one runs after, when only threads without Python can hold a stripe, and they let go of it without help.
///
/// # Errors
/// `OSError` if there is no memory for the hook.
#[cfg(unix)]
pub fn install() -> PyResult<()> {
    use std::sync::OnceLock;
    // Hooks cannot be taken back, and the module can be initialised again.
    static CODE: OnceLock<i32> = OnceLock::new();
    // SAFETY: the two are functions of a module that is never unloaded.
    match *CODE.get_or_init(|| unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after)) }) {
        0 => Ok(()),
        code => Err(PyOSError::new_err((code, "pthread_atfork failed"))),
    }
}

/// There is no fork here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn install() -> PyResult<()> {
    Ok(())
}
