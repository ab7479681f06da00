//! What stands in front of an object's body, and where its tie word is.
//! Upholds: the word of an object is found without a look at anything but the object's own flags.

use super::header::{Header, FLAG_PREFIX, FLAG_VTABLE};
use super::root::Object;
use super::{side, vtable};
use crate::word::AtomicWord;
use std::ffi::c_void;
use std::ptr::NonNull;

/// Frees the whole allocation of a body whose fields are destroyed already.
pub type DeleteSpace = unsafe extern "C" fn(*mut c_void);

/// What stands immediately before the body of an object with [`FLAG_DELETE_SPACE`](super::header::FLAG_DELETE_SPACE).
///
/// | member | protected by |
/// |---|---|
/// | word | itself, atomic; its edges are the tie protocol's |
/// | delete_space | written by the allocator, constant from then on |
#[repr(C, align(16))]
pub struct Prefix {
    pub(super) delete_space: Option<DeleteSpace>,
    pub(super) word: AtomicWord,
}

/// The alignment of the prefix, and of bodies without one that can be tied. It is the size of the prefix in production
/// builds.
pub const BODY_ALIGN: usize = 16;

/// The size of a word. In production builds it is the alignment of bodies that have nothing else before them.
pub const WORD_SIZE: usize = size_of::<usize>();

/// Whether words are that large; loom's are not, and all its bodies have prefixes.
pub(super) const BARE_WORDS: bool = size_of::<AtomicWord>() == WORD_SIZE;
const _: () = assert!(!BARE_WORDS || std::mem::offset_of!(Prefix, word) + WORD_SIZE == PREFIX_SIZE);

/// How many bytes before a body belong to the prefix.
pub const PREFIX_SIZE: usize = size_of::<Prefix>();

/// The word that ties `object` to its wrapper. It is in front of it, or in a side slot ([`super::side`]). `None` for an
/// object that has neither, and so was never wrapped. Makes none, and reads nothing outside the allocation.
///
/// # Safety
/// `object` is allocated for as long as the result is used, and the pointer is one that came from a handle or from its
/// maker, not from a reference to the object's value.
#[inline]
pub unsafe fn tie_word<'a>(object: NonNull<Object>) -> Option<&'a AtomicWord> {
    // SAFETY: the object is allocated for as long as the result is used.
    let flags = unsafe { object.cast::<Header>().as_ref() }.flags_of_tie();
    // SAFETY: the object is allocated while the word is used; the flags are its own.
    unsafe { word(object, flags) }
}

/// The word of an object, by its flags; `None` for an object without one.
///
/// # Safety
/// `object` is allocated for as long as the result is used, and `flags` are its own.
#[inline(always)]
pub(super) unsafe fn word<'a>(object: NonNull<Object>, flags: u32) -> Option<&'a AtomicWord> {
    if flags & FLAG_PREFIX != 0 {
        // SAFETY: the flag says that it is there.
        return Some(unsafe { word_in_front(object) });
    }
    match flags {
        // SAFETY: the flags are the object's own, and say that there is one.
        FLAG_VTABLE => Some(unsafe { vtable::word(object) }),
        _ => side::word(flags),
    }
}

/// The word of an object that has it in its prefix, where most have theirs. `None` for others. Calls nothing.
///
/// # Safety
/// As [`tie_word`].
#[inline(always)]
pub unsafe fn prefix_word<'a>(object: NonNull<Object>) -> Option<&'a AtomicWord> {
    // SAFETY: the object is allocated meanwhile; the flag says that the word is there.
    unsafe {
        let flags = object.cast::<Header>().as_ref().flags_of_tie();
        (flags & FLAG_PREFIX != 0).then(|| word_in_front(object))
    }
}

/// # Safety
/// `object` is the body of an allocation with prefix.
#[inline(always)]
unsafe fn word_in_front<'a>(object: NonNull<Object>) -> &'a AtomicWord {
    // SAFETY: `object` is the body of an allocation with prefix.
    unsafe {
        match BARE_WORDS {
            true => object.byte_sub(WORD_SIZE).cast::<AtomicWord>().as_ref(),
            false => &(*prefix(object).as_ptr()).word,
        }
    }
}

/// The prefix of an object.
///
/// # Safety
/// `object` is the body of an allocation with prefix.
#[inline]
pub(super) unsafe fn prefix(object: NonNull<Object>) -> NonNull<Prefix> {
    // SAFETY: `object` is the body of an allocation with prefix.
    unsafe { object.byte_sub(PREFIX_SIZE).cast() }
}
