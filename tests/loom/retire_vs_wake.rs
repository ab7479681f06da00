//! The last step of a life against the first of the next.
//! Imports the harness in tests/loom.rs.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// A retire that runs late, after the next life has begun and even ended, only gives its own count back.
    fn late_retire_is_only_a_release(class) {
        explore_with(1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let other = on(&world, 2, move |me| {
                let held = me.fetch(object).unwrap();
                me.drop_held(held);
                fetch_and_drop(me, object);
            });
            main.drop_held(held);
            main.release(object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
}
