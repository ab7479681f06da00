//! What becomes of a thread that may not enter the interpreter any more. The interpreter is being finalized.
//! Upholds: such a thread ends, or stays where it is, without a word: it does not abort the process.
//!
//! Up to 3.13 CPython ends it with `pthread_exit` (`take_gil` in Python/ceval_gil.c), wherever it waits, and glibc does that by
//! unwinding the stack with `_Unwind_ForcedUnwind`. A Rust function that calls C as `extern "C"` says that nothing unwinds
//! there: the personality routine refuses, and glibc aborts the process. So build.rs puts a routine of ours before Rust's, for
//! every Rust frame of this module: under a finalizing interpreter it never returns. The thread stays where it is until the
//! process ends, as CPython itself has it since 3.14, and nothing on its stack is destroyed while another thread uses it.

use crate::interpreter::ffi::Py_IsFinalizing;
use std::ffi::{c_int, c_void};

/// `_UA_FORCE_UNWIND` of the Itanium C++ ABI for exception handling, as `<unwind.h>` has it.
const FORCE_UNWIND: c_int = 8;

extern "C" {
    /// Rust's own routine, by the name that the linker's `--wrap` gives it.
    fn __real_rust_eh_personality(
        version: c_int,
        actions: c_int,
        class: u64,
        exception: *mut c_void,
        context: *mut c_void,
    ) -> c_int;
}

/// The personality routine of the Rust frames of this module.
///
/// # Safety
/// Called by the unwinder, with its arguments.
#[no_mangle]
unsafe extern "C" fn __wrap_rust_eh_personality(
    version: c_int,
    actions: c_int,
    class: u64,
    exception: *mut c_void,
    context: *mut c_void,
) -> c_int {
    // SAFETY: may be asked at any time, on any thread.
    if actions & FORCE_UNWIND != 0 && unsafe { Py_IsFinalizing() } != 0 {
        loop {
            // SAFETY: waits for a signal.
            unsafe { libc::pause() };
        }
    }
    // SAFETY: the unwinder's arguments.
    unsafe { __real_rust_eh_personality(version, actions, class, exception, context) }
}
