//! The one place that chooses between std, loom and shuttle.
//! Upholds: what a model explores and what runs in production are the same source lines.
#![doc = ""]
#![doc = include_str!("edges.md")]

pub mod counter;
pub mod global;
#[cfg(bowline_loom)]
pub mod modelled;
pub mod single_threaded;
pub mod stack;
#[cfg(bowline_loom)]
mod swap;

/// Atomics, threads and locks that models explore. They are std's, or loom's under `--cfg bowline_loom`, or
/// shuttle's under `--cfg bowline_shuttle`.
///
/// So a small state is an integer, not an `Atomic` of the crate atomic: that is made of core's atomics, which no model sees.
#[cfg(bowline_loom)]
mod chosen {
    pub use super::swap::ArcSwapOption;
    pub use loom::sync::atomic;
    pub use loom::sync::{Mutex, MutexGuard};
    pub mod thread {
        //! loom's threads.
        pub use loom::thread::*;

        /// `loom::thread::spawn`, after which the process is no longer single-threaded.
        pub fn spawn<R: 'static>(body: impl FnOnce() -> R + 'static) -> JoinHandle<R> {
            super::super::single_threaded::spawns();
            loom::thread::spawn(body)
        }
    }
}

/// Atomics, threads and locks that models explore.
#[cfg(bowline_shuttle)]
mod chosen {
    pub use arc_swap::ArcSwapOption;
    pub use shuttle::sync::atomic;
    pub use shuttle::sync::{Mutex, MutexGuard};
    pub mod thread {
        //! shuttle's threads.
        pub use shuttle::thread::*;

        /// `shuttle::thread::spawn`, after which the process is no longer single-threaded.
        pub fn spawn<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
            super::super::single_threaded::spawns();
            shuttle::thread::spawn(body)
        }
    }
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
