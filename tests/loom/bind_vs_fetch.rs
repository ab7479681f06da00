//! Tying a wrapper that Python made, against fetches of the object.
//! Imports the harness in tests/loom.rs.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// A wrapper that Python made becomes the tied one, or an alias of the one that a fetch made first.
    fn tied_or_alias(class) {
        explore_with(1, move || {
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

/// A tied wrapper of a subclass is not kept.
#[test]
fn subclass_is_not_kept() {
    explore_with(1, move || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::RICH, 2);
        let made = main.construct(Class::SUBCLASS);
        assert_eq!(main.bind(&made, object), Ok(Tie::Tied));
        let other = on(&world, 2, move |me| fetch_and_drop(me, object));
        main.drop_held(made);
        main.release(object);
        other.join().unwrap();
        world.finish(&main);
    });
}
