//! Stopping every other thread for a moment.
//! Imports pyo3, `gate`.
//! Upholds: what runs with the world stopped runs alone; stopping it does not keep the interpreter from ending.

#[cfg(Py_GIL_DISABLED)]
mod build {
    #[cfg(not(Py_3_14))]
    use super::super::gate;
    use pyo3::ffi;
    use std::ffi::{c_int, c_void};

    extern "C" {
        fn PyUnstable_GC_VisitObjects(
            callback: unsafe extern "C" fn(*mut ffi::PyObject, *mut c_void) -> c_int,
            arg: *mut c_void,
        );
    }

    unsafe extern "C" fn run_once<F: FnOnce()>(_: *mut ffi::PyObject, arg: *mut c_void) -> c_int {
        // SAFETY: `arg` is the option that `with_world_stopped` passed.
        if let Some(run) = unsafe { (*arg.cast::<Option<F>>()).take() } {
            run();
        }
        0
    }

    /// Runs `run` while every other attached thread is stopped at a safe point: within a visit of the heap, for which
    /// the interpreter stops the world, and which ends at its first object.
    ///
    /// # Safety
    /// Attached. `run` touches nothing of Python's but memory, and does not panic.
    pub unsafe fn with_world_stopped<F: FnOnce()>(run: F) {
        #[cfg(not(Py_3_14))]
        // SAFETY: attached.
        let _inside = unsafe { gate::enter() };
        let mut run = Some(run);
        // SAFETY: attached; the option outlives the visit.
        unsafe { PyUnstable_GC_VisitObjects(run_once::<F>, (&raw mut run).cast()) };
    }

    /// Whether stopping the world is sure to come to an end: not in the child of a fork of 3.13t. What can be left, is then.
    pub fn stops_surely() -> bool {
        #[cfg(not(Py_3_14))]
        return gate::is_sure();
        #[cfg(Py_3_14)]
        true
    }

    /// Returns after every other attached thread has been at a safe point.
    ///
    /// # Safety
    /// Attached.
    pub unsafe fn all_threads_pass() {
        // SAFETY: handed on.
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

    /// There is nobody to wait for.
    pub fn stops_surely() -> bool {
        true
    }

    /// Nothing to do: no other thread is amid a step.
    ///
    /// # Safety
    /// None.
    pub unsafe fn all_threads_pass() {}
}

pub use build::{all_threads_pass, stops_surely, with_world_stopped};
