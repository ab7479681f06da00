//! Whether the process has a single thread: then a read-modify-write need not be atomic, only done.
//! Imports std only.
//! Upholds: what is said while there is one thread is never acted on while there are two. Between the question and the last
//! store that rests on it nothing is called, so nothing starts a thread.
//!
//! A locked instruction costs some six nanoseconds even where nobody contends, and counting is most of what a short
//! operation does. glibc says from 2.32 on whether it has ever started a thread (manual, "Single-Threaded"; what its own
//! and libstdc++'s counting go by). Elsewhere, and in models, the answer is no.

#[cfg(not(any(bowline_loom, bowline_shuttle)))]
mod chosen {
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

    /// Whether the calling thread is the only one.
    #[inline(always)]
    pub fn alone() -> bool {
        // SAFETY: ours or the C library's, for ever. Relaxed, both: who is alone wrote it, or started no thread yet; who is
        // not reads false for good.
        unsafe { (*ANSWER.load(Ordering::Relaxed)).load(Ordering::Relaxed) != 0 }
    }
}

/// Models have threads.
#[cfg(any(bowline_loom, bowline_shuttle))]
mod chosen {
    pub fn ask() {}

    #[inline(always)]
    pub fn alone() -> bool {
        false
    }
}

pub use chosen::*;
