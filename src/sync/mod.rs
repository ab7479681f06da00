//! The one place that chooses between std, loom and shuttle.
//! Imports nothing of this crate.
//! Upholds: what a model explores and what runs in production are the same source lines.

pub mod counter;

/// Atomics, threads and locks that models explore: std, or loom's under `--cfg bowline_loom`, or shuttle's under
/// `--cfg bowline_shuttle`.
#[cfg(bowline_loom)]
mod chosen {
    pub use loom::sync::atomic;
    pub use loom::sync::{Mutex, MutexGuard};
    pub use loom::thread;
}

/// Atomics, threads and locks that models explore.
#[cfg(bowline_shuttle)]
mod chosen {
    pub use shuttle::sync::atomic;
    pub use shuttle::sync::{Mutex, MutexGuard};
    pub use shuttle::thread;
}

#[cfg(not(any(bowline_loom, bowline_shuttle)))]
mod chosen {
    pub use std::sync::atomic;
    pub use std::sync::{Mutex, MutexGuard};
    pub use std::thread;
}

pub use chosen::{atomic, thread, Mutex, MutexGuard};

/// std's own primitives in every build, for process-wide `static` registries that no model explores (loom's atomics
/// cannot be built in a `static`).
pub mod global {
    pub use std::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
    pub use std::sync::{Mutex, MutexGuard, OnceLock};
}
