//! Objects of C++ classes with virtual functions. The pointer to these stands immediately before the header.
//! Upholds: the pointer is there before the object is known to others, and stays.
//!
//! ```text
//! allocation ─► | word | pointer to the virtual functions | header | fields …
//!                                                           ▲ body, aligned to 16
//! ```
//! C++ makes such objects without a word. Those that are made here have the
//! one flag [`FLAG_VTABLE`](super::header::FLAG_VTABLE).

use super::root::Object;
use crate::word::AtomicWord;
use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr::NonNull;

/// What stands before the body.
///
/// | member | protected by |
/// |---|---|
/// | word | itself, atomic; its edges are the tie protocol's |
/// | vtable | constant |
#[repr(C, align(16))]
struct Front {
    word: AtomicWord,
    vtable: *const c_void,
}

const _: () = assert!(
    std::mem::offset_of!(Front, vtable) + size_of::<usize>() == size_of::<Front>(),
    "the pointer stands immediately before the body"
);

/// The virtual functions of an object of a C++ class that has some.
///
/// # Safety
/// The object is alive and of such a class, or was made by [`new_behind_vtable`](super::new_behind_vtable); the pointer came from a handle or from the object's maker.
#[inline]
pub unsafe fn vtable(object: NonNull<Object>) -> *const c_void {
    // SAFETY: the object is of such a class, so that a pointer stands before the header.
    unsafe { object.cast::<*const c_void>().sub(1).read() }
}

/// Puts the front of an object at the start of its block. Gives the place of the body.
///
/// # Safety
/// The block has a layout that [`whole`] gave, and is the caller's alone.
pub(super) unsafe fn begin(block: NonNull<u8>, vtable: *const c_void) -> NonNull<u8> {
    // SAFETY: the block has `whole`'s layout, and is the caller's alone.
    unsafe {
        block.cast::<Front>().write(Front { word: AtomicWord::new(), vtable });
        block.add(size_of::<Front>())
    }
}

/// The layout of the allocation of a body.
pub(super) fn whole(body: Layout) -> Option<Layout> {
    let (whole, at) = Layout::new::<Front>().extend(body).ok()?;
    (at == size_of::<Front>()).then_some(whole)
}

/// Gives back the memory of an object with `FLAG_VTABLE`.
///
/// # Safety
/// As `alloc::give_back`; the layout is that of the value.
pub(super) unsafe fn give_back(object: NonNull<Object>, layout: Layout) {
    let whole = whole(layout).expect("the layout of an object that exists");
    // SAFETY: the maker put the body behind the front.
    unsafe { std::alloc::dealloc(front(object).as_ptr().cast(), whole) };
}

/// The word of an object with `FLAG_VTABLE`.
///
/// # Safety
/// As [`tie_word`](super::tie_word); the flag is set.
#[cold]
pub(super) unsafe fn word<'a>(object: NonNull<Object>) -> &'a AtomicWord {
    // SAFETY: the flag is set, so that the front is there; the object is allocated meanwhile.
    unsafe { &(*front(object).as_ptr()).word }
}

/// # Safety
/// The flag is set.
unsafe fn front(object: NonNull<Object>) -> NonNull<Front> {
    // SAFETY: the flag is set, so that a front precedes the body.
    unsafe { object.cast::<Front>().sub(1) }
}
