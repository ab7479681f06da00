//! The last count of an object against everything that still looks at its wrapper.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// The last count is given back by a life's end or by a native thread. The later of the two does it.
    fn by_a_native_thread(class) {
        explore(move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let native = on_foreign(&world, 2, move |me| me.release(object));
            main.release(object);
            main.drop_held(held);
            native.join().unwrap();
            world.finish(&main);
        });
    }
    /// The same with a third thread that still fetches.
    fn while_another_fetches(class) {
        explore_wide(class, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 2);
            let held = main.fetch(object).unwrap();
            let native = on_foreign(&world, 2, move |me| me.release(object));
            let other = on(&world, 3, move |me| fetch_and_drop(me, object));
            main.drop_held(held);
            main.release(object);
            native.join().unwrap();
            other.join().unwrap();
            world.finish(&main);
        });
    }
}
