//! From Python to native values.
//!
//! | file | one job |
//! |---|---|
//! | `argument_library` | Which library's tensors are among the arguments of a call |
//! | `buffer_tensor` | Tensors over memory that Python objects show by the buffer protocol |
//! | `callable` | Python callables as native functions |
//! | `classify` | What a Python object is by its exact class: the one place that names Python's own classes |
//! | `convert` | Python values to native ones: as a schema asks, or as they come |
//! | `fail` | Why a conversion did not succeed: what was expected, what came, and where |
//! | `foreign_tensor` | Tensors of other libraries |
//! | `hooks` | What an object says about its native form through special methods and abstract base classes |
//! | `mapping` | Python mappings and native ones |
//! | `plain` | Python values to native ones of plain schemas: numbers, strings, bytes, pointers, element types and devices |
//! | `pointer` | What an object says of an address: pointers and streams |
//! | `rvalue` | What `obj._move()` gives: a wrapper whose object the receiver of a call may take away |
//! | `scalar` | The native values of Python's ints, floats, strings and bytes |
//! | `sequence` | Python sequences and native ones |
//! | `union` | Unions: what a value is comes before what it can become |

pub mod argument_library;
pub mod buffer_tensor;
pub mod callable;
pub mod classify;
pub mod convert;
pub mod fail;
pub mod foreign_tensor;
pub mod hooks;
pub mod mapping;
pub mod plain;
pub mod pointer;
pub mod rvalue;
pub mod scalar;
pub mod sequence;
pub mod union;
