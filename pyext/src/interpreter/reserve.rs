//! Rust's allocator is the C library's. It has a reserve for the small blocks that Rust cannot do without.
//! Upholds: a small block is given as long as the reserve has one, so that an error can be made, raised and unwound without memory.
//! A large one may be refused, and its callers are ready for that (`bowline::object::grow`).
//!
//! Rust's collections and boxes end the process when they get no memory. What is sized by a user's data asks first. All the rest is
//! small and short-lived: the box of an error, the payload of an unwinding, a message, a list of an object's fields, what third-party
//! crates keep for a thread. It comes from here when the C library has nothing left, and goes back when it is freed. Until then the pages
//! of the reserve are not even touched.

use crate::interpreter::{nomemory, room};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Once;

/// Blocks of one size, as many as a word has bits at most.
#[derive(Clone, Copy)]
struct Group {
    size: usize,
    count: u32,
    /// Where they begin.
    start: usize,
}

/// Small blocks first. Sizes are powers of two, so that blocks are aligned to them.
const GROUPS: [Group; 23] = groups();
const SIZE: usize = GROUPS[22].start + GROUPS[22].size * GROUPS[22].count as usize;

const fn groups() -> [Group; 23] {
    let mut groups = [Group { size: 128, count: 64, start: 0 }; 23];
    let mut at = 0;
    let mut start = 0usize;
    while at < groups.len() {
        let (size, count) = match at {
            0..16 => (128, 64),
            16..20 => (512, 64),
            20 => (1 << 10, 64),
            21 => (4 << 10, 32),
            // What a library's longest path takes, and a message that has it twice.
            _ => (16 << 10, 16),
        };
        start = start.next_multiple_of(size);
        groups[at] = Group { size, count, start };
        start += size * count as usize;
        at += 1;
    }
    groups
}

#[repr(C, align(4096))]
struct Blocks(UnsafeCell<[u8; SIZE]>);

// SAFETY: a block is used by whom it was given to alone.
unsafe impl Sync for Blocks {}

static BLOCKS: Blocks = Blocks(UnsafeCell::new([0; SIZE]));

/// A bit for each block that is given away.
static GIVEN: [AtomicU64; GROUPS.len()] = [const { AtomicU64::new(0) }; GROUPS.len()];

fn base() -> *mut u8 {
    BLOCKS.0.get().cast()
}

/// Where in the reserve a block is; none if it is elsewhere.
#[inline(always)]
fn place(block: *mut u8) -> Option<usize> {
    let place = block.addr().wrapping_sub(base().addr());
    (place < SIZE).then_some(place)
}

/// A block of the reserve, or null.
#[cold]
#[inline(never)]
fn take(layout: Layout) -> *mut u8 {
    let size = layout.size().max(layout.align());
    for (group, given) in GROUPS.iter().zip(&GIVEN).filter(|(group, _)| group.size >= size) {
        let mut seen = given.load(Ordering::Relaxed);
        while seen.trailing_ones() < group.count {
            let at = seen.trailing_ones();
            // Acquire: what its former holder did with the block comes before its `give_back`. That comes before this.
            // Weaker: see src/sync/edges.md.
            match given.compare_exchange_weak(seen, seen | 1 << at, Ordering::Acquire, Ordering::Relaxed) {
                // SAFETY: inside.
                Ok(_) => return unsafe { base().add(group.start + at as usize * group.size) },
                Err(changed) => seen = changed,
            }
        }
    }
    std::ptr::null_mut()
}

/// A block for which the system has no memory, or null.
#[cold]
#[inline(never)]
fn otherwise(layout: Layout) -> *mut u8 {
    match room::take(layout) {
        block if block.is_null() => take(layout),
        block => block,
    }
}

#[inline(always)]
fn is_of_system(block: *mut u8) -> bool {
    place(block).is_none() && !room::has(block)
}

#[cold]
#[inline(never)]
fn give_back(place: usize) {
    let found = GROUPS.iter().zip(&GIVEN).rfind(|(group, _)| group.start <= place);
    if let Some((group, given)) = found {
        // Release: see `take`.
        given.fetch_and(!(1 << ((place - group.start) / group.size)), Ordering::Release);
    }
}

/// Whether half of the small blocks are given away. A room of this thread that goes to its end counts, too.
fn is_low() -> bool {
    // Relaxed: a hint. The first groups of a size are taken first.
    GIVEN[8].load(Ordering::Relaxed) != 0 || GIVEN[18].load(Ordering::Relaxed) != 0 || room::is_low()
}

struct Reserving;

// SAFETY: blocks are the C library's, or of the reserve. A bit says which of the reserve are given. Sizes and alignments are at
// least what was asked for. Nothing unwinds.
unsafe impl GlobalAlloc for Reserving {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if nomemory::given() {
            // SAFETY: the layout is that of the contract of `GlobalAlloc`: not of size zero.
            let block = unsafe { System.alloc(layout) };
            if !block.is_null() {
                return block;
            }
        }
        otherwise(layout)
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if nomemory::given() {
            // SAFETY: the layout is that of the contract of `GlobalAlloc`: not of size zero.
            let block = unsafe { System.alloc_zeroed(layout) };
            if !block.is_null() {
                return block;
            }
        }
        let block = otherwise(layout);
        if !block.is_null() {
            // SAFETY: so many bytes, ours alone.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match place(block) {
            None if room::give_back(block) => {}
            // SAFETY: the block is the system's with this layout, not the reserve's nor a room's.
            None => unsafe { System.dealloc(block, layout) },
            Some(place) => give_back(place),
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if is_of_system(block) && nomemory::given() {
            // SAFETY: the block is the system's, with this layout; the size is not zero.
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
        unsafe { move_to(block, layout, size) }
    }
}

/// Moves a block of the reserve or of a room to where there is memory. It also moves one for which there was none.
///
/// # Safety
/// As for [`GlobalAlloc::realloc`].
#[cold]
#[inline(never)]
unsafe fn move_to(block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
    // SAFETY: the new size is not zero and does not overflow with the alignment. Both blocks have the lesser size.
    unsafe {
        let layout_now = Layout::from_size_align_unchecked(size, layout.align());
        let moved = match is_of_system(block) {
            false => Reserving.alloc(layout_now),
            true => otherwise(layout_now),
        };
        if !moved.is_null() {
            moved.copy_from_nonoverlapping(block, layout.size().min(size));
            Reserving.dealloc(block, layout);
        }
        moved
    }
}

#[global_allocator]
static ALLOCATOR: Reserving = Reserving;

/// Tells the core's long work when to stop. Tells panics when not to look for a backtrace.
pub fn install() {
    bowline::object::grow::set_shortage(is_low);
    bowline::object::grow::set_room(room::with_room);
    static ONCE: Once = Once::new();
    ONCE.call_once(tell_panics_without_memory);
}

/// What a backtrace with the names of functions takes at most, or so.
const BACKTRACE: usize = 16 << 20;

/// Lets a panic's message be told alone where there is no memory for its backtrace. With `RUST_BACKTRACE` set, std reads this
/// library's symbols into large blocks, and waits for itself without end if there is no memory for them.
fn tell_panics_without_memory() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let mut room = Vec::<u8>::new();
        match std::hint::black_box(&mut room).try_reserve_exact(BACKTRACE) {
            Ok(()) => {
                drop(room);
                usual(panic);
            }
            // As the usual one. If that cannot be written there is nothing to be done, least of all a panic within a panic.
            Err(_) => drop(writeln!(std::io::stderr(), "{panic}")),
        }
    }));
}

/// How many blocks of the reserve are given away.
#[cfg(feature = "testing")]
pub fn given_away() -> u32 {
    GIVEN.iter().map(|given| given.load(Ordering::Relaxed).count_ones()).sum()
}
