//! Moving an object out of its wrapper, against fetches of the object.
//! Imports the harness in tests/loom.rs.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// The fetch returns the wrapper before it was moved from, or another after.
    fn takes_the_object_out(class) {
        explore_with(1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let other = on(&world, 2, move |me| fetch_and_drop(me, object));
            assert_eq!(main.shift(&held), Some(object));
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
                assert_eq!(me.shift(&held), Some(object));
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
}
