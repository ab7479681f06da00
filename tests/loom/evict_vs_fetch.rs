//! Freeing a dormant wrapper against reviving it.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// The dormant wrapper is freed or begins a new life, never both.
    fn freed_or_revived(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            leave_dormant(&main, object);
            let other = on(&world, 2, move |me| {
                me.evict(object);
                me.release(object);
            });
            let held = main.fetch(object).unwrap();
            main.drop_held(held);
            other.join().unwrap();
            main.release(object);
            world.finish(&main);
        });
    }
    /// Two fetches and an eviction.
    fn two_fetches(class) {
        explore_wide(class, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 2);
            leave_dormant(&main, object);
            let evictor = on(&world, 2, move |me| {
                me.evict(object);
                me.release(object);
            });
            let other = on(&world, 3, move |me| fetch_and_drop(me, object));
            fetch_and_drop(&main, object);
            evictor.join().unwrap();
            other.join().unwrap();
            world.finish(&main);
        });
    }
}
