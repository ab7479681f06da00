//! Whether this thread may touch Python, and how native code comes back to it.
//! Upholds P7: the questions never attach, never block, give the answer "no" on threads that Python does not know and after the
//! interpreter is gone.

use bowline::function::serial;
use pyo3::prelude::*;
use pyo3::{ffi, Python};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the calling thread is attached to a live interpreter. With a GIL, that means holding it.
#[inline]
pub fn attached() -> bool {
    #[cfg(Py_3_12)]
    // SAFETY: reads a thread-local; valid at any time on any thread, also after finalization.
    unsafe {
        !ffi::compat::PyThreadState_GetUnchecked().is_null()
    }
    #[cfg(not(Py_3_12))]
    // Before 3.12 the current thread state is one global. It is ours only if it is also this thread's own.
    // SAFETY: both read globals; the first is null on unknown threads and after finalization.
    unsafe {
        let own = ffi::PyGILState_GetThisThreadState();
        !own.is_null() && own == ffi::compat::PyThreadState_GetUnchecked()
    }
}

/// Whether Python knows the calling thread: it is attached, or was and will be again.
pub fn known() -> bool {
    // SAFETY: reads thread-specific storage; null on unknown threads and after finalization.
    unsafe { !ffi::PyGILState_GetThisThreadState().is_null() }
}

/// Whether the interpreter has ended, with all that it collects.
static GONE: AtomicBool = AtomicBool::new(false);

/// Whether there is no interpreter any more: nothing of Python's will be looked at again. Not yet while one is being finalized, whose
/// collector runs once more.
pub fn is_gone() -> bool {
    // Acquire: pairs with the Release in `note_end`. Carries: the last collection's looks at objects.
    GONE.load(Ordering::Acquire)
}

/// Called at the very end of the finalization (`call_ll_exitfuncs` in Python/pylifecycle.c).
extern "C" fn note_end() {
    // Release: pairs with the Acquire in `is_gone`.
    GONE.store(true, Ordering::Release);
}

/// Has itself told when the interpreter ends. Without a place for that it never has ended.
pub fn install(_py: Python<'_>) -> PyResult<()> {
    #[cfg(Py_3_15)]
    entry::install(_py)?;
    // Relaxed: an interpreter that starts in the process of another that ended. No other thread has the module yet.
    GONE.store(false, Ordering::Relaxed);
    // SAFETY: attached: the module is being initialised.
    unsafe { ffi::Py_AtExit(Some(note_end)) };
    serial::set_wait(wait_detached);
    Ok(())
}

/// Runs Python code for native code, on any thread: outside of the locks of libraries. None without an interpreter.
pub fn with_python<R>(run: impl for<'py> FnOnce(Python<'py>) -> R) -> Option<R> {
    let _outside = serial::leave();
    #[cfg(Py_3_15)]
    let _entry = match attached() {
        true => None,
        false => Some(entry::enter()?),
    };
    Python::try_attach(run)
}

/// How a thread comes in while the interpreter may be ending. PEP 788 says it, which CPython has from 3.15 on. Before, a thread that
/// asks first may still hang in the attachment that follows.
#[cfg(Py_3_15)]
mod entry {
    use crate::interpreter::ffi::{PyInterpreterView_FromCurrent, PyThreadState_EnsureFromView, PyThreadState_Release};
    use pyo3::prelude::*;
    use std::ffi::c_void;
    use std::ptr::{null_mut, NonNull};
    use std::sync::atomic::{AtomicPtr, Ordering};

    /// The interpreter that the module was imported by. It is looked at for as long as the process lives.
    static VIEW: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

    /// Takes the view.
    pub fn install(py: Python<'_>) -> PyResult<()> {
        // SAFETY: attached.
        let view = unsafe { PyInterpreterView_FromCurrent() };
        if view.is_null() {
            return Err(PyErr::fetch(py));
        }
        // Relaxed: see `enter`.
        VIEW.store(view, Ordering::Relaxed);
        Ok(())
    }

    /// An attachment, which ends with it.
    pub struct Attached(NonNull<c_void>);

    impl Drop for Attached {
        fn drop(&mut self) {
            // SAFETY: the token of this thread's attachment, given back once; a `NonNull` stays with its thread.
            unsafe { PyThreadState_Release(self.0.as_ptr()) };
        }
    }

    /// Attaches the thread, unless the interpreter ends.
    pub fn enter() -> Option<Attached> {
        // Relaxed: the thread got what it calls from one that has seen the module initialised.
        let view = NonNull::new(VIEW.load(Ordering::Relaxed))?;
        // SAFETY: a view, which nothing closes.
        NonNull::new(unsafe { PyThreadState_EnsureFromView(view.as_ptr()) }).map(Attached)
    }
}

/// Waits for the lock of a library while others run Python.
fn wait_detached(wait: &mut dyn FnMut()) {
    struct Waits<'a>(&'a mut dyn FnMut());
    // SAFETY: the wait is that of a lock of the core, which touches nothing of Python's.
    unsafe impl Send for Waits<'_> {}
    match attached() {
        // SAFETY: just asked.
        true => unsafe { Python::assume_attached() }.detach({
            let waits = Waits(wait);
            move || {
                let Waits(wait) = { waits };
                wait();
            }
        }),
        false => wait(),
    }
}
