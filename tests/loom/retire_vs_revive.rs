//! The last step of a life against the first of the next.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;
use support::cell::Block;
use support::header::{Decref, Header};

for_both_tiers! {
    /// A retire that runs late only gives its own count back. The next life has begun and even ended.
    fn late_retire_is_only_a_release(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let held = main.fetch(object).unwrap();
            let other = on(&world, 2, move |me| {
                let held = me.fetch(object).unwrap();
                me.drop_held(held);
                fetch_and_drop(me, object);
            });
            main.drop_held(held);
            main.release(object);
            other.join().unwrap();
            world.finish(&main);
        });
    }
}

/// Lives that begin and end on two threads need one wrapper.
#[test]
fn one_wrapper_for_all_lives() {
    explore_with(1, || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::RICH, 1);
        leave_dormant(&main, object);
        let before = main.allocations.get();
        let other = on(&world, 2, move |me| {
            fetch_and_drop(me, object);
            assert_eq!(me.allocations.get(), 0, "P4: the wrapper was not kept");
        });
        leave_dormant(&main, object);
        other.join().unwrap();
        leave_dormant(&main, object);
        assert_eq!(main.allocations.get(), before, "P4: the wrapper was not kept");
        main.release(object);
        world.finish(&main);
    });
}

/// One who revives a wrapper sees what its last holder wrote into it. Of the header alone, as no word changes hands here.
#[test]
fn revived_with_its_contents() {
    explore_with(1, || {
        let dying = Arc::new((Header::new(1, true), Block::default()));
        let shared = dying.clone();
        let other = spawn(move || {
            let (header, block) = &*shared;
            if header.revive(2, true, || ()) {
                assert_eq!(block.contents("a wrapper"), 1, "the life before");
            }
        });
        let (header, block) = &*dying;
        block.fill(1, "a wrapper");
        assert_eq!(header.decref(1), Decref::Dead);
        other.join().unwrap();
    });
}
