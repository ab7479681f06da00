//! The gate of `sync::global::gate`: threads that enter against the one that shuts it.
//! Uses the harness in tests/loom.rs, and the gate as `sync::modelled` compiles it.
//! Upholds: of a gate that is shut and empty no thread is inside; who shut it sees what was done inside.

use super::*;
use bowline::sync::modelled::gate::Gate;
use support::cell::Block;

const CLOSER: usize = 1;

/// Threads that use what is inside against one that shuts the gate and frees that.
fn race(threads: usize) {
    explore_with(1, move || {
        let shared = Arc::new((Gate::new(), Block::default()));
        let others: Vec<_> = (0..threads)
            .map(|n| {
                let shared = shared.clone();
                spawn(move || {
                    let (gate, inside) = &*shared;
                    if gate.enter(CLOSER + 1 + n) {
                        inside.touch("what is inside");
                        gate.leave();
                    }
                })
            })
            .collect();
        let (gate, inside) = &*shared;
        gate.shut(CLOSER);
        // One look, amid the threads or after them. To wait in a loop shows no more, and takes loom longer.
        if gate.is_empty() {
            inside.free("what is inside");
            assert!(gate.enter(CLOSER), "its closer is refused");
            gate.leave();
        }
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(gate.is_empty() && !gate.enter(CLOSER + 1));
    });
}

/// Fails when what was done inside is not handed on. Fails when a shut gate lets another in, too.
#[test]
fn shut_vs_inside() {
    race(1);
}

#[test]
fn shut_vs_two_inside() {
    race(2);
}
