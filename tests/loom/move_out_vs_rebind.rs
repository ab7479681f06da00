//! Moving an object out of a wrapper while another thread puts one in.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// The move may not untie what the other thread ties after it.
    fn to_the_same_object(class) {
        explore_tier(class, 1, move || {
            let world = World::strict();
            let main = world.thread(1);
            let object = object(&world, &main, class, 2);
            let held = main.fetch_owned(object).unwrap();
            let second = main.clone_held(&held);
            let other = on(&world, 2, move |me| {
                if let Some(object) = me.move_out(&second) {
                    me.release(object);
                }
                me.drop_held(second);
            });
            let tie = main.rebind(&held, object);
            other.join().unwrap();
            let again = main.fetch(object).unwrap();
            // Tied, unless the move came after.
            let moved = main.move_out(&held);
            assert_eq!(again.id() == held.id(), moved.is_some() && tie == Tie::Tied);
            moved.into_iter().for_each(|object| main.release(object));
            main.drop_held(held);
            main.drop_held(again);
            main.release(object);
            world.finish(&main);
        });
    }
    /// The other thread fills the wrapper before it empties it. So it is empty both when this one looks and when it
    /// acts, though not for the same reason.
    fn emptied_twice(class) {
        explore_tier(class, 1, move || {
            let world = World::strict();
            let main = world.thread(1);
            let object = object(&world, &main, class, 2);
            let held = main.construct(class);
            let second = main.clone_held(&held);
            let other = on(&world, 2, move |me| {
                let _ = me.bind(&second, object).map_err(|object| me.release(object));
                if let Some(object) = me.move_out(&second) {
                    me.release(object);
                }
                me.drop_held(second);
            });
            let tie = main.rebind(&held, object);
            other.join().unwrap();
            let again = main.fetch(object).unwrap();
            let moved = main.move_out(&held);
            assert_eq!(again.id() == held.id(), moved.is_some() && tie == Tie::Tied);
            moved.into_iter().for_each(|object| main.release(object));
            main.drop_held(held);
            main.drop_held(again);
            main.release(object);
            world.finish(&main);
        });
    }
}
