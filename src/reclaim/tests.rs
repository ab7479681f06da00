use super::participant::with_me;
use super::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::Arc;

/// How often something was done.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn add(&self, more: usize) {
        self.0.fetch_add(more, Ordering::SeqCst);
    }
    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
    /// Other tests of the process may hold a pin for a moment. Or they are about to release what this one
    /// replaced.
    fn reaches(&self, count: usize) {
        for _ in 0..100_000 {
            if self.get() == count {
                return;
            }
            settle();
            std::thread::yield_now();
        }
        panic!("{} of {count}", self.get());
    }
}

fn retire_and_count(times: usize, released: &Count) {
    for _ in 0..times {
        let released = released.clone();
        retire(move || released.add(1));
    }
}

#[test]
fn released_after_the_last_reader_only() {
    let released = Count::default();
    let reader = pin();
    let count = released.clone();
    std::thread::spawn(move || retire_and_count(100, &count)).join().unwrap();
    settle();
    assert_eq!(released.get(), 0);
    drop(reader);
    // The thread that replaced them has ended meanwhile.
    released.reaches(100);
}

#[test]
fn what_is_replaced_inside_a_pin_waits_for_its_end() {
    let released = Count::default();
    let (outer, inner) = (pin(), pin());
    retire_and_count(1000, &released);
    settle();
    drop(inner);
    settle();
    assert_eq!(released.get(), 0);
    drop(outer);
    released.reaches(1000);
}

#[test]
fn nothing_is_released_amid_a_look() {
    thread_local!(static AMID: Cell<bool> = const { Cell::new(false) });
    let (released, amid) = (Count::default(), Count::default());
    for _ in 0..1000 {
        let (released, amid) = (released.clone(), amid.clone());
        defer(move || {
            amid.add(AMID.get().into());
            released.add(1);
        });
    }
    // Every 128th pin finds what is ripe; so may the end of a look.
    AMID.set(true);
    (0..1000).for_each(|_| look(|_| ()));
    AMID.set(false);
    released.reaches(1000);
    assert_eq!(amid.get(), 0);
}

#[test]
fn nothing_is_released_inside_a_pin() {
    let (released, inside) = (Count::default(), Count::default());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for round in 0..1000 {
                    let (released, inside) = (released.clone(), inside.clone());
                    let _outer = (round % 2 == 0).then(pin);
                    drop(pin());
                    retire(move || {
                        inside.add(with_me(|me| me.is_pinned()).into());
                        released.add(1);
                    });
                }
            });
        }
    });
    released.reaches(3000);
    assert_eq!(inside.get(), 0);
}

/// Not even those that were found ripe along with it.
#[test]
fn a_slow_release_holds_back_no_other() {
    let (released, slow) = (Count::default(), Count::default());
    let (go_on, wait) = sync_channel::<()>(0);
    let (replaced, all_replaced) = sync_channel(1);
    let reader = pin();
    let (count, over) = (released.clone(), slow.clone());
    let other = std::thread::spawn(move || {
        retire_and_count(100, &count);
        retire(move || {
            wait.recv().unwrap();
            over.add(1);
        });
        retire_and_count(100, &count);
        replaced.send(()).unwrap();
        count.reaches(200);
    });
    let count = released.clone();
    let watcher = std::thread::spawn(move || {
        while count.get() < 200 {
            std::thread::yield_now();
        }
        go_on.send(()).unwrap();
    });
    all_replaced.recv().unwrap();
    drop(reader);
    // One of the two threads may be amid the slow one. Then the other releases the rest.
    released.reaches(200);
    slow.reaches(1);
    other.join().unwrap();
    watcher.join().unwrap();
}

#[test]
fn two_releases_that_wait_for_each_other_end() {
    let met = Count::default();
    let barrier = Arc::new(std::sync::Barrier::new(2));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let (here, barrier) = (met.clone(), barrier.clone());
                retire(move || {
                    barrier.wait();
                    here.add(1);
                });
                met.reaches(2);
            });
        }
    });
}

/// Each release ends another. The stack stays short, and the first two are over when the third looks.
#[test]
fn releases_that_release_more_do_not_nest_without_end() {
    const CHAIN: usize = 100_000;
    fn link(left: usize, released: Count, deepest: Count) {
        let (count, depth) = (released.clone(), deepest.clone());
        let release = move || {
            let now = with_me(|me| me.depth.get()) as usize;
            depth.0.fetch_max(now, Ordering::SeqCst);
            if left > 1 {
                link(left - 1, released, deepest);
            }
            count.add(1);
        };
        retire(release);
    }
    let (released, deepest) = (Count::default(), Count::default());
    let (count, depth) = (released.clone(), deepest.clone());
    let thread = std::thread::Builder::new().stack_size(1 << 18);
    thread.spawn(move || link(CHAIN, count, depth)).unwrap().join().unwrap();
    released.reaches(CHAIN);
    assert!((2..=48).contains(&deepest.get()), "{}", deepest.get());
}

#[test]
fn a_panic_of_a_release_ends_there() {
    let released = Count::default();
    let count = released.clone();
    retire(move || {
        count.add(1);
        std::panic::resume_unwind(Box::new("a destructor's panic"));
    });
    retire_and_count(1, &released);
    released.reaches(2);
}

/// A thread whose locals are being destroyed may read and replace, and leaves nothing behind.
#[test]
fn at_the_end_of_a_thread() {
    struct Last(Cell<Option<Count>>);
    impl Drop for Last {
        fn drop(&mut self) {
            let released = self.0.take().unwrap();
            drop(pin());
            retire_and_count(10, &released);
        }
    }
    thread_local!(static LAST: Last = const { Last(Cell::new(None)) });
    let released = Count::default();
    for _ in 0..100 {
        let count = released.clone();
        let thread = std::thread::spawn(move || {
            LAST.with(|last| last.0.set(Some(count.clone())));
            retire_and_count(10, &count);
        });
        thread.join().unwrap();
    }
    released.reaches(2000);
    // Each thread took what the former one had. Other tests may have needed some.
    assert!(participant::count() < 100, "{}", participant::count());
}
