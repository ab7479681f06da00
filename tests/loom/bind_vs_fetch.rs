//! Tying a wrapper that Python made, against fetches of the object.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// A wrapper that Python made becomes the tied one. Or it becomes an alias of the one that a fetch made
    /// first.
    fn tied_or_alias(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 2);
            let other = on(&world, 2, move |me| fetch_and_drop(me, object));
            let made = main.construct(class);
            let tie = main.bind(&made, object).unwrap();
            let held = main.fetch(object).unwrap();
            assert_eq!(held.id() == made.id(), tie == Tie::Tied);
            main.drop_held(made);
            main.drop_held(held);
            main.release(object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
}

/// A tied wrapper that Python made is the object's when Python drops it. Its class does not matter.
#[test]
fn made_by_python_and_kept() {
    explore_with(1, move || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::RICH, 2);
        let made = main.construct(Class::RICH);
        let id = made.id();
        assert_eq!(main.bind(&made, object), Ok(Tie::Tied));
        let other = on(&world, 2, move |me| {
            let held = me.fetch(object).unwrap();
            assert_eq!(held.id(), id, "P4: the wrapper was not kept");
            me.drop_held(held);
            me.release(object);
        });
        main.drop_held(made);
        main.release(object);
        other.join().unwrap();
        world.finish(&main);
    });
}
