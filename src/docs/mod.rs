//! How bowline works, what it costs and where it does not serve. These are pages to read, no code.
//!
//! | page | says |
//! |---|---|
//! | [`design`] | how one object keeps one wrapper, and what each state of the tie is for |
//! | [`native_abi`] | the layout of objects and values in memory |
//! | [`limitations`] | when not to use it |
//! | [`performance`] | what each operation takes beside other bindings |
//! | [`weaknesses`] | what went wrong in earlier systems, and the tests that hold it off |

#[doc = include_str!("design.md")]
pub mod design {}

#[doc = include_str!("native_abi.md")]
pub mod native_abi {}

#[doc = include_str!("limitations.md")]
pub mod limitations {}

#[doc = include_str!("performance.md")]
pub mod performance {}

#[doc = include_str!("weaknesses.md")]
pub mod weaknesses {}
