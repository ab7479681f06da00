//! The bits of the reserve's blocks (`sync::global::bitmap`): threads take blocks while others give theirs back.
//! Uses the harness in tests/loom.rs, and the bits as `sync::modelled` compiles them.
//! Upholds: a block has one holder at a time, who sees what the former one did with it.

use super::*;
use bowline::sync::modelled::bitmap::Bitmap;
use support::cell::Block;

/// Takes a block, changes it, and gives it back. Whether one was free.
fn hold((bitmap, blocks): &(Bitmap, Vec<Block>)) -> bool {
    let Some(block) = bitmap.take(blocks.len() as u32) else { return false };
    let held = blocks[block as usize].contents("a block");
    blocks[block as usize].fill(held + 1, "a block");
    bitmap.give_back(block);
    true
}

/// Threads that each [`hold`] one of `count` blocks, if one is free.
fn race(threads: usize, count: usize) {
    explore_with(1, move || {
        let blocks: Vec<Block> = (0..count).map(|_| Block::default()).collect();
        let shared = Arc::new((Bitmap::new(), blocks));
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let shared = shared.clone();
                spawn(move || hold(&shared))
            })
            .collect();
        let mine = hold(&shared);
        let held =
            others.into_iter().map(|other| other.join().unwrap()).filter(|held| *held).count() + usize::from(mine);
        let (bitmap, blocks) = &*shared;
        assert_eq!(blocks.iter().map(|block| block.contents("a block") as usize).sum::<usize>(), held);
        assert!(bitmap.taken() == 0 && held >= threads.min(count), "a thread found none, though one was free");
    });
}

/// Two threads, one block: the later has it after the earlier, or finds none.
#[test]
fn taken_again() {
    race(2, 1);
}

#[test]
fn two_blocks() {
    race(2, 2);
}

#[test]
fn three_threads_and_two_blocks() {
    race(3, 2);
}
