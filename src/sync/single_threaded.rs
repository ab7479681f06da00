//! Is the process single-threaded? Then a read-modify-write may be a plain load and store.
//! Upholds: what is said while there is one thread is never acted on while there are two. Between the question and the last
//! access that rests on it nothing is called that could start a thread.
//!
//! A locked instruction costs some six nanoseconds even without contention, and counting is most of what a short operation
//! does. glibc says from 2.32 on whether it has ever started a thread (its manual, "Single-Threaded"). Its own counting and
//! that of libstdc++ go by that. Elsewhere the answer is no. In models `begin` says that there is one thread, and the first
//! spawn of the facade that there are more.

use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

/// What glibc's variable would say of a process with threads.
static THREADS: AtomicU8 = AtomicU8::new(0);

/// Where the answer is.
static ANSWER: AtomicPtr<AtomicU8> = AtomicPtr::new((&raw const THREADS).cast_mut());

/// Looks for the C library's variable. Until it is found the answer is no. The extension does this when it is imported; a
/// program in Rust may do it when it begins.
pub fn locate() {
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
pub fn single_threaded() -> bool {
    #[cfg(any(bowline_loom, bowline_shuttle))]
    return model::SINGLE_THREADED.get();
    #[cfg(not(any(bowline_loom, bowline_shuttle)))]
    // SAFETY: `ANSWER` points at `THREADS` or at a variable of the C library. Both outlive every thread.
    // Relaxed, both: the only thread wrote the answer itself, or has started no thread yet. Any other thread reads false for
    // good, since the C library wrote that before the thread began.
    unsafe {
        (*ANSWER.load(Ordering::Relaxed)).load(Ordering::Relaxed) != 0
    }
}

#[cfg(any(bowline_loom, bowline_shuttle))]
pub use model::{begin, spawns};

#[cfg(any(bowline_loom, bowline_shuttle))]
mod model {
    //! The answer in a model. It is no atomic of the model's, and need not be. A spawned thread sees what was said before, as the
    //! one that spawned it does. While the answer is true there is no other thread whose steps could come between.

    use std::cell::Cell;

    std::thread_local! {
        /// All threads of an execution share one of the system's.
        pub(super) static SINGLE_THREADED: Cell<bool> = const { Cell::new(false) };
    }

    /// An execution begins, with one thread.
    pub fn begin() {
        SINGLE_THREADED.set(true);
    }

    /// The execution is about to have another thread.
    pub fn spawns() {
        SINGLE_THREADED.set(false);
    }
}
