//! The slot of a thread in which the C calling convention leaves an error. A guest uses the host's.

use super::Error;
use crate::object::{Obj, Object};
use crate::runtime;
use std::ptr::NonNull;

/// Leaves an error in this thread's slot. A callee of the C convention does so before it returns -1.
pub fn raise(error: Error) {
    // SAFETY: the error's count is handed over.
    unsafe { (runtime::get().raise)(error.into_object().into_raw().as_ptr().cast()) };
}

/// Takes the error out of this thread's slot.
pub fn take_raised() -> Option<Error> {
    // SAFETY: null, or an error whose count is handed over.
    unsafe {
        let raised = NonNull::new((runtime::get().take_raised)())?;
        Some(Error::from(Obj::from_raw(raised.cast::<Object>())))
    }
}
