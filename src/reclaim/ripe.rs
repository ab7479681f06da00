//! What is ripe and waits to be released. It is taken one by one, by any thread, outside of any pin.
//! Upholds: a release that takes its time holds back no other; releases that release more nest no deeper than [`DEPTH`].

use super::participant::{with_me, Me};
use super::queue::Queue;
use crate::sync::fresh_static;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Ends what was replaced. May be anything, user code included.
pub(super) type Release = Box<dyn FnOnce() + Send>;

/// How deep releases nest before they queue. Shallow ones happen at once, so that what a finalizer replaces is gone when it
/// looks.
const DEPTH: u32 = 48;

fresh_static! {
    static RIPE: Queue<Release> = Queue::new();
}

pub(super) fn push(release: Release) {
    RIPE.push(release);
}

/// Whether nothing waits, at some recent moment.
#[inline]
pub(super) fn is_empty() -> bool {
    RIPE.is_empty()
}

/// Releases what is ripe. A thread that is amid more releases than may nest leaves it to those.
pub(super) fn release_all() {
    if !is_empty() {
        with_me(|me| me.nest(|| while RIPE.pop().map(run).is_some() {}));
    }
}

/// A destructor's panic ends here. The thread that happens to run what was deferred did not cause it. The panic hook has
/// reported it.
fn run(release: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(release)) {
        std::mem::forget(panic);
    }
}

impl Me {
    /// Runs `release` now. Amid more releases than may nest, it runs once one of those is over.
    #[inline]
    pub(super) fn release_now(&self, release: impl FnOnce() + Send + 'static) {
        match self.depth.get() < DEPTH {
            true => self.nest(|| run(release)),
            false => push(Box::new(release)),
        }
    }

    /// Runs releases one level down; at the deepest level also those which that made wait.
    #[inline]
    fn nest(&self, releases: impl FnOnce()) {
        let depth = self.depth.get();
        if depth >= DEPTH {
            return;
        }
        self.depth.set(depth + 1);
        releases();
        if depth + 1 == DEPTH {
            while RIPE.pop().map(run).is_some() {}
        }
        self.depth.set(depth);
    }
}
