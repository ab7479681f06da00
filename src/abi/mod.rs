//! The C ABI of tvm-ffi 0.1.15. It is what its headers `c_api.h` and `c_env_api.h` declare, and what C sees of that in
//! `bowline.h`.
//! May not be imported by anything below. No name here is called from Rust: another library of the process may have it, too.
//! Upholds: no panic crosses a function; a function that fails says so by its result and leaves an error in the thread's slot.
//!
//! Structs are those of the layers below. Each function is a few lines around one of theirs.
//!
//! | file | functions |
//! |---|---|
//! | `boundary` | what all of them do: arguments of C, results, panics |
//! | `start` | what is there before the first of them |
//! | `object` | counts, opaque objects, the version |
//! | `allocator` | where objects' memory comes from |
//! | `value` | owned values, strings, bytes, element types as text |
//! | `error` | the thread's error, errors as objects, backtraces |
//! | `function` | functions, and their names |
//! | `host` | the table for guests: [`crate::runtime`] |
//! | `types` | type indices and what is known of a type |
//! | `reflection` | fields, methods, metadata and attributes of types |
//! | `tensor` | tensors by DLPack |
//! | `once` | handles that are made once |
//! | `environment` | streams, tensors' memory, signals |
//! | `module` | symbols of libraries |
//!
//! Results: 0 is success, -1 failure. What is written to an `out` is owned by the caller, as is said in the headers.
#![allow(non_snake_case, reason = "the names are those of the headers")]
#![allow(clippy::missing_safety_doc, reason = "the headers say what a function demands; see `boundary`")]

pub mod allocator;
mod boundary;
pub mod environment;
pub mod error;
pub mod function;
pub mod host;
pub mod module;
pub mod object;
pub mod once;
pub mod reflection;
mod start;
pub mod tensor;
pub mod types;
pub mod value;

pub use boundary::Handle;
pub use start::start;
