//! Side slots (`sync::global::slots`), and their deleter. C++ gives counts back by code of its own (`object::count`), which the
//! deleter deals with. Uses the harness in tests/loom.rs, and the slots as `sync::modelled` compiles them.
//! Upholds: an object has one slot, its own deleter runs once, and a slot serves the next object after the former is done with.

use super::*;
use bowline::object::count::{Counts, Released};
use bowline::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use bowline::sync::modelled::slots::{Slot, Slots};
use bowline::sync::modelled::{AtomicPtr, AtomicU32, Ordering as O};
use bowline::word::{AtomicWord, State, Word};
use std::ptr::{null_mut, NonNull};
use support::cell::Block;

const WEAK: u64 = 1 << 32;

/// It has three numbers: of its four entries the first has none.
type Table = Slots<AtomicWord, 4, 1>;

/// A wrapper that the model never looks into.
#[repr(align(16))]
struct Wrapper;

/// An object of another maker.
struct Foreign {
    counts: Counts,
    flags: AtomicU32,
    deleter: AtomicPtr<()>,
    /// What its own deleter frees.
    block: Block,
    /// The count of its wrapper: the object's.
    wrapper: AtomicUsize,
}

fn theirs() -> *mut () {
    16 as *mut ()
}
fn ours() -> *mut () {
    32 as *mut ()
}

impl Foreign {
    fn new(counts: u32) -> Self {
        let made = Foreign {
            counts: Counts::new(),
            flags: AtomicU32::new(0),
            deleter: AtomicPtr::new(theirs()),
            block: Block::default(),
            wrapper: AtomicUsize::new(1),
        };
        (1..counts).for_each(|_| made.counts.retain());
        made
    }

    /// The counts as C++ sees them.
    fn raw(&self) -> &AtomicU64 {
        // SAFETY: `Counts` is transparent over it.
        unsafe { &*std::ptr::from_ref(&self.counts).cast() }
    }

    fn tie<'t>(&self, table: &'t Table) -> &'t Slot<AtomicWord> {
        self.block.touch("a foreign object");
        table.tie(&self.flags, &self.deleter, ours(), || ()).expect("a slot")
    }

    /// What C++ does inline. An acquire load is in the place of its fence, which reads the same.
    fn release_as_cpp(&self, table: &Table, preserved: impl FnOnce()) {
        let before = self.raw().fetch_sub(1, Ordering::Release);
        if before == WEAK | 1 || before as u32 == 1 {
            self.raw().load(Ordering::Acquire);
            let both = before == WEAK | 1;
            self.delete(table, !both, preserved);
            if !both && self.raw().fetch_sub(WEAK, Ordering::Release) == WEAK {
                self.raw().load(Ordering::Acquire);
                self.free(table);
            }
        }
    }

    /// The deleter of the header, called with DESTROY (`weak`), or with both.
    fn delete(&self, table: &Table, weak: bool, preserved: impl FnOnce()) {
        self.block.touch("a foreign object");
        // Read plainly by C++.
        if self.deleter.load(O::Relaxed) == theirs() {
            assert_eq!(self.flags.load(O::Relaxed), 0, "a tied object is deleted without us");
            if !weak {
                self.block.free("a foreign object");
            }
            return;
        }
        // As `side::delete`.
        let slot = table.of(self.flags.load(O::Acquire)).expect("the slot of a tied object");
        assert_eq!(slot.deleter(), theirs());
        if self.counts.count_again(slot.word().observe().is_preserved(), weak) {
            match self.counts.release(Some(slot.word())) {
                Released::Alive => {}
                Released::Preserved => preserved(),
                released => self.end(table, released),
            }
            return;
        }
        slot.word().take();
        if !weak && self.counts.still_last() {
            self.free(table);
        }
    }

    fn end(&self, table: &Table, released: Released) {
        match released {
            Released::Alive => {}
            Released::Preserved => unreachable!(),
            Released::Last => self.delete(table, false, || unreachable!()),
            Released::LastStrong => {
                self.delete(table, true, || unreachable!());
                if self.counts.release_weak() {
                    self.free(table);
                }
            }
        }
    }

    /// As `protocol::resume`, with the last count.
    fn resume(&self, table: &Table) {
        let slot = table.of(self.flags.load(O::Acquire)).expect("the slot of a tied object");
        match slot.word().resume(NonNull::<Wrapper>::dangling()) {
            Ok(()) => self.drop_wrapper(table),
            Err(_) => {
                let released = self.counts.release(Some(slot.word()));
                self.end(table, released);
            }
        }
    }

    /// Gives a count of the wrapper back. With the last one goes a count of the object.
    fn drop_wrapper(&self, table: &Table) {
        if self.wrapper.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        let word = table.of(self.flags.load(O::Acquire)).expect("the slot of a tied object").word();
        let is_last = self.counts.claim_end();
        word.untie(NonNull::<Wrapper>::dangling());
        let released = if is_last { self.counts.end() } else { self.counts.release(Some(word)) };
        self.end(table, released);
    }

    fn free(&self, table: &Table) {
        table.untie(&self.flags);
        self.block.free("a foreign object");
    }
}

/// Two threads wrap an object first, each with a count. The last of their counts ends it.
fn race(one: fn(&Table, &Foreign), other: fn(&Table, &Foreign)) {
    explore_with(1, move || {
        let (table, object) = (Arc::new(Table::new()), Arc::new(Foreign::new(2)));
        let shared = (table.clone(), object.clone());
        let thread = spawn(move || one(&shared.0, &shared.1));
        other(&table, &object);
        thread.join().unwrap();
        assert!(object.block.is_freed(), "a foreign object is left over");
        // All numbers are free again, but 0, which none has.
        let (flags, deleter) = (AtomicU32::new(0), AtomicPtr::new(null_mut()));
        let slot = table.tie(&flags, &deleter, ours(), || ()).expect("a slot that was given back");
        assert!(slot.word().observe().is_detached());
    });
}

fn wrap_and_drop(table: &Table, object: &Foreign) {
    let slot = object.tie(table);
    assert_eq!(slot.deleter(), theirs());
    assert!(std::ptr::eq(slot, object.tie(table)));
    object.release_as_cpp(table, || unreachable!());
}

/// One of the two threads loses, and has the winner's slot.
#[test]
fn wrapped_first() {
    explore_with(1, || {
        let (table, object) = (Arc::new(Table::new()), Arc::new(Foreign::new(2)));
        let tie = |table: &Table, object: &Foreign| {
            let slot = table.tie(&object.flags, &object.deleter, ours(), || ()).expect("a slot");
            assert_eq!(slot.deleter(), theirs());
            std::ptr::from_ref(slot) as usize
        };
        let shared = (table.clone(), object.clone());
        let thread = spawn(move || tie(&shared.0, &shared.1));
        let mine = tie(&table, &object);
        assert_eq!(mine, thread.join().unwrap());
    });
}

/// The first wrap against the last drop of another holder, who has not wrapped it.
#[test]
fn wrap_vs_last_drop() {
    race(wrap_and_drop, |table, object| object.release_as_cpp(table, || unreachable!()));
}

/// A number that is found in a header leads to a slot that is whole.
#[test]
fn found_whole() {
    explore_with(1, || {
        let (table, object) = (Arc::new(Table::new()), Arc::new(Foreign::new(2)));
        let shared = (table.clone(), object.clone());
        let looker = spawn(move || {
            if shared.1.flags.load(O::Relaxed) != 0 {
                let slot = shared.1.tie(&shared.0);
                assert_eq!(slot.deleter(), theirs());
                assert!(slot.word().observe().is_detached());
            }
        });
        object.tie(&table);
        looker.join().unwrap();
    });
}

/// The slot of an object that ended serves the next one. Its word is its own from the start.
fn reused(others_free: bool) {
    explore_with(1, move || {
        let table = Arc::new(Table::new());
        let (first, second) = (Foreign::new(1), Foreign::new(1));
        let slot = first.tie(&table);
        slot.word().publish(Word::tied(NonNull::<Wrapper>::dangling(), State::Lean)).unwrap();
        let others = [Foreign::new(1), Foreign::new(1)];
        others.iter().for_each(|other| assert!(other.tie(&table).deleter() == theirs()));
        if others_free {
            table.untie(&others[0].flags);
        }
        let shared = table.clone();
        // The thread that comes first ends the object. Of two looks at the list loom forgets the one before.
        let next = spawn(move || {
            if let Some(slot) = shared.tie(&second.flags, &second.deleter, ours(), || ()) {
                assert!(slot.word().observe().is_detached(), "a slot is used again with its word");
                assert_eq!(slot.deleter(), theirs());
                second.release_as_cpp(&shared, || unreachable!());
            }
        });
        first.release_as_cpp(&table, || unreachable!());
        next.join().unwrap();
        assert!(first.block.is_freed());
    });
}

#[test]
fn used_again() {
    reused(false);
}

/// The same where another slot is free, and is seen first.
#[test]
fn used_before_another() {
    reused(true);
}

/// Two slots come and go. A number that came back meanwhile is not taken for the one that was seen.
#[test]
fn taken_once() {
    explore_with(1, || {
        let table = Arc::new(Table::new());
        let objects: Vec<Foreign> = (0..2).map(|_| Foreign::new(1)).collect();
        for object in &objects {
            table.tie(&object.flags, &object.deleter, ours(), || ()).unwrap();
        }
        objects.iter().for_each(|object| table.untie(&object.flags));
        let take = |table: &Table| {
            let object = Foreign::new(1);
            table.tie(&object.flags, &object.deleter, ours(), || ()).unwrap();
            object
        };
        let shared = table.clone();
        let thread = spawn(move || take(&shared));
        let one = take(&table);
        table.untie(&one.flags);
        let (again, other) = (take(&table), thread.join().unwrap());
        let number = |object: &Foreign| object.flags.load(O::Relaxed);
        assert_ne!(number(&again), number(&other), "two objects have one slot");
    });
}

/// A weak pointer that goes while the last strong count does.
#[test]
fn weak_vs_teardown() {
    explore_with(1, || {
        let (table, object) = (Arc::new(Table::new()), Arc::new(Foreign::new(1)));
        object.tie(&table);
        object.counts.retain_weak();
        let shared = (table.clone(), object.clone());
        let weak = spawn(move || {
            let (table, object) = &shared;
            if object.counts.upgrade() {
                object.block.touch("a foreign object");
                object.release_as_cpp(table, || unreachable!());
            }
            if object.counts.release_weak() {
                object.free(table);
            }
        });
        object.release_as_cpp(&table, || unreachable!());
        weak.join().unwrap();
        assert!(object.block.is_freed(), "a foreign object is left over");
    });
}

/// C++ takes the last count away while the wrapper is preserved. A thread of Python has the wrapper by a weak reference: it
/// counts the object, and gives the count back, which ends it if nothing is owed. The last count is handed over once, by either.
fn preserved(weak: bool) {
    explore_with(1, move || {
        let (table, object) = (Arc::new(Table::new()), Arc::new(Foreign::new(1)));
        let wrapper = NonNull::<Wrapper>::dangling();
        let slot = object.tie(&table);
        slot.word().publish(Word::tied(wrapper, State::Preserved)).unwrap();
        if weak {
            object.counts.retain_weak();
        }
        let shared = (table.clone(), object.clone());
        let native = spawn(move || {
            let (table, object) = &shared;
            object.release_as_cpp(table, || object.resume(table));
        });
        // The weak reference is called. While the wrapper lives, its object does, whatever its count is in this moment.
        if object
            .wrapper
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| (count > 0).then_some(count + 1))
            .is_ok()
        {
            object.block.touch("a foreign object");
            object.counts.retain();
            match object.counts.release(Some(slot.word())) {
                Released::Preserved => object.resume(&table),
                released => object.end(&table, released),
            }
            object.drop_wrapper(&table);
        }
        native.join().unwrap();
        if weak && object.counts.release_weak() {
            object.free(&table);
        }
        assert!(object.block.is_freed(), "a foreign object is left over");
    });
}

#[test]
fn preserved_and_released() {
    preserved(false);
}

#[test]
fn preserved_and_weakly_held() {
    preserved(true);
}
