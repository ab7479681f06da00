//! Tying a wrapper while another thread empties and fills it again.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// Another thread fetches the wrapper that is being bound. It moves from it, and gives it another
    /// object.
    fn late_finish(class) {
        explore_tier(class, 1, move || {
            let world = World::strict();
            let main = world.thread(1);
            let first = object(&world, &main, class, 1);
            let second = object(&world, &main, class, 0);
            let other = on(&world, 2, move |me| {
                let held = me.fetch(first).unwrap();
                if let Some(object) = me.move_out(&held) {
                    me.release(object);
                }
                me.rebind(&held, second);
                me.drop_held(held);
                me.release(first);
            });
            let made = main.construct(class);
            main.bind(&made, first).unwrap();
            main.drop_held(made);
            other.join().unwrap();
            world.finish(&main);
        });
    }
}
