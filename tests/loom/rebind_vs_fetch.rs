//! Giving a wrapper another object, against fetches of both.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// The word of neither object ever points at a wrapper of the other.
    fn changes_the_object(class) {
        explore(move || {
            let world = World::strict();
            let main = world.thread(1);
            let first = object(&world, &main, class, 1);
            let second = object(&world, &main, class, 1);
            let held = main.fetch_owned(first).unwrap();
            let other = on(&world, 2, move |me| {
                fetch_and_drop(me, first);
                fetch_and_drop(me, second);
            });
            main.rebind(&held, second);
            main.drop_held(held);
            other.join().unwrap();
            world.finish(&main);
        });
    }
    /// A read through the wrapper meanwhile finds the one object or the other. It finds it alive.
    fn is_never_empty(class) {
        explore(move || {
            let world = World::strict();
            let main = world.thread(1);
            let first = object(&world, &main, class, 0);
            let second = object(&world, &main, class, 0);
            let held = main.fetch_owned(first).unwrap();
            let seen = main.clone_held(&held);
            let other = on(&world, 2, move |me| {
                let read = me.read(&seen).expect("a wrapper was seen empty");
                assert!(read == first || read == second);
                assert!(read == first || me.read(&seen) == Some(second));
                me.drop_held(seen);
            });
            main.rebind(&held, second);
            assert_eq!(main.read(&held), Some(second));
            main.drop_held(held);
            other.join().unwrap();
            world.finish(&main);
        });
    }
    /// A retire of a former life may come after the handle has changed. Its count is one of the former object still.
    fn of_a_wrapper_with_late_retires(class) {
        explore(move || {
            let world = World::strict();
            let main = world.thread(1);
            let first = object(&world, &main, class, 1);
            let second = object(&world, &main, class, 0);
            let held = main.fetch(first).unwrap();
            let other = on(&world, 2, move |me| {
                let held = me.fetch(first).unwrap();
                me.rebind(&held, second);
                me.drop_held(held);
                me.release(first);
            });
            main.drop_held(held);
            main.release(first);
            other.join().unwrap();
            world.finish(&main);
        });
    }
    /// The same, twice, and limbo ends in between.
    fn again_with_late_retires(class) {
        explore_tier(class, 0, move || {
            let world = World::strict();
            let main = world.thread(1);
            let first = object(&world, &main, class, 1);
            let others = [(); 2].map(|()| object(&world, &main, class, 0));
            let held = main.fetch(first).unwrap();
            let other = on(&world, 2, move |me| {
                let held = me.fetch(first).unwrap();
                me.rebind(&held, others[0]);
                me.flush_limbo();
                me.rebind(&held, others[1]);
                me.drop_held(held);
                me.release(first);
            });
            main.drop_held(held);
            main.release(first);
            other.join().unwrap();
            world.finish(&main);
        });
    }
    /// The only count of the former object may be that of an unfinished retire. The wrapper may be alive by a weak reference.
    fn of_a_sole_object(class) {
        explore_tier(class, 1, move || {
            let world = World::strict();
            let main = world.thread(1);
            let first = object(&world, &main, class, 0);
            let second = object(&world, &main, class, 0);
            first.get().counts.retain_weak();
            let held = main.fetch_owned(first).unwrap();
            let other = on(&world, 2, move |me| {
                if me.upgrade(first) {
                    fetch_and_drop(me, first);
                }
                me.release_weak(first);
            });
            main.rebind(&held, second);
            main.drop_held(held);
            other.join().unwrap();
            world.finish(&main);
        });
    }
}
