//! Two evictions of one wrapper.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

/// One of two evictions frees the storage.
#[test]
fn one_wins() {
    explore_with(1, move || {
        let world = World::new();
        let main = world.thread(1);
        let object = object(&world, &main, Class::LEAN, 1);
        leave_dormant(&main, object);
        let wins = Arc::new(AtomicUsize::new(0));
        let count = wins.clone();
        let evict = move |me: &Thread| {
            count.fetch_add(me.evict(object).into(), Relaxed);
            me.release(object);
        };
        let other = on(&world, 2, {
            let evict = evict.clone();
            move |me| evict(me)
        });
        evict(&main);
        other.join().unwrap();
        assert_eq!(wins.load(Relaxed), 1);
        world.finish(&main);
    });
}
