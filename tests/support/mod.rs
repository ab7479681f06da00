//! A model of CPython for the tie protocol: what loom, shuttle, proptest and the fuzzers run `bowline::protocol` on.
//! Imports `bowline::{sync, word, protocol}`; never Python.
//! Upholds: the model's refcounts are CPython's (free-threaded), and every broken property P1–P9 is an assertion.
#![allow(dead_code, unused_imports)] // each test crate uses a part

pub mod cell;
pub mod header;
pub mod history;
pub mod host;
pub mod thread;
pub mod trace;
pub mod world;

pub use thread::{Failed, Held, Thread};
pub use world::{Class, Moment, Object, World};
