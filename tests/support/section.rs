//! A section of a model thread, which may be suspended in it.
//! Upholds: what waits for the section waits until it is dropped.

use super::model::lock;
use super::world::World;
use bowline::sync::atomic::Ordering;
use std::sync::atomic::{AtomicUsize as Plain, Ordering::SeqCst};
use std::sync::Arc;

/// See `Host::enter`.
pub struct Section {
    world: Arc<World>,
    depth: Arc<Plain>,
    id: u64,
}

impl Section {
    /// One that was just opened under number `id`.
    pub(super) fn new(world: &Arc<World>, depth: &Arc<Plain>, id: u64) -> Section {
        Section { world: world.clone(), depth: depth.clone(), id }
    }

    /// Keeps the section open while the thread goes on. It stands for a thread that was suspended in
    /// it.
    pub fn suspend(&mut self) {
        self.depth.fetch_sub(1, SeqCst);
        self.depth = Arc::new(Plain::new(1));
    }

    /// The thread goes on; `depth` is its.
    pub fn go_on(&mut self, depth: &Arc<Plain>) {
        depth.fetch_add(1, SeqCst);
        self.depth = depth.clone();
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if self.world.strict {
            // Release: pairs with the Acquire of `quiesce`.
            self.world.grace.fetch_add(1, Ordering::Release);
        }
        self.depth.fetch_sub(1, SeqCst);
        lock(&self.world.open).1.retain(|id| *id != self.id);
        self.world.ripen();
    }
}
