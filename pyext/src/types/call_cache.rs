//! What is known of calls of a class, by the class's version.
//! Upholds: what is noted for one version is said of no other.

use std::ffi::c_uint;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is known of calls of a class (see `init::type_call`). It is the last version that was looked at, and what was
/// found. A version names one state of one class, and no other later.
#[derive(Default)]
pub struct CallCache(AtomicU64);

impl CallCache {
    const PLAIN: u64 = 1 << 32;

    /// Whether calls of the class in this version are plain, if that was found out.
    #[inline(always)]
    pub fn is_plain(&self, version: c_uint) -> Option<bool> {
        // Relaxed: one word says all.
        let found = self.0.load(Ordering::Relaxed);
        (version != 0 && found as u32 == version).then_some(found & Self::PLAIN != 0)
    }

    /// Notes what was found.
    pub fn note(&self, version: c_uint, plain: bool) {
        // Relaxed: as above.
        self.0.store(if plain { Self::PLAIN } else { 0 } | u64::from(version), Ordering::Relaxed);
    }
}
