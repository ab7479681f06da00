//! `settle` in a process of its own. No other test reads meanwhile, so that once is enough.
//! Upholds: it goes on until nothing is left, however much of the collector's own is in front.

use bowline::reclaim::{pin, retire, settle};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

static RELEASED: AtomicUsize = AtomicUsize::new(0);

fn count() {
    RELEASED.fetch_add(1, Ordering::SeqCst);
}

/// Replaces `times` values while another thread reads all the time.
fn retire_beside_a_reader(times: usize) {
    let ((pinned, was_pinned), (over, is_over)) = (sync_channel(0), sync_channel::<()>(0));
    let reader = std::thread::spawn(move || {
        let _reads = pin();
        pinned.send(()).unwrap();
        let _ = is_over.recv();
    });
    was_pinned.recv().unwrap();
    // By a thread that ends, as those that a fork leaves behind do.
    let retires = move || (0..times).for_each(|_| retire(count));
    std::thread::spawn(retires).join().unwrap();
    drop(over);
    reader.join().unwrap();
}

#[test]
fn nodes_of_queues_are_no_reason_to_give_up() {
    // Each is in a bag of its own. When it is ripe it becomes nodes to be freed.
    retire_beside_a_reader(20_000);
    while RELEASED.load(Ordering::SeqCst) < 20_000 {
        retire_beside_a_reader(0);
        settle_once_released();
    }
    retire_beside_a_reader(10);
    settle();
    assert_eq!(RELEASED.load(Ordering::SeqCst), 20_010);
}

/// Finds what is ripe by short reads, until the last value is released.
fn settle_once_released() {
    for _ in 0..100_000 {
        if RELEASED.load(Ordering::SeqCst) == 20_000 {
            return;
        }
        drop(pin());
    }
}
