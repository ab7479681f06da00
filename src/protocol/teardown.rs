//! teardown: the object dies and takes its dormant wrapper's storage along.
//! Upholds P3 and P7: runs on any thread.

use super::host::Host;
use crate::word::{State, Word};

/// Settles what the word of a dying object said ([`crate::word::AtomicWord::take`]).
///
/// No life and no pending retire of the wrapper can exist, for each owns a strong count; nor can a fetch be under way,
/// for it needs the object protected.
///
/// # Safety
/// `taken` was taken from the word of an object whose strong count is zero.
pub unsafe fn teardown<H: Host>(host: &H, taken: Word) {
    if let Some(wrapper) = taken.wrapper() {
        debug_assert!(taken.state() == Some(State::Lean), "a life outlived its count");
        // SAFETY: the object's strong count is zero (the caller). So there is no life, no pending retire and no fetch, each of
        // which owns or needs a count: the wrapper is dead and unreachable.
        unsafe { host.free(wrapper) };
    }
}
