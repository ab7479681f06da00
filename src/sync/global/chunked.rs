//! An append-only table in chunks: grows without moving, reads without locking.
//! Upholds: an entry stays where it is for as long as the table; a chunk is seen whole or not at all.

use super::{array_of, const_fn, AtomicPtr, Ordering};
use std::convert::Infallible;
use std::marker::PhantomData;
use std::ptr::{self, null_mut};

/// Entries by number, in `CHUNKS` chunks at most.
///
/// The first chunk has `FIRST_CHUNK` entries, which is a power of two; each further chunk has twice as many as the one before.
/// What an entry is protected by is its own affair.
pub struct Chunked<T, const FIRST_CHUNK: usize, const CHUNKS: usize> {
    /// Each is null, or the first of `FIRST_CHUNK << i` entries; set once.
    chunks: [AtomicPtr<T>; CHUNKS],
    owns: PhantomData<T>,
}

// SAFETY: the table owns its entries. Every thread reaches them by reference and any thread may make or drop them.
unsafe impl<T: Send + Sync, const FIRST_CHUNK: usize, const CHUNKS: usize> Sync for Chunked<T, FIRST_CHUNK, CHUNKS> {}

impl<T, const FIRST_CHUNK: usize, const CHUNKS: usize> Chunked<T, FIRST_CHUNK, CHUNKS> {
    const_fn! {
        /// A table without chunks.
        #[allow(clippy::new_without_default, reason = "for statics")]
        pub fn new() -> Self {
            assert!(FIRST_CHUNK.is_power_of_two());
            Chunked { chunks: array_of!(AtomicPtr::new(null_mut()); CHUNKS), owns: PhantomData }
        }
    }

    /// The entry with this number, if its chunk was made.
    #[inline]
    pub fn get(&self, number: usize) -> Option<&T> {
        let (chunk, offset) = place::<FIRST_CHUNK>(number);
        // Acquire: pairs with the Release in `get_or_make`. Carries: the chunk's entries.
        // Weaker fails: tests/loom.rs chunked::made_whole.
        let entries = self.chunks[chunk].load(Ordering::Acquire);
        // SAFETY: a chunk that is not null has more than `offset` entries. Only the table's end frees it.
        (!entries.is_null()).then(|| unsafe { &*entries.add(offset) })
    }

    /// The entry with this number. `make` gives the entries of its chunk, as many as it is told, if there is none yet.
    #[inline]
    pub fn get_or_make(&self, number: usize, make: impl FnOnce(usize) -> Box<[T]>) -> &T {
        let made: Result<&T, Infallible> = self.get_or_try_make(number, |count| Ok(make(count)));
        let Ok(entry) = made;
        entry
    }

    /// As [`Chunked::get_or_make`], where `make` may fail.
    ///
    /// # Errors
    /// Those of `make`; nothing is changed then.
    #[inline]
    pub fn get_or_try_make<E>(&self, number: usize, make: impl FnOnce(usize) -> Result<Box<[T]>, E>) -> Result<&T, E> {
        let (chunk, offset) = place::<FIRST_CHUNK>(number);
        // Acquire: as in `get`.
        let mut entries = self.chunks[chunk].load(Ordering::Acquire);
        if entries.is_null() {
            entries = self.publish(chunk, make(FIRST_CHUNK << chunk)?);
        }
        // SAFETY: the chunk has more than `offset` entries, and is freed with the table only.
        Ok(unsafe { &*entries.add(offset) })
    }

    /// Makes `fresh` a chunk of the table, unless another thread was first. The chunk that is there now.
    #[cold]
    fn publish(&self, chunk: usize, fresh: Box<[T]>) -> *mut T {
        assert_eq!(fresh.len(), FIRST_CHUNK << chunk);
        let fresh = Box::into_raw(fresh);
        // Release: pairs with the Acquire in `get`, carries the entries. Acquire on failure: as in `get`.
        // Weaker fails: tests/loom.rs chunked::made_whole, chunked::made_once.
        match self.chunks[chunk].compare_exchange(null_mut(), fresh.cast(), Ordering::Release, Ordering::Acquire) {
            Ok(_) => fresh.cast(),
            Err(other) => {
                // SAFETY: made above, and never shared.
                drop(unsafe { Box::from_raw(fresh) });
                other
            }
        }
    }
}

impl<T, const FIRST_CHUNK: usize, const CHUNKS: usize> Drop for Chunked<T, FIRST_CHUNK, CHUNKS> {
    fn drop(&mut self) {
        for (chunk, entries) in self.chunks.iter().enumerate() {
            // Relaxed: the thread that drops the table owns it. All that others did to it came before.
            let entries = entries.load(Ordering::Relaxed);
            if !entries.is_null() {
                // SAFETY: made of a box of so many entries in `publish`, and not used again.
                drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(entries, FIRST_CHUNK << chunk)) });
            }
        }
    }
}

/// Chunk and offset of a number.
#[inline]
fn place<const FIRST_CHUNK: usize>(number: usize) -> (usize, usize) {
    let n = number + FIRST_CHUNK;
    let chunk = (n.ilog2() - FIRST_CHUNK.ilog2()) as usize;
    (chunk, n - (FIRST_CHUNK << chunk))
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;

    fn fills_chunks_without_gaps<const FIRST_CHUNK: usize>() {
        let mut expected = (0, 0);
        for number in 0..20_000 {
            assert_eq!(place::<FIRST_CHUNK>(number), expected);
            expected.1 += 1;
            if expected.1 == FIRST_CHUNK << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
    }

    #[test]
    fn numbers_fill_chunks_without_gaps() {
        fills_chunks_without_gaps::<1>();
        fills_chunks_without_gaps::<64>();
        fills_chunks_without_gaps::<1024>();
    }

    #[test]
    fn an_entry_stays_where_it_is() {
        let table = Chunked::<usize, 2, 8>::new();
        assert!(table.get(5).is_none());
        let entry = ptr::from_ref(table.get_or_make(5, |count| vec![7; count].into()));
        assert!(table.get(0).is_none());
        assert_eq!(table.get(5).map(ptr::from_ref), Some(entry));
        assert_eq!(*table.get_or_make(5, |_| unreachable!()), 7);
    }
}
