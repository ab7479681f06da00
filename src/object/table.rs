//! A table from type indices to values that are never freed. It grows without moving, and reads without locking.
//! Upholds: a reference that was handed out stays valid; an entry is seen whole or not at all.

use super::grow::gathered;
use crate::sync::global::chunked::Chunked;
use crate::sync::global::{AtomicPtr, Ordering};
use std::marker::PhantomData;
use std::ptr;

/// Entries of the first chunk.
const FIRST_CHUNK: usize = 64;
/// Enough chunks for every non-negative `i32`.
const CHUNKS: usize = 26;

/// A value that was replaced. It stays valid because a reader may hold a reference, and stays reachable.
struct Former<T> {
    _value: *const T,
    next: *const Former<T>,
}

/// An append-only table. Made for `static`s: it never frees a value, not even when dropped.
pub struct IndexTable<T: 'static> {
    entries: Chunked<AtomicPtr<T>, FIRST_CHUNK, CHUNKS>,
    former: AtomicPtr<Former<T>>,
    of: PhantomData<&'static T>,
}

// SAFETY: entries are shared between all threads and handed in by any, hence the bounds. Access is atomic.
unsafe impl<T: Send + Sync> Sync for IndexTable<T> {}
// SAFETY: entries are shared between all threads and handed in by any, hence the bounds. Access is atomic.
unsafe impl<T: Send + Sync> Send for IndexTable<T> {}

impl<T: Send + Sync + 'static> Default for IndexTable<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + Sync + 'static> IndexTable<T> {
    /// An empty table.
    pub const fn new() -> Self {
        IndexTable { entries: Chunked::new(), former: AtomicPtr::new(ptr::null_mut()), of: PhantomData }
    }

    /// The entry at `index`, if there is one.
    #[inline]
    pub fn get(&self, index: i32) -> Option<&'static T> {
        let entry = self.entries.get(usize::try_from(index).ok()?)?;
        // Acquire: pairs with the Release in `set` and `replace`. Carries: the entry's value.
        // SAFETY: an entry is null or leaked.
        unsafe { entry.load(Ordering::Acquire).as_ref() }
    }

    /// Fills the entry at `index`, once. The value comes back when the entry is taken or the index negative.
    pub fn set(&self, index: i32, value: Box<T>) -> Result<&'static T, Box<T>> {
        let Some(entry) = self.entry(index) else {
            return Err(value);
        };
        let value = Box::into_raw(value);
        // Release: pairs with the Acquire in `get`. Carries: the value. Relaxed on failure: nothing is read.
        match entry.compare_exchange(ptr::null_mut(), value, Ordering::Release, Ordering::Relaxed) {
            // SAFETY: the value is leaked from now on, and shared only.
            Ok(_) => Ok(unsafe { &*value }),
            // SAFETY: it did not get in, so it is still ours.
            Err(_) => Err(unsafe { Box::from_raw(value) }),
        }
    }

    /// Fills the entry at `index` whether it is taken or not. The former value is returned and stays valid: it is not
    /// freed.
    ///
    /// # Panics
    /// When the index is negative.
    pub fn replace(&self, index: i32, value: Box<T>) -> Option<&'static T> {
        let entry = self.entry(index).expect("an index that is not negative");
        // AcqRel: the Release pairs with the Acquire in `get`, and carries the value. The Acquire pairs with the
        // Release that put the former value there.
        let former = entry.swap(Box::into_raw(value), Ordering::AcqRel);
        // SAFETY: entries are null or leaked.
        let former: &'static T = unsafe { former.as_ref() }?;
        self.remember(former);
        Some(former)
    }

    /// Empties the entry at `index`.
    ///
    /// # Safety
    /// No other thread uses the table, and no reference that it gave to the entry is used again.
    #[cfg(fuzzing)]
    pub(super) unsafe fn take(&self, index: i32) -> Option<Box<T>> {
        // Relaxed: there is one thread.
        let value = self.entry(index)?.swap(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: entries are null or came from a box; the caller's contract.
        (!value.is_null()).then(|| unsafe { Box::from_raw(value) })
    }

    fn remember(&self, value: &'static T) {
        let node = Box::into_raw(Box::new(Former { _value: value, next: ptr::null() }));
        // Relaxed, here and below: the list is not walked.
        let mut head = self.former.load(Ordering::Relaxed);
        loop {
            // SAFETY: the node is not in the list yet.
            unsafe { (*node).next = head };
            match self.former.compare_exchange(head, node, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    fn entry(&self, index: i32) -> Option<&AtomicPtr<T>> {
        let empty = |count| gathered((0..count).map(|_| AtomicPtr::new(ptr::null_mut::<T>()))).into_boxed_slice();
        Some(self.entries.get_or_make(usize::try_from(index).ok()?, empty))
    }
}
