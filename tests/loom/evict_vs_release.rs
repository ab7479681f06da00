//! Freeing a dormant wrapper against the death of its object.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// The object may die with the evictor's own count. The storage is freed by one of eviction and teardown.
    fn freed_once(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            leave_dormant(&main, object);
            let native = on_foreign(&world, 2, move |me| me.release(object));
            main.evict(object);
            main.release(object);
            native.join().unwrap();
            world.finish(&main);
        });
    }
}
