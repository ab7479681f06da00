//! The slot of a thread in which the C calling convention leaves an error.
//! Upholds: one error at a time; a thread that is past its locals keeps none.

use super::Error;
use std::cell::Cell;

thread_local! {
    static RAISED: Cell<Option<Error>> = const { Cell::new(None) };
}

/// Leaves an error in this thread's slot. A callee of the C convention does so before it returns -1.
pub fn raise(error: Error) {
    // A thread whose locals are gone keeps no error.
    let replaced = RAISED.try_with(|slot| slot.replace(Some(error)));
    drop(replaced);
}

/// Takes the error out of this thread's slot.
pub fn take_raised() -> Option<Error> {
    RAISED.try_with(Cell::take).ok().flatten()
}
