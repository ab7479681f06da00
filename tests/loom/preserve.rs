//! An object keeps its wrapper between lives, against all who may come meanwhile.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

/// Code that ends a race: what the threads left is settled by the world's `finish`.
fn race(
    more: isize,
    world: fn() -> Arc<World>,
    class: Class,
    others: usize,
    body: impl Fn(&Arc<World>, &Thread, Object) + Send + Sync + 'static,
) {
    explore_with(more, move || {
        let world = world();
        let main = world.thread(1);
        let object = object(&world, &main, class, others);
        body(&world, &main, object);
        world.finish(&main);
    });
}

/// An object that only its preserved wrapper's weak reference and a native count lead to. The count is given back by a thread
/// without Python while `body` gets what the weak reference gives.
fn called_while_released(body: fn(&Thread, Object, Held)) {
    race(0, World::weak, Class::RICH, 0, move |world, main, object| {
        let weak = weakly_referenced(main, object);
        let native = on_foreign(world, 7, move |me| me.release(object));
        main.call_weak(weak.get()).into_iter().for_each(|held| body(main, object, held));
        native.join().unwrap();
    });
}

/// Leaves the object with a preserved wrapper, and a weak reference of that.
fn weakly_referenced(main: &Thread, object: Object) -> support::Shared {
    let held = main.fetch(object).unwrap();
    let weak = support::Shared(main.weaken(&held));
    main.drop_held(held);
    weak
}

/// Uses up a weak handle, native. It fetches, if there is a strong count to be had.
fn upgrade_and_fetch(me: &Thread, object: Object) {
    if me.upgrade(object) {
        fetch_and_drop(me, object);
    }
    me.release_weak(object);
}

/// A death of the object's wrapper that is decided, while its dealloc waits for `run_late`.
fn leave_late_death(main: &Thread, object: Object) {
    main.late.set(true);
    leave_dormant(main, object);
    main.late.set(false);
}

/// A thread without Python gives the last native count back. Meanwhile the last result is dropped.
#[test]
fn dropped_and_released() {
    race(0, World::new, Class::RICH, 1, |world, main, object| {
        let held = main.fetch(object).unwrap();
        let other = on_foreign(world, 7, move |me| me.release(object));
        main.drop_held(held);
        main.release(object);
        other.join().unwrap();
    });
}

/// The same while a third thread fetches.
#[test]
fn dropped_released_and_fetched() {
    race(0, World::new, Class::RICH, 2, |world, main, object| {
        let held = main.fetch(object).unwrap();
        let native = on_foreign(world, 7, move |me| me.release(object));
        let other = on(world, 2, move |me| fetch_and_drop(me, object));
        main.drop_held(held);
        main.release(object);
        native.join().unwrap();
        other.join().unwrap();
    });
}

/// The object and its wrapper come to their end on a thread without Python. The finalizer runs once, on one with Python.
#[test]
fn finalized_once() {
    static RAN: AtomicUsize = AtomicUsize::new(0);
    let world = || {
        RAN.store(0, Relaxed);
        World::with_user(|me, moment| {
            if let Moment::Finalize(_, object) = moment {
                assert!(me.attached, "P7: user code on a thread without Python");
                assert!(object.is_some_and(|object| object.count() > 0), "P9: a finalizer without its object");
                RAN.fetch_add(1, Relaxed);
            }
        })
    };
    explore_with(0, move || {
        let world = world();
        let main = world.thread(1);
        let object = object(&world, &main, Class::FINAL, 1);
        let held = main.fetch(object).unwrap();
        let other = on_foreign(&world, 7, move |me| me.release(object));
        main.drop_held(held);
        main.release(object);
        other.join().unwrap();
        world.finish(&main);
        assert_eq!(RAN.load(Relaxed), 1, "P9: the finalizer ran once");
    });
}

/// A weak reference is called while the wrapper is dropped. It gives the wrapper or, in the moment of the drop, nothing.
#[test]
fn called_by_a_weak_reference() {
    race(0, World::weak, Class::RICH, 1, |world, main, object| {
        let held = main.fetch(object).unwrap();
        let weak = main.weaken(&held);
        let other = on(world, 2, {
            let weak = support::Shared(weak);
            move |me| {
                me.call_weak(weak.get()).into_iter().for_each(|held| me.drop_held(held));
                fetch_and_drop(me, object);
            }
        });
        main.drop_held(held);
        main.release(object);
        other.join().unwrap();
    });
}

/// What a weak reference gave is whole. The last native count is given back meanwhile.
#[test]
fn called_while_the_object_ends() {
    called_while_released(|main, object, held| {
        // What a call does with its argument: no other count protects the object.
        main.retain(object);
        assert_eq!(main.read(&held), Some(object));
        main.release(object);
        main.drop_held(held);
    });
}

/// The same, and the one who called moves the object out.
#[test]
fn called_and_moved() {
    called_while_released(|main, _, held| {
        main.move_out(&held).into_iter().for_each(|object| main.release(object));
        main.drop_held(held);
    });
}

/// The same, and the one who called re-initialises it, while another fetches.
#[test]
fn called_and_rebound() {
    explore(|| {
        let mut world = World::strict();
        Arc::get_mut(&mut world).unwrap().weak = Some(bowline::sync::Mutex::new(Vec::new()));
        let main = world.thread(1);
        let first = object(&world, &main, Class::RICH, 0);
        let second = object(&world, &main, Class::RICH, 0);
        let weak = weakly_referenced(&main, first);
        let other = on(&world, 2, move |me| fetch_and_drop(me, first));
        match main.call_weak(weak.get()) {
            Some(held) => {
                main.rebind(&held, second);
                main.drop_held(held);
            }
            None => main.release(second),
        }
        other.join().unwrap();
        world.finish(&main);
    });
}

/// A weak handle, native, tries to hold the object while it ends with its wrapper.
#[test]
fn upgraded_while_it_ends() {
    race(0, World::new, Class::RICH, 0, |world, main, object| {
        object.get().counts.retain_weak();
        let held = main.fetch(object).unwrap();
        main.release(object);
        let other = on(world, 2, move |me| upgrade_and_fetch(me, object));
        main.drop_held(held);
        other.join().unwrap();
    });
}

/// A weak handle, native, becomes a strong one while the last count is given back. Its holder leaves the object with a preserved
/// wrapper: the object is not destroyed without its wrapper.
#[test]
fn preserved_by_a_weak_handle() {
    race(0, World::new, Class::RICH, 0, |world, main, object| {
        object.get().counts.retain_weak();
        // A spawned thread releases. Loom, which runs the main thread first, overlooks that its looks could come later.
        let other = on(world, 2, move |me| me.release(object));
        upgrade_and_fetch(main, object);
        other.join().unwrap();
    });
}

/// The dealloc of a former life asks late whether it is the last. Another thread has begun the next life, moved the object out of
/// it, and given all back: the wrapper is not the object's any more.
#[test]
fn moved_beside_a_late_death() {
    race(0, World::new, Class::RICH, 0, |world, main, object| {
        leave_late_death(main, object);
        let other = on(world, 2, move |me| {
            let held = me.fetch(object).unwrap();
            me.move_out(&held).into_iter().for_each(|object| me.release(object));
            me.release(object);
            me.drop_held(held);
        });
        main.run_late(0);
        other.join().unwrap();
    });
}

/// The dealloc of a former life asks late whether it is the last. Another thread has left the wrapper to the object, and given
/// all back: the wrapper is not dead any more.
#[test]
fn kept_beside_a_late_death() {
    race(0, World::new, Class::RICH, 0, |world, main, object| {
        leave_late_death(main, object);
        let other = on(world, 2, move |me| fetch_and_drop(me, object));
        main.run_late(0);
        other.join().unwrap();
    });
}

/// The trashcan postpones a death while another thread gets the wrapper by `get`. It gets another one. `then` uses up the count
/// of the thread whose stack is near its end.
fn deposited(get: fn(&Thread, Object) -> Held, then: fn(&Thread, Object)) {
    race(0, World::new, Class::RICH, 1, move |world, main, object| {
        let held = main.fetch(object).unwrap();
        let other = on(world, 2, move |me| {
            let held = get(me, object);
            me.drop_held(held);
            me.release(object);
        });
        main.deposit.set(true);
        main.late.set(true);
        main.drop_held(held);
        main.deposit.set(false);
        main.late.set(false);
        then(main, object);
        main.run_late(0);
        other.join().unwrap();
    });
}

#[test]
fn deposited_and_fetched() {
    deposited(|me, object| me.fetch(object).unwrap(), fetch_and_drop);
}

#[test]
fn deposited_and_hit() {
    deposited(|me, object| me.hit_or_fetch(object).unwrap(), Thread::release);
}

/// Deaths of two lives are decided before the dealloc of either has begun. Another thread drops a third.
#[test]
fn two_late_deaths() {
    race(0, World::new, Class::RICH, 1, |world, main, object| {
        (0..2).for_each(|_| leave_late_death(main, object));
        let other = on(world, 2, move |me| fetch_and_drop(me, object));
        while main.run_late(0) {}
        other.join().unwrap();
        main.release(object);
    });
}

/// The death of a former life is decided when the trashcan gets the wrapper. Its dealloc comes before or after that of the
/// trashcan, on another thread.
#[test]
fn deposited_beside_a_late_death() {
    race(0, World::new, Class::RICH, 1, |world, main, object| {
        leave_late_death(main, object);
        main.deposit.set(true);
        leave_late_death(main, object);
        main.deposit.set(false);
        let other = on(world, 2, move |me| {
            me.run_late(0);
            me.release(object);
        });
        main.run_late(0);
        main.release(object);
        other.join().unwrap();
    });
}
