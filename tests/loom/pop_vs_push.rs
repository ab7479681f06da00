//! The stack of what is ripe (`reclaim`). Pops of single values race with pushes and each other.
//! Uses the harness in tests/loom.rs.
//! Upholds: each value is popped once, by one who sees what its pusher wrote. Nodes are kept to the end, as by a pin.

use super::*;
use bowline::sync::stack::{Emptied, Stack};
use support::cell::Block;

type Values = Stack<Arc<Block>>;

fn value(n: u32) -> Arc<Block> {
    let block = Arc::new(Block::default());
    block.fill(n, "a value");
    block
}

/// Pops one; how many that were.
fn pop(values: &Values, nodes: &mut Vec<Emptied<Arc<Block>>>) -> usize {
    // SAFETY: nodes are kept until all is over.
    let popped = unsafe { values.pop() };
    popped
        .into_iter()
        .map(|(block, node)| {
            block.contents("a value");
            block.free("a value");
            nodes.push(node);
        })
        .count()
}

#[test]
fn sees_what_pushers_wrote() {
    explore_with(1, || {
        let values = Arc::new(Values::new());
        // A spawned thread pops. Loom, which runs the main thread first, overlooks that a look could come after a push,
        // which begins with a look.
        let (shared, more) = (values.clone(), values.clone());
        let popper = spawn(move || {
            let mut nodes = Vec::new();
            pop(&shared, &mut nodes);
            pop(&shared, &mut nodes);
            nodes
        });
        let pusher = spawn(move || more.push(value(2)));
        values.push(value(1));
        pusher.join().unwrap();
        let mut nodes = popper.join().unwrap();
        while pop(&values, &mut nodes) == 1 {}
        assert_eq!(nodes.len(), 2);
    });
}

/// Two that pop share what is there, and one of them pushes more.
#[test]
fn popped_once() {
    explore_with(1, || {
        let values = Arc::new(Values::new());
        [1, 2].into_iter().for_each(|n| values.push(value(n)));
        let shared = values.clone();
        let other = spawn(move || {
            let mut nodes = Vec::new();
            pop(&shared, &mut nodes);
            shared.push(value(3));
            pop(&shared, &mut nodes);
            nodes
        });
        let mut nodes = Vec::new();
        pop(&values, &mut nodes);
        pop(&values, &mut nodes);
        let others = other.join().unwrap();
        while pop(&values, &mut nodes) == 1 {}
        assert_eq!(nodes.len() + others.len(), 3);
    });
}
