//! The last step of a life against the first of the next.
//! Imports the harness in tests/loom.rs.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// A retire that runs late, after the next life has begun and even ended, only gives its own count back.
    fn late_retire_is_only_a_release(class) {
        explore_with(1, move || {
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

/// A fetch that saw Inactive long ago may not wake the wrapper under the ticket of a death that has yet to be parked: the
/// parking would come after the waking, the word say Inactive of a living wrapper, and its storage not be kept.
#[test]
fn not_before_it_is_parked() {
    explore_with(1, || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::RICH, 1);
        leave_dormant(&main, object);
        let before = main.allocations.get();
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let other = on(&world, 2, move |me| {
            fetch_and_drop(me, object);
            count.store(me.allocations.get(), Relaxed);
        });
        leave_dormant(&main, object);
        other.join().unwrap();
        if made.load(Relaxed) == 0 && main.allocations.get() == before {
            leave_dormant(&main, object);
            assert_eq!(main.allocations.get(), before, "P4: the storage was not kept, though no fetch met a death");
        }
        main.release(object);
        world.finish(&main);
    });
}
