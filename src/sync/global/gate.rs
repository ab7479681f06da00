//! A gate lets threads in until one shuts it. It says when the last has left.
//! Upholds: of a gate that is shut and empty no thread is inside, but who entered it nevertheless. Who shut it sees what was done
//! inside.
//!
//! Windows calls this run-down protection.

use super::{const_fn, AtomicUsize, Ordering};

/// Set while the gate is shut; the rest is how many threads are inside.
const SHUT: usize = 1 << (usize::BITS - 1);

/// A gate. Nothing waits in it: who is refused, or finds it not yet empty, decides how to wait.
///
/// | member | protected by |
/// |---|---|
/// | `state` | itself: the bit and the count change by one read-modify-write each, so that one order holds for both |
/// | `closer` | written before the bit is set; a thread asks only whether it is its own |
pub struct Gate {
    state: AtomicUsize,
    /// The thread that shut the gate; 0 before.
    closer: AtomicUsize,
}

impl Gate {
    const_fn! {
        /// A gate that is open, and empty.
        #[allow(clippy::new_without_default, reason = "for statics")]
        pub fn new() -> Self {
            Gate { state: AtomicUsize::new(0), closer: AtomicUsize::new(0) }
        }
    }

    /// Enters, unless another thread has shut the gate. `me` is this thread's number, which is not 0.
    ///
    /// Linearises at: the addition. It comes before that of the bit in `shut`, which then waits for this thread, or after it.
    pub fn enter(&self, me: usize) -> bool {
        // Relaxed: see above. What `shut` has to see is in `leave`.
        let before = self.state.fetch_add(1, Ordering::Relaxed);
        // Relaxed: a thread's own number was stored by itself.
        if before & SHUT == 0 || self.closer.load(Ordering::Relaxed) == me {
            return true;
        }
        self.leave();
        false
    }

    /// Enters whether the gate is shut or not.
    pub fn enter_nevertheless(&self) {
        // Relaxed: the gate is not looked at.
        self.state.fetch_add(1, Ordering::Relaxed);
    }

    /// Leaves.
    pub fn leave(&self) {
        // Release: pairs with the Acquire in `is_empty`. Carries: what this thread did inside.
        // Weaker fails: tests/loom.rs gate::shut_vs_inside.
        self.state.fetch_sub(1, Ordering::Release);
    }

    /// Shuts the gate for all threads but this one, whose number is `me`. Threads may still be inside.
    pub fn shut(&self, me: usize) {
        // Relaxed, both: who is refused learns no more than that. Who was inside is seen by `is_empty`.
        self.closer.store(me, Ordering::Relaxed);
        self.state.fetch_or(SHUT, Ordering::Relaxed);
    }

    /// Whether no thread is inside. None that a shut gate refuses comes in later, but one is counted while it is refused.
    pub fn is_empty(&self) -> bool {
        // Acquire: pairs with the Release in `leave`. Carries: what was done inside.
        // Weaker fails: tests/loom.rs gate::shut_vs_inside.
        self.state.load(Ordering::Acquire) & !SHUT == 0
    }

    /// Opens the gate. No other thread uses it meanwhile.
    pub fn open(&self) {
        // Relaxed, both: the only thread.
        self.state.fetch_and(!SHUT, Ordering::Relaxed);
        self.closer.store(0, Ordering::Relaxed);
    }

    /// Forgets who is inside, in the child of a fork, which has none of them.
    pub fn forget_inside(&self) {
        // Relaxed: the only thread.
        self.state.fetch_and(SHUT, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_shut_gate_lets_its_closer_in_and_others_out() {
        let gate = Gate::new();
        assert!(gate.enter(1) && !gate.is_empty());
        gate.shut(2);
        assert!(!gate.enter(3) && !gate.is_empty());
        gate.leave();
        assert!(gate.is_empty() && gate.enter(2));
        gate.leave();
        gate.enter_nevertheless();
        assert!(!gate.is_empty());
        gate.forget_inside();
        assert!(gate.is_empty() && !gate.enter(3));
        gate.open();
        assert!(gate.is_empty() && gate.enter(3));
    }
}
