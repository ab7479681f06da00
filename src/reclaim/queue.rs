//! A queue of things that user code may run for. They are taken one by one, so that one that takes its time holds back
//! no other.
//! Upholds: what was pushed is taken once. No locks: any thread may push, and a fork may come at any time.

use super::participant::{with_me, Me};
use crate::sync::const_unless_loom;
use crate::sync::stack::Stack;

/// A queue without an order, of which nodes are freed by the collector.
pub struct Queue<T: Send + 'static>(Stack<T>);

impl<T: Send + 'static> Queue<T> {
    const_unless_loom! {
        /// An empty queue.
        #[allow(clippy::new_without_default, reason = "for statics")]
        pub fn new() -> Self {
            Queue(Stack::new())
        }
    }

    /// Adds something.
    pub fn push(&self, value: T) {
        self.0.push(value);
    }

    /// Whether there is nothing to take, at some recent moment.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes something, the newest first. Releases nothing.
    pub fn pop(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let pinned = with_me(|me| me.participant()).pin();
        // SAFETY: only the collector frees a node, here below. It does so after all pins that were made before it was
        // taken.
        let popped = unsafe { self.0.pop() };
        let value = popped.map(|(value, node)| {
            pinned.defer(move || {
                drop(node);
                with_me(Me::note_found);
            });
            value
        });
        // A participant's own pin, whose end releases nothing.
        drop(pinned);
        value
    }
}
