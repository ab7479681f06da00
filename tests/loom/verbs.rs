//! Every pair of verbs on one object. Also the triples that are more than their pairs.
//! Upholds: P1–P9, which the model asserts in every execution. Claims about a certain race have a file of their own.

use super::*;

/// What one thread does with a strong count of the object. It may need a count of its wrapper, too.
#[derive(Clone, Copy, PartialEq)]
enum Verb {
    Fetch,
    Hit,
    Drop,
    Evict,
    Move,
    Bind,
    Rebind,
    Release,
}
use Verb::*;

/// The thread that owns the bias of the wrapper. There may be none when the race begins.
const OWNER: usize = 1;

impl Verb {
    /// Whether it begins with a living wrapper.
    fn needs_wrapper(self) -> bool {
        matches!(self, Drop | Move | Rebind)
    }

    fn run(self, me: &Thread, object: Object, held: Option<Held>) {
        match self {
            Fetch => me.drop_held(me.fetch(object).unwrap()),
            Hit => me.drop_held(me.hit_or_fetch(object).unwrap()),
            Drop => {}
            Evict => drop(me.evict(object)),
            Move => me.move_out(held.as_ref().unwrap()).into_iter().for_each(|object| me.release(object)),
            Bind => {
                let made = me.construct(object.peek().class);
                me.retain(object);
                me.bind(&made, object).unwrap();
                me.drop_held(made);
            }
            Rebind => {
                let other = me.world.object(object.peek().class);
                me.rebind(held.as_ref().unwrap(), other);
            }
            Release => {}
        }
        held.into_iter().for_each(|held| me.drop_held(held));
        if me.id == OWNER {
            // Wrappers that others dropped, asking the owner to count. Their deaths race with what is still to come.
            me.merge_queue(OWNER);
        }
        me.release(object);
    }
}

/// Where a race begins, if none of its verbs has a wrapper.
#[derive(Clone, Copy, PartialEq)]
enum From {
    Detached,
    Dormant,
}

/// Runs the first verb on the thread that owns the wrapper's bias. Each of the others runs on a thread of its own.
fn race<const N: usize>(verbs: [Verb; N], class: Class, from: From) {
    explore_tier(class, 3 - N as isize, move || {
        // Retires leave counts to what a `rebind` puts in limbo, which waits for their sections. They then must order what is in them.
        let world = if verbs.contains(&Rebind) { World::strict() } else { World::new() };
        let main = world.thread(OWNER);
        let object = object(&world, &main, class, N - 1);
        if from == From::Dormant {
            leave_dormant(&main, object);
        }
        let mut given = verbs.map(|_| None);
        for (verb, given) in verbs.iter().zip(&mut given) {
            *given = verb.needs_wrapper().then(|| main.fetch(object).unwrap());
        }
        let mut given = verbs.into_iter().zip(given).zip(OWNER..);
        let ((first, held), _) = given.next().unwrap();
        let others: Vec<_> = given
            .map(|((verb, held), id)| {
                let run = move |me: &Thread| verb.run(me, object, held);
                match verb {
                    Release => on_foreign(&world, id, run),
                    _ => on(&world, id, run),
                }
            })
            .collect();
        first.run(&main, object, held);
        others.into_iter().for_each(|other| other.join().unwrap());
        world.finish(&main);
    });
}

/// `a_vs { b c … }` races a on the owner's thread with each of the others. It does so for both tiers and both beginnings.
macro_rules! pairs {
    ($($race:ident: $first:ident vs $($module:ident $second:ident)*;)*) => {$(
        mod $race {
            use super::*;
            $(mod $module {
                use super::*;
                both_beginnings!($first $second);
            })*
        }
    )*};
}

macro_rules! triples {
    ($($race:ident: $first:ident $second:ident $third:ident;)*) => {$(
        mod $race {
            use super::*;
            both_beginnings!($first $second $third);
        }
    )*};
}

macro_rules! both_beginnings {
    ($($verb:ident)*) => {
        fn begin(class: Class) {
            let verbs = [$(Verb::$verb),*];
            race(verbs, class, From::Detached);
            // With a living wrapper there is one beginning.
            if !verbs.iter().any(|verb| verb.needs_wrapper()) {
                race(verbs, class, From::Dormant);
            }
        }
        #[test]
        fn lean() {
            begin(Class::LEAN);
        }
        #[test]
        fn rich() {
            begin(Class::RICH);
        }
    };
}

pairs! {
    fetch_vs: Fetch vs fetch Fetch hit Hit drop Drop evict Evict move_out Move bind Bind rebind Rebind release Release;
    hit_vs: Hit vs fetch Fetch hit Hit drop Drop evict Evict move_out Move bind Bind rebind Rebind release Release;
    drop_vs: Drop vs fetch Fetch hit Hit drop Drop evict Evict move_out Move bind Bind rebind Rebind release Release;
    evict_vs: Evict vs fetch Fetch hit Hit drop Drop evict Evict move_out Move bind Bind rebind Rebind release Release;
    move_out_vs: Move vs fetch Fetch hit Hit drop Drop evict Evict move_out Move bind Bind rebind Rebind release Release;
    rebind_vs: Rebind vs fetch Fetch hit Hit drop Drop evict Evict move_out Move bind Bind rebind Rebind release Release;
    bind_vs: Bind vs fetch Fetch hit Hit drop Drop evict Evict move_out Move bind Bind rebind Rebind release Release;
}

triples! {
    drop_vs_fetch_vs_evict: Drop Fetch Evict;
    drop_vs_fetch_vs_move_out: Drop Fetch Move;
    drop_vs_evict_vs_release: Drop Evict Release;
    drop_vs_bind_vs_fetch: Drop Bind Fetch;
    fetch_vs_evict_vs_release: Fetch Evict Release;
    fetch_vs_evict_vs_evict: Fetch Evict Evict;
    fetch_vs_move_out_vs_evict: Fetch Move Evict;
    fetch_vs_move_out_vs_release: Fetch Move Release;
    move_out_vs_move_out_vs_fetch: Move Move Fetch;
    bind_vs_fetch_vs_release: Bind Fetch Release;
    rebind_vs_fetch_vs_drop: Rebind Fetch Drop;
    rebind_vs_fetch_vs_release: Rebind Fetch Release;
    rebind_vs_move_out_vs_fetch: Rebind Move Fetch;
}
