//! Fetches against the end of a life, and against code that runs in it.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

/// Runs a fetch against the drop, by its owner, of the only result.
fn race(more: isize, class: Class, world: fn() -> Arc<World>) {
    explore_tier(class, more, move || {
        let world = world();
        let main = world.thread(1);
        let object = object(&world, &main, class, 1);
        let held = main.fetch(object).unwrap();
        let other = on(&world, 2, move |me| fetch_and_drop(me, object));
        main.drop_held(held);
        main.release(object);
        other.join().unwrap();
        world.finish(&main);
    });
}

for_both_tiers! {
    /// The fetch finds the wrapper alive, dying, dead or dormant. It is always the same for lean classes.
    fn one_life_or_two(class) { race(1, class, World::new) }
    /// The result is dropped by a thread that does not own its bias. The owner merges it meanwhile.
    fn dropped_by_another_thread(class) {
        explore(move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let other = on(&world, 2, move |me| {
                me.drop_held(held);
                fetch_and_drop(me, object);
            });
            main.merge_queue(1);
            let held = main.fetch(object).unwrap();
            main.drop_held(held);
            main.release(object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
    /// Two threads fetch while the only result is dropped. The one that met the old life may not evict the new one.
    fn two_fetches_and_a_drop(class) {
        explore_wide(class, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 2);
            let held = main.fetch(object).unwrap();
            let others = [2, 3].map(|id| on(&world, id, move |me| fetch_and_drop(me, object)));
            main.drop_held(held);
            main.release(object);
            others.into_iter().for_each(|other| other.join().unwrap());
            world.finish(&main);
        });
    }
}

/// Two results that are both held, fetched while a former one was dropped.
#[test]
fn both_held_after_a_drop() {
    explore_with(1, || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::RICH, 1);
        let held = main.fetch(object).unwrap();
        let result = Arc::new(Mutex::new(None));
        let slot = result.clone();
        let other = on(&world, 2, move |me| {
            let held = me.fetch(object).unwrap();
            me.release(object);
            *slot.lock().unwrap() = Some(held);
        });
        main.drop_held(held);
        let revived = main.fetch(object).unwrap();
        other.join().unwrap();
        let fetched = result.lock().unwrap().take().unwrap();
        assert_eq!(revived.id(), fetched.id(), "P1: two wrappers of one object are alive");
        main.drop_held(revived);
        main.drop_held(fetched);
        main.release(object);
        world.finish(&main);
    });
}

/// What `get` gives beside the drop of the only result is a life's. The life has a count of the object: the next fetch writes
/// nothing but the wrapper's count.
pub fn held_by_a_life(get: fn(&Thread, Object) -> Held) {
    explore(move || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::RICH, 1);
        let held = main.fetch(object).unwrap();
        let theirs = world.clone();
        let other = spawn(move || {
            let me = theirs.thread(2);
            let held = get(&me, object);
            me.release(object);
            held
        });
        main.drop_held(held);
        let held = other.join().unwrap();
        let before = main.native_writes.get();
        let again = main.fetch(object).unwrap();
        assert_eq!(main.native_writes.get(), before, "P6: a wrapper that is held had no count of the object");
        main.drop_held(again);
        main.drop_held(held);
        main.release(object);
        world.finish(&main);
    });
}

#[test]
fn fetched_by_a_life() {
    held_by_a_life(|me, object| me.fetch(object).unwrap());
}

/// The finalizer fetches the object and lets go of the result. The wrapper dies all the same.
#[test]
fn fetched_by_its_own_finalizer() {
    race(0, Class::FINAL, || {
        World::with_user(|me, moment| {
            if let Moment::Finalize(_, Some(object)) = moment {
                let held = me.fetch(object).unwrap();
                me.drop_held(held);
            }
        })
    });
}

/// The finalizer stores the wrapper in a global. The life goes on, and its count with it.
#[test]
fn resurrected_by_its_finalizer() {
    explore(|| {
        let global = Arc::new(Mutex::new(None));
        let store = global.clone();
        let world = World::with_user(move |me, moment| {
            if let Moment::Finalize(wrapper, _) = moment {
                let mut global = store.lock().unwrap();
                if global.is_none() {
                    *global = Some(me.clone_held(&Held { wrapper, result_of: None }));
                }
            }
        });
        let main = world.thread(1);
        let object = object(&world, &main, Class::FINAL, 1);
        let held = main.fetch(object).unwrap();
        let other = on(&world, 2, move |me| fetch_and_drop(me, object));
        main.drop_held(held);
        let back = global.lock().unwrap().take();
        if let Some(held) = back {
            main.drop_held(held);
        }
        main.release(object);
        other.join().unwrap();
        let back = global.lock().unwrap().take();
        if let Some(held) = back {
            main.drop_held(held);
        }
        world.finish(&main);
    });
}
