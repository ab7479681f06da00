//! Leases (`sync::global::lease`), of counters and of parts in the collector. Threads take one while others give theirs.
//! Uses the harness in tests/loom.rs, and the leases as `sync::modelled` compiles them.
//! Upholds: a thing has one holder at a time, who sees what the former one left in it; all that were made are found.

use super::*;
use bowline::sync::modelled::lease::Leases;
use support::cell::Block;

type Things = Leases<Block>;

/// Takes a thing, changes what it holds, and gives it back.
fn hold(things: &Things) {
    let lease = things.take(Block::default);
    let held = lease.contents("a thing");
    lease.fill(held + 1, "a thing");
    lease.give_back();
}

/// How often things were held altogether.
fn total(things: &Things) -> u32 {
    things.iter().map(|lease| lease.contents("a thing")).sum()
}

fn race(holders: usize, before: usize) {
    explore_with(1, move || {
        let things = Arc::new(Things::new());
        (0..before).for_each(|_| hold(&things));
        let others: Vec<_> = (1..holders)
            .map(|_| {
                let things = things.clone();
                spawn(move || hold(&things))
            })
            .collect();
        hold(&things);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(total(&things), (holders + before) as u32);
        assert!(things.iter().count() <= holders, "more things than holders");
    });
}

/// Each makes one, or takes over the other's.
#[test]
fn take_vs_take() {
    race(2, 0);
}

/// There is one, for which both ask.
#[test]
fn take_over_vs_take_over() {
    race(2, 1);
}

/// One that looks through all sees things as they were made.
#[test]
fn look_vs_take() {
    explore_with(1, || {
        let things = Arc::new(Things::new());
        let shared = things.clone();
        // A spawned thread looks. Loom, which runs the main thread first, overlooks that its look could come later.
        let looker = spawn(move || shared.iter().for_each(|lease| lease.touch("a thing")));
        things.take(Block::default);
        looker.join().unwrap();
        assert_eq!(things.iter().filter(|lease| lease.is_held()).count(), 1);
    });
}
