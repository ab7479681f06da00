//! Handles that are made by the first who needs them.
//! Upholds: of all who come at once one makes the handle, the others wait for it; nothing is held while it is made.

use super::boundary::{answer, expect};
use crate::function::Error;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{current, ThreadId};

/// The places whose handles are being made or ended, and by whom.
static BUSY: Mutex<Vec<(usize, ThreadId)>> = Mutex::new(Vec::new());
static LESS: Condvar = Condvar::new();

fn busy() -> MutexGuard<'static, Vec<(usize, ThreadId)>> {
    BUSY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place that this thread alone works on.
struct Turn(usize);

impl Turn {
    /// Waits for the thread that works on a place.
    fn wait(place: usize) -> Result<Turn, Error> {
        let me = current().id();
        let mut now = busy();
        while let Some((_, holder)) = now.iter().find(|(taken, _)| *taken == place) {
            if *holder == me {
                return Err(Error::runtime("the function that makes a handle asks for the handle"));
            }
            now = LESS.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
        now.push((place, me));
        Ok(Turn(place))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        busy().retain(|(place, _)| *place != self.0);
        LESS.notify_all();
    }
}

/// The place of a handle.
///
/// # Safety
/// The caller's contract: it stays, and is changed by these functions only.
unsafe fn place<'a>(handle: *mut *mut c_void) -> Result<&'a AtomicPtr<c_void>, Error> {
    // SAFETY: the place stays, and only these functions change it. An atomic pointer is laid out as a pointer.
    Ok(unsafe { &*expect(handle, "the place of a handle")?.as_ptr().cast::<AtomicPtr<c_void>>() })
}

/// Makes a handle unless it is there. Where `make` fails, having left an error, the place stays empty.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIHandleInitOnce(
    handle: *mut *mut c_void,
    make: Option<unsafe extern "C" fn(*mut *mut c_void) -> i32>,
) -> i32 {
    let mut code = 0;
    let done = answer(|| {
        // SAFETY: by the header `handle` is a pointer's place, used by these two functions only.
        let place = unsafe { place(handle) }?;
        // Acquire: pairs with the Release below. Carries: what the handle leads to.
        if !place.load(Ordering::Acquire).is_null() {
            return Ok(());
        }
        let make = make.ok_or_else(|| Error::value_error("expected a function that makes a handle, got null"))?;
        let _turn = Turn::wait(handle.addr())?;
        // Relaxed: the thread that made it had the turn before.
        if !place.load(Ordering::Relaxed).is_null() {
            return Ok(());
        }
        let mut made = null_mut();
        // SAFETY: by the header `make` writes a handle where it is told.
        code = unsafe { make(&mut made) };
        if code == 0 {
            if made.is_null() {
                return Err(Error::runtime("the function that makes a handle made none"));
            }
            // Release: pairs with the Acquire above.
            place.store(made, Ordering::Release);
        }
        Ok(())
    });
    if done != 0 {
        done
    } else {
        code
    }
}

/// Ends a handle if it is there. Where `end` fails, having left an error, the handle stays.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIHandleDeinitOnce(
    handle: *mut *mut c_void,
    end: Option<unsafe extern "C" fn(*mut c_void) -> i32>,
) -> i32 {
    let mut code = 0;
    let done = answer(|| {
        // SAFETY: by the header `handle` is a pointer's place, used by these two functions only.
        let place = unsafe { place(handle) }?;
        let end = end.ok_or_else(|| Error::value_error("expected a function that ends a handle, got null"))?;
        let _turn = Turn::wait(handle.addr())?;
        // Relaxed: the thread that made it had the turn before.
        let there = place.load(Ordering::Relaxed);
        if !there.is_null() {
            // SAFETY: by the header `end` takes the handle that was made, once.
            code = unsafe { end(there) };
            if code == 0 {
                // Relaxed: null carries nothing.
                place.store(null_mut(), Ordering::Relaxed);
            }
        }
        Ok(())
    });
    if done != 0 {
        done
    } else {
        code
    }
}
