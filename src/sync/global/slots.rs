//! Side slots: words, by number, of objects that have no room for one in front. Other code made such objects.
//! Upholds: a slot serves one object at a time, stays where it is, and is never freed; a number is in one header at most.

use super::chunked::Chunked;
use super::{const_fn, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// The low bits of a header's flags, which are none of the number's.
const SHIFT: u32 = 4;

/// What stands for a word and a deleter in front of an object.
///
/// | member | protected by |
/// |---|---|
/// | word | itself, atomic |
/// | deleter | while the slot serves an object, constant; otherwise the number of the next free slot |
#[derive(Default)]
#[repr(C)]
pub struct Slot<W> {
    word: W,
    deleter: AtomicUsize,
}

impl<W> Slot<W> {
    /// The word.
    #[inline]
    pub fn word(&self) -> &W {
        &self.word
    }

    /// The deleter that the object came with; null if it had none.
    #[inline]
    pub fn deleter(&self) -> *mut () {
        // Relaxed: written before the number was shared. The caller has found the slot by that.
        self.deleter.load(Ordering::Relaxed) as *mut ()
    }
}

/// All slots. Numbers begin at 1. No locks: a process may be forked at any time.
pub struct Slots<W, const FIRST_CHUNK: usize, const CHUNKS: usize> {
    slots: Chunked<Slot<W>, FIRST_CHUNK, CHUNKS>,
    /// The number of the first free slot, and how often that changed. The number is the low half, the changes are the high
    /// half. By them a thread that was suspended amid [`Slots::take`] sees that another slot came to the front and went, though
    /// the number is the same.
    free: AtomicU64,
    /// All numbers up to this one were given out at some time.
    top: AtomicU32,
}

impl<W: Default, const FIRST_CHUNK: usize, const CHUNKS: usize> Slots<W, FIRST_CHUNK, CHUNKS> {
    /// The largest number.
    const MAX_NUMBER: u32 = {
        let entries = FIRST_CHUNK.saturating_mul((1 << CHUNKS) - 1);
        let numbers = 1 << (u32::BITS - SHIFT);
        (if entries < numbers { entries } else { numbers }) as u32 - 1
    };

    const_fn! {
        /// No slots.
        #[allow(clippy::new_without_default, reason = "for statics")]
        pub fn new() -> Self {
            Slots { slots: Chunked::new(), free: AtomicU64::new(0), top: AtomicU32::new(0) }
        }
    }

    /// The slot whose number is in these flags. The caller has read them by an Acquire. None in those of an object that was
    /// never wrapped. It is the object's for as long as the object's block is there.
    #[inline]
    pub fn of(&self, flags: u32) -> Option<&Slot<W>> {
        match flags >> SHIFT {
            0 => None,
            number => self.slots.get(number as usize),
        }
    }

    /// The slot of an object without prefix, which gets one if it has none. Its header then has the number, and `ours` as its
    /// deleter, and `made` is called. An object without deleter stays without. `None` when there is no memory, or no number.
    ///
    /// Linearises at: the swap of the flags.
    ///
    /// The winner alone stores the deleter, after the swap, and code of others reads it plainly. That is no race:
    ///
    /// - The caller owns a strong count throughout, so no thread calls the deleter meanwhile.
    /// - The caller gives that count back by a Release, if need be as the count of a wrapper's life. That life begins after the
    ///   store, on the same thread.
    /// - A thread that calls the deleter has taken the last count of a kind away by an Acquire.
    pub fn tie(
        &self,
        flags: &AtomicU32,
        deleter: &AtomicPtr<()>,
        ours: *mut (),
        made: impl FnOnce(),
    ) -> Option<&Slot<W>> {
        // Acquire: pairs with the Release below. Carries: the slot, and its chunk.
        // Weaker fails: tests/loom.rs slots::found_whole.
        if let Some(slot) = self.of(flags.load(Ordering::Acquire)) {
            return Some(slot);
        }
        let (number, slot) = self.take()?;
        // Relaxed: who finds another's deleter here has lost the swap.
        let original = deleter.load(Ordering::Relaxed);
        slot.deleter.store(original as usize, Ordering::Relaxed);
        // Release: pairs with the Acquire above, on failure here, and of `Header::flags_of_tie`. Carries: the slot, and its
        // chunk. Weaker fails: tests/loom.rs slots::found_whole, slots::wrapped_first.
        match flags.compare_exchange(0, number << SHIFT, Ordering::Release, Ordering::Acquire) {
            Ok(_) => {
                if !original.is_null() {
                    // Relaxed: see above.
                    deleter.store(ours, Ordering::Relaxed);
                }
                made();
                Some(slot)
            }
            Err(other) => {
                self.give_back(number);
                self.of(other)
            }
        }
    }

    /// Takes the slot from an object whose memory is about to be freed. Its word ties nothing.
    pub fn untie(&self, flags: &AtomicU32) {
        // Relaxed: the caller is the last to have the object.
        let number = flags.swap(0, Ordering::Relaxed) >> SHIFT;
        if number != 0 {
            self.give_back(number);
        }
    }

    /// A slot that serves no object.
    fn take(&self) -> Option<(u32, &Slot<W>)> {
        // Acquire: pairs with the Release of `give_back`. Carries: the number of the next, and the last look of the one whose
        // slot it was. Weaker fails: tests/loom.rs slots::used_again.
        let mut head = self.free.load(Ordering::Acquire);
        while head as u32 != 0 {
            let slot = self.slots.get(head as u32 as usize)?;
            // Relaxed: if it is not the number of the next any more, the swap fails.
            let next = slot.deleter.load(Ordering::Relaxed) as u32;
            let changed = (head >> 32).wrapping_add(1) << 32 | u64::from(next);
            // Relaxed on success: the load before has acquired. Acquire on failure: as the load.
            match self.free.compare_exchange_weak(head, changed, Ordering::Relaxed, Ordering::Acquire) {
                Ok(_) => return Some((head as u32, slot)),
                Err(now) => head = now,
            }
        }
        self.take_new()
    }

    /// A slot that never served an object.
    #[cold]
    fn take_new(&self) -> Option<(u32, &Slot<W>)> {
        // Relaxed, like the swap: only uniqueness is asked of it.
        let mut top = self.top.load(Ordering::Relaxed);
        while top < Self::MAX_NUMBER {
            let number = top + 1;
            let slot = self.slots.get_or_try_make(number as usize, made).ok()?;
            match self.top.compare_exchange_weak(top, number, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some((number, slot)),
                Err(now) => top = now,
            }
        }
        None
    }

    /// Lets a slot serve another object.
    fn give_back(&self, number: u32) {
        let Some(slot) = self.slots.get(number as usize) else { return };
        // Relaxed: a guess that the swap verifies.
        let mut head = self.free.load(Ordering::Relaxed);
        loop {
            slot.deleter.store(head as u32 as usize, Ordering::Relaxed);
            let changed = (head >> 32).wrapping_add(1) << 32 | u64::from(number);
            // Release: pairs with the Acquire of `take`, see there. Weaker fails: tests/loom.rs slots::used_again.
            match self.free.compare_exchange_weak(head, changed, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

/// The slots of a chunk, if there is memory for them.
fn made<W: Default>(count: usize) -> Result<Box<[Slot<W>]>, std::collections::TryReserveError> {
    let mut slots = Vec::new();
    slots.try_reserve_exact(count)?;
    slots.extend((0..count).map(|_| Slot { word: W::default(), deleter: AtomicUsize::new(0) }));
    Ok(slots.into_boxed_slice())
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;
    use std::ptr::{from_ref, null_mut};

    type Table = Slots<AtomicUsize, 2, 3>;

    #[test]
    fn a_header_gets_one_slot_and_gives_it_back() {
        let (table, mut words) = (Table::new(), Vec::new());
        let ours = std::ptr::without_provenance_mut(16);
        // The last number is 13: of 14 entries the first has none.
        for n in 1..=13usize {
            let theirs = std::ptr::without_provenance_mut(n * 32);
            let (flags, deleter) = (AtomicU32::new(0), AtomicPtr::new(theirs));
            assert!(table.of(0).is_none());
            let slot = table.tie(&flags, &deleter, ours, || ()).unwrap();
            assert_eq!((slot.deleter(), deleter.load(Ordering::Relaxed)), (theirs, ours));
            let again = table.tie(&flags, &deleter, ours, || ()).unwrap();
            assert!(std::ptr::eq(slot, again) && std::ptr::eq(slot, table.of(flags.load(Ordering::Relaxed)).unwrap()));
            assert_eq!((slot.deleter(), flags.load(Ordering::Relaxed) & 15), (theirs, 0));
            words.push((flags, from_ref(slot)));
        }
        let (flags, deleter) = (AtomicU32::new(0), AtomicPtr::new(null_mut()));
        assert!(table.tie(&flags, &deleter, ours, || ()).is_none());
        assert_eq!(flags.load(Ordering::Relaxed), 0);
        // What comes back serves others, the last first.
        for (used, _) in &words[..2] {
            table.untie(used);
            assert_eq!(used.load(Ordering::Relaxed), 0);
        }
        let slot = table.tie(&flags, &deleter, ours, || ()).unwrap();
        assert_eq!(from_ref(slot), words[1].1);
        // An object without deleter stays without.
        assert!(slot.deleter().is_null() && deleter.load(Ordering::Relaxed).is_null());
    }
}
