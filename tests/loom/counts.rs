//! The strong and weak counts of an object (`object::count`). Each claim is the partner of an ordering there.
//! Upholds: destroyed once, freed once, by one who sees what all others did; never under a holder.

use super::*;
use bowline::object::count::{Counts, Released};
use support::cell::Block;

/// What the counts count.
#[derive(Default)]
struct Counted {
    counts: Counts,
    block: Block,
    other: Block,
}

impl Counted {
    fn release(&self) {
        match self.counts.release(None) {
            Released::Alive => {}
            Released::Preserved => unreachable!("there is no word"),
            Released::Last => {
                self.destroy();
                self.free();
            }
            Released::LastStrong => {
                self.destroy();
                self.release_weak();
            }
        }
    }
    fn release_weak(&self) {
        if self.counts.release_weak() {
            self.free();
        }
    }
    fn destroy(&self) {
        self.block.fill(0, "a destroyed object");
        self.other.fill(0, "a destroyed object");
    }
    fn free(&self) {
        self.block.free("an object");
        self.other.free("an object");
    }
}

fn race(prepare: impl Fn(&Counts) + Sync + Send + 'static, one: fn(&Counted), other: fn(&Counted)) {
    explore_with(2, move || {
        let counted = Arc::new(Counted::default());
        prepare(&counted.counts);
        let shared = counted.clone();
        let thread = spawn(move || one(&shared));
        other(&counted);
        thread.join().unwrap();
        assert!(counted.block.is_freed(), "an object is left over");
    });
}

/// Answers weakness 12: fails when a release is relaxed.
#[test]
fn last_release_sees_all() {
    race(
        Counts::retain,
        |mine| {
            mine.block.fill(1, "an object");
            mine.release();
        },
        |mine| {
            mine.other.fill(1, "an object");
            mine.release();
        },
    );
}

#[test]
fn memory_outlives_weak() {
    race(
        Counts::retain_weak,
        |weak| {
            weak.block.touch("the memory of an object");
            weak.release_weak();
        },
        |strong| strong.release(),
    );
}

#[test]
fn upgraded_or_destroyed() {
    race(
        Counts::retain_weak,
        |weak| {
            if weak.counts.upgrade() {
                weak.block.contents("an object");
                weak.release();
            }
            weak.release_weak();
        },
        |strong| {
            strong.block.contents("an object");
            strong.release();
        },
    );
}

#[test]
fn upgrade_sees_former_holders() {
    race(
        |counts| {
            counts.retain();
            counts.retain_weak();
        },
        |weak| {
            // One of two holders is gone, so the upgrade comes after it.
            if weak.counts.strong() == 1 && weak.counts.upgrade() {
                weak.block.contents("an object");
                weak.release();
            }
            weak.release_weak();
            // The other holder.
            weak.release();
        },
        |strong| {
            strong.block.fill(1, "an object");
            strong.release();
        },
    );
}

#[test]
fn unique_sees_former_holders() {
    race(
        Counts::retain,
        // The spawned thread looks. Loom, which runs the main thread first, overlooks that its look could come after a
        // release, which begins with a load.
        |one| {
            if one.counts.is_unique() {
                one.block.fill(1, "an object");
            }
            one.release();
        },
        |other| {
            other.block.contents("an object");
            other.release();
        },
    );
}

#[test]
fn every_count_is_counted() {
    fn hold_twice(counted: &Counted) {
        counted.counts.retain();
        counted.release();
        counted.release();
    }
    race(Counts::retain, hold_twice, hold_twice);
}

#[test]
fn every_weak_count_is_counted() {
    fn hold_twice(counted: &Counted) {
        counted.counts.retain_weak();
        counted.release_weak();
        counted.release_weak();
    }
    race(
        |counts| {
            counts.retain_weak();
            counts.retain_weak();
        },
        hold_twice,
        |strong| {
            hold_twice(strong);
            strong.release();
        },
    );
}
