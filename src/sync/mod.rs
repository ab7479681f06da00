//! The one place that chooses between std, loom and shuttle.
//! Imports nothing of this crate.
//! Upholds: what a model explores and what runs in production are the same source lines.
#![doc = ""]
#![doc = include_str!("edges.md")]

pub mod alone;
pub mod counter;
pub mod stack;
#[cfg(bowline_loom)]
mod swap;

/// Atomics, threads and locks that models explore: std, or loom's under `--cfg bowline_loom`, or shuttle's under
/// `--cfg bowline_shuttle`.
#[cfg(bowline_loom)]
mod chosen {
    pub use super::swap::ArcSwapOption;
    pub use loom::sync::atomic;
    pub use loom::sync::{Mutex, MutexGuard};
    pub use loom::thread;
}

/// Atomics, threads and locks that models explore.
#[cfg(bowline_shuttle)]
mod chosen {
    pub use arc_swap::ArcSwapOption;
    pub use shuttle::sync::atomic;
    pub use shuttle::sync::{Mutex, MutexGuard};
    pub use shuttle::thread;
}

#[cfg(not(any(bowline_loom, bowline_shuttle)))]
mod chosen {
    pub use arc_swap::ArcSwapOption;
    pub use std::sync::atomic;
    pub use std::sync::{Mutex, MutexGuard};
    pub use std::thread;
}

pub use chosen::{atomic, thread, ArcSwapOption, Mutex, MutexGuard};

/// A `const fn`, save under loom, whose atomics cannot be built at compile time.
#[cfg(not(bowline_loom))]
macro_rules! const_unless_loom {
    ($(#[$attribute:meta])* $visibility:vis fn $($function:tt)*) => {
        $(#[$attribute])* $visibility const fn $($function)*
    };
}
#[cfg(bowline_loom)]
macro_rules! const_unless_loom {
    ($($function:tt)*) => { $($function)* };
}

/// A `static`, fresh in each execution of a loom model.
#[cfg(not(bowline_loom))]
macro_rules! fresh_static {
    ($($item:tt)*) => { $($item)* };
}
#[cfg(bowline_loom)]
macro_rules! fresh_static {
    ($(#[$attribute:meta])* static $name:ident: $type:ty = $value:expr;) => {
        loom::lazy_static! { $(#[$attribute])* static ref $name: $type = $value; }
    };
}

pub(crate) use {const_unless_loom, fresh_static};

/// std's own primitives in every build, for process-wide `static` registries that no model explores (loom's atomics
/// cannot be built in a `static`).
pub mod global {
    pub use std::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
    pub use std::sync::{Mutex, MutexGuard, OnceLock};
}
