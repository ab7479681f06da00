//! Long random histories of several threads, in random schedules that can be replayed.
//! Runs under `--cfg bowline_shuttle` only; imports the model of CPython in tests/support.
//! Upholds: P1–P9, asserted by the model; storage is recycled, so pointers of former wrappers come back.
//!
//! BOWLINE_SHUTTLE_ITERATIONS=n: executions of each test. BOWLINE_SHUTTLE_REPLAY=schedule (as a failure prints it, or a
//! file with it): runs the one test named on the command line in this schedule. SHUTTLE_RANDOM_SEED=n: the same
//! executions each time.
#![cfg(bowline_shuttle)]

mod support;

use shuttle::rand::{thread_rng, Rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::thread::spawn;
use shuttle::{Config, Runner};
use std::sync::{Arc, Mutex};
use support::{Class, Held, Moment, Object, Thread, World};

/// What a history is made of.
#[derive(Clone, Copy)]
struct Plan {
    classes: &'static [Class],
    /// Threads with Python; one more without takes part.
    threads: usize,
    /// Steps of each thread.
    steps: usize,
    /// Out of 100 steps: moves, re-initialisations, evictions; the rest fetches, copies, drops and hands over.
    moves: u32,
    binds: u32,
    evictions: u32,
    /// Out of 100 occasions: user code does something.
    user: u32,
}

const PLAN: Plan = Plan { classes: &[Class::LEAN], threads: 3, steps: 12, moves: 0, binds: 0, evictions: 0, user: 0 };

/// What all threads of a history know.
struct Shared {
    objects: Vec<Object>,
    /// Wrappers on their way from one thread to another; std's lock, never held while anything is scheduled.
    exchange: Mutex<Vec<Held>>,
}

impl Shared {
    fn give(&self, held: Held) {
        self.exchange.lock().unwrap().push(held);
    }
    fn take(&self) -> Option<Held> {
        let mut exchange = self.exchange.lock().unwrap();
        let at = thread_rng().gen_range(0..exchange.len().max(1));
        (at < exchange.len()).then(|| exchange.swap_remove(at))
    }
}

fn chance(percent: u32) -> bool {
    percent > 0 && thread_rng().gen_range(0..100) < percent
}

/// A step of a thread that owns a count of each object and the wrappers in `own`.
fn step(plan: &Plan, me: &Thread, shared: &Shared, own: &mut Vec<Held>) {
    let object = shared.objects[thread_rng().gen_range(0..shared.objects.len())];
    let some = (!own.is_empty()).then(|| thread_rng().gen_range(0..own.len()));
    let class = object.peek().class;
    let kind = thread_rng().gen_range(0..100);
    let (moves, binds, evictions) = (plan.moves, plan.moves + plan.binds, plan.moves + plan.binds + plan.evictions);
    if kind < moves {
        if let Some(moved) = some.and_then(|at| me.shift(&own[at])) {
            me.release(moved);
        }
    } else if kind < binds {
        let held = match some.filter(|_| chance(70)) {
            Some(at) => own.swap_remove(at),
            None => me.construct(class),
        };
        // A class is for objects of its own tier.
        if support::world::notes_of(held.wrapper).notes.rich.load(std::sync::atomic::Ordering::SeqCst) == class.rich {
            me.retain(object);
            me.rebind(&held, object);
        }
        own.push(held);
    } else if kind < evictions {
        me.evict(object);
    } else {
        match (thread_rng().gen_range(0..12), some) {
            (0..=1, _) => own.push(me.fetch(object).unwrap()),
            (2, _) => own.push(me.hit_or_fetch(object).unwrap()),
            (3, _) => {
                me.retain(object);
                own.push(me.fetch_owned(object).unwrap());
            }
            (4, _) => {
                me.retain(object);
                me.fail.set(true);
                own.extend(me.fetch_owned(object));
                me.fail.set(false);
            }
            (5, _) => own.extend(shared.take()),
            (6, Some(at)) => shared.give(own.swap_remove(at)),
            (7, Some(at)) => own.push(me.clone_held(&own[at])),
            (8, _) => drop(me.merge_queue(me.id)),
            (9, _) if chance(20) => me.flush_limbo(),
            (_, Some(at)) => me.drop_held(own.swap_remove(at)),
            _ => me.drain(),
        }
    }
}

/// Code that runs within a verb: fetches the object again, and sometimes brings a dying wrapper back.
fn user_code(plan: &Plan, shared: &Shared, me: &Thread, moment: Moment) {
    if me.nesting.get() > 1 || !chance(plan.user) {
        return;
    }
    me.nesting.set(me.nesting.get() + 1);
    let fail = me.fail.take();
    let again = |object: Object| {
        let held = me.fetch(object).unwrap();
        match chance(30) {
            true => shared.give(held),
            false => me.drop_held(held),
        }
    };
    match moment {
        Moment::Allocate(object) | Moment::Clear(_, Some(object)) => again(object),
        Moment::Finalize(wrapper, Some(object)) if chance(50) => {
            shared.give(me.clone_held(&Held { wrapper, result_of: Some(object) }));
        }
        Moment::Finalize(_, Some(object)) => again(object),
        _ => {}
    }
    me.fail.set(fail);
    me.nesting.set(me.nesting.get() - 1);
}

fn history(plan: Plan) {
    let shared = Arc::new(Mutex::new(None::<Arc<Shared>>));
    let known = shared.clone();
    let world = World::recycling(move |me, moment| {
        let shared = known.lock().unwrap().clone();
        if let Some(shared) = shared {
            user_code(&plan, &shared, me, moment);
        }
    });
    let main = world.thread(1);
    let objects: Vec<Object> = plan.classes.iter().map(|class| world.object(*class)).collect();
    for object in &objects {
        (0..plan.threads).for_each(|_| main.retain(*object));
    }
    let all = Arc::new(Shared { objects: objects.clone(), exchange: Mutex::default() });
    *shared.lock().unwrap() = Some(all.clone());
    let mut tasks = Vec::new();
    for id in 2..2 + plan.threads - 1 {
        let (world, all) = (world.clone(), all.clone());
        tasks.push(spawn(move || {
            let me = world.thread(id);
            run(&plan, &me, &all);
        }));
    }
    let (native_world, native_objects) = (world.clone(), objects.clone());
    let native = spawn(move || {
        let me = native_world.foreign(7);
        native_objects.into_iter().for_each(|object| me.release(object));
    });
    run(&plan, &main, &all);
    tasks.into_iter().for_each(|task| task.join().unwrap());
    native.join().unwrap();
    *shared.lock().unwrap() = None;
    for held in std::mem::take(&mut *all.exchange.lock().unwrap()) {
        main.drop_held(held);
    }
    world.finish(&main);
}

/// One thread's part: its steps, then it gives back what it owns.
fn run(plan: &Plan, me: &Thread, shared: &Shared) {
    let mut own = Vec::new();
    (0..plan.steps).for_each(|_| step(plan, me, shared, &mut own));
    own.into_iter().for_each(|held| me.drop_held(held));
    me.merge_queue(me.id);
    shared.objects.iter().for_each(|object| me.release(*object));
}

fn check(scheduler: impl Scheduler + 'static, plan: Plan) {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    config.silence_warnings = true;
    config.ungraceful_shutdown_config.immediately_return_on_panic = true;
    Runner::new(scheduler, config).run(move || history(plan));
}

fn explore(plan: Plan) {
    if let Ok(schedule) = std::env::var("BOWLINE_SHUTTLE_REPLAY") {
        return check(
            match std::path::Path::new(&schedule).is_file() {
                true => ReplayScheduler::new_from_file(schedule).unwrap(),
                false => ReplayScheduler::new_from_encoded(&schedule),
            },
            plan,
        );
    }
    let asked = std::env::var("BOWLINE_SHUTTLE_ITERATIONS").ok();
    let iterations = asked.map_or(5000, |n| n.parse().expect("BOWLINE_SHUTTLE_ITERATIONS is a number"));
    check(RandomScheduler::new(iterations), plan);
    for depth in [2, 4] {
        check(PctScheduler::new(depth, iterations / 2), plan);
    }
}

/// Each history is a race of all verbs; the name says of which wrappers.
mod all_verbs {
    use super::*;

    const MIXED: &[Class] = &[Class::LEAN, Class::RICH, Class::FINAL];

    #[test]
    fn lean() {
        explore(PLAN);
    }
    #[test]
    fn rich() {
        explore(Plan { classes: &[Class::RICH], ..PLAN });
    }
    #[test]
    fn rich_with_user_code() {
        explore(Plan { classes: &[Class::FINAL], user: 50, ..PLAN });
    }
    #[test]
    fn lean_moved_and_bound() {
        explore(Plan { moves: 15, binds: 15, ..PLAN });
    }
    #[test]
    fn rich_moved_and_bound() {
        explore(Plan { classes: &[Class::RICH, Class::RICH], moves: 15, binds: 15, ..PLAN });
    }
    #[test]
    fn lean_evicted() {
        explore(Plan { classes: &[Class::LEAN; 2], evictions: 20, ..PLAN });
    }
    #[test]
    fn rich_evicted() {
        explore(Plan { classes: &[Class::RICH; 2], evictions: 20, ..PLAN });
    }
    #[test]
    fn everything() {
        explore(Plan { classes: MIXED, steps: 40, moves: 5, binds: 5, evictions: 10, user: 30, ..PLAN });
    }
}
