//! Indices and slices as Python counts them.
//! Upholds: what an index means is said by the length at the moment of use.

use std::num::NonZero;

/// The place of an index that counts from the end when it is negative. It is none outside.
#[inline]
pub fn place(index: isize, length: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add_unsigned(length)? } else { index };
    usize::try_from(index).ok().filter(|place| *place < length)
}

/// The place to insert at. An index counts from the end when it is negative and is clamped to both.
#[inline]
pub fn gap(index: isize, length: usize) -> usize {
    match index {
        0.. => (index as usize).min(length),
        _ => length.saturating_sub(index.unsigned_abs()),
    }
}

/// A Python slice without its length. Bounds count from the end when they are negative, and are clamped.
/// Source: Python's language reference, "Sequences", and `slice.indices`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Where it begins.
    pub start: isize,
    /// What it does not reach.
    pub stop: isize,
    /// From one place to the next.
    pub step: NonZero<isize>,
}

impl Slice {
    /// The places in a sequence of some length.
    pub fn span(self, length: usize) -> Span {
        let step = self.step.get();
        // What a bound can be. A backward slice may begin at the last place and stop before the first.
        let (least, most) = if step > 0 { (0, length as isize) } else { (-1, length as isize - 1) };
        let clamp = |bound: isize| {
            let bound = if bound < 0 { bound.saturating_add_unsigned(length).max(-1) } else { bound };
            bound.clamp(least, most)
        };
        let (start, stop) = (clamp(self.start), clamp(self.stop));
        let way = if step > 0 { stop - start } else { start - stop };
        let count = if way > 0 { (way as usize).div_ceil(step.unsigned_abs()) } else { 0 };
        Span { start, step, count }
    }
}

/// Places in a sequence, at even distances. All of them exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start: isize,
    step: isize,
    count: usize,
}

impl Span {
    /// How many places there are.
    pub fn count(self) -> usize {
        self.count
    }

    /// Where the places begin. When there are none and the step is positive, it is where new items belong.
    pub fn start(self) -> usize {
        self.start.max(0) as usize
    }

    /// The places, in the order of the slice.
    pub fn places(self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        (0..self.count as isize).map(move |n| (self.start + n * self.step) as usize)
    }

    /// The places, lowest first.
    pub(super) fn upward(self) -> impl Iterator<Item = usize> + use<> {
        let Span { start, step, count } = self;
        // The one step without an absolute value leads to one place at most. It is multiplied by 0 only.
        let last = (count as isize - 1).max(0);
        let lowest = if step > 0 { start } else { start + last * step };
        (0..count as isize).map(move |n| (lowest + n * step.wrapping_abs()) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn indices_from_either_end() {
        assert_eq!([0, 2, -1, -3].map(|index| place(index, 3)), [Some(0), Some(2), Some(2), Some(0)]);
        assert_eq!([3, -4, isize::MAX, isize::MIN].map(|index| place(index, 3)), [None; 4]);
        assert_eq!([0, 3, 9, -1, -3, -9].map(|index| gap(index, 3)), [0, 3, 3, 2, 0, 0]);
        assert_eq!([isize::MIN, isize::MAX].map(|index| gap(index, 0)), [0, 0]);
    }

    proptest! {
        /// Against the definition: the places `start + n·step` on this side of `stop`, with clamped bounds.
        #[test]
        fn spans(start in -12isize..12, stop in -12isize..12, step in -4isize..5, length in 0usize..9) {
            prop_assume!(step != 0);
            let span = Slice { start, stop, step: NonZero::new(step).unwrap() }.span(length);
            let n = length as isize;
            let from_end = |bound: isize| if bound < 0 { bound + n } else { bound };
            let all: Vec<isize> = if step > 0 { (0..n).collect() } else { (0..n).rev().collect() };
            let forward = step > 0;
            let begin = from_end(start);
            let inside = all.into_iter().filter(|at| if forward { *at >= begin && *at < from_end(stop) } else { *at <= begin && *at > from_end(stop) });
            let expected: Vec<usize> = inside.step_by(step.unsigned_abs()).map(|at| at as usize).collect();
            prop_assert_eq!(span.places().collect::<Vec<_>>(), expected.clone());
            let mut lowest_first = expected;
            lowest_first.sort_unstable();
            prop_assert_eq!(span.upward().collect::<Vec<_>>(), lowest_first);
        }
    }

    #[test]
    fn the_widest_bounds() {
        for (step, expected) in [(1, vec![0, 1, 2]), (isize::MAX, vec![0]), (isize::MIN, vec![])] {
            let slice = Slice { start: isize::MIN, stop: isize::MAX, step: NonZero::new(step).unwrap() };
            assert_eq!(slice.span(3).places().collect::<Vec<_>>(), expected);
            assert_eq!(slice.span(3).upward().collect::<Vec<_>>(), expected);
        }
        let back = Slice { start: isize::MAX, stop: isize::MIN, step: NonZero::new(-1).unwrap() };
        assert_eq!(back.span(3).places().collect::<Vec<_>>(), [2, 1, 0]);
        let far_back = Slice { step: NonZero::<isize>::MIN, ..back };
        assert_eq!(far_back.span(3).upward().collect::<Vec<_>>(), [2]);
    }
}
