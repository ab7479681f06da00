//! Functions, and calls of them.
//!
//! | file | one job |
//! |---|---|
//! | `fast` | Calls of functions that do not block, with few arguments of kinds that take no Python code to convert |
//! | `from_c` | Functions of other languages that Python knows by their address |
//! | `function` | Native functions as Python callables |

pub mod fast;
pub mod from_c;
pub mod function;
