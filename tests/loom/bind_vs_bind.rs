//! Tying two wrappers to one object.
//! Upholds: P1–P9, which the model asserts in every execution, and what each claim says.

use super::*;

for_both_tiers! {
    /// Two wrappers that Python made for one object: one is tied.
    fn one_is_tied(class) {
        explore_tier(class, 1, move || {
            let world = World::new();
            let main = world.thread(1);
            let object = object(&world, &main, class, 1);
            let ties = Arc::new(Mutex::new(Vec::new()));
            let noted = ties.clone();
            let bind = move |me: &Thread| {
                let made = me.construct(class);
                let tie = me.bind(&made, object).unwrap();
                noted.lock().unwrap().push((tie, made));
            };
            let other = on(&world, 2, { let bind = bind.clone(); move |me| bind(me) });
            bind(&main);
            other.join().unwrap();
            let made = std::mem::take(&mut *ties.lock().unwrap());
            assert_eq!(made.iter().filter(|(tie, _)| *tie == Tie::Tied).count(), 1);
            made.into_iter().for_each(|(_, made)| main.drop_held(made));
            world.finish(&main);
        });
    }
}
