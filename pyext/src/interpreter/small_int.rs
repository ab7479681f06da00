//! Small integers in both directions, without a call into the interpreter.
//! Upholds: what is read is what `PyLong_AsLongLong` would return, what is made is what `PyLong_FromLongLong` would make.

use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The beginning of an `int` (`struct _longobject` in CPython's Include/cpython/longintrepr.h). `tag` counts digits of 30
/// bits and tells the sign, from 3.12 on in its low bits, before that by its own sign.
#[repr(C)]
struct Digits {
    ob_base: ffi::PyObject,
    tag: isize,
    first: u32,
}

/// How much of an `int` comes before its digits.
pub const AT_DIGITS: usize = std::mem::offset_of!(Digits, first);

/// The value of an integer of at most one digit; none for longer ones.
///
/// # Safety
/// A live object whose class is exactly `int`.
#[inline(always)]
pub unsafe fn compact(op: *mut ffi::PyObject) -> Option<i64> {
    // SAFETY: a live `int`; integers never change.
    let (tag, first) = unsafe { ((*op.cast::<Digits>()).tag, i64::from((*op.cast::<Digits>()).first)) };
    // `PyUnstable_Long_IsCompact` and `PyUnstable_Long_CompactValue`.
    #[cfg(Py_3_12)]
    return (tag < 2 << 3).then(|| (1 - (tag & 3) as i64) * first);
    #[cfg(not(Py_3_12))]
    return matches!(tag, -1..=1).then(|| tag as i64 * first);
}

/// How many integers the interpreter has one object each of. They are −5 to 256, from 3.15 on to 1024 (`_PY_NSMALLNEGINTS`,
/// `_PY_NSMALLPOSINTS` in CPython's Include/internal/pycore_runtime_structs.h).
const COUNT: usize = if cfg!(Py_3_15) { 1030 } else { 262 };

/// These objects, which nothing frees. Null until [`find_small`].
static SMALL: [AtomicPtr<ffi::PyObject>; COUNT] = [const { AtomicPtr::new(null_mut()) }; COUNT];
pub const SMALLEST: i64 = -5;

/// The integers of which the interpreter has one object each.
pub fn smallest() -> impl Iterator<Item = i64> {
    (SMALLEST..).take(SMALL.len())
}

/// Looks the small integers up.
pub fn find_small(_: Python<'_>) {
    for (place, value) in SMALL.iter().zip(SMALLEST..) {
        // SAFETY: attached; the count that comes with the result is never given back.
        let small = unsafe { ffi::PyLong_FromLongLong(value) };
        // Relaxed: a thread that knows the module has seen its initialisation.
        place.store(small, Ordering::Relaxed);
    }
}

/// A new reference to an integer; null with an exception set without memory.
///
/// # Safety
/// Attached.
#[inline(always)]
pub unsafe fn new(value: i64) -> *mut ffi::PyObject {
    // SAFETY: attached; small integers live as long as the process.
    unsafe {
        match SMALL.get(value.wrapping_sub(SMALLEST) as usize) {
            // Relaxed: see `find_small`.
            Some(small) => {
                let small = small.load(Ordering::Relaxed);
                // From 3.12 on they are immortal.
                #[cfg(not(Py_3_12))]
                ffi::Py_INCREF(small);
                small
            }
            None => ffi::PyLong_FromLongLong(value),
        }
    }
}
