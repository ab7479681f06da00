//! Rust's allocator is the C library's, with a reserve for when that has nothing left.
//! Upholds: a block goes back to where it came from; what grew or shrank keeps its content.
//!
//! The host has a reserve of its own, and a guest that of its host: [`LentReserve`].

use crate::runtime;
use std::alloc::{GlobalAlloc, Layout, System};
use std::marker::PhantomData;
use std::ptr::null_mut;
use std::sync::atomic::Ordering;

/// Where blocks come from when the C library has none.
///
/// # Safety
/// A block of `take` has the size and the alignment that were asked for, and is its holder's alone until `give_back`. `has` and
/// `give_back` say of each block whether it is from `take`. Nothing unwinds.
pub unsafe trait Reserve {
    /// Whether the C library is asked at all: tests refuse allocations.
    fn gives() -> bool;

    /// A block, or null.
    fn take(layout: Layout) -> *mut u8;

    /// Whether a block that is in use is from `take`.
    fn has(block: *mut u8) -> bool;

    /// Gives a block back. False, having done nothing, if it is not from `take`.
    fn give_back(block: *mut u8) -> bool;
}

/// The C library's allocator, with a reserve.
#[derive(Debug)]
pub struct Reserving<R>(PhantomData<fn() -> R>);

impl<R> Reserving<R> {
    /// It has no state: all of it is the reserve's.
    #[allow(clippy::new_without_default, reason = "made once, as a static")]
    pub const fn new() -> Self {
        Reserving(PhantomData)
    }
}

// SAFETY: blocks are the C library's or the reserve's, which tells them apart. Sizes and alignments are at least what was asked for.
// Nothing unwinds.
unsafe impl<R: Reserve> GlobalAlloc for Reserving<R> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if R::gives() {
            // SAFETY: the layout is that of the contract of `GlobalAlloc`: not of size zero.
            let block = unsafe { System.alloc(layout) };
            if !block.is_null() {
                return block;
            }
        }
        R::take(layout)
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if R::gives() {
            // SAFETY: the layout is that of the contract of `GlobalAlloc`: not of size zero.
            let block = unsafe { System.alloc_zeroed(layout) };
            if !block.is_null() {
                return block;
            }
        }
        let block = R::take(layout);
        if !block.is_null() {
            // SAFETY: so many bytes, ours alone.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !R::give_back(block) {
            // SAFETY: the block is the C library's with this layout, not the reserve's.
            unsafe { System.dealloc(block, layout) };
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !R::has(block) && R::gives() {
            // SAFETY: the block is the C library's, with this layout; the size is not zero.
            let grown = unsafe { System.realloc(block, layout, size) };
            if !grown.is_null() {
                return grown;
            }
        }
        if size <= layout.size() {
            // A larger block than was asked for, which both know how to free. Who gives memory back does not count on being refused.
            return block;
        }
        // SAFETY: the block is of this allocator and has that layout, as `GlobalAlloc` says.
        unsafe { self.move_to(block, layout, size) }
    }
}

impl<R: Reserve> Reserving<R> {
    /// Moves a block of the reserve to where there is memory. It also moves one for which there was none.
    ///
    /// # Safety
    /// As for [`GlobalAlloc::realloc`].
    #[cold]
    #[inline(never)]
    unsafe fn move_to(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the new size is not zero and does not overflow with the alignment. Both blocks have the lesser size.
        unsafe {
            let layout_now = Layout::from_size_align_unchecked(size, layout.align());
            let moved = match R::has(block) {
                true => self.alloc(layout_now),
                false => R::take(layout_now),
            };
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// The host's reserve, in a guest. Before the guest has begun there is none, and no block of one.
#[derive(Debug)]
pub struct LentReserve;

// SAFETY: the host's functions keep to this. A block of the reserve was taken after it was set. Whatever handed the block over orders
// that, so that who frees it sees the reserve, too.
unsafe impl Reserve for LentReserve {
    #[inline(always)]
    fn gives() -> bool {
        match runtime::reserve().and_then(|reserve| reserve.gives) {
            None => true,
            // SAFETY: any thread may ask.
            Some(gives) => unsafe { gives() },
        }
    }

    #[cold]
    #[inline(never)]
    fn take(layout: Layout) -> *mut u8 {
        // SAFETY: any size and alignment may be asked for.
        runtime::reserve().map_or(null_mut(), |reserve| unsafe { (reserve.take)(layout.size(), layout.align()).cast() })
    }

    #[inline(always)]
    fn has(block: *mut u8) -> bool {
        // SAFETY: any address may be asked for.
        near(block).is_some_and(|reserve| unsafe { (reserve.has)(block.cast()) })
    }

    #[inline(always)]
    fn give_back(block: *mut u8) -> bool {
        // SAFETY: it is given back once, as its holder's last act.
        near(block).is_some_and(|reserve| unsafe { (reserve.give_back)(block.cast()) })
    }
}

/// The reserve, if a block may be of it.
#[inline(always)]
fn near(block: *mut u8) -> Option<&'static runtime::ReserveTable> {
    let reserve = runtime::reserve()?;
    // Relaxed: there is a room as long as a block of one is out. Who has such a block got it after that, in whatever order made it theirs.
    // SAFETY: the host's count stays.
    let is_near = block.addr().wrapping_sub(reserve.start.addr()) < reserve.size
        || unsafe { (*reserve.rooms).load(Ordering::Relaxed) } != 0;
    is_near.then_some(reserve)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};

    thread_local! {
        static GIVES: Cell<bool> = const { Cell::new(true) };
        static OUT: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    }

    /// Blocks of 64 bytes at most, which it knows by their addresses.
    struct Toy;

    // SAFETY: blocks are the system's, of the layout that was asked for. Each is listed while it is out.
    unsafe impl Reserve for Toy {
        fn gives() -> bool {
            GIVES.get()
        }

        fn take(layout: Layout) -> *mut u8 {
            if layout.size() > 64 {
                return null_mut();
            }
            // SAFETY: not of size zero.
            let block = unsafe { System.alloc(layout) };
            // What others left there.
            // SAFETY: so many bytes.
            unsafe { block.write_bytes(0xa5, layout.size()) };
            OUT.with_borrow_mut(|out| out.push(block.addr()));
            block
        }

        fn has(block: *mut u8) -> bool {
            OUT.with_borrow(|out| out.contains(&block.addr()))
        }

        fn give_back(block: *mut u8) -> bool {
            let place = OUT.with_borrow(|out| out.iter().position(|taken| *taken == block.addr()));
            // Kept: nothing else here frees what is of the reserve.
            place.map(|place| OUT.with_borrow_mut(|out| out.swap_remove(place))).is_some()
        }
    }

    const ALLOCATOR: Reserving<Toy> = Reserving::new();

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    #[test]
    fn a_block_goes_back_to_where_it_came_from() {
        // SAFETY: each block is used as its layout says, and freed once.
        unsafe {
            let usual = ALLOCATOR.alloc(layout(32));
            assert!(!Toy::has(usual));
            GIVES.set(false);
            let reserved = ALLOCATOR.alloc(layout(32));
            assert!(Toy::has(reserved));
            assert!(ALLOCATOR.alloc(layout(65)).is_null());
            ALLOCATOR.dealloc(usual, layout(32));
            ALLOCATOR.dealloc(reserved, layout(32));
            assert!(!Toy::has(reserved));
        }
    }

    #[test]
    fn what_is_to_be_zero_is() {
        GIVES.set(false);
        // SAFETY: each block is used as its layout says, and freed once.
        unsafe {
            let block = ALLOCATOR.alloc_zeroed(layout(40));
            assert!((0..40).all(|at| *block.add(at) == 0));
            ALLOCATOR.dealloc(block, layout(40));
        }
    }

    #[test]
    fn what_grows_or_shrinks_keeps_its_content() {
        let holds = |block: *mut u8, size: usize| {
            // SAFETY: so many bytes were written.
            (0..size).all(|at| unsafe { *block.add(at) } == at as u8)
        };
        // SAFETY: each block is used as its layout says, and freed once.
        unsafe {
            let block = ALLOCATOR.alloc(layout(16));
            (0..16).for_each(|at| block.add(at).write(at as u8));
            GIVES.set(false);
            // Into the reserve.
            let block = ALLOCATOR.realloc(block, layout(16), 48);
            assert!(Toy::has(block) && holds(block, 16));
            // It cannot be had, and nothing is lost.
            assert!(ALLOCATOR.realloc(block, layout(48), 100).is_null());
            assert!(Toy::has(block) && holds(block, 16));
            // Less is what there is.
            assert!(ALLOCATOR.realloc(block, layout(48), 8) == block);
            GIVES.set(true);
            // And out of it.
            let grown = ALLOCATOR.realloc(block, layout(48), 100);
            assert!(!Toy::has(grown) && !Toy::has(block) && holds(grown, 16));
            ALLOCATOR.dealloc(grown, layout(100));
        }
    }
}
