//! Strong counts of objects behind plain pointers: taken and given back.
//! Upholds: the last one that is given back destroys the object.

use super::count::Released;
use super::destroy;
use super::prefix::tie_word;
use super::root::{counts, Object};
use std::ptr::NonNull;

/// Takes a strong count.
///
/// # Safety
/// `object` is alive: the caller holds a strong count, or a protection that keeps one from being given back.
#[inline]
pub unsafe fn retain(object: NonNull<Object>) {
    // SAFETY: `object` is alive, by a count or a protection of the caller's.
    unsafe { counts(object) }.retain();
}

/// Gives a strong count back, and destroys the object when it was the last.
///
/// # Panics
/// When a destructor panicked, see [`destroy`].
///
/// # Safety
/// The caller owns the count that is given back and no longer uses the object on the strength of it.
#[inline]
pub unsafe fn release(object: NonNull<Object>) {
    // SAFETY: the caller's count keeps the object until the subtraction.
    let released = unsafe { counts(object).release(tie_word(object)) };
    if released != Released::Alive {
        // SAFETY: the last strong count was just given back, here, or is to be handed over.
        unsafe { destroy::finish(object, released) };
    }
}

/// Whether the caller's strong count is the only one, at some recent moment. One who takes a count later sees what the caller did
/// before.
///
/// # Safety
/// The caller owns the count.
#[inline]
pub unsafe fn is_sole(object: NonNull<Object>) -> bool {
    // SAFETY: the caller's count.
    unsafe { counts(object) }.is_sole()
}

/// Whether the caller's strong count is the only one. Then the object ends by [`end`], or [`renounce_end`] is called. Weak
/// handles are not upgraded meanwhile; who has the wrapper can still count the object.
///
/// # Safety
/// The caller owns the count.
#[inline]
pub unsafe fn claim_end(object: NonNull<Object>) -> bool {
    // SAFETY: the caller's count.
    unsafe { counts(object) }.claim_end()
}

/// Whether the object's end is claimed. The thread that claimed it, and has not renounced it, is told so.
///
/// # Safety
/// The object is alive.
#[inline]
pub unsafe fn is_ending(object: NonNull<Object>) -> bool {
    // SAFETY: the object is alive (`# Safety`).
    unsafe { counts(object) }.is_ending()
}

/// The object does not end, though [`claim_end`] said that it could.
///
/// # Safety
/// The caller claimed its end.
#[inline]
pub unsafe fn renounce_end(object: NonNull<Object>) {
    // SAFETY: the caller's count.
    unsafe { counts(object) }.renounce_end();
}

/// Destroys an object.
///
/// # Panics
/// When a destructor panicked, see [`destroy`].
///
/// # Safety
/// The caller claimed its end, and its wrapper is out of the reach of all others.
pub unsafe fn end(object: NonNull<Object>) {
    // SAFETY: the caller's count, which is the last.
    unsafe {
        let released = counts(object).end();
        destroy::finish(object, released);
    }
}
