//! Whose turn it is at a class's `tp_getattro`: the interpreter's specialiser's, or the field reads'.
//! Imports `shortcut`, `world`, pyo3::ffi.
//! Upholds: the two functions that take turns return the same; a slot that holds neither of them is left alone.
//!
//! CPython specialises `a.m()` only while `tp_getattro` is `PyObject_GenericGetAttr`, but what is specialised then stays
//! so until the class changes. Field reads are fastest through a function of our own. So a class begins with the generic
//! function, changes to ours after some field reads, and goes back for a while when many names are asked for that are not
//! fields: the places in the code that ask for them are specialised then, and do not come to `tp_getattro` again.

use super::{shortcut, world};
use pyo3::ffi;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// Field reads in the first turn of the specialiser.
const FIRST: u32 = 64;
/// How many names that are not fields end the first turn of the field reads.
const MISSES: u32 = 256;
/// Each turn is so many times longer than the one before; and a specialiser's turn lasts so many times more field reads
/// than misses ended the turn before: either costs about as much time as the other.
const GROWTH: u32 = 4;
/// A turn of the field reads that long is the last.
const LAST: u32 = MISSES << 12;

/// Member by member, what protects it: all are atomic, and counts that threads lose to each other matter to nobody.
pub struct Turns {
    /// Field reads left in the specialiser's turn.
    reads: AtomicU32,
    /// Misses left in the field reads' turn.
    misses: AtomicU32,
    /// With how many misses it began.
    limit: AtomicU32,
}

impl Default for Turns {
    fn default() -> Self {
        Turns { reads: AtomicU32::new(FIRST), misses: AtomicU32::new(MISSES), limit: AtomicU32::new(MISSES) }
    }
}

type GetAttribute = unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;
const GENERIC: GetAttribute = ffi::PyObject_GenericGetAttr;
const OURS: GetAttribute = shortcut::get_attribute;

/// Exchanges the function, unless somebody has put another there: CPython does when the class gets a `__getattr__`.
///
/// The interpreter reads the slot plainly, so the world stands still for that, as 3.14 has it when it
/// changes a slot itself. The growth of the turns keeps it rare.
///
/// # Safety
/// Attached; a live class.
unsafe fn change(class: *mut ffi::PyTypeObject, from: GetAttribute, to: GetAttribute) {
    if !world::stops_surely() {
        return; // either function will do
    }
    // SAFETY: by contract; an optional function is a nullable pointer.
    let place = unsafe { AtomicPtr::<()>::from_ptr((&raw mut (*class).tp_getattro).cast()) };
    // Relaxed: nobody else is there.
    let exchange = || {
        let _ = place.compare_exchange(from as *mut (), to as *mut (), Ordering::Relaxed, Ordering::Relaxed);
    };
    // SAFETY: attached by contract; an exchange of two words.
    unsafe { world::with_world_stopped(exchange) };
}

/// Counts one down; true when that was the last. At zero it stays. Relaxed: see [`Turns`].
#[inline]
fn count_down(counter: &AtomicU32) -> bool {
    let left = counter.load(Ordering::Relaxed);
    if left != 0 {
        counter.store(left - 1, Ordering::Relaxed);
    }
    left == 1
}

impl Turns {
    /// A field was read by the generic way.
    ///
    /// # Safety
    /// Attached; a live class, with these turns.
    #[inline]
    pub unsafe fn field_was_read(&self, class: *mut ffi::PyTypeObject) {
        if count_down(&self.reads) {
            // SAFETY: by contract.
            unsafe { change(class, GENERIC, OURS) };
        }
    }

    /// A name was asked for that is no field.
    ///
    /// # Safety
    /// As [`Turns::field_was_read`].
    pub unsafe fn missed(&self, class: *mut ffi::PyTypeObject) {
        // Relaxed, here and below: see the type.
        let limit = self.limit.load(Ordering::Relaxed);
        if limit >= LAST || !count_down(&self.misses) {
            return;
        }
        self.limit.store(limit * GROWTH, Ordering::Relaxed);
        self.misses.store(limit * GROWTH, Ordering::Relaxed);
        self.reads.store(limit * GROWTH, Ordering::Relaxed);
        // SAFETY: by contract.
        unsafe { change(class, OURS, GENERIC) };
    }

    /// The class changes too often for a table.
    ///
    /// # Safety
    /// As [`Turns::field_was_read`].
    pub unsafe fn give_up(&self, class: *mut ffi::PyTypeObject) {
        self.reads.store(0, Ordering::Relaxed);
        // SAFETY: by contract.
        unsafe { change(class, OURS, GENERIC) };
    }
}
