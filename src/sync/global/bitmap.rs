//! A bit for each of some blocks says which are taken.
//! Upholds: a block has one holder at a time, who sees what the former one did with it; neither taking nor giving back waits.

use super::{const_fn, AtomicU64, Ordering};

/// Which of at most 64 blocks are taken.
pub struct Bitmap(AtomicU64);

impl Bitmap {
    const_fn! {
        /// None is taken.
        #[allow(clippy::new_without_default, reason = "for statics")]
        pub fn new() -> Self {
            Bitmap(AtomicU64::new(0))
        }
    }

    /// Takes the first free block of `count`, if one is free.
    pub fn take(&self, count: u32) -> Option<u32> {
        // Relaxed: a guess that the CAS verifies.
        let mut seen = self.0.load(Ordering::Relaxed);
        while seen.trailing_ones() < count {
            let block = seen.trailing_ones();
            // Acquire: pairs with the Release in `give_back`. Carries: what the former holder did with the block.
            // Weaker fails: tests/loom.rs bitmap::taken_again.
            match self.0.compare_exchange_weak(seen, seen | 1 << block, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Some(block),
                Err(now) => seen = now,
            }
        }
        None
    }

    /// Gives a block back. The caller took it, and does not use it any more.
    pub fn give_back(&self, block: u32) {
        // Release: pairs with the Acquire in `take`. Carries: what this holder did with the block.
        // Weaker fails: tests/loom.rs bitmap::taken_again.
        self.0.fetch_and(!(1 << block), Ordering::Release);
    }

    /// How many are taken, at some recent moment.
    pub fn taken(&self) -> u32 {
        // Relaxed: a hint.
        self.0.load(Ordering::Relaxed).count_ones()
    }
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn the_first_free_block_is_taken_as_long_as_there_is_one() {
        for count in [1, 5, 64] {
            let bitmap = Bitmap::new();
            let all: Vec<u32> = std::iter::from_fn(|| bitmap.take(count)).collect();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
            bitmap.give_back(count / 2);
            assert_eq!((bitmap.taken(), bitmap.take(count), bitmap.take(count)), (count - 1, Some(count / 2), None));
        }
    }
}
