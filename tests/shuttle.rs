//! Long random histories of several threads, in random schedules that can be replayed.
//! Runs under `--cfg bowline_shuttle` only; imports the model of CPython in tests/support.
//! Upholds: P1–P9, asserted by the model; storage is recycled, so pointers of former wrappers come back.
//!
//! BOWLINE_SHUTTLE_SCHEDULES=n: about so many executions of each test. A failure prints a line for tests/shuttle/seeds: the
//! executions that such a line stands for come first in every run, and BOWLINE_SHUTTLE_SCHEDULES=0 runs no others.
#![cfg(bowline_shuttle)]

mod support;

use bowline::sync::single_threaded;
use bowline::sync::thread::{spawn, yield_now};
use shuttle::rand::{thread_rng, Rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use support::{Class, Held, Moment, Object, Shared as Weak, Thread, World};

/// What a history is made of.
#[derive(Clone, Copy)]
struct Plan {
    classes: &'static [Class],
    /// Threads with Python; one more without takes part.
    threads: usize,
    /// Steps of each thread.
    steps: usize,
    /// Moves, re-initialisations, evictions and new objects, out of 100 steps. Objects are left to the thread without
    /// Python or made anew; the rest fetches, copies, drops and hands over.
    moves: u32,
    binds: u32,
    evictions: u32,
    ends: u32,
    /// Out of 100 occasions: user code does something.
    user: u32,
}

const PLAN: Plan =
    Plan { classes: &[Class::LEAN], threads: 3, steps: 12, moves: 0, binds: 0, evictions: 0, ends: 0, user: 0 };

/// What all threads of a history know; std's locks, never held while anything is scheduled.
#[derive(Default)]
struct Shared {
    /// Wrappers on their way from one thread to another.
    exchange: Mutex<Vec<Held>>,
    /// Counts of objects that the thread without Python gives back.
    left: Mutex<Vec<Object>>,
    /// Weak references.
    weak: Mutex<Vec<Weak>>,
    /// User code does nothing any more.
    over: AtomicBool,
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
    fn take_weak(&self) -> Option<Weak> {
        let weak = self.weak.lock().unwrap();
        let at = thread_rng().gen_range(0..weak.len().max(1));
        weak.get(at).copied()
    }
    fn leave(&self, object: Object) {
        self.left.lock().unwrap().push(object);
    }
    fn take_left(&self) -> Option<Object> {
        self.left.lock().unwrap().pop()
    }
}

fn chance(percent: u32) -> bool {
    percent > 0 && thread_rng().gen_range(0..100) < percent
}

/// What a thread owns: one count of each object, and wrappers.
struct Own {
    objects: Vec<Object>,
    held: Vec<Held>,
}

/// A step of a thread.
fn step(plan: &Plan, me: &Thread, shared: &Shared, own: &mut Own) {
    let at = thread_rng().gen_range(0..own.objects.len());
    let object = own.objects[at];
    let own_held = &mut own.held;
    let some = (!own_held.is_empty()).then(|| thread_rng().gen_range(0..own_held.len()));
    let class = object.peek().class;
    let kind = thread_rng().gen_range(0..100);
    let moves = plan.moves;
    let binds = moves + plan.binds;
    let evictions = binds + plan.evictions;
    let ends = evictions + plan.ends;
    if kind < moves {
        if let Some(moved) = some.and_then(|at| me.move_out(&own_held[at])) {
            me.release(moved);
        }
    } else if kind < binds {
        let held = match some.filter(|_| chance(70)) {
            Some(at) => own_held.swap_remove(at),
            None => me.construct(class),
        };
        // A class is for objects of its own tier.
        if is_rich(&held) == class.rich {
            me.retain(object);
            me.rebind(&held, object);
        }
        own_held.push(held);
    } else if kind < evictions {
        me.evict(object);
    } else if kind < ends {
        // The thread's count of the object is given back here or elsewhere. A new object comes in its place.
        own.objects[at] = me.world.object(class);
        if chance(60) {
            shared.leave(object);
        } else {
            me.release(object);
        }
    } else {
        match (thread_rng().gen_range(0..15), some) {
            (0..=1, _) => own_held.push(me.fetch(object).unwrap()),
            (2, _) => own_held.push(me.hit_or_fetch(object).unwrap()),
            (3, _) => {
                me.retain(object);
                own_held.push(me.fetch_owned(object).unwrap());
            }
            (4, _) => {
                me.retain(object);
                me.fail.set(true);
                own_held.extend(me.fetch_owned(object));
                me.fail.set(false);
            }
            (5, _) => own_held.extend(shared.take()),
            (6, Some(at)) => shared.give(own_held.swap_remove(at)),
            (7, Some(at)) => own_held.push(me.clone_held(&own_held[at])),
            (8, _) => drop(me.merge_queue(me.id)),
            (9, _) if chance(20) => me.flush_limbo(),
            (10, Some(at)) if chance(20) && is_rich(&own_held[at]) => {
                // If this is its death, it is late, and the trashcan may have it.
                me.late.set(true);
                me.deposit.set(chance(30));
                me.drop_held(own_held.swap_remove(at));
                me.late.set(false);
                me.deposit.set(false);
            }
            (10, _) if chance(50) => drop(me.run_late(0)),
            (11, Some(at)) if is_rich(&own_held[at]) => {
                let weak = Weak(me.weaken(&own_held[at]));
                shared.weak.lock().unwrap().push(weak);
            }
            (12..=13, _) => own_held.extend(shared.take_weak().and_then(|weak| me.call_weak(weak.get()))),
            (14, _) => me.drain(),
            (_, Some(at)) => me.drop_held(own_held.swap_remove(at)),
            _ => me.drain(),
        }
    }
}

fn is_rich(held: &Held) -> bool {
    support::model::notes_of(held.wrapper).notes.rich.load(SeqCst)
}

/// Code that runs within a verb. It fetches the object again, and sometimes brings a dying wrapper back.
fn user_code(plan: &Plan, shared: &Shared, me: &Thread, moment: Moment) {
    if me.nesting.get() > 1 || shared.over.load(SeqCst) || !chance(plan.user) {
        return;
    }
    me.nesting.set(me.nesting.get() + 1);
    let (fail, late, deposit) = (me.fail.take(), me.late.take(), me.deposit.take());
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
        // Another thread that found the wrapper alive in its finalizer may take the object out. Then nothing protects the
        // object where objects come and go.
        Moment::Finalize(_, Some(object)) if plan.ends == 0 || plan.moves + plan.binds == 0 => again(object),
        _ => {}
    }
    me.fail.set(fail);
    me.late.set(late);
    me.deposit.set(deposit);
    me.nesting.set(me.nesting.get() - 1);
}

fn history(plan: Plan) {
    let shared = Arc::new(Shared::default());
    let known = shared.clone();
    let world = World::recycling(move |me, moment| user_code(&plan, &known, me, moment));
    let main = world.thread(1);
    let objects: Vec<Object> = plan.classes.iter().map(|class| world.object(*class)).collect();
    for object in &objects {
        (0..plan.threads).for_each(|_| main.retain(*object));
        shared.leave(*object);
    }
    let tasks: Vec<_> = (2..=plan.threads)
        .map(|id| {
            let (world, shared, objects) = (world.clone(), shared.clone(), objects.clone());
            spawn(move || run(&plan, &world.thread(id), &shared, objects))
        })
        .collect();
    let (native_world, left) = (world.clone(), shared.clone());
    let native = spawn(move || {
        let me = native_world.foreign(7);
        for _ in 0..plan.steps {
            match left.take_left() {
                Some(object) => me.release(object),
                None => yield_now(),
            }
        }
    });
    run(&plan, &main, &shared, objects);
    tasks.into_iter().for_each(|task| task.join().unwrap());
    native.join().unwrap();
    while let Some(object) = shared.take_left() {
        main.release(object);
    }
    shared.over.store(true, SeqCst);
    while let Some(held) = shared.take() {
        main.drop_held(held);
    }
    world.finish(&main);
}

/// One thread's part: its steps, then it gives back what it owns.
fn run(plan: &Plan, me: &Thread, shared: &Shared, objects: Vec<Object>) {
    let mut own = Own { objects, held: Vec::new() };
    (0..plan.steps).for_each(|_| step(plan, me, shared, &mut own));
    own.held.into_iter().for_each(|held| me.drop_held(held));
    me.merge_queue(me.id);
    own.objects.into_iter().for_each(|object| me.release(object));
}

/// How many executions a seed stands for. A PCT scheduler learns from one execution how long they are.
const BATCH: usize = 500;

/// Some executions that can be had again. A line of tests/shuttle/seeds is one, after the name of the test.
#[derive(Clone, Copy, Debug)]
struct Search {
    /// Priority changes of a PCT scheduler; 0 for the random scheduler.
    depth: usize,
    seed: u64,
}

impl Search {
    /// The number of executions; a failure panics.
    fn run(self, plan: Plan) -> usize {
        let Search { depth, seed } = self;
        let told = TellsWhenPanicking(self);
        let executions = match depth {
            0 => run_under(RandomScheduler::new_from_seed(seed, BATCH), plan),
            _ => run_under(PctScheduler::new_from_seed(seed, depth, BATCH), plan),
        };
        drop(told);
        executions
    }
}

struct TellsWhenPanicking(Search);

impl Drop for TellsWhenPanicking {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Search { depth, seed } = self.0;
            eprintln!("to keep this failure, add a line to tests/shuttle/seeds:\n{} {depth} {seed}", test_name());
        }
    }
}

fn run_under(scheduler: impl Scheduler + 'static, plan: Plan) -> usize {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    config.silence_warnings = true;
    config.ungraceful_shutdown_config.immediately_return_on_panic = true;
    Runner::new(scheduler, config).run(move || {
        single_threaded::begin();
        history(plan);
    })
}

fn test_name() -> String {
    std::thread::current().name().unwrap_or("?").to_owned()
}

/// The searches that once failed in a test.
fn kept(test: &str) -> Vec<Search> {
    let seeds = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shuttle/seeds")).unwrap();
    seeds
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let [name, depth, seed] = line.split(' ').collect::<Vec<_>>().try_into().expect("name, depth and seed");
            let number = |text: &str| text.parse::<u64>().expect("a number");
            (name == test).then(|| Search { depth: number(depth) as usize, seed: number(seed) })
        })
        .collect()
}

fn explore(plan: Plan) {
    let (test, started) = (test_name(), std::time::Instant::now());
    let asked = std::env::var("BOWLINE_SHUTTLE_SCHEDULES").ok();
    let wanted: usize = asked.map_or(10_000, |n| n.parse().expect("BOWLINE_SHUTTLE_SCHEDULES is a number"));
    let mut executions: usize = kept(&test).into_iter().map(|search| search.run(plan)).sum();
    // Half of them are under the random scheduler. A quarter each has one and three changes of priority.
    for (batch, depth) in (0..wanted.div_ceil(BATCH)).zip([0, 2, 0, 4].into_iter().cycle()) {
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), batch);
        executions += Search { depth, seed }.run(plan);
    }
    // In one piece, because other tests print too.
    let line = format!("{test}: {executions} schedules in {:.1} s\n", started.elapsed().as_secs_f32());
    eprint!("{line}");
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
    /// Objects come and go. The last count is often given back by a thread without Python.
    #[test]
    fn objects_come_and_go() {
        explore(Plan { classes: MIXED, steps: 20, moves: 5, evictions: 5, ends: 25, user: 20, ..PLAN });
    }
    /// User code that re-enters, while others move, bind and evict.
    #[test]
    fn rich_reentered() {
        let classes = &[Class::FINAL, Class::RICH];
        explore(Plan { classes, steps: 16, moves: 8, binds: 8, evictions: 10, ends: 5, user: 70, ..PLAN });
    }
    #[test]
    fn six_threads() {
        explore(Plan { classes: MIXED, threads: 6, moves: 5, binds: 5, evictions: 10, ends: 5, user: 20, ..PLAN });
    }
    #[test]
    fn everything() {
        explore(Plan { classes: MIXED, steps: 40, moves: 5, binds: 5, evictions: 10, ends: 5, user: 30, ..PLAN });
    }
}
