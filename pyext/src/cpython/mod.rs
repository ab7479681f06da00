//! Everything that talks to CPython's C API: wrappers, classes, refcounts.
//! Imports pyo3::ffi and the core; imported by the rest of the extension through the functions of `tie`.
//! Upholds: `unsafe` of this crate lives in this folder.

pub mod attach;
pub mod callback;
pub mod capsule;
pub mod class;
mod class_call;
pub mod collect;
pub mod construct;
pub mod constructor;
pub mod deferred;
pub mod exchange;
pub mod extern_c;
pub mod field;
pub mod fork;
pub mod function;
#[cfg(all(Py_GIL_DISABLED, not(Py_3_14)))]
pub mod gate;
pub mod host;
pub mod identity;
pub mod integer;
pub mod interpreter;
pub mod limbo;
pub mod lookup;
pub mod mapping;
pub mod methods;
pub mod opaque;
pub mod origin;
mod quick_call;
mod refcount;
pub mod scarcity;
pub mod sequence;
pub mod shortcut;
pub mod slots;
pub mod stats;
pub mod storage;
pub mod subtype;
#[cfg(threads_unwind_at_exit)]
mod thread_exit;
pub mod tie;
pub mod trampoline;
mod turns;
pub mod value;
mod words;
pub mod world;
pub mod wrapper;
