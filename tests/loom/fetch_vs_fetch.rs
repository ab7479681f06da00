//! Fetches of one object on several threads.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

fn two(class: Class, prepare: fn(&Thread, Object)) {
    explore(move || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, class, 1);
        prepare(&main, object);
        let other = on(&world, 2, move |me| {
            let held = me.fetch(object).unwrap();
            let again = me.fetch_again(object, &held);
            me.drop_held(held);
            me.drop_held(again);
            me.release(object);
        });
        fetch_and_drop(&main, object);
        other.join().unwrap();
        world.finish(&main);
    });
}

for_both_tiers! {
    /// The first wrapper of an object. One of two fresh ones is tied, the other freed.
    fn on_detached(class) { two(class, |_, _| ()) }
    /// One of two fetches begins the new life, the other joins it.
    fn on_dormant(class) { two(class, leave_dormant) }
    /// Hits write the wrapper's refcount only.
    fn on_live(class) {
        explore(move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let alive = Held { wrapper: held.wrapper, result_of: None };
            let other = on(&world, 2, move |me| {
                let again = me.fetch_again(object, &alive);
                me.drop_held(again);
            });
            let again = main.fetch_again(object, &held);
            main.drop_held(again);
            other.join().unwrap();
            main.drop_held(held);
            main.release(object);
            main.release(object);
            world.finish(&main);
        });
    }
    /// One of three fetches begins the new life, the others join it. Nothing is allocated (P4).
    fn three_on_dormant(class) {
        explore_wide(class, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 0);
            leave_dormant(&main, object);
            let fetch = move |me: &Thread| {
                let before = me.allocations.get();
                let held = me.fetch(object).unwrap();
                assert_eq!(me.allocations.get(), before, "P4: a dormant wrapper was not revived");
                held
            };
            let results = Arc::new(Mutex::new(Vec::new()));
            let others = [2, 3].map(|id| {
                let results = results.clone();
                on(&world, id, move |me| {
                    let held = fetch(me);
                    results.lock().unwrap().push(held);
                })
            });
            let held = fetch(&main);
            others.into_iter().for_each(|other| other.join().unwrap());
            main.drop_held(held);
            std::mem::take(&mut *results.lock().unwrap()).into_iter().for_each(|held| main.drop_held(held));
            main.release(object);
            world.finish(&main);
        });
    }
    /// A fetch that gives its count, against one that does not.
    fn with_owned_count(class) {
        explore(move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let other = on(&world, 2, move |me| {
                let held = me.fetch_owned(object).unwrap();
                me.drop_held(held);
            });
            fetch_and_drop(&main, object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
}
