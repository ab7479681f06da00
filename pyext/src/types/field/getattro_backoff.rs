//! Whose turn it is at a class's `tp_getattro`: the interpreter's specialiser's, or the field reads'.
//! Upholds: the two functions that take turns return the same; a slot that holds neither of them is left alone.
//!
//! CPython specialises `a.m()` only while `tp_getattro` is `PyObject_GenericGetAttr`, but what is specialised then stays
//! so until the class changes. Field reads are fastest through a function of our own. So a class begins with the generic
//! function, and changes to ours after some field reads. It goes back for a while when many names are asked for that are not
//! fields. The places in the code that ask for them are specialised then, and do not come to `tp_getattro` again.

use pyo3::ffi;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// Field reads in the first turn of the specialiser.
const FIRST_READS: u32 = 64;
/// How many names that are not fields end the first turn of the field reads.
const FIRST_MISSES: u32 = 256;
/// Each turn is so many times longer than the one before. A specialiser's turn lasts so many times more field reads than
/// misses ended the turn before, so that either costs about as much time as the other.
const GROWTH: u32 = 4;
/// A turn of the field reads that long is the last.
const LAST_MISSES: u32 = FIRST_MISSES << 12;

/// Member by member, what protects it. The counts are atomic, and it does no harm when threads lose some to each other.
pub struct GetattroBackoff {
    /// The field reads' function; constant.
    ours: GetAttribute,
    /// Field reads left in the specialiser's turn.
    reads: AtomicU32,
    /// Misses left in the field reads' turn.
    misses: AtomicU32,
    /// With how many misses it began.
    limit: AtomicU32,
}

/// A `tp_getattro`.
pub type GetAttribute = unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;
const GENERIC: GetAttribute = ffi::PyObject_GenericGetAttr;

/// Exchanges the function, unless another is there: CPython does when the class gets a `__getattr__`.
///
/// The interpreter reads the slot plainly (`PyObject_GetAttr` in Objects/object.c), perhaps now, on another thread. It is an
/// aligned pointer, which every platform reads and writes whole, and either function will do: so no thread is stopped for it.
/// ci/lib/tsan-suppressions.txt says the same to ThreadSanitizer.
///
/// # Safety
/// Attached; a live class.
unsafe fn change(class: *mut ffi::PyTypeObject, from: GetAttribute, to: GetAttribute) {
    // SAFETY: a live class; an optional function is a nullable pointer.
    let place = unsafe { AtomicPtr::<()>::from_ptr((&raw mut (*class).tp_getattro).cast()) };
    // Relaxed: pointers to code, which carry nothing.
    let _ = place.compare_exchange(from as *mut (), to as *mut (), Ordering::Relaxed, Ordering::Relaxed);
}

/// Counts one down; true when that was the last. At zero it stays. Relaxed: see [`GetattroBackoff`].
#[inline]
fn count_down(counter: &AtomicU32) -> bool {
    let left = counter.load(Ordering::Relaxed);
    if left != 0 {
        counter.store(left - 1, Ordering::Relaxed);
    }
    left == 1
}

impl GetattroBackoff {
    /// The first turn is the specialiser's. The next is that of the field reads, whose function is `ours`.
    pub fn new(ours: GetAttribute) -> Self {
        let (reads, misses, limit) =
            (AtomicU32::new(FIRST_READS), AtomicU32::new(FIRST_MISSES), AtomicU32::new(FIRST_MISSES));
        GetattroBackoff { ours, reads, misses, limit }
    }

    /// A field was read by the generic way.
    ///
    /// # Safety
    /// Attached; a live class, whose backoff this is.
    #[inline]
    pub unsafe fn field_was_read(&self, class: *mut ffi::PyTypeObject) {
        if count_down(&self.reads) {
            // SAFETY: attached; `class` is live, and this is its backoff (the caller).
            unsafe { change(class, GENERIC, self.ours) };
        }
    }

    /// A name was asked for that is no field.
    ///
    /// # Safety
    /// As [`GetattroBackoff::field_was_read`].
    pub unsafe fn missed(&self, class: *mut ffi::PyTypeObject) {
        // Relaxed, here and below: see the type.
        let limit = self.limit.load(Ordering::Relaxed);
        if limit >= LAST_MISSES || !count_down(&self.misses) {
            return;
        }
        self.limit.store(limit * GROWTH, Ordering::Relaxed);
        self.misses.store(limit * GROWTH, Ordering::Relaxed);
        self.reads.store(limit * GROWTH, Ordering::Relaxed);
        // SAFETY: attached; `class` is live, and this is its backoff (the caller).
        unsafe { change(class, self.ours, GENERIC) };
    }

    /// The class changes too often for a table.
    ///
    /// # Safety
    /// As [`GetattroBackoff::field_was_read`].
    pub unsafe fn give_up(&self, class: *mut ffi::PyTypeObject) {
        self.reads.store(0, Ordering::Relaxed);
        // SAFETY: attached; `class` is live, and this is its backoff (the caller).
        unsafe { change(class, self.ours, GENERIC) };
    }
}
