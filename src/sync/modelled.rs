//! The algorithms of [`super::global`] over loom's primitives, for models of them. They are the same files,
//! compiled again.
//! Upholds: nothing differs but `new`, which loom cannot have `const`, and how often a reader spins.

#[path = "global/bitmap.rs"]
pub mod bitmap;
#[path = "global/chunked.rs"]
pub mod chunked;
#[path = "global/gate.rs"]
pub mod gate;
#[path = "global/lease.rs"]
pub mod lease;
#[path = "global/names.rs"]
pub mod names;
#[path = "global/once_table.rs"]
pub mod once_table;
#[path = "global/room.rs"]
pub mod room;
#[path = "global/seqlock.rs"]
pub mod seqlock;
#[path = "global/slots.rs"]
pub mod slots;

pub use loom::cell::Cell;
pub use loom::hint::spin_loop;
pub use loom::sync::atomic::{fence, AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
pub use loom::sync::{Mutex, MutexGuard};

/// Once shows all that more would. Loom lets a thread that spins wait for a step of another.
const SPINS: u32 = 1;

/// A function that is `const` elsewhere.
macro_rules! const_fn {
    ($($function:tt)*) => { $($function)* };
}

/// An array of equal values.
macro_rules! array_of {
    ($value:expr; $count:expr) => {
        std::array::from_fn::<_, { $count }, _>(|_| $value)
    };
}

pub(crate) use {array_of, const_fn};
