//! A model of CPython for the tie protocol. loom, shuttle, proptest and the fuzzers run `bowline::protocol` on it.
//! Upholds: the model's refcounts are CPython's (free-threaded), and every broken property P1–P9 is an assertion.
#![allow(dead_code, unused_imports)] // each test crate uses a part

pub mod cell;
pub mod death;
pub mod forget;
pub mod header;
pub mod history;
pub mod host;
pub mod model;
pub mod section;
pub mod step;
pub mod thread;
pub mod trace;
pub mod world;

pub use model::{Class, Moment, Object, Shared};
pub use thread::{Failed, Held, Thread};
pub use world::World;
