//! The table of storages (`protocol::storage_table`): a visitor against threads that it cannot exclude.
//! Upholds: an object's block that a visitor looks at is freed after the look, and freed once.

use super::*;
use bowline::object::count::{Counts, Released};
use bowline::protocol::storage_table::StorageTable;
use std::ptr::NonNull;
use support::cell::Block;

/// A storage, the block of its object, and the weak count that holds the block.
#[repr(align(16))]
#[derive(Default)]
struct Storage {
    block: Block,
    counts: Counts,
}

impl Storage {
    fn unkeep(&self) {
        if self.counts.release_weak() {
            self.block.free("an object's block");
        }
    }
}

fn race(visits: usize, leave: fn(&StorageTable<1>, &Storage)) {
    explore_with(2, move || {
        let storages = Arc::new(StorageTable::<1>::new());
        let storage = Arc::new(Storage::default());
        storages.reserve(1, &mut Vec::new());
        storages.enter(0, NonNull::from(&*storage));
        let (shared, going) = (storages.clone(), storage.clone());
        let leaver = spawn(move || leave(&shared, &going));
        for _ in 0..visits {
            storages.visit(
                |found: NonNull<Storage>| {
                    // SAFETY: storages are not freed during a visit.
                    let found = unsafe { found.as_ref() };
                    found.block.touch("an object's block");
                    found.counts.strong();
                    found.block.touch("an object's block");
                    found
                },
                |found: &Storage| found.unkeep(),
            );
        }
        leaver.join().unwrap();
        assert!(storage.block.is_freed(), "an object's block is left over");
    });
}

/// There were weak handles. The strong side's weak count is given back when the object is destroyed.
fn leave_weak(storages: &StorageTable<1>, going: &Storage) {
    storages.leave(0, || going.counts.retain_weak(), || going.unkeep());
    going.unkeep();
}

/// There were none: the object is destroyed and its memory freed at once.
fn leave_last(storages: &StorageTable<1>, going: &Storage) {
    assert_eq!(going.counts.release(None), Released::Last);
    storages.leave(0, || going.counts.retain_weak(), || going.unkeep());
    if going.counts.still_last() {
        going.block.free("an object's block");
    }
}

#[test]
fn visit_vs_leave() {
    race(1, leave_weak);
}

#[test]
fn two_visits_vs_leave() {
    race(2, leave_weak);
}

#[test]
fn visit_vs_last_release() {
    race(1, leave_last);
}

#[test]
fn two_visits_vs_last_release() {
    race(2, leave_last);
}
