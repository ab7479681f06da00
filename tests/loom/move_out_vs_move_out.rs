//! Two moves out of one wrapper.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// One of two moves gets the object.
    fn one_wins(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 0);
            let held = main.fetch_owned(object).unwrap();
            let second = main.clone_held(&held);
            let won = Arc::new(AtomicUsize::new(0));
            let count = won.clone();
            let move_out = move |me: &Thread, held: Held| {
                if let Some(object) = me.move_out(&held) {
                    count.fetch_add(1, Relaxed);
                    me.release(object);
                }
                // What is left of the result is no longer the object's, which may be gone.
                me.drop_held(held);
            };
            let other = on(&world, 2, { let move_out = move_out.clone(); move |me| move_out(me, second) });
            move_out(&main, held);
            other.join().unwrap();
            assert_eq!(won.load(Relaxed), 1);
            world.finish(&main);
        });
    }
}
