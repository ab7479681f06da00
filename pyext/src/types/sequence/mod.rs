//! Native sequences with the slots of Python's.
//!
//! | file | one job |
//! |---|---|
//! | `iterator` | The iterator of native sequences |
//! | `slots` | `CArray` and `CList`: native sequences with the slots of Python's |
//! | `subscript` | Items and slices of native sequences, read and assigned by subscript |
//! | `view` | The native sequence behind a wrapper, and its items as Python sees them |

pub mod iterator;
pub mod slots;
pub mod subscript;
pub mod view;
