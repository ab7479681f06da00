//! What Python sees as types.
//!
//! | file | one job |
//! |---|---|
//! | `any` | `CAny`: a native value as a Python object, before it is shown as one |
//! | `call` | Functions, and calls of them |
//! | `call_cache` | What is known of calls of a class, by the class's version |
//! | `error` | Native errors as Python objects: `CError` and what makes one |
//! | `field` | Fields as attributes |
//! | `identity` | Equality and hash of wrappers: those of the native object's identity |
//! | `init` | Construction: plans, the ways that follow them, and `__init__` itself |
//! | `mapping` | `CMap` and `CDict`: native mappings with the slots of Python's |
//! | `mapping_iterator` | Iterators over the keys, values and entries of native mappings |
//! | `object` | The base type, `bowline.Object` |
//! | `schema` | `TypeSchema`: a type of fields, items and parameters, as Python sees it |
//! | `schema_json` | Schemas as dicts of what JSON has |
//! | `schema_parts` | Schemas taken apart into names and arguments, put together from them, and written out |
//! | `sentinel` | `MISSING` and `KWARGS`, as Python knows them: the wrappers of the core's two |
//! | `sequence` | Native sequences with the slots of Python's |
//! | `subtype` | C types between `CObject` and the package's classes: they add slots to wrappers, no bytes |
//! | `suggest` | What a refusal adds that may be what was meant: a name that is close, a decorator that was left away |
//! | `tensor` | Tensors as Python sees them |

pub mod any;
pub mod call;
pub mod call_cache;
pub mod error;
pub mod field;
pub mod identity;
pub mod init;
pub mod mapping;
pub mod mapping_iterator;
pub mod object;
pub mod schema;
pub mod schema_json;
pub mod schema_parts;
pub mod sentinel;
pub mod sequence;
pub mod subtype;
pub mod suggest;
pub mod tensor;
