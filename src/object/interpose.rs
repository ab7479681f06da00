//! Ties of objects that have no word in front. C++, C and other crates make such objects, which have a side slot each from the
//! first wrap on.
//! Upholds: such an object has one word, from then on to the end of its memory; its own deleter runs as it would without us,
//! but never while its wrapper is preserved.
//!
//! The header of such an object has the number of its slot, and our deleter. C++ gives counts back by code of its own, and
//! calls the header's deleter when the last one is gone: so the deleter is where we learn of it.

use super::alloc::AllocError;
use super::destroy;
use super::header::{Deleter, Header, DESTROY, FLAG_PREFIX, FREE};
use super::prefix::tie_word;
use super::root::{counts, Object};
use super::side::{self, SideSlot};
use crate::word::AtomicWord;
use std::alloc::Layout;
use std::ffi::c_void;
use std::mem;
use std::ptr::NonNull;

/// The word that ties `object`, which gets one if it has none.
///
/// # Errors
/// When there is no memory for a slot, or all are in use.
///
/// # Safety
/// The caller owns a strong count, during the call and until it gives one back by a Release; otherwise as [`tie_word`].
#[inline]
pub unsafe fn make_tie_word<'a>(object: NonNull<Object>) -> Result<&'a AtomicWord, AllocError> {
    // SAFETY: a strong count of the caller's keeps the object while the word is used.
    match unsafe { tie_word(object) } {
        Some(word) => Ok(word),
        // SAFETY: a strong count of the caller's keeps the object, until a Release gives it back.
        None => unsafe { make(object) },
    }
}

/// # Safety
/// As [`make_tie_word`].
#[cold]
unsafe fn make<'a>(object: NonNull<Object>) -> Result<&'a AtomicWord, AllocError> {
    // SAFETY: alive by the caller's count. Flags and deleter are atomic; others read the deleter when the last count is gone.
    let header = unsafe { object.cast::<Header>().as_ref() };
    let slot = side::tie(header, delete);
    slot.map(SideSlot::word).ok_or_else(|| AllocError::new(Layout::new::<SideSlot>()))
}

/// Whether C++ may count an object from a weak count alone, whatever we claim ([`super::claim_end`]). If not now, then not while the
/// caller's strong count is the only one.
///
/// # Safety
/// The caller owns a strong count.
#[inline]
pub unsafe fn is_weakly_held_elsewhere(object: NonNull<Object>) -> bool {
    // SAFETY: alive by the caller's count.
    let header = unsafe { object.cast::<Header>().as_ref() };
    header.flags() & FLAG_PREFIX == 0 && header.counts().weak() > 1
}

/// The deleter of objects with a side slot.
///
/// What C++ does around it: its release subtracts a strong count. If it was the last of both kinds, it calls the deleter with [`BOTH`](super::header::BOTH), and
/// does not touch the object again. If there are weak counts, it calls it with [`DESTROY`], then gives the weak count of
/// the strong side back, and if that was the last, calls the header's deleter with [`FREE`].
unsafe extern "C" fn delete(raw: *mut c_void, what: i32) {
    let Some(object) = NonNull::new(raw.cast::<Object>()) else { return };
    // SAFETY: the block and its slot are there until the original deleter frees it. That one is called last.
    unsafe {
        let header = object.cast::<Header>().as_ref();
        let Some(slot) = side::of(header.flags_of_tie()) else { return };
        let original = mem::transmute::<*mut (), Option<Deleter>>(slot.deleter());
        let Some(original) = original else { return };
        if what & DESTROY != 0 && counts(object).count_again(slot.word().observe().is_preserved(), what & FREE == 0) {
            let released = counts(object).release(Some(slot.word()));
            return destroy::finish_foreign(object, released);
        }
        destroy::untie(object);
        if what & DESTROY != 0 {
            original(raw, DESTROY);
        }
        // Not at once, although the caller asks for both. A visitor of the storage table may have taken a weak count when the
        // word was untied.
        if what & FREE != 0 && (what & DESTROY == 0 || counts(object).still_last()) {
            // For a tie that was made while the fields were destroyed.
            destroy::untie(object);
            side::untie(header);
            original(raw, FREE);
        }
    }
}
