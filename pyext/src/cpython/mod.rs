//! Everything that talks to CPython's C API: wrappers, classes, refcounts.
//! Imports pyo3::ffi and the core; imported by the rest of the extension through the functions of `tie`.
//! Upholds: `unsafe` of this crate lives in this folder.

pub mod attach;
pub mod class;
mod class_call;
pub mod collect;
pub mod construct;
pub mod deferred;
pub mod extern_c;
pub mod field;
pub mod fork;
pub mod function;
pub mod host;
pub mod identity;
pub mod interpreter;
pub mod limbo;
pub mod lookup;
pub mod mapping;
pub mod methods;
pub mod opaque;
mod quick_call;
mod refcount;
pub mod scarcity;
pub mod sequence;
pub mod shortcut;
pub mod slots;
pub mod stats;
pub mod storage;
pub mod subtype;
pub mod tie;
pub mod trampoline;
mod turns;
pub mod value;
pub mod wrapper;
