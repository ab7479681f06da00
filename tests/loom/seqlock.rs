//! The seqlock of mutable fields and containers (`sync::global::seqlock`): readers, who write nothing, against writers.
//! Uses the harness in tests/loom.rs, and the lock as `sync::modelled` compiles it.
//! Upholds: a reader sees what one write left, whole, and what it names as its writer made it; writers exclude each other.

use super::*;
use bowline::object::count::{Counts, Released};
use bowline::sync::atomic::AtomicUsize as Word;
use bowline::sync::modelled::seqlock::Seqlock;
use std::sync::atomic::Ordering::AcqRel;
use support::cell::Block;

/// What a field's value names: an object that is destroyed with its last count.
struct Named {
    counts: Counts,
    block: Block,
}

impl Named {
    fn new(number: usize) -> Named {
        let named = Named { counts: Counts::default(), block: Block::default() };
        named.block.fill(number as u32, "an object");
        named
    }
    fn release(&self) {
        if self.counts.release(None) != Released::Alive {
            self.block.free("an object");
        }
    }
}

/// Grace periods, as `reclaim` has them. What is retired is released once no pin is left of those that were open then.
///
/// crossbeam's own would remember one execution in the next. Its edges are those of one read-modify-write at each step: who
/// pins after a value was retired sees what replaced it, and who releases the value comes after all who unpinned.
#[derive(Default)]
struct Grace {
    steps: Word,
    books: Mutex<Books>,
}

/// Changed right after a step, within which loom lets no other thread run.
#[derive(Default)]
struct Books {
    pins: usize,
    open: Vec<usize>,
    /// What was retired, and the pins that it waits for.
    waiting: Vec<(usize, Vec<usize>)>,
}

impl Grace {
    fn step<R>(&self, change: impl FnOnce(&mut Books) -> R) -> R {
        self.steps.fetch_add(1, AcqRel);
        change(&mut self.books.lock().unwrap())
    }
    fn pin(&self) -> usize {
        self.step(|books| {
            books.pins += 1;
            books.open.push(books.pins);
            books.pins
        })
    }
    /// What may be released now.
    fn unpin(&self, pin: usize) -> Vec<usize> {
        self.step(|books| {
            books.open.retain(|open| *open != pin);
            books.waiting.iter_mut().for_each(|(_, pins)| pins.retain(|open| *open != pin));
            let (ripe, rest) = std::mem::take(&mut books.waiting).into_iter().partition(|(_, pins)| pins.is_empty());
            books.waiting = rest;
            let ripe: Vec<(usize, Vec<usize>)> = ripe;
            ripe.into_iter().map(|(number, _)| number).collect()
        })
    }
    /// Whether it may be released now.
    fn retire(&self, number: usize) -> bool {
        self.step(|books| {
            let pins = books.open.clone();
            let now = pins.is_empty();
            if !now {
                books.waiting.push((number, pins));
            }
            now
        })
    }
}

/// A field of two words that are written together, as those of an `Any` are. They are a number, and the object of that
/// number.
/// A reader that reads 0 of one word and 1 of the other has a torn value. An object is found by its number.
struct Field {
    lock: Seqlock,
    words: [Word; 2],
    objects: Vec<Named>,
    grace: Grace,
}

impl Field {
    /// Holds object 0; so many others may be written to it.
    fn new(others: usize) -> Arc<Field> {
        let objects = (0..=others).map(Named::new).collect();
        Arc::new(Field { lock: Seqlock::new(), words: Default::default(), objects, grace: Grace::default() })
    }

    fn words(&self) -> [usize; 2] {
        // Relaxed: the lock orders them, as those of `value::cell`.
        [0, 1].map(|at: usize| self.words[at].load(Relaxed))
    }

    /// What `value::cell::load` does: the value, with a count of what it names.
    fn load(&self) -> usize {
        let pin = self.grace.pin();
        let [a, b] = self.lock.read(|| self.words());
        assert_eq!(a, b, "a torn value");
        let named = &self.objects[a];
        assert!(!named.block.is_gone(), "the value's object is gone");
        named.counts.retain();
        self.grace.unpin(pin).into_iter().for_each(|ripe| self.objects[ripe].release());
        assert_eq!(named.block.contents("an object"), a as u32);
        named.release();
        a
    }

    /// What `value::cell::store` does: what was there is released when no thread reads it any more.
    fn store(&self, number: usize) -> usize {
        let old = self.lock.write(|| {
            let [a, b] = self.words();
            assert_eq!(a, b, "a write within another");
            self.words.iter().for_each(|word| word.store(number, Relaxed));
            a
        });
        if self.grace.retire(old) {
            self.objects[old].release();
        }
        old
    }

    /// All that was replaced is gone, what is there is not.
    fn finish(&self) {
        let [last, _] = self.words();
        for (number, named) in self.objects.iter().enumerate() {
            assert_eq!(named.block.is_freed(), number != last, "object {number} is left over, or gone");
        }
        self.objects[last].release();
    }
}

/// A field, one reader, and `writers` that each store one value. The reader is spawned: loom, which runs the main thread
/// first, overlooks that its look could come after another thread's first step.
fn race(more: isize, writers: usize) {
    explore_with(more, move || {
        let field = Field::new(writers);
        let shared = field.clone();
        let reader = spawn(move || {
            shared.load();
        });
        let others: Vec<_> = (2..=writers)
            .map(|number| {
                let field = field.clone();
                spawn(move || {
                    field.store(number);
                })
            })
            .collect();
        field.store(1);
        reader.join().unwrap();
        others.into_iter().for_each(|other| other.join().unwrap());
        field.finish();
    });
}

/// Fails when a fence or an ordering of the version is relaxed.
#[test]
fn read_vs_write() {
    race(1, 1);
}

/// A value that was once replaced is not read again.
#[test]
fn reads_vs_write() {
    explore_with(0, || {
        let field = Field::new(1);
        let shared = field.clone();
        let reader = spawn(move || {
            let (first, second) = (shared.load(), shared.load());
            assert!(first <= second, "a value that was replaced came back");
        });
        assert_eq!(field.store(1), 0);
        reader.join().unwrap();
        field.finish();
    });
}

#[test]
fn write_vs_write() {
    explore_with(1, || {
        let field = Field::new(2);
        let shared = field.clone();
        let other = spawn(move || shared.store(1));
        let mine = field.store(2);
        let its = other.join().unwrap();
        assert!(mine == 0 && its == 2 || mine == 1 && its == 0, "both replaced the same value");
        assert_eq!(field.load(), if mine == 0 { 1 } else { 2 });
        field.finish();
    });
}

#[test]
fn read_vs_two_writes() {
    race(0, 2);
}
