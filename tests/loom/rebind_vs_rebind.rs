//! Two threads that give one wrapper two objects.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// Two threads initialise the same wrapper again. It holds one of the two objects, the other is released.
    fn one_object_stays(class) {
        explore(move || {
            let world = World::strict();
            let main = world.thread(1);
            let objects = [(); 2].map(|()| object(&world, &main, class, 0));
            let made = main.construct(class);
            let second = main.clone_held(&made);
            let other = on(&world, 2, move |me| {
                me.rebind(&second, objects[1]);
                me.drop_held(second);
            });
            main.rebind(&made, objects[0]);
            main.drop_held(made);
            other.join().unwrap();
            world.finish(&main);
        });
    }
}
