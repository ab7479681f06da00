//! Tables by the addresses of objects and by type indices, for walks through graphs.
//! Upholds: users do not choose the keys, so their hash needs no secret. What users hand in is never a key here.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A table by such a number, or by several.
pub(super) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

/// A set of such numbers, or of tuples of them.
pub(super) type NumberSet<K> = HashSet<K, BuildHasherDefault<NumberHasher>>;

/// Hashes by one multiplication for each number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NumberHasher(u64);

/// The golden ratio: odd, and without a pattern in its bits.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for NumberHasher {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        // Tables look at the lowest bits and at the highest. So each half of the product goes into the other. The
        // rotation tells a pair from the same pair turned round.
        let product = u128::from(self.0.rotate_left(32) ^ number) * u128::from(FACTOR);
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn write_i32(&mut self, number: i32) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::NumberHasher;
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    fn hash(key: impl std::hash::Hash) -> u64 {
        BuildHasherDefault::<NumberHasher>::default().hash_one(key)
    }

    #[test]
    fn neighbours_differ_in_the_bits_that_tables_look_at() {
        let blocks = |stride: usize| (0..1024).map(move |at| 0x7f12_3456_7890 + at * stride);
        for stride in [16, 48, 64, 4096, 1 << 20] {
            let places: HashSet<u64> = blocks(stride).map(|at| hash(at) % 4096).collect();
            assert!(places.len() > 700, "{stride}: {} places of 4096", places.len());
            let tags: HashSet<u64> = blocks(stride).map(|at| hash(at) >> 57).collect();
            assert!(tags.len() > 100, "{stride}: {} tags of 128", tags.len());
        }
    }

    #[test]
    fn the_order_of_a_pair_counts() {
        assert_ne!(hash((0x1000_usize, 0x2000_usize)), hash((0x2000_usize, 0x1000_usize)));
        let pairs: HashSet<u64> =
            (0..64_usize).flat_map(|a| (0..64_usize).map(move |b| hash((a * 64, b * 64)))).collect();
        assert_eq!(pairs.len(), 4096);
    }
}
