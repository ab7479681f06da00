//! What must be free in the child of a `fork`.
//! Upholds: no stripe is held in a child and no thread is amid a read there, whatever threads without Python, or ones that let
//! go of the interpreter, were doing in the parent.

use bowline::reclaim;
use bowline::value::stripe::{hold_all, AllHeld};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::cell::Cell;
use std::sync::OnceLock;

thread_local! {
    /// The stripes, from just before to just after a fork by this thread.
    static HELD: Cell<Option<AllHeld>> = const { Cell::new(None) };
}

unsafe extern "C" fn before() {
    HELD.set(Some(hold_all()));
}

unsafe extern "C" fn parent() {
    HELD.set(None);
}

unsafe extern "C" fn child() {
    HELD.set(None);
    // SAFETY: the child has this thread only.
    unsafe { reclaim::after_fork() };
}

/// Asks for all stripes to be held by the thread that forks while it does.
///
/// The C library's hook, not `os.register_at_fork`: that one runs before a free-threaded interpreter stops the world for
/// the fork (`PyOS_BeforeFork` in Modules/posixmodule.c), which an attached thread that waits for a stripe would prevent.
/// This one runs after, when only threads without Python can hold a stripe, and they let go of it without help.
///
/// # Errors
/// `OSError` if there is no memory for the hook.
pub fn install() -> PyResult<()> {
    static CODE: OnceLock<i32> = OnceLock::new();
    // The collector is made now: no fork falls into that.
    drop(reclaim::pin());
    at_fork(&CODE, Some(before), Some(parent), Some(child))
}

/// Asks for `hook` to be called in the child of each fork.
///
/// # Errors
/// `OSError` if there is no memory for the hook.
#[cfg(all(Py_GIL_DISABLED, not(Py_3_14)))]
pub fn in_child(code: &OnceLock<i32>, hook: unsafe extern "C" fn()) -> PyResult<()> {
    at_fork(code, None, None, Some(hook))
}

type Hook = Option<unsafe extern "C" fn()>;

/// Asks for hooks, once. They cannot be taken back, and the module can be initialised again. What the C library said is kept
/// in `code`.
#[cfg(unix)]
fn at_fork(code: &OnceLock<i32>, before: Hook, parent: Hook, child: Hook) -> PyResult<()> {
    // SAFETY: functions of a module that is never unloaded.
    match *code.get_or_init(|| unsafe { libc::pthread_atfork(before, parent, child) }) {
        0 => Ok(()),
        code => {
            let reason = std::io::Error::from_raw_os_error(code);
            Err(PyOSError::new_err((code, format!("pthread_atfork failed: {reason}"))))
        }
    }
}

/// There is no fork here.
#[cfg(not(unix))]
fn at_fork(_: &OnceLock<i32>, _: Hook, _: Hook, _: Hook) -> PyResult<()> {
    Ok(())
}
