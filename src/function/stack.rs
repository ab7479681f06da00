//! How much stack is left for functions that call each other through native code.
//! Imports the errors, stacker.
//! Upholds: calls within calls end in an error before the stack ends.

use super::Error;

/// Stack that a function finds at least: what one of another language may well take, and those below it.
const RED_ZONE: usize = 96 * 1024;

/// Refuses hooks within hooks that would leave the stack.
///
/// # Errors
/// Kind `RecursionError`.
pub(crate) fn expect_stack() -> Result<(), Error> {
    match stacker::remaining_stack() {
        Some(left) if left < RED_ZONE => {
            Err(Error::new("RecursionError", "too many hooks of types within each other for this thread's stack"))
        }
        _ => Ok(()),
    }
}
