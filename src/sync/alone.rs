//! Whether the process has a single thread: then a read-modify-write need not be atomic, only done.
//! Imports std and libloading: no model has to explore what one thread does.
//! Upholds: what is said while there is one thread is never acted on while there are two. Between the question and the last
//! access that rests on it nothing is called that could start a thread.
//!
//! A locked instruction costs some six nanoseconds even where nobody contends, and counting is most of what a short
//! operation does. glibc says from 2.32 on whether it has ever started a thread (its manual, "Single-Threaded"), which its own
//! and libstdc++'s counting go by. Elsewhere, and in models, the answer is no.

use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

/// What glibc's variable would say of a process with threads.
static THREADS: AtomicU8 = AtomicU8::new(0);

/// Where the answer is.
static ANSWER: AtomicPtr<AtomicU8> = AtomicPtr::new((&raw const THREADS).cast_mut());

/// Looks for the C library's answer. Until then there may be threads. The extension asks when it is imported; a program in
/// Rust may ask when it begins.
pub fn ask() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let process = libloading::os::unix::Library::this();
        // SAFETY: the variable is a char.
        if let Ok(answer) = unsafe { process.get::<*mut AtomicU8>(b"__libc_single_threaded\0") } {
            // Relaxed: the variable was there before, and lives as long as the process.
            ANSWER.store(*answer, Ordering::Relaxed);
        }
    }
}

/// Whether the calling thread is the only one. Once false, it stays so.
#[inline(always)]
pub fn alone() -> bool {
    if cfg!(any(bowline_loom, bowline_shuttle)) {
        return false;
    }
    // SAFETY: ours or the C library's, for ever. Relaxed, both: who is alone wrote it, or started no thread yet; who is not
    // reads false for good, since whoever started it was told before it began.
    unsafe { (*ANSWER.load(Ordering::Relaxed)).load(Ordering::Relaxed) != 0 }
}
