//! Moving an object out of its wrapper, against fetches of the object.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// The fetch returns the wrapper before it was moved from, or another after.
    fn takes_the_object_out(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let other = on(&world, 2, move |me| fetch_and_drop(me, object));
            assert_eq!(main.move_out(&held), Some(object));
            main.release(object);
            let fresh = main.fetch(object).unwrap();
            assert_ne!(fresh.id(), held.id(), "a wrapper that was moved from came back");
            main.drop_held(held);
            main.drop_held(fresh);
            main.release(object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
    /// A move while a retire of a former life of the same wrapper is late.
    fn with_a_late_retire(class) {
        explore(move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let other = on(&world, 2, move |me| {
                let held = me.fetch(object).unwrap();
                assert_eq!(me.move_out(&held), Some(object));
                me.release(object);
                me.drop_held(held);
                me.release(object);
            });
            main.drop_held(held);
            main.release(object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
    /// A wrapper may be freed right after its object was moved out. By then late retires of former lives gave their counts
    /// back: they read the wrapper before.
    fn freed_after_a_late_retire(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let other = on(&world, 2, move |me| {
                let held = me.fetch_owned(object).unwrap();
                let moved = me.move_out(&held);
                me.drop_held(held);
                moved.into_iter().for_each(|object| me.release(object));
            });
            main.drop_held(held);
            main.release(object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
    /// A wrapper may be freed right after its object was moved out. The move has to leave the only count: a thread that counts
    /// the object since then does not find the wrapper by the word.
    fn of_a_sole_object(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 0);
            // A weak handle leads another thread to an object whose only count is a wrapper's.
            object.get().counts.retain_weak();
            let held = main.fetch_owned(object).unwrap();
            let other = on(&world, 2, move |me| {
                if me.upgrade(object) {
                    fetch_and_drop(me, object);
                }
                me.release_weak(object);
            });
            let moved = main.move_out(&held);
            assert_eq!(moved, Some(object));
            main.drop_held(held);
            main.release(object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
}
