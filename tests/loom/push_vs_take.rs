//! The stack of what threads leave for others (`sync::stack`): pushes against takes.
//! Upholds: each value is taken once, by one who sees what its pusher wrote.

use super::*;
use bowline::sync::stack::Stack;
use support::cell::Block;

/// A wrapper's storage, left by a thread that may not free it.
fn storage(n: u32) -> Arc<Block> {
    let block = Arc::new(Block::default());
    block.fill(n, "a storage");
    block
}

fn free(block: &Block) {
    block.contents("a storage");
    block.free("a storage");
}

#[test]
fn sees_what_pushers_wrote() {
    explore_with(1, || {
        let stack = Arc::new(Stack::new());
        let pushers = [1, 2].map(|n| {
            let stack = stack.clone();
            spawn(move || stack.push(storage(n)))
        });
        let mut freed = 0;
        let drain = || stack.take().inspect(|block| free(block)).count();
        freed += drain();
        pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
        freed += drain();
        assert_eq!(freed, 2);
    });
}

/// Two drains share what is there, and one of them may push something back.
#[test]
fn taken_once() {
    explore_with(1, || {
        let stack = Arc::new(Stack::new());
        [1, 2].into_iter().for_each(|n| stack.push(storage(n)));
        let freed = Arc::new(AtomicUsize::new(0));
        let (shared, count) = (stack.clone(), freed.clone());
        let other = spawn(move || {
            shared.push(storage(3));
            let mut taken = shared.take();
            taken.next().into_iter().for_each(|block| {
                free(&block);
                count.fetch_add(1, Relaxed);
            });
            shared.put_back(taken);
        });
        freed.fetch_add(stack.take().inspect(|block| free(block)).count(), Relaxed);
        other.join().unwrap();
        freed.fetch_add(stack.take().inspect(|block| free(block)).count(), Relaxed);
        assert_eq!(freed.load(Relaxed), 3);
    });
}

/// What is put back is taken with all that was done to it meanwhile.
#[test]
fn put_back_as_it_was_left() {
    explore_with(1, || {
        let stack = Arc::new(Stack::new());
        let [last, first] = [1, 2].map(storage);
        [&last, &first].into_iter().for_each(|block| stack.push(block.clone()));
        let shared = stack.clone();
        let other = spawn(move || {
            let mut taken = shared.take();
            // Both or none.
            if let Some(first) = taken.next() {
                last.fill(3, "a storage");
                shared.put_back(taken);
                free(&first);
            }
        });
        stack.take().for_each(|block| free(&block));
        other.join().unwrap();
        stack.take().for_each(|block| free(&block));
        assert!(first.is_freed(), "a storage is left over");
    });
}
