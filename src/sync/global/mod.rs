//! std's primitives in every build, for process-wide `static`s, and the algorithms over them.
//! Upholds: what a model explores of these algorithms (`sync::modelled`) are the same source lines.
//!
//! loom's atomics cannot be built in a `static`, and one execution of a model must not see what another left there. The
//! algorithms of this folder take their primitives from the module that they stand in: `super` is this one, or, in models
//! of the algorithms themselves, `modelled`.
//!
//! | file | one job |
//! |---|---|
//! | `bitmap` | which of some blocks are taken |
//! | `chunked` | an append-only table that grows without moving |
//! | `gate` | lets threads in until it is shut |
//! | `lease` | things of which each thread has one while it needs it |
//! | `names` | names, each of which finds one value at a time |
//! | `once_table` | one value for each of the first keys that come |
//! | `room` | memory that is set aside for one thread's work |
//! | `seqlock` | a lock whose readers write nothing |
//! | `slots` | words of objects that have no room for one |

pub mod bitmap;
pub mod chunked;
pub mod gate;
pub mod lease;
pub mod names;
pub mod once_table;
pub mod room;
pub mod seqlock;
pub mod slots;

pub use std::cell::Cell;
pub use std::hint::spin_loop;
pub use std::sync::atomic::{
    fence, AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};
pub use std::sync::{Mutex, MutexGuard, OnceLock};

/// How often a reader of a seqlock looks again before it queues behind the writer.
const SPINS: u32 = 32;

/// A `const fn`.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis fn $($function:tt)*) => {
        $(#[$attribute])* $visibility const fn $($function)*
    };
}

/// An array of equal constants.
macro_rules! array_of {
    ($value:expr; $count:expr) => {
        [const { $value }; $count]
    };
}

pub(crate) use {array_of, const_fn};
