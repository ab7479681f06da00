//! The tie protocol: one object keeps one wrapper. It does so whatever threads, finalizers and native releases do.
//! Upholds P1 to P9 and P11 of the table below; tests/loom.rs and tests/shuttle.rs explore these very functions. P10 is for
//! [`crate::reclaim`] and the host, which free what others may still look at.
//!
//! | | |
//! |---|---|
//! | P1 identity | two fetches of an object whose results are alive at one time return one wrapper |
//! | P2 balance | each life's strong count is taken once and released once, errors included |
//! | P3 storage | a wrapper's storage is freed once, never while a thread may still read it |
//! | P4 address | the wrapper's address stays until a move, an eviction or, counted, a claim by the host |
//! | P5 progress | no verb waits for a thread that may be suspended, but a `rebind` for another change of the same wrapper; nothing is held while user code runs |
//! | P6 quiet hit | a fetch that hits a live wrapper writes its refcount and nothing else, but beside the drop of a rich one, which it may take over |
//! | P7 foreign threads | teardown runs on any thread and leaves what is Python's to [`Host::free`] |
//! | P8 one class | storage is only ever revived as what it was allocated as |
//! | P9 preservation | what Python knows of an object in a rich wrapper stays as long as the object, and does not keep it alive |
//! | P10 memory | what others may still look at waits for a grace period, or for a stop of the world that serves many at once; user code never runs inside a pin |
//! | P11 counts | an object that can be found without a count is released by read-modify-writes, and counted from nothing only by a CAS that refuses zero |
//!
//! # A life is a refcount
//! A wrapper whose refcount is zero is *dormant*: its storage is kept, and one compare-and-swap on its refcount header
//! ([`Host::revive`]) begins the next life. The winner's strong count on the object becomes the life's. So there is no state
//! in which a wrapper is "being revived" and others would have to wait: losers find it alive and take a count. Deallocs may
//! come late and in any order: each zero has one, and each gives back the one strong count of the life that ended.
//!
//! For **lean** wrappers there is nothing more to it: they know nothing but their object, and stay dormant while it lives.
//!
//! **Rich** wrappers know more: attributes, weak references, a finalizer. So they do not stay dead. The dealloc begins a life
//! of its own by the same swap, gives that life's count of the wrapper to the object and says so in the word:
//! Active → Preserved. The next fetch takes it over by one swap of the word back to Active, the header untouched. Who counted
//! the wrapper between the two swaps of the dealloc thinks that a life owns a count of the object; the dealloc looks at the
//! header once more, and leaves its own to that thread.
//!
//! An object whose word says Preserved never comes to zero ([`crate::object::count`]): the one who would give its last count
//! back makes that the count of a life ([`resume`]), and lets the life end. That end, and the dealloc of a wrapper whose object
//! has no other count, is the real one: [`Host::claim_end`] shuts out all who could still find the object, then finalizer,
//! wrapper and object end, once.

mod bind;
mod evict;
mod fetch;
mod host;
mod move_out;
mod retire;
pub mod storage_table;
mod teardown;

pub use bind::{bind, rebind};
pub use evict::{evict, evict_blank};
pub use fetch::{fetch, fetch_owned, hit, hit_any, hit_own};
pub use host::{Counted, Dormancy, Fresh, Host, InTransition, Tie};
pub use move_out::move_out;
pub use retire::{resume, retire_lean, retire_rich};
pub use teardown::teardown;
