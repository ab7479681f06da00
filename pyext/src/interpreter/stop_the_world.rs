//! Stopping every other thread for a moment.
//! Upholds: what runs with the world stopped runs alone; stopping it does not keep the interpreter from ending.

#[cfg(Py_GIL_DISABLED)]
mod build {
    use crate::interpreter::ffi::PyUnstable_GC_VisitObjects;
    #[cfg(not(Py_3_14))]
    use crate::interpreter::finalize_gate;
    use pyo3::ffi;
    use std::ffi::{c_int, c_void};

    unsafe extern "C" fn run_once<F: FnOnce()>(_: *mut ffi::PyObject, arg: *mut c_void) -> c_int {
        // SAFETY: `arg` is the option that `with_world_stopped` passed.
        if let Some(run) = unsafe { (*arg.cast::<Option<F>>()).take() } {
            run();
        }
        0
    }

    /// Runs `run` while every other attached thread is stopped at a safe point. That is within a visit of the heap, for which
    /// the interpreter stops the world, and which ends at its first object.
    ///
    /// # Safety
    /// Attached. `run` touches nothing of Python's but memory, and does not panic.
    pub unsafe fn with_world_stopped<F: FnOnce()>(run: F) {
        #[cfg(not(Py_3_14))]
        // SAFETY: attached.
        let _inside = unsafe { finalize_gate::enter() };
        let mut run = Some(run);
        // SAFETY: attached; the option outlives the visit.
        unsafe { PyUnstable_GC_VisitObjects(run_once::<F>, (&raw mut run).cast()) };
    }

    /// Returns after every other attached thread has been at a safe point.
    ///
    /// # Safety
    /// Attached.
    pub unsafe fn all_threads_pass() {
        // SAFETY: attached; nothing is run that touches Python.
        unsafe { with_world_stopped(|| ()) }
    }
}

#[cfg(not(Py_GIL_DISABLED))]
mod build {
    /// Runs `run`; the GIL excludes other attached threads.
    ///
    /// # Safety
    /// The GIL is held, and `run` does not let go of it.
    pub unsafe fn with_world_stopped<F: FnOnce()>(run: F) {
        run();
    }

    /// Nothing to do: no other thread is amid a step.
    ///
    /// # Safety
    /// None.
    pub unsafe fn all_threads_pass() {}
}

pub use build::{all_threads_pass, with_world_stopped};
