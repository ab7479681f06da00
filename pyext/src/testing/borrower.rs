//! Native threads that borrow objects. They hold counts for a while, read and write fields and items, and drop what they
//! have, now and then last of all.
//! Upholds: these threads never meet Python; what they defer, they settle themselves.

use bowline::container::{DictObj, ListObj};
use bowline::object::{Obj, Object};
use bowline::{reclaim, reflect};
use std::sync::mpsc::{sync_channel, Receiver, SyncSender};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// How many threads there are.
const THREADS: usize = 3;
/// How many loans may wait for one; further ones are refused.
const WAITING: usize = 64;

/// What a borrower does with an object before it drops it.
#[derive(Clone, Copy, Debug)]
pub enum Use {
    /// Keeps it for a time.
    Keep(Duration),
    /// Takes a value out, holds it, and puts it back where another was. It does so this many times. A value is an item of a list
    /// or dict, else the field `value`.
    Stir(u32),
}

struct Loan {
    object: Obj<Object>,
    purpose: Use,
}

static LENDER: OnceLock<SyncSender<Loan>> = OnceLock::new();

/// Hands a count of an object to a native thread. False, with the count dropped, when too many wait already.
pub fn lend(object: Obj<Object>, purpose: Use) -> bool {
    LENDER.get_or_init(start).try_send(Loan { object, purpose }).is_ok()
}

fn start() -> SyncSender<Loan> {
    let (sender, receiver) = sync_channel(WAITING);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..THREADS {
        let receiver = receiver.clone();
        thread::spawn(move || while borrow_one(&receiver).is_some() {});
    }
    sender
}

fn borrow_one(loans: &Mutex<Receiver<Loan>>) -> Option<()> {
    let Loan { object, purpose } = loans.lock().ok()?.recv().ok()?;
    match purpose {
        Use::Keep(time) => keep(time),
        Use::Stir(rounds) => (0..rounds as usize).for_each(|round| stir(&object, round)),
    }
    drop(object);
    reclaim::settle();
    Some(())
}

/// Short times are spun: a sleeping thread wakes too late to race with another.
fn keep(time: Duration) {
    let end = Instant::now() + time;
    if time > Duration::from_millis(1) {
        thread::sleep(time);
    }
    while Instant::now() < end {
        std::hint::spin_loop();
    }
}

fn stir(object: &Obj<Object>, round: usize) {
    if let Some(list) = object.downcast_ref::<ListObj>() {
        let length = list.len().max(1);
        let taken = list.get(round % length);
        if let Some(taken) = taken {
            let _ = list.swap((round / 2) % length, taken);
        }
    } else if let Some(dict) = object.downcast_ref::<DictObj>() {
        if let Some((key, value)) = dict.snapshot().into_iter().nth(round % 4) {
            let _ = dict.get(key.view());
            let _ = dict.set(key, value);
        }
    } else if let Some(field) = reflect::info(object.type_index()).and_then(|info| info.field("value")) {
        let Ok(taken) = field.get(object) else { return };
        if !field.flags().frozen && round.is_multiple_of(4) {
            let _ = field.set(object, taken);
        }
    }
}
