//! Grace periods. A value that concurrent readers may still see is released once none of them can.
//! Upholds P3 for values that were replaced in shared fields: a reader inside a pin never sees one released. P10: nothing is
//! released inside a pin.
//!
//! The collector is crossbeam-epoch's (K. Fraser, "Practical lock-freedom", 2004). It finds what is ripe inside pins, where a
//! release would keep the epoch from going on, without end if it waits for another one: so it only queues what it finds. The
//! thread that found it releases it after its pin, and while that takes, any other thread may take the rest.
//!
//! User code therefore runs where a [`Guard`] is dropped, and in [`retire`], [`flush`] and [`settle`]; nowhere in
//! [`look`].
//!
//! | file | one job |
//! |---|---|
//! | `participant` | what a thread has of the collector |
//! | `queue` | a queue whose nodes the collector frees |
//! | `ripe` | what waits to be released, and how deep releases nest |
//! | `grace` | pins, and what happens at their end |
//! | `guest` | the same in a guest, which asks the host |

#[cfg(not(feature = "guest"))]
mod grace;
#[cfg(feature = "guest")]
mod guest;
#[cfg(not(feature = "guest"))]
mod participant;
#[cfg(not(feature = "guest"))]
mod queue;
#[cfg(not(feature = "guest"))]
mod ripe;

#[cfg(not(feature = "guest"))]
pub use {
    grace::{defer, flush, look, pin, retire, settle, Guard},
    participant::after_fork,
    queue::Queue,
};

#[cfg(feature = "guest")]
pub use guest::{defer, flush, look, pin, retire, settle, Guard};

#[cfg(all(test, not(feature = "guest")))]
mod tests;
