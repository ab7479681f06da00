//! Does what the sanitizer named by the argument must report. One that sees nothing would pass everything.

use std::hint::black_box;
use std::thread;

static mut SHARED: u64 = 0;

// Few times. ThreadSanitizer tells of a race only if it still remembers how the earlier access came about.
fn count() {
    for _ in 0..10 {
        // SAFETY: none, that is the point: two threads do this.
        unsafe { SHARED = black_box(SHARED) + 1 };
    }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("thread") => {
            let other = thread::spawn(count);
            count();
            other.join().unwrap();
        }
        Some("address") => {
            let freed = Box::into_raw(Box::new(1));
            // SAFETY: it came from a box.
            drop(unsafe { Box::from_raw(freed) });
            // SAFETY: none, the box is gone.
            black_box(unsafe { *freed });
        }
        Some("leak") => {
            for n in 0..100 {
                black_box(Box::leak(Box::new(n)));
            }
        }
        other => panic!("no such sanitizer: {other:?}"),
    }
}
