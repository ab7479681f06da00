//! What is there before the first call.
//! Upholds: the core's types and functions are found by name from the first call on, in a program without Python, too.

use crate::function::Error;
use crate::module;
use crate::reflect::{enumeration, named};
use std::sync::Once;

/// Registers the core's types and global functions, unless their names are taken.
#[inline]
pub fn start() {
    static ONCE: Once = Once::new();
    if !ONCE.is_completed() {
        ONCE.call_once(declare);
    }
}

#[cold]
fn declare() {
    Error::reserve();
    enumeration::declare();
    named::declare();
    module::declare();
}
