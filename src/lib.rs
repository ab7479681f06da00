//! One Python wrapper per native object: the part that does not know Python.
//!
//! The modules below are listed bottom up: each may use those above it in the list, never those below.
//! `sync → word, reclaim → protocol → object → value → function → container → tensor, stream → reflect → module`.
#![warn(missing_docs)]

pub mod sync;

pub mod reclaim;
pub mod word;

pub mod protocol;

pub mod object;

pub mod value;

pub mod function;

pub mod container;

pub mod tensor;

pub mod stream;

pub mod reflect;

pub mod module;

mod macros;

/// The guide's Rust, as a test.
#[cfg(doctest)]
#[doc = include_str!("../pyext/docs/guide.md")]
mod guide {}
