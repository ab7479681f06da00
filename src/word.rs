//! The tagged word in front of every native object. It is a pure value ([`Word`]) and its atomic shell ([`AtomicWord`]).
//! Upholds: every change of a tie is one of the named edges below, with the ordering that the edge needs.
//!
//! | bits 63..4 | bit 2 | bit 0 | meaning |
//! |---|---|---|---|
//! | 0 | 0 | 0 | Detached: no wrapper |
//! | wrapper | 0 | 0 | Lean: the wrapper's refcount alone says whether it lives |
//! | wrapper | 1 | 0 | Active: a life of a rich wrapper owns a count of the object |
//! | wrapper | 1 | 1 | Preserved: the object owns one count of a rich wrapper |

use crate::sync::atomic::{AtomicUsize, Ordering};
use std::ptr::NonNull;

const TAGS: usize = 0b1111;
const PRESERVED: usize = 0b001;
const RICH: usize = 0b100;

/// Wrappers are at least this aligned, which frees the tag bits.
pub const WRAPPER_ALIGN: usize = TAGS + 1;

/// How a wrapper stands to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// A lean wrapper, alive or dead.
    Lean,
    /// A rich wrapper whose life owns a count of the object. The life may have ended, and its `retire` be pending.
    Active,
    /// A rich wrapper of which the object owns a count. It has all that Python knows of the object.
    Preserved,
}

/// The value of a tie word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Word(usize);

impl Word {
    /// No wrapper is tied.
    pub const DETACHED: Word = Word(0);

    /// The word that ties `wrapper` in `state`.
    ///
    /// # Panics
    /// In debug builds, when the wrapper is not aligned to [`WRAPPER_ALIGN`].
    #[inline]
    pub fn tied<T>(wrapper: NonNull<T>, state: State) -> Word {
        let bits = wrapper.as_ptr() as usize;
        debug_assert_eq!(bits & TAGS, 0, "wrapper is not aligned to 16 bytes");
        Word(
            bits | match state {
                State::Lean => 0,
                State::Active => RICH,
                State::Preserved => RICH | PRESERVED,
            },
        )
    }

    /// What the word is to the other side of the table of `runtime`.
    #[inline]
    pub fn to_bits(self) -> usize {
        self.0
    }

    /// The word of [`to_bits`](Self::to_bits).
    #[inline]
    pub fn from_bits(bits: usize) -> Word {
        Word(bits)
    }

    /// Whether no wrapper is tied.
    #[inline]
    pub fn is_detached(self) -> bool {
        self.0 == 0
    }

    /// The tied wrapper, whatever its state.
    #[inline]
    pub fn wrapper<T>(self) -> Option<NonNull<T>> {
        NonNull::new((self.0 & !TAGS) as *mut T)
    }

    /// The state of the tied wrapper; `None` when detached.
    #[inline]
    pub fn state(self) -> Option<State> {
        match (self.0 == 0, self.0 & TAGS) {
            (true, _) => None,
            (_, 0) => Some(State::Lean),
            (_, RICH) => Some(State::Active),
            _ => Some(State::Preserved),
        }
    }

    /// Whether this word ties `wrapper`, in whatever state.
    #[inline]
    pub fn ties<T>(self, wrapper: NonNull<T>) -> bool {
        self.0 & !TAGS == wrapper.as_ptr() as usize
    }

    /// Whether the object owns a count of a wrapper.
    #[inline]
    pub fn is_preserved(self) -> bool {
        self.0 & PRESERVED != 0
    }
}

/// A [`Word`] that threads share. One method per edge of the protocol; the ordering belongs to the edge.
///
/// A word hands over the wrapper, or the life of one, that it newly ties. What happens to a wrapper after that is ordered by
/// its refcount, what happens to the object by the object's.
#[derive(Debug)]
#[repr(transparent)]
pub struct AtomicWord(AtomicUsize);

impl Default for AtomicWord {
    fn default() -> Self {
        Self::new()
    }
}

impl AtomicWord {
    /// A detached word.
    #[inline]
    pub fn new() -> Self {
        AtomicWord(AtomicUsize::new(0))
    }

    /// What the word says now.
    #[inline]
    pub fn observe(&self) -> Word {
        // Acquire: pairs with the Release of `edge`. Carries: the wrapper's header and handle.
        // Weaker fails: tests/loom.rs fetch_vs_fetch::on_detached.
        Word(self.0.load(Ordering::Acquire))
    }

    /// Whether the word still ties `wrapper` to a life. Ask this after a count of the wrapper was taken.
    #[inline]
    pub fn still_ties<T>(&self, wrapper: NonNull<T>) -> bool {
        // Relaxed: the look comes after the count, which is an Acquire. It was taken by a read-modify-write
        // (`Host::try_incref`). Its partner is the count that a mover or evictor gives back or claims after its `untie`, and
        // the look at the header that `retire_rich` takes after its `preserve`: who counts later sees the word changed, who
        // counts earlier may take the wrapper for what it then was. An owner that counts without a read-modify-write need not
        // ask: no thread can claim its wrapper meanwhile, and a move on another thread may as well come after.
        self.0.load(Ordering::Relaxed) & !RICH == wrapper.as_ptr() as usize
    }

    /// Detached → `to`. The first tie of an object, or the first after the former one was ended.
    #[inline]
    pub fn publish(&self, to: Word) -> Result<(), Word> {
        self.edge(Word::DETACHED, to)
    }

    /// Detached → `to`, by the maker of an object that no other thread knows yet.
    #[inline]
    pub fn introduce(&self, to: Word) {
        // Relaxed, and no read-modify-write: whatever makes the object known to others carries the word along.
        debug_assert!(self.observe().is_detached(), "the object is known already");
        self.0.store(to.0, Ordering::Relaxed);
    }

    /// Active → Preserved: the object owns the count of the wrapper that the caller has.
    #[inline]
    pub fn preserve<T>(&self, wrapper: NonNull<T>) -> Result<(), Word> {
        self.edge(Word::tied(wrapper, State::Active), Word::tied(wrapper, State::Preserved))
    }

    /// Preserved → Active. The object's count of the wrapper is the caller's, whose count of the object is the life's.
    #[inline]
    pub fn resume<T>(&self, wrapper: NonNull<T>) -> Result<(), Word> {
        self.edge(Word::tied(wrapper, State::Preserved), Word::tied(wrapper, State::Active))
    }

    /// Whatever ties `wrapper` → Detached. Gives what it was, or none when the word ties another wrapper or nothing.
    #[inline]
    pub fn detach<T>(&self, wrapper: NonNull<T>) -> Option<Word> {
        let mut now = self.observe();
        while now.ties(wrapper) {
            match self.edge(now, Word::DETACHED) {
                Ok(()) => return Some(now),
                Err(other) => now = other,
            }
        }
        None
    }

    /// As [`AtomicWord::detach`], for those who know what it was.
    #[inline]
    pub fn untie<T>(&self, wrapper: NonNull<T>) -> bool {
        self.detach(wrapper).is_some()
    }

    /// Any → Detached, by the one who destroys the object.
    #[inline]
    pub fn take(&self) -> Word {
        // Relaxed, and no read-modify-write: no other thread looks at the word any more. All that others did to it and to the
        // wrapper came before they gave their counts back (`object::count` settles that).
        let last = Word(self.0.load(Ordering::Relaxed));
        self.0.store(0, Ordering::Relaxed);
        last
    }

    #[inline]
    fn edge(&self, from: Word, to: Word) -> Result<(), Word> {
        // Release: pairs with the Acquire of `observe`, and of this. Carries: the wrapper's header and handle.
        // Weaker fails: tests/loom.rs fetch_vs_fetch::on_detached.
        // Acquire: pairs with the same. Carries: what a preserved wrapper knows, to who takes it over.
        // Weaker fails: tests/loom.rs word::preserved_with_its_contents. On failure it carries nothing.
        self.0.compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Acquire).map(drop).map_err(Word)
    }
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;

    const STATES: [State; 3] = [State::Lean, State::Active, State::Preserved];

    fn wrapper(n: usize) -> NonNull<u8> {
        NonNull::new((n * WRAPPER_ALIGN) as *mut u8).unwrap()
    }

    #[test]
    fn every_word_is_read_back() {
        for n in [1, 2, 3, usize::MAX / WRAPPER_ALIGN] {
            for state in STATES {
                let word = Word::tied(wrapper(n), state);
                assert_eq!((word.wrapper(), word.state()), (Some(wrapper(n)), Some(state)));
                assert!(word.ties(wrapper(n)) && !word.is_detached());
                assert!(n == 1 || !word.ties(wrapper(1)));
            }
        }
        assert_eq!((Word::DETACHED.wrapper::<u8>(), Word::DETACHED.state()), (None, None));
    }

    #[test]
    fn words_are_distinct() {
        let words: Vec<Word> =
            [1, 2].into_iter().flat_map(|n| STATES.map(|state| Word::tied(wrapper(n), state))).collect();
        for (i, a) in words.iter().enumerate() {
            assert_eq!(words.iter().position(|b| a == b), Some(i));
        }
    }

    /// Every edge, from every word. It is taken from the words it names and from no other.
    #[test]
    fn edges_leave_from_their_words_only() {
        let (w, other) = (wrapper(7), wrapper(8));
        let mut all = vec![Word::DETACHED];
        all.extend(STATES.map(|state| Word::tied(w, state)));
        all.extend(STATES.map(|state| Word::tied(other, state)));
        let fresh = Word::tied(wrapper(9), State::Active);
        type Edge = (&'static str, fn(&AtomicWord, NonNull<u8>) -> bool, Vec<State>, Option<State>);
        let edges: [Edge; 3] = [
            ("preserve", |a, w| a.preserve(w).is_ok(), vec![State::Active], Some(State::Preserved)),
            ("resume", |a, w| a.resume(w).is_ok(), vec![State::Preserved], Some(State::Active)),
            ("untie", |a, w| a.untie(w), STATES.to_vec(), None),
        ];
        for (name, edge, sources, target) in edges {
            for &from in &all {
                let shared = AtomicWord(AtomicUsize::new(from.0));
                let legal = from.ties(w) && sources.contains(&from.state().unwrap());
                assert_eq!(edge(&shared, w), legal, "{name} from {from:?}");
                let expected = match (legal, target) {
                    (false, _) => from,
                    (true, Some(state)) => Word::tied(w, state),
                    (true, None) => Word::DETACHED,
                };
                assert_eq!(shared.observe(), expected, "{name} from {from:?}");
            }
        }
        for &from in &all {
            let shared = AtomicWord(AtomicUsize::new(from.0));
            assert_eq!(shared.publish(fresh).is_ok(), from.is_detached());
            assert_eq!(AtomicWord(AtomicUsize::new(from.0)).take(), from);
        }
    }
}
