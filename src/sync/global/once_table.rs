//! One value for each of the first keys that come, found by two loads.
//! Upholds: a key finds one value for good, which is seen whole; nothing waits for another thread.

use super::{array_of, const_fn, AtomicPtr, AtomicU64, Ordering};
use std::num::NonZeroU64;
use std::ptr::{null_mut, NonNull};

/// As many places as a power of two says. Each serves the first key that comes for it; a later one that belongs there is left
/// to who asks.
pub struct OnceTable<T, const PLACES: usize> {
    places: [Place<T>; PLACES],
}

struct Place<T> {
    /// Zero in a free place.
    key: AtomicU64,
    /// Null until the thread that took the place has put the value there.
    value: AtomicPtr<T>,
}

impl<T, const PLACES: usize> OnceTable<T, PLACES> {
    const_fn! {
        /// A table without keys.
        #[allow(clippy::new_without_default, reason = "for statics")]
        pub fn new() -> Self {
            assert!(PLACES.is_power_of_two());
            OnceTable { places: array_of!(Place { key: AtomicU64::new(0), value: AtomicPtr::new(null_mut()) }; PLACES) }
        }
    }

    /// The value of a key. None if it has none (yet): then whether its place is free.
    #[inline(always)]
    pub fn find(&self, key: NonZeroU64) -> Result<NonNull<T>, bool> {
        let place = self.place(key);
        // Relaxed: a place has one key for good. Whether its value is there is seen below.
        let found = place.key.load(Ordering::Relaxed);
        if found != key.get() {
            return Err(found == 0);
        }
        // Acquire: pairs with the Release in `put`. Carries: the value. Weaker fails: tests/loom.rs once_table::found_whole.
        NonNull::new(place.value.load(Ordering::Acquire)).ok_or(false)
    }

    /// Makes a value that of a key, for good. False if the key's place is taken.
    pub fn put(&self, key: NonZeroU64, value: NonNull<T>) -> bool {
        let place = self.place(key);
        // Relaxed: nothing is read there before the value is seen.
        if place.key.compare_exchange(0, key.get(), Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return false;
        }
        // Release: pairs with the Acquire in `find`. Carries: the value. Weaker fails: tests/loom.rs once_table::found_whole.
        place.value.store(value.as_ptr(), Ordering::Release);
        true
    }

    #[inline(always)]
    fn place(&self, key: NonZeroU64) -> &Place<T> {
        // The highest bits of a product depend on all bits of the key. The factor is 2^64 by the golden ratio (Knuth 6.4).
        let hash = key.get().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // Each shift is by less than 64. A single place has an index of no bits.
        &self.places[(hash >> (63 - PLACES.trailing_zeros())) as usize >> 1]
    }
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_of_a_place_stays() {
        let table: OnceTable<u32, 1> = OnceTable::new();
        let (one, other) = (NonZeroU64::new(1).unwrap(), NonZeroU64::MAX);
        let mut values = [10, 20];
        let [first, second] = values.each_mut().map(NonNull::from);
        assert_eq!(table.find(one), Err(true));
        assert!(table.put(one, first));
        assert_eq!((table.find(one), table.find(other)), (Ok(first), Err(false)));
        assert!(!table.put(one, second) && !table.put(other, second));
        assert_eq!(table.find(one), Ok(first));
    }
}
