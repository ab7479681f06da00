//! The tie protocol: how one object keeps one wrapper, whatever threads, finalizers and native releases do.
//! Imports `sync` and `word`; knows Python only as a [`Host`].
//! Upholds P1 to P9 of the table below; tests/loom.rs and tests/shuttle.rs explore these very functions.
//!
//! | | |
//! |---|---|
//! | P1 identity | two fetches of an object whose results are alive at one time return one wrapper |
//! | P2 balance | each life's strong count is taken once and released once, errors included |
//! | P3 storage | a wrapper's storage is freed once, never while a thread may still read it |
//! | P4 address | the wrapper's address stays until a move or an eviction; for rich wrappers also until a fetch meets one inside its own death |
//! | P5 progress | no verb waits for a thread that may be suspended; nothing is held while user code runs |
//! | P6 quiet hit | a fetch that hits a live wrapper writes its refcount and nothing else |
//! | P7 foreign threads | teardown runs on any thread and leaves what is Python's to [`Host::free`] |
//! | P8 one class | storage is only ever woken as what it was allocated as |
//! | P9 clean lives | a rich wrapper is woken only after its death was complete |
//!
//! # A life is a refcount
//! A wrapper whose refcount is zero and whose death is complete is *dormant*: its storage is kept, and one
//! compare-and-swap on its refcount header ([`Host::wake`]) begins the next life. The winner's strong count on the
//! object becomes the life's. So there is no state in which a wrapper is "being revived" and others would have to wait:
//! losers find it alive and take a count.
//!
//! For **lean** wrappers death has no steps: whoever sees the refcount dead may wake the wrapper at once, and the
//! `retire` of the former life, which may run later, only releases that life's count.
//!
//! **Rich** wrappers die in steps that run user code. `retire` comes last: it makes the header dormant under a fresh
//! [`Host::Ticket`], then turns the word Active → Inactive. A fetch wakes only under a ticket that it read *before* it
//! saw Inactive, so a header that it remembers from an earlier death can never be woken by mistake. A fetch that meets an
//! Active wrapper that is dying marks the word Suspect, asks once more whether the wrapper lives (it may have died and
//! been woken since), and only then puts a fresh one in its place; a Suspect wrapper is never parked, which closes the
//! gap between the question and the replacement.

mod bind;
mod evict;
mod fetch;
mod host;
pub mod ledger;
mod retire;
mod shift;
mod teardown;

pub use bind::{bind, rebind, Tie};
pub use evict::evict;
pub use fetch::{fetch, fetch_owned, hit};
pub use host::{Counted, Dormancy, Fresh, Host, InTransition};
pub use retire::{retire_lean, retire_rich};
pub use shift::shift;
pub use teardown::teardown;
