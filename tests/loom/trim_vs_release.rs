//! Taking a count of what was found without owning one (`trim`). The last release races with it, on a thread that it cannot
//! exclude.
//! Upholds: P11, and P1–P9, which the model asserts in every execution.

use super::*;

for_both_tiers! {
    /// The object is found and held, or gone: never both.
    fn found_or_gone(class) {
        explore_with(2, move || {
            let world = World::listed();
            let main = world.thread(1);
            let object = world.object(class);
            leave_dormant(&main, object);
            let native = on_foreign(&world, 2, move |me| me.release(object));
            main.trim();
            native.join().unwrap();
            world.finish(&main);
        });
    }
    /// With two foreign holders, either of which may be the last.
    fn two_holders(class) {
        explore_tier(class, 1, move || {
            let world = World::listed();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            leave_dormant(&main, object);
            let natives = [2, 3].map(|id| on_foreign(&world, id, move |me| me.release(object)));
            main.trim();
            natives.into_iter().for_each(|native| native.join().unwrap());
            world.finish(&main);
        });
    }
    /// Twice: the second finds an object without wrapper, or none.
    fn trimmed_twice(class) {
        explore_tier(class, 1, move || {
            let world = World::listed();
            let main = world.thread(1);
            let object = world.object(class);
            leave_dormant(&main, object);
            let native = on_foreign(&world, 2, move |me| me.release(object));
            main.trim();
            main.trim();
            native.join().unwrap();
            world.finish(&main);
        });
    }
    /// The wrapper was evicted and made anew meanwhile: the word was detached for a moment.
    fn detached_and_tied_again(class) {
        explore_tier(class, 1, move || {
            let world = World::listed();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            leave_dormant(&main, object);
            let native = on_foreign(&world, 2, move |me| me.release(object));
            main.trim();
            leave_dormant(&main, object);
            main.release(object);
            main.trim();
            native.join().unwrap();
            world.finish(&main);
        });
    }
}
