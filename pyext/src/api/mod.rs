//! The functions of the module `_core`.
//!
//! | file | one job |
//! |---|---|
//! | `attr` | Attributes of types, for Python |
//! | `call` | Module functions over functions: making, naming, finding, calling |
//! | `content` | Equality, order, hash and text by content, for Python |
//! | `copy` | Copies of wrappers: shallow, deep, with changes |
//! | `extras` | What a wrapper has besides its object: an instance dict and slots, for copies and pickles |
//! | `global_functions` | Global functions under `ffi.` of which Python has its own idea: copies and hashes |
//! | `interrupts` | The checkpoints of long native work |
//! | `json` | Graphs as JSON text, for Python |
//! | `mapping` | Module functions over Map and Dict |
//! | `module` | Modules, for Python |
//! | `object` | The methods of every wrapper |
//! | `pickle` | Pickling of wrappers |
//! | `plain` | Element types and devices between text and numbers, for the package's classes |
//! | `reflection` | What is registered of types, for the package |
//! | `registry` | Types and their classes, as the package registers and asks for them |
//! | `rewrite` | Structural visits and mutations with callbacks, for Python |
//! | `sentinel` | `MISSING` and `KWARGS`, for the package |
//! | `sequence` | Module functions over Array and List |
//! | `stats` | What the process holds: counts for tests and for people, and giving memory back |
//! | `stream` | Current streams, for Python |
//! | `structural` | Structural operations, for Python |

pub mod attr;
pub mod call;
pub mod content;
pub mod copy;
pub mod extras;
pub mod global_functions;
pub mod interrupts;
pub mod json;
pub mod mapping;
pub mod module;
pub mod object;
pub mod pickle;
pub mod plain;
pub mod reflection;
pub mod registry;
pub mod rewrite;
pub mod sentinel;
pub mod sequence;
pub mod stats;
pub mod stream;
pub mod structural;
