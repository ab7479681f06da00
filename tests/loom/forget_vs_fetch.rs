//! A wrapper that forgets what it knows with each life, against who fetches it meanwhile.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

/// Fetches, writes, and reads what was written.
fn write_and_read(me: &Thread, object: Object, value: usize) {
    let held = me.fetch(object).unwrap();
    me.write(&held, value);
    assert_eq!(me.written(&held), value, "what a holder wrote was forgotten");
    me.drop_held(held);
    me.release(object);
}

/// What was written into a former life is gone, whichever thread ends it. What a holder writes stays.
#[test]
fn a_life_begins_empty() {
    explore_with(0, || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::FORGETFUL, 2);
        let held = main.fetch(object).unwrap();
        main.write(&held, 1);
        let other = on(&world, 2, move |me| write_and_read(me, object, 2));
        main.drop_held(held);
        other.join().unwrap();
        let held = main.fetch(object).unwrap();
        assert_eq!(main.written(&held), 0, "a life began with what a former one knew");
        main.drop_held(held);
        main.release(object);
        main.release(object);
        world.finish(&main);
    });
}

/// The last native count is given back by a thread without Python meanwhile.
#[test]
fn beside_the_last_release() {
    explore_with(0, || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::FORGETFUL, 1);
        let held = main.fetch(object).unwrap();
        let other = on_foreign(&world, 7, move |me| me.release(object));
        main.drop_held(held);
        main.release(object);
        other.join().unwrap();
        world.finish(&main);
    });
}

/// The object is moved out by a thread that joined the life which ends.
#[test]
fn beside_a_move() {
    explore_with(0, || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::FORGETFUL, 1);
        let held = main.fetch(object).unwrap();
        let other = on(&world, 2, move |me| {
            let held = me.fetch(object).unwrap();
            me.move_out(&held).into_iter().for_each(|object| me.release(object));
            me.drop_held(held);
            me.release(object);
        });
        main.drop_held(held);
        main.release(object);
        other.join().unwrap();
        world.finish(&main);
    });
}
