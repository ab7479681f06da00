//! Allocation failures on demand, in builds for tests (feature `testing`). In others every allocation is given.
//!
//! | file | one job |
//! |---|---|
//! | `on_demand` | The n-th allocation of a call fails, or thousands from the n-th on |

#[cfg(feature = "testing")]
mod on_demand;

#[cfg(feature = "testing")]
pub use on_demand::{call, given};

/// Whether the allocation that is asked for is given.
#[cfg(not(feature = "testing"))]
#[inline(always)]
pub const fn given() -> bool {
    true
}
