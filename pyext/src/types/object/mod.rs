//! The base type, `bowline.Object`.
//!
//! | file | one job |
//! |---|---|
//! | `class_assignment` | `object.__class__` and `type.__bases__`: not for wrappers, nor for their classes, whichever way the assignment comes |
//! | `gc` | What Python's cyclic garbage collector sees of native objects |
//! | `register` | Registration: a class and the native type that it wraps |
//! | `slots` | The base type of all wrappers and the metaclass beneath `bowline.Object` |

pub mod class_assignment;
pub mod gc;
pub mod register;
pub mod slots;
