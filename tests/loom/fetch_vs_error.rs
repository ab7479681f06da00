//! A fetch whose allocation fails, against a drop or another fetch.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// An allocation that fails gives back what the fetch took, and disturbs no other thread.
    fn is_balanced(class) {
        explore(move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let other = on(&world, 2, move |me| {
                me.fail.set(true);
                // A wrapper that another thread made meanwhile needs no allocation.
                if let Ok(held) = me.fetch_owned(object) {
                    me.drop_held(held);
                }
            });
            fetch_and_drop(&main, object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
}

/// The same when the wrapper is met dying. So the failing allocation is a replacement's.
#[test]
fn is_balanced_when_dying() {
    explore(move || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::RICH, 1);
        let held = main.fetch(object).unwrap();
        let other = on(&world, 2, move |me| {
            me.fail.set(true);
            if let Ok(held) = me.fetch_owned(object) {
                me.drop_held(held);
            }
        });
        main.drop_held(held);
        main.release(object);
        other.join().unwrap();
        world.finish(&main);
    });
}
