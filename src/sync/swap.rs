//! loom's stand-in for the arc-swap crate, whose own orderings are not ours to prove.
//! Upholds: loading and replacing are one step each, ordered as by a lock.

use loom::sync::Mutex;
use std::sync::Arc;

/// As `arc_swap::ArcSwapOption`.
pub struct ArcSwapOption<T>(Mutex<Option<Arc<T>>>);

impl<T> ArcSwapOption<T> {
    /// Holds nothing.
    pub fn const_empty() -> Self {
        ArcSwapOption(Mutex::new(None))
    }

    /// What it holds now.
    pub fn load(&self) -> Option<Arc<T>> {
        self.0.lock().unwrap().clone()
    }

    /// Replaces what it holds.
    pub fn store(&self, value: Option<Arc<T>>) {
        *self.0.lock().unwrap() = value;
    }
}
