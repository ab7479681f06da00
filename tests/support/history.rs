//! Sequential histories with re-entrant user code, and their reference. It says after each step what must be
//! true.
//! Upholds: counts of objects and wrappers, words and addresses are exact whenever no thread is amid a step.

use super::model::{lock, notes_of, object_of, Class, Moment, Object, Wrapper, ALIAS, DEFERRED, MOVED};
pub use super::step::{Op, Step};
use super::thread::{Failed, Held, Thread};
use super::world::World;
use bowline::sync::atomic::Ordering;
use bowline::word::State;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::sync::Arc;

/// Threads with Python; one more without follows.
const ATTACHED: usize = 3;
/// How deep user code may nest.
const DEPTH: usize = 3;
const CLASSES: [Class; 4] = [Class::LEAN, Class::RICH, Class::FINAL, Class::LEAN];

/// What user code of the program owns: strong counts of objects, and counts of wrappers.
#[derive(Default)]
struct Owned {
    objects: Vec<(Object, usize)>,
    held: Vec<Held>,
    /// Weak references; those of wrappers that ended give nothing.
    weak: Vec<NonNull<Wrapper>>,
}

/// Plays one history.
struct Player {
    world: Arc<World>,
    threads: Vec<Thread>,
    owned: RefCell<Owned>,
    steps: RefCell<std::vec::IntoIter<Step>>,
    depth: Cell<usize>,
}

thread_local! {
    static PLAYER: Cell<*const Player> = const { Cell::new(std::ptr::null()) };
}

/// Plays the history that the bytes stand for. Asserts what must be true of it.
pub fn play(steps: &[Step]) {
    let world = World::sequential(|thread, moment| {
        // SAFETY: set by `play` below, which outlives everything that runs in its world.
        if let Some(player) = unsafe { PLAYER.get().as_ref() } {
            player.user_code(thread, moment);
        }
    });
    let mut threads: Vec<Thread> = (1..=ATTACHED).map(|id| world.thread(id)).collect();
    threads.push(world.foreign(ATTACHED + 1));
    let steps = RefCell::new(Vec::from(steps).into_iter());
    let player = Player { world, threads, owned: RefCell::default(), steps, depth: Cell::new(0) };
    PLAYER.set(&player);
    while let Some(step) = player.next() {
        player.step(step.op());
        player.check();
    }
    PLAYER.set(std::ptr::null());
    player.end();
}

impl Player {
    fn next(&self) -> Option<Step> {
        self.steps.borrow_mut().next()
    }

    fn attached(&self, thread: u8) -> &Thread {
        &self.threads[thread as usize % ATTACHED]
    }

    /// User code in the middle of a verb. It is some more steps of the history, by whatever thread.
    fn user_code(&self, thread: &Thread, moment: Moment) {
        if self.depth.get() == DEPTH {
            return;
        }
        let Some(Step([many, ..])) = self.next() else { return };
        self.depth.set(self.depth.get() + 1);
        // What is about to happen on this thread happens to the verb. It does not happen to user code within it.
        let (late, deposit, fail) = (thread.late.take(), thread.deposit.take(), thread.fail.take());
        for _ in 0..many % 4 {
            if let Some(step) = self.next() {
                self.step(step.op());
            }
        }
        if let (Moment::Finalize(wrapper, object), 4..) = (moment, many % 8) {
            // `__del__` stores `self` somewhere.
            let held = thread.clone_held(&Held { wrapper, result_of: object });
            self.owned.borrow_mut().held.push(held);
        }
        thread.late.set(late);
        thread.deposit.set(deposit);
        thread.fail.set(fail);
        self.depth.set(self.depth.get() - 1);
    }

    /// One strong count that the program owns, taken out of its hands.
    fn take_count(&self, object: u8) -> Option<Object> {
        let objects = &mut self.owned.borrow_mut().objects;
        let alive = objects.len();
        let at = (object as usize).checked_rem(alive)?;
        let (object, counts) = &mut objects[at];
        *counts -= 1;
        let (object, counts) = (*object, *counts);
        if counts == 0 {
            objects.remove(at);
        }
        Some(object)
    }

    fn give_count(&self, object: Object) {
        let objects = &mut self.owned.borrow_mut().objects;
        match objects.iter_mut().find(|(other, _)| *other == object) {
            Some((_, counts)) => *counts += 1,
            None => objects.push((object, 1)),
        }
    }

    /// One count of a wrapper, taken out of the program's hands.
    fn take_held(&self, held: u8) -> Option<Held> {
        let all = &mut self.owned.borrow_mut().held;
        let at = (held as usize).checked_rem(all.len())?;
        Some(all.remove(at))
    }

    fn give_held(&self, held: Held) {
        self.owned.borrow_mut().held.push(held);
    }

    fn step(&self, op: Op) {
        self.threads[0].tell(|| format!("-- {op:?}"));
        match op {
            Op::New { class } => {
                let object = self.world.object(CLASSES[class as usize % CLASSES.len()]);
                self.give_count(object);
            }
            Op::Fetch { thread, object, fail } => {
                let Some(object) = self.take_count(object) else { return };
                let me = self.attached(thread);
                me.fail.set(fail);
                let result = me.fetch(object);
                self.fetched(me, fail, result);
                self.give_count(object);
            }
            Op::Hit { thread, object } => {
                let Some(object) = self.take_count(object) else { return };
                let me = self.attached(thread);
                let result = me.hit_or_fetch(object);
                self.fetched(me, false, result);
                self.give_count(object);
            }
            Op::FetchOwned { thread, object, fail } => {
                let Some(object) = self.take_count(object) else { return };
                let me = self.attached(thread);
                me.fail.set(fail);
                let result = me.fetch_owned(object);
                self.fetched(me, fail, result);
            }
            Op::Copy { thread, held } => {
                let Some(held) = self.take_held(held) else { return };
                let copy = self.attached(thread).clone_held(&held);
                self.give_held(held);
                self.give_held(copy);
            }
            Op::Drop { thread, held, late, deposit } => {
                let Some(held) = self.take_held(held) else { return };
                let me = self.attached(thread);
                me.late.set(late);
                me.deposit.set(deposit);
                me.drop_held(held);
                me.late.set(false);
                me.deposit.set(false);
            }
            Op::Weaken { held } => {
                let Some(held) = self.take_held(held) else { return };
                // Lean classes have no weak references.
                if notes_of(held.wrapper).notes.rich.load(Ordering::SeqCst) {
                    let weak = self.threads[0].weaken(&held);
                    self.owned.borrow_mut().weak.push(weak);
                }
                self.give_held(held);
            }
            Op::CallWeak { thread, weak } => {
                let known = self.owned.borrow().weak.clone();
                let Some(at) = (weak as usize).checked_rem(known.len()) else { return };
                let weak = known[at];
                let (whole, lives) = (self.is_whole(weak), notes_of(weak).header.total() > 0);
                let called = self.attached(thread).call_weak(weak);
                // With one thread only a late death lies between count zero and the swap.
                assert_eq!(called.is_some(), whole && lives, "P9: what a weak reference gives");
                if let Some(held) = called {
                    self.give_held(held);
                }
            }
            Op::Retain { object } => {
                let Some(object) = self.take_count(object) else { return };
                self.threads[0].retain(object);
                self.give_count(object);
                self.give_count(object);
            }
            Op::Release { thread, object } => {
                if let Some(object) = self.take_count(object) {
                    self.threads[thread as usize % self.threads.len()].release(object);
                }
            }
            Op::Shift { thread, held } => {
                let Some(held) = self.take_held(held) else { return };
                let holds = notes_of(held.wrapper).notes.holds.load(std::sync::atomic::Ordering::SeqCst);
                let moved = self.attached(thread).move_out(&held);
                assert_eq!(moved, object_of(holds), "a move found something else than the handle");
                if let Some(object) = moved {
                    self.give_count(object);
                }
                self.give_held(held);
            }
            Op::Evict { thread, object } => {
                let Some(object) = self.take_count(object) else { return };
                let dormant = is_dormant(object);
                assert_eq!(self.attached(thread).evict(object), dormant, "an eviction frees what is dormant");
                self.give_count(object);
            }
            Op::Construct { thread, class } => {
                let class = CLASSES[class as usize % CLASSES.len()];
                self.give_held(self.attached(thread).construct(class));
            }
            Op::Bind { thread, held, object } => {
                let Some(held) = self.take_held(held) else { return };
                let Some(object) = self.take_count(object) else { return self.give_held(held) };
                let me = self.attached(thread);
                let handle = notes_of(held.wrapper).handle.load(Ordering::Relaxed);
                // A class is for objects of its own kind: lean wrappers for lean objects.
                let fits = object.peek().class.rich == notes_of(held.wrapper).notes.rich.load(Ordering::SeqCst);
                if !fits {
                    self.give_count(object);
                } else if handle == 0 {
                    me.bind(&held, object).expect("no other thread binds it");
                } else {
                    me.rebind(&held, object);
                }
                self.give_held(held);
            }
            Op::RunLate { at } => {
                let stuck = lock(&self.world.late).len();
                self.threads[0].run_late((at as usize).checked_rem(stuck).unwrap_or(0));
            }
            Op::Merge { thread } => {
                let me = self.attached(thread);
                me.merge_queue(me.id);
            }
            Op::Drain { thread } => self.attached(thread).drain(),
            Op::Flush { thread } => self.attached(thread).flush_limbo(),
        }
    }

    /// Whether a wrapper has not ended since a weak reference to it was made.
    fn is_whole(&self, weak: NonNull<Wrapper>) -> bool {
        self.world.weak_list().contains(&(weak.as_ptr() as usize))
    }

    fn fetched(&self, me: &Thread, fail: bool, result: Result<Held, Failed>) {
        me.fail.set(false);
        match result {
            Ok(held) => self.give_held(held),
            Err(Failed) => assert!(fail, "an allocation failed that was not asked to"),
        }
    }

    /// What must be true between two steps.
    fn check(&self) {
        let owned = self.owned.borrow();
        let wrappers = self.world.wrappers();
        let (entries, queued) = (lock(&self.world.limbo).clone(), self.world.queued());
        let limbo: Vec<_> = entries.iter().map(|(wrapper, _)| *wrapper).collect();
        // Whose counts the late retires of a wrapper have.
        let former = |wrapper| entries.iter().find_map(|(other, former)| former.filter(|_| *other == wrapper));
        let late: Vec<_> = lock(&self.world.late).iter().map(|late| late.wrapper).collect();
        // Their last counts wait for a thread with Python.
        let ending = lock(&self.world.ending).clone();
        let kept = lock(&self.world.kept).clone();
        // Those that may have a preserved wrapper; some are held by other wrappers only.
        let held_by = |wrapper: &NonNull<Wrapper>| object_of(notes_of(*wrapper).handle.load(Ordering::Relaxed));
        let mut objects: Vec<Object> = owned.objects.iter().map(|(object, _)| *object).collect();
        objects.extend(ending.iter().copied().chain(wrappers.iter().filter_map(held_by)));
        objects.retain(|object| !object.peek().block.is_freed());
        objects.sort_by_key(|object| object.0);
        objects.dedup();
        let times = |all: &[NonNull<Wrapper>], wrapper| all.iter().filter(|other| **other == wrapper).count();
        for &wrapper in &wrappers {
            let held = owned.held.iter().filter(|held| held.wrapper == wrapper).count();
            let preserved = objects.iter().filter(|object| {
                let word = object.get().word.observe();
                word.is_preserved() && word.ties(wrapper)
            });
            let counts = held + times(&limbo, wrapper) + times(&queued, wrapper) + preserved.count();
            let header = &notes_of(wrapper).header;
            assert_eq!(header.total(), counts as isize, "P2: counts of {wrapper:?}");
        }
        for &(object, counts) in &owned.objects {
            let of = |wrapper: &NonNull<Wrapper>| {
                object_of(notes_of(*wrapper).handle.load(Ordering::Relaxed)) == Some(object)
            };
            let lives = wrappers.iter().filter(|wrapper| {
                let wrapper = notes_of(**wrapper);
                wrapper.header.total() > 0 && wrapper.handle.load(Ordering::Relaxed) & MOVED == 0
            });
            let retires = late.iter().filter(|late| match former(**late) {
                Some(former) => former == object,
                None => of(late),
            });
            // What retires have left of it to limbo.
            let waiting = wrappers.iter().filter(|wrapper| former(**wrapper) == Some(object));
            let waiting = waiting.map(|wrapper| notes_of(*wrapper).retires.load(Ordering::Relaxed) / (2 * DEFERRED));
            let preserved = usize::from(object.get().word.observe().is_preserved());
            let left = ending.iter().chain(&kept).filter(|other| **other == object);
            let counts = counts + left.count();
            let expected =
                counts + lives.filter(|wrapper| of(wrapper)).count() + retires.count() + waiting.sum::<usize>()
                    - preserved;
            assert_eq!(
                object.count(),
                expected,
                "P2: strong counts: the program's, one of each life and each late retire"
            );
            let word = object.get().word.observe();
            if let Some(tied) = word.wrapper::<Wrapper>() {
                assert!(wrappers.contains(&tied), "P3: the word points at freed storage");
                let handle = notes_of(tied).handle.load(Ordering::Relaxed);
                assert!(of(&tied) && handle & (MOVED | ALIAS) == 0, "P1: the word points at another object's wrapper");
                let (alive, dying) = (notes_of(tied).header.total() > 0, late.contains(&tied));
                match word.state() {
                    Some(State::Preserved) => assert!(alive),
                    Some(State::Active) => assert!(alive || dying),
                    _ => {}
                }
            }
        }
    }

    /// Gives everything back and looks for what is left over.
    fn end(self) {
        let Player { world, threads, owned, .. } = self;
        let Owned { objects, held, .. } = owned.into_inner();
        for held in held {
            threads[0].drop_held(held);
        }
        for (object, counts) in objects {
            (0..counts).for_each(|_| threads[0].release(object));
        }
        world.finish(&threads[0]);
    }
}

/// Whether the object's wrapper could be evicted now.
fn is_dormant(object: Object) -> bool {
    let word = object.get().word.observe();
    let Some(tied) = word.wrapper::<Wrapper>() else { return false };
    word.state() == Some(State::Lean) && notes_of(tied).header.total() == 0
}
