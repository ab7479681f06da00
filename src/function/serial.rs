//! Locks of libraries that are not thread-safe. A function of such a library runs under the lock of its library.
//! Upholds: a thread has at most one of these locks, that of the library whose function it is in. It has none while it waits for
//! one, and none while it is elsewhere: in a function of another such library, or in code of the host language.
//!
//! So libraries that call each other from two threads cannot wait for each other: who goes on into the second lets go of the first,
//! and takes it back on return. Between, other threads may have been in the first.

use super::Function;
use std::cell::Cell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// The lock of a library.
#[derive(Default)]
pub struct Serial {
    taken: Mutex<bool>,
    left: Condvar,
}

thread_local! {
    /// The lock that the thread has.
    static INSIDE: Cell<Option<&'static Serial>> = const { Cell::new(None) };
}

/// How a thread waits.
static WAIT: OnceLock<fn(&mut dyn FnMut())> = OnceLock::new();

/// Says how a thread waits. `wait` calls what it is given, once, with all given up that others may wait for. The first stays.
pub fn set_wait(wait: fn(&mut dyn FnMut())) {
    let _ = WAIT.set(wait);
}

impl Serial {
    /// The lock of the library in a file: the same each time.
    pub fn of(path: &Path) -> &'static Serial {
        static LOCKS: Mutex<Option<HashMap<PathBuf, &'static Serial>>> = Mutex::new(None);
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        // For good, as the library's functions may be.
        locks.get_or_insert_default().entry(path).or_insert_with(|| Box::leak(Box::default()))
    }

    fn taken(&self) -> MutexGuard<'_, bool> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) {
        // Not taken within the wait, at whose end a thread may be stopped for good. The interpreter ends meanwhile.
        while std::mem::replace(&mut *self.taken(), true) {
            let mut wait =
                || drop(self.left.wait_while(self.taken(), |taken| *taken).unwrap_or_else(PoisonError::into_inner));
            match WAIT.get() {
                Some(host) => host(&mut wait),
                None => wait(),
            }
        }
    }

    fn unlock(&self) {
        *self.taken() = false;
        // To all. One that is woken may be stopped for good at the end of its wait, and would keep the word from the others.
        self.left.notify_all();
    }
}

/// A thread is elsewhere until this goes: then it is back where it was.
#[must_use]
pub struct Elsewhere {
    /// Where it was; `None` if that is where it is.
    back: Option<Option<&'static Serial>>,
}

/// Goes into a library, unless the thread is in there.
pub fn enter(lock: &'static Serial) -> Elsewhere {
    go(Some(lock))
}

/// Goes out of all libraries, to where other code runs.
#[inline]
pub fn leave() -> Elsewhere {
    match INSIDE.get() {
        None => Elsewhere { back: None },
        Some(_) => go(None),
    }
}

#[cold]
fn go(to: Option<&'static Serial>) -> Elsewhere {
    let from = INSIDE.get();
    let same = match (from, to) {
        (Some(from), Some(to)) => std::ptr::eq(from, to),
        (from, to) => from.is_none() && to.is_none(),
    };
    if same {
        return Elsewhere { back: None };
    }
    change(from, to);
    Elsewhere { back: Some(from) }
}

fn change(from: Option<&'static Serial>, to: Option<&'static Serial>) {
    // While it waits the host may run code of others on this thread. That code is in no library.
    INSIDE.set(None);
    if let Some(from) = from {
        from.unlock();
    }
    if let Some(to) = to {
        to.lock();
    }
    INSIDE.set(to);
}

impl Drop for Elsewhere {
    #[inline]
    fn drop(&mut self) {
        if let Some(back) = self.back {
            change(INSIDE.get(), back);
        }
    }
}

/// A function under a lock.
pub fn under(lock: &'static Serial, function: Function) -> Function {
    Function::from_packed(move |arguments| {
        let _inside = enter(lock);
        function.call(arguments)
    })
}

/// Puts a function under the lock of the library in which the thread registers it. Elsewhere the function stays as it is.
pub fn registered(function: Function) -> Function {
    match INSIDE.get() {
        Some(lock) => under(lock, function),
        None => function,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
    use std::sync::mpsc::channel;
    use std::thread::{park, sleep, spawn};
    use std::time::Duration;

    thread_local!(static STOPS: Cell<bool> = const { Cell::new(false) });

    static WAITING: AtomicUsize = AtomicUsize::new(0);

    /// As an interpreter that ends stops daemon threads which come back to it.
    fn wait(inside: &mut dyn FnMut()) {
        WAITING.fetch_add(1, SeqCst);
        inside();
        while STOPS.get() {
            park();
        }
    }

    #[test]
    fn a_thread_that_is_stopped_at_the_end_of_its_wait_keeps_no_other_out() {
        set_wait(wait);
        let lock = Serial::of(Path::new("no such library"));
        let inside = enter(lock);
        let waits_for = |count| {
            while WAITING.load(SeqCst) < count {
                sleep(Duration::from_millis(1));
            }
            // From the count to the condition variable.
            sleep(Duration::from_millis(50));
        };
        // Never joined: it is stopped.
        spawn(move || {
            STOPS.set(true);
            let _inside = enter(lock);
        });
        waits_for(1);
        let (tell, told) = channel();
        let came = spawn(move || {
            let _inside = enter(lock);
            tell.send(()).unwrap();
        });
        waits_for(2);
        drop(inside);
        told.recv_timeout(Duration::from_secs(60)).expect("the lock is free");
        came.join().unwrap();
    }

    #[test]
    fn one_thread_at_a_time_is_inside() {
        static INSIDE: AtomicBool = AtomicBool::new(false);
        let lock = Serial::of(Path::new("no such other library"));
        let work = move || {
            for _ in 0..200 {
                let _inside = enter(lock);
                assert!(!INSIDE.swap(true, SeqCst));
                std::thread::yield_now();
                assert!(INSIDE.swap(false, SeqCst));
            }
        };
        let threads: Vec<_> = (0..3).map(|_| spawn(work)).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
