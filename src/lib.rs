//! One Python wrapper per native object: the part that does not know Python.
//!
//! The modules below are listed bottom up: each may use those above it in the list, never those below.
//! `runtime → sync → word, reclaim → protocol → object → value → function → container → tensor, stream → reflect → module → abi`.
// `sync::modelled` compiles the files of `sync::global` once more, over loom.
#![cfg_attr(bowline_loom, allow(clippy::duplicate_mod))]
#![warn(missing_docs)]
// What a guest has in common with its host and does not use itself.
#![cfg_attr(feature = "guest", allow(dead_code, unused_imports, unused_macros))]

pub mod runtime;

pub mod sync;

pub mod reclaim;
pub mod word;

pub mod protocol;

/// As std's, but unwinds with an `AllocError` where a growing text finds no room. Such a text grows with what users hand in;
/// std's ends the process.
macro_rules! format {
    ($($part:tt)*) => { $crate::object::grow::formatted(::std::format_args!($($part)*)) };
}

pub mod object;

pub mod value;

pub mod function;

pub mod container;

pub mod tensor;

pub mod stream;

pub mod reflect;

#[cfg(not(feature = "guest"))]
pub mod module;
#[cfg(feature = "guest")]
#[path = "module/guest.rs"]
pub mod module;

#[cfg(not(feature = "guest"))]
pub mod abi;

mod macros;

pub mod library;

pub mod docs;

/// The guide's Rust, as a test.
#[cfg(doctest)]
#[doc = include_str!("docs/guide.md")]
mod guide {}
