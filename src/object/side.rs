//! The table of side slots. These are words of objects that have no room for one in front.
//! Upholds: a slot serves one object at a time. Knows nothing of how objects end.

use super::header::{Deleter, Header};
use crate::sync::counter::{add, sum, Event};
use crate::sync::global::slots::{Slot, Slots};
use crate::word::AtomicWord;

/// A word, and the deleter that its object came with.
pub(super) type SideSlot = Slot<AtomicWord>;

/// 2²⁸ slots at most.
static SLOTS: Slots<AtomicWord, 1024, 18> = Slots::new();

/// How many objects have a side slot.
pub fn in_use() -> i64 {
    sum(Event::SideSlot)
}

/// The word in the slot that these flags name.
#[cfg(not(feature = "guest"))]
#[cold]
#[inline(never)]
pub(crate) fn word<'a>(flags: u32) -> Option<&'a AtomicWord> {
    SLOTS.of(flags).map(Slot::word)
}

/// The word in the slot that these flags name, which is the host's.
#[cfg(feature = "guest")]
#[cold]
#[inline(never)]
pub(super) fn word<'a>(flags: u32) -> Option<&'a AtomicWord> {
    if flags >> 4 == 0 {
        return None;
    }
    // SAFETY: the host's word is there for as long as the object.
    unsafe { (crate::runtime::get().side_word)(flags).cast::<AtomicWord>().as_ref() }
}

/// The slot that these flags name, which were read by [`Header::flags_of_tie`].
pub(super) fn of<'a>(flags: u32) -> Option<&'a SideSlot> {
    SLOTS.of(flags)
}

/// The slot of an object without prefix, which gets one if it has none. See [`Slots::tie`], whose conditions are the caller's.
pub(super) fn tie<'a>(header: &Header, ours: Deleter) -> Option<&'a SideSlot> {
    let counted = || add(Event::SideSlot, 1);
    SLOTS.tie(&header.flags, &header.deleter, ours as *mut (), counted)
}

/// Takes the slot from an object whose memory is about to be freed.
pub(super) fn untie(header: &Header) {
    add(Event::SideSlot, -1);
    SLOTS.untie(&header.flags);
}
