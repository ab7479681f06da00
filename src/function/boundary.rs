//! The inside of functions that C calls. A panic becomes an error, an error a code and the thread's slot.

use super::error::raise;
use super::Error;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Runs the inside of a function: 0, or -1 with the thread's error set.
#[inline]
pub fn answer(inside: impl FnOnce() -> Result<(), Error>) -> i32 {
    match catch(inside) {
        Ok(()) => 0,
        Err(error) => {
            raise(error);
            -1
        }
    }
}

/// Runs the inside of a function; a panic is an error.
#[inline]
pub fn catch<T>(inside: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(inside)).unwrap_or_else(|panic| Err(Error::from_panic(panic)))
}
