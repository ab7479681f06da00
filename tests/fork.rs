//! What the child of a fork makes of threads that it does not have.
#![cfg(unix)]

use bowline::reclaim::{after_fork, pin, retire, settle};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

static RELEASED: AtomicUsize = AtomicUsize::new(0);

fn count() {
    RELEASED.fetch_add(1, Ordering::SeqCst);
}

fn replace(times: usize) {
    (0..times).for_each(|_| retire(count));
}

fn released() -> usize {
    RELEASED.load(Ordering::SeqCst)
}

/// Runs `work` in a child of this process. Fails if it says false or does not end.
fn in_child(work: impl FnOnce() -> bool) {
    // SAFETY: the child runs what needs no other thread, and ends without destructors. It is its only thread that calls
    // `after_fork`.
    unsafe {
        match libc::fork() {
            0 => {
                libc::alarm(20);
                after_fork();
                let right = catch_unwind(AssertUnwindSafe(work)).unwrap_or(false);
                libc::_exit(if right { 0 } else { 1 });
            }
            child => {
                let mut status = 0;
                assert_eq!(libc::waitpid(child, &mut status, 0), child);
                assert_eq!(status, 0, "the child's status");
            }
        }
    }
}

/// One test, so that no other thread reads meanwhile.
#[test]
fn a_child_releases_what_its_parents_threads_kept() {
    let (begun, begins) = sync_channel(0);
    let (go_on, wait) = sync_channel::<()>(0);
    let reader = std::thread::spawn(move || {
        let outer = pin();
        let inner = pin();
        replace(10);
        begun.send(()).unwrap();
        wait.recv().unwrap();
        drop((inner, outer));
    });
    begins.recv().unwrap();
    replace(1000);
    settle();
    assert_eq!(released(), 0, "they wait for the reader");

    in_child(|| {
        // What was replaced before the fork, and what is replaced after it. The former is by this thread and by one
        // that is no more.
        replace(1000);
        settle();
        released() == 2010
    });
    // Amid a read of the thread that forks: it goes on in the child.
    let guard = pin();
    let (mut guard, seen) = (Some(guard), released());
    in_child(|| {
        replace(1000);
        settle();
        let kept = released() == seen;
        guard.take();
        settle();
        let grandchild = || {
            in_child(|| {
                replace(10);
                settle();
                released() == 2020
            });
            true
        };
        kept && released() == 2010 && grandchild()
    });
    drop(guard);

    go_on.send(()).unwrap();
    reader.join().unwrap();
    settle();
    assert_eq!(released(), 1010);
}
