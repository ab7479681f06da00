//! Grace periods of a guest are those of the host. The host's readers see what the guest replaces, and the other way round.
//! Upholds: what `grace` upholds, by asking the host; a panic of what is released ends in the guest.

use crate::runtime::{self, Call, HostPlace};
use std::ffi::c_void;
use std::marker::PhantomData;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// What a reader holds while it looks at shared pointers. Dropping it ends the read, and may release what others replaced.
pub struct Guard {
    place: HostPlace,
    quietly: bool,
    of_this_thread: PhantomData<*const ()>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: filled by `pin`, on this thread: a guard is not `Send`.
        unsafe { (runtime::get().unpin)(&mut self.place, self.quietly) };
    }
}

/// Begins a read. What is replaced from now on is not released before the guard is dropped.
pub fn pin() -> Guard {
    begin(false)
}

fn begin(quietly: bool) -> Guard {
    let mut place = HostPlace::default();
    // SAFETY: the host's function, which fills the place.
    unsafe { (runtime::get().pin)(&mut place) };
    Guard { place, quietly, of_this_thread: PhantomData }
}

/// Looks at shared pointers under a pin and releases nothing, not even at its end.
pub fn look<R>(look: impl FnOnce(&Guard) -> R) -> R {
    look(&begin(true))
}

/// What a release is to the host. It is a function, and what it is called with, once.
fn handed_over<F: FnOnce() + Send + 'static>(release: F) -> (Call, *mut c_void) {
    /// # Safety
    /// `data` came from `handed_over` of an `F`, and is used this once.
    unsafe extern "C" fn run<F: FnOnce()>(data: *mut c_void) {
        // SAFETY: `data` came from `handed_over` of an `F`, and is used this once.
        let release = unsafe { Box::from_raw(data.cast::<F>()) };
        // The thread that happens to run what was deferred did not cause it. The panic hook has reported it.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(release)) {
            std::mem::forget(panic);
        }
    }
    (run::<F>, Box::into_raw(Box::new(release)).cast())
}

/// Runs `release`, which ends what was replaced, once all present readers are done. It may be user code; a panic of it ends there.
pub fn retire(release: impl FnOnce() + Send + 'static) {
    let (call, data) = handed_over(release);
    // SAFETY: the host calls once, on some thread.
    unsafe { (runtime::get().retire)(call, data) };
}

/// Runs `release` some time after all present readers are done. It must not be user code, which [`retire`] is for.
pub fn defer(release: impl FnOnce() + Send + 'static) {
    let (call, data) = handed_over(release);
    // SAFETY: the host calls once with the data, on any thread.
    unsafe { (runtime::get().defer)(call, data) };
}

/// Releases what is ripe.
pub fn flush() {
    // SAFETY: the host's function.
    unsafe { (runtime::get().flush)() };
}

/// Releases all that was replaced, by any thread, and what that releases in turn.
pub fn settle() {
    // SAFETY: the host's function.
    unsafe { (runtime::get().settle)() };
}
