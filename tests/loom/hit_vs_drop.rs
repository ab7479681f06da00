//! Looking for a living wrapper, against the end of its life and against a move.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// The wrapper, or a count with which a fetch goes on.
    fn wrapper_or_count(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let other = on(&world, 2, move |me| {
                let held = me.hit_or_fetch(object).unwrap();
                me.drop_held(held);
                me.release(object);
            });
            main.drop_held(held);
            main.release(object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
    /// A wrapper that was moved from is no hit.
    fn not_moved_from(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let other = on(&world, 2, move |me| {
                let held = me.hit_or_fetch(object).unwrap();
                me.drop_held(held);
                me.release(object);
            });
            main.move_out(&held).into_iter().for_each(|object| main.release(object));
            let fresh = main.hit_or_fetch(object).unwrap();
            assert_ne!(fresh.id(), held.id(), "a wrapper that was moved from came back");
            main.drop_held(held);
            main.drop_held(fresh);
            main.release(object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
    /// Of two that find a dormant wrapper both get it. One revives it, with the count of the object that its life needs.
    fn both_revive(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let slept = held.id();
            main.drop_held(held);
            let their_world = world.clone();
            let other = spawn(move || {
                let me = their_world.thread(2);
                let held = me.hit_or_fetch(object).unwrap();
                me.release(object);
                held
            });
            let mine = main.hit_or_fetch(object).unwrap();
            let theirs = other.join().unwrap();
            assert_eq!((mine.id(), theirs.id()), (slept, slept), "a wrapper whose storage was kept was not found");
            main.drop_held(mine);
            main.drop_held(theirs);
            main.release(object);
            world.finish(&main);
        });
    }
}

/// As in `fetch_vs_drop`: what a look for a living wrapper finds is a life's.
#[test]
fn found_by_a_life() {
    fetch_vs_drop::held_by_a_life(|me, object| me.hit_or_fetch(object).unwrap());
}
