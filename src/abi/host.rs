//! The table of this runtime for guests, by name.

use super::start;
use crate::module::host::RUNTIME;
use crate::runtime::Runtime;

/// Gives the table by which a guest reaches this runtime; see [`crate::runtime`].
#[no_mangle]
pub extern "C" fn BowlineRuntime() -> *const Runtime {
    start();
    &raw const RUNTIME
}
