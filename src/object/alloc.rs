//! Memory of objects: the builtin allocator, and the one that replaces it.
//! Upholds: a body is freed by the means it came from, at the offset it came with, whatever was installed in between.
//!
//! ```text
//! builtin allocation ─► | word | header | fields …
//!                              ▲ body, aligned to 8
//! builtin allocation ─► | (base pointer and padding, if aligned to more than 16) | delete_space | word | header | fields …
//!                                                                                                      ▲ body
//! ```
//! Bodies from another allocator have the second form. They come with `delete_space` in the word's place.

use super::header::{Header, FLAG_DELETE_SPACE, FLAG_PREFIX, FLAG_VTABLE};
use super::prefix::{prefix, BARE_WORDS};
use super::root::Object;
use super::vtable;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::counter::{self, Event};
use crate::sync::{fresh_static, ArcSwapOption};
use crate::word::AtomicWord;
use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::Arc;

pub use super::alloc_error::AllocError;
pub use super::prefix::{DeleteSpace, Prefix, BODY_ALIGN, PREFIX_SIZE, WORD_SIZE};

/// An allocator of bodies, as foreign code may install one. The builtin one has the same shape.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CustomAllocator {
    /// `allocate(size, align, type_index, context)` returns an uninitialised body of `size` bytes, or null. The body is aligned
    /// to `align`, which is 16 at least. Before the body there are [`PREFIX_SIZE`] bytes that belong to the object; the last
    /// pointer of these, immediately before the body, the allocator has set to the function that frees the allocation.
    pub allocate: unsafe extern "C" fn(usize, usize, i32, *mut c_void) -> *mut c_void,
    /// Handed to every call of `allocate`.
    pub context: *mut c_void,
}

// SAFETY: `set_allocator` demands that both members may be used from any thread.
unsafe impl Send for CustomAllocator {}
// SAFETY: `set_allocator` demands that both members may be used from any thread.
unsafe impl Sync for CustomAllocator {}

fresh_static! {
    static CUSTOM: ArcSwapOption<CustomAllocator> = ArcSwapOption::const_empty();
}

fresh_static! {
    /// Whether `CUSTOM` was ever set: while it was not, allocation does not look there.
    static CONSULT: AtomicU32 = AtomicU32::new(0);
}

/// The allocator in force.
pub fn allocator() -> CustomAllocator {
    CUSTOM.load().as_deref().copied().unwrap_or(BUILTIN)
}

/// The allocator that is in force while no other is.
pub const BUILTIN: CustomAllocator = CustomAllocator { allocate: builtin, context: ptr::null_mut() };

/// Replaces the allocator, for objects allocated from now on; `None` brings back the builtin one. Other threads may
/// allocate meanwhile, and may be inside the former allocator after this returned.
///
/// # Safety
/// `allocate` keeps to the contract of its documentation from any thread, now and for the rest of the process, and so do
/// the functions that it leaves for freeing; `context` stays valid for as long.
pub unsafe fn set_allocator(allocator: Option<CustomAllocator>) {
    CUSTOM.store(allocator.map(Arc::new));
    // Relaxed: a thread that reads the flag late uses the builtin allocator once more. It is as if it had come before.
    CONSULT.store(1, Ordering::Relaxed);
}

/// Allocates an object with a fresh header and no deleter. The rest of the body is zero when `zeroed`, uninitialised
/// otherwise. The caller sets the deleter ([`set_deleter`]), which ends with [`free_raw`](super::destroy::free_raw) or [`delete`](super::destroy::delete).
///
/// # Panics
/// When `layout` has no room for a header.
#[inline]
pub fn allocate_raw(
    layout: Layout,
    type_index: i32,
    prefix: bool,
    zeroed: bool,
) -> Result<NonNull<Object>, AllocError> {
    assert!(layout.size() >= size_of::<Object>(), "no room for the header of an object");
    let (body, flags) = allocate_body(layout, type_index, prefix, zeroed)?;
    // SAFETY: the body has room for a header, is aligned for it and is ours alone.
    unsafe { body.cast::<Header>().write(Header::new(type_index, flags, None)) };
    Ok(body.cast())
}

/// Sets how an object from [`allocate_raw`] is destroyed.
///
/// # Safety
/// The object is not shared yet; `deleter` fits the object's type and allocation.
pub unsafe fn set_deleter(object: NonNull<Object>, deleter: super::header::Deleter) {
    // SAFETY: the caller is the only one to know the object.
    unsafe { *(*object.cast::<Header>().as_ptr()).deleter.get_mut() = deleter as *mut () };
}

/// Sets more header flags of an object.
///
/// # Safety
/// The object is not shared yet; the flags are true of it.
pub(crate) unsafe fn add_flags(object: NonNull<Object>, flags: u32) {
    // SAFETY: the caller is the only one to know the object.
    unsafe { *(*object.cast::<Header>().as_ptr()).flags.get_mut() |= flags };
}

/// Allocates a body and sets up what stands before it. The caller writes the header, which has to have these flags.
#[inline]
pub(super) fn allocate_body(
    layout: Layout,
    type_index: i32,
    prefix: bool,
    zeroed: bool,
) -> Result<(NonNull<u8>, u32), AllocError> {
    let (body, flags) =
        if prefix { allocate_tied(layout, type_index, zeroed) } else { (allocate_bare(layout, zeroed), 0) };
    match NonNull::new(body) {
        Some(body) => {
            counter::add(Event::Object, 1);
            Ok((body, flags))
        }
        None => Err(AllocError::new(layout)),
    }
}

#[inline]
fn allocate_tied(layout: Layout, type_index: i32, zeroed: bool) -> (*mut u8, u32) {
    let (size, align) = (layout.size(), layout.align().max(BODY_ALIGN));
    // Relaxed: see `set_allocator`.
    let custom = match CONSULT.load(Ordering::Relaxed) {
        0 => None,
        _ => allocate_custom(size, align, type_index, zeroed),
    };
    let body = match custom {
        Some(body) => body,
        None if BARE_WORDS && layout.align() <= WORD_SIZE => return (allocate_after_word(size, zeroed), FLAG_PREFIX),
        None => allocate_builtin(size, align, zeroed),
    };
    if let Some(body) = NonNull::new(body) {
        // SAFETY: the allocator's contract. The prefix is there and is ours, and its last pointer is the function.
        unsafe {
            let delete_space = body.cast::<Option<DeleteSpace>>().sub(1).read();
            prefix(body.cast()).write(Prefix { delete_space, word: AtomicWord::new() });
        }
    }
    (body, FLAG_PREFIX | FLAG_DELETE_SPACE)
}

/// What the installed allocator gives; `None` when none is installed.
#[inline(never)]
fn allocate_custom(size: usize, align: usize, type_index: i32, zeroed: bool) -> Option<*mut u8> {
    let custom = CUSTOM.load();
    let custom = custom.as_deref()?;
    // SAFETY: `allocate` may be called from any thread, now and later: `set_allocator` asks for that.
    let body = unsafe { (custom.allocate)(size, align, type_index, custom.context) }.cast::<u8>();
    debug_assert!(body.addr() & (align - 1) == 0, "the custom allocator returned a misaligned body");
    if zeroed && !body.is_null() {
        // SAFETY: `body` has `size` bytes.
        unsafe { body.write_bytes(0, size) };
    }
    Some(body)
}

/// A body without prefix comes from Rust's global allocator: its deleter knows its layout.
fn allocate_bare(layout: Layout, zeroed: bool) -> *mut u8 {
    let layout = bare(layout);
    // SAFETY: a body has at least a header, so the size is not zero.
    unsafe {
        if zeroed {
            std::alloc::alloc_zeroed(layout)
        } else {
            std::alloc::alloc(layout)
        }
    }
}

fn bare(layout: Layout) -> Layout {
    layout.align_to(BODY_ALIGN).expect("an object that fits the address space")
}

/// Gives back the memory of an object.
///
/// # Safety
/// The object was allocated by [`allocate_raw`] or a handle's constructor, with `layout` (which matters for objects
/// without prefix only), and is not tied; it is not used again.
pub(super) unsafe fn give_back(object: NonNull<Object>, layout: Layout) {
    counter::add(Event::Object, -1);
    // SAFETY: the object is still allocated.
    let flags = unsafe { object.cast::<Header>().as_ref() }.flags();
    if flags == FLAG_VTABLE {
        // SAFETY: the flags say where the body came from; the caller's contract.
        return unsafe { vtable::give_back(object, layout) };
    }
    if flags & FLAG_PREFIX == 0 {
        // SAFETY: bodies without prefix come from `allocate_bare`, with this layout.
        return unsafe { std::alloc::dealloc(object.as_ptr().cast(), bare(layout)) };
    }
    if flags & FLAG_DELETE_SPACE == 0 {
        // SAFETY: `allocate_after_word` put the body behind its word.
        return unsafe { free(object.as_ptr().byte_sub(WORD_SIZE).cast()) };
    }
    // SAFETY: the flag says that there is a prefix.
    if let Some(delete_space) = unsafe { (*prefix(object).as_ptr()).delete_space } {
        // SAFETY: the allocator's contract; this is the one call.
        unsafe { delete_space(object.as_ptr().cast()) };
    }
}

// ---- the builtin allocator -------------------------------------------------------------------------------------------

extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

/// What `malloc` guarantees: on 64-bit platforms 16.
const MALLOC_ALIGN: usize = 2 * size_of::<usize>();

/// A body that is aligned to no more than its word, which stands before it.
#[inline]
fn allocate_after_word(size: usize, zeroed: bool) -> *mut u8 {
    let Some(total) = size.checked_add(WORD_SIZE) else {
        return ptr::null_mut();
    };
    let base = allocate_block(total, zeroed);
    if base.is_null() {
        return base;
    }
    // SAFETY: the block is ours, has `total` bytes and is aligned for the word.
    unsafe {
        base.cast::<AtomicWord>().write(AtomicWord::new());
        base.add(WORD_SIZE)
    }
}

/// [`CustomAllocator::allocate`] of the builtin allocator.
unsafe extern "C" fn builtin(size: usize, align: usize, _type_index: i32, _context: *mut c_void) -> *mut c_void {
    allocate_builtin(size, align, false).cast()
}

/// The C allocator, because the one who frees knows the body's address only.
#[inline]
fn allocate_builtin(size: usize, align: usize, zeroed: bool) -> *mut u8 {
    if align > MALLOC_ALIGN {
        return allocate_over_aligned(size, align, zeroed);
    }
    let Some(total) = size.checked_add(PREFIX_SIZE) else {
        return ptr::null_mut();
    };
    let base = allocate_block(total, zeroed);
    if base.is_null() {
        return base;
    }
    // SAFETY: the block has `total` bytes. PREFIX_SIZE is a multiple of 16, so the body is as aligned as the block.
    unsafe {
        let body = base.add(PREFIX_SIZE);
        leave(body, free_at_offset);
        body
    }
}

fn allocate_over_aligned(size: usize, align: usize, zeroed: bool) -> *mut u8 {
    const FRONT: usize = PREFIX_SIZE + size_of::<*mut u8>();
    let Some(total) = size.checked_add(align).and_then(|n| n.checked_add(FRONT)) else {
        return ptr::null_mut();
    };
    let base = allocate_block(total, zeroed);
    if base.is_null() {
        return base;
    }
    let offset = (base.addr() + FRONT).next_multiple_of(align) - base.addr();
    // SAFETY: offset < FRONT + align, so the body and its front are inside the block. The place of the base pointer is aligned
    // because the body and PREFIX_SIZE are.
    unsafe {
        base.add(offset - FRONT).cast::<*mut u8>().write(base);
        let body = base.add(offset);
        leave(body, free_at_base);
        body
    }
}

/// Blocks up to this size are zeroed here. glibc's `calloc` does not take from the thread's own lists of free blocks, and
/// costs as much again as `malloc`. Larger ones may come from the system, zeroed already.
const ZEROED_HERE: usize = 1024;

#[inline]
fn allocate_block(total: usize, zeroed: bool) -> *mut u8 {
    // SAFETY: any size may be asked for; a block has `total` bytes.
    unsafe {
        if zeroed && total > ZEROED_HERE {
            return calloc(1, total).cast();
        }
        // Hidden, or the compiler makes a `calloc` of the two.
        let block = std::hint::black_box(malloc(total)).cast::<u8>();
        if zeroed && !block.is_null() {
            block.write_bytes(0, total);
        }
        block
    }
}

/// Leaves the way to free `body` where an allocator leaves it.
///
/// # Safety
/// `body` has a prefix, and no other thread knows it yet.
#[inline]
unsafe fn leave(body: *mut u8, delete_space: DeleteSpace) {
    // SAFETY: `body` has a prefix, and no other thread knows it yet.
    unsafe { body.cast::<Option<DeleteSpace>>().sub(1).write(Some(delete_space)) };
}

unsafe extern "C" fn free_at_offset(body: *mut c_void) {
    // SAFETY: `allocate_builtin` put the body at this offset.
    unsafe { free(body.cast::<u8>().sub(PREFIX_SIZE).cast()) };
}

unsafe extern "C" fn free_at_base(body: *mut c_void) {
    // SAFETY: `allocate_over_aligned` put the base pointer immediately before the prefix.
    unsafe { free(body.cast::<u8>().sub(PREFIX_SIZE).cast::<*mut c_void>().sub(1).read()) };
}
