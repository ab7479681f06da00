//! Rust's allocator is the C library's. It has a reserve for the small blocks that Rust cannot do without.
//! Upholds: a small block is given as long as the reserve has one, so that an error can be made, raised and unwound without memory.
//! A large one may be refused, and its callers are ready for that (`bowline::object::grow`).
//!
//! Rust's collections and boxes end the process when they get no memory. What is sized by a user's data asks first. All the rest is
//! small and short-lived: the box of an error, the payload of an unwinding, a message, a list of an object's fields, what third-party
//! crates keep for a thread. It comes from here when the C library has nothing left, and goes back when it is freed. Until then the pages
//! of the reserve are not even touched.

use crate::interpreter::{nomemory, room};
use bowline::object::reserving::{Reserve, Reserving};
use bowline::sync::global::bitmap::Bitmap;
use std::alloc::Layout;
use std::cell::UnsafeCell;

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

#[repr(C, align(16384))]
struct Blocks(UnsafeCell<[u8; SIZE]>);

// SAFETY: a block is used by whom it was given to alone.
unsafe impl Sync for Blocks {}

const _: () = assert!(align_of::<Blocks>() >= GROUPS[22].size);

static BLOCKS: Blocks = Blocks(UnsafeCell::new([0; SIZE]));

/// The blocks of each group that are given away.
static GIVEN: [Bitmap; GROUPS.len()] = [const { Bitmap::new() }; GROUPS.len()];

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
        if let Some(at) = given.take(group.count) {
            // SAFETY: inside.
            return unsafe { base().add(group.start + at as usize * group.size) };
        }
    }
    std::ptr::null_mut()
}

#[cold]
#[inline(never)]
fn give_back(place: usize) {
    let found = GROUPS.iter().zip(&GIVEN).rfind(|(group, _)| group.start <= place);
    if let Some((group, given)) = found {
        given.give_back(((place - group.start) / group.size) as u32);
    }
}

/// Whether half of the small blocks are given away. A room of this thread that goes to its end counts, too.
fn is_low() -> bool {
    // The first groups of a size are taken first.
    GIVEN[8].taken() != 0 || GIVEN[18].taken() != 0 || room::is_low()
}

/// This library's reserve.
struct Own;

// SAFETY: a bit says which blocks are given, and a room counts its own. Sizes are powers of two, and blocks are aligned to them.
// Nothing unwinds.
unsafe impl Reserve for Own {
    #[inline(always)]
    fn gives() -> bool {
        nomemory::given()
    }

    /// A block of the room that this thread works in. Else it is of those that are always set aside.
    #[cold]
    #[inline(never)]
    fn take(layout: Layout) -> *mut u8 {
        match room::take(layout) {
            block if block.is_null() => take(layout),
            block => block,
        }
    }

    #[inline(always)]
    fn has(block: *mut u8) -> bool {
        place(block).is_some() || room::has(block)
    }

    #[inline(always)]
    fn give_back(block: *mut u8) -> bool {
        match place(block) {
            // SAFETY: the caller has the block, and gives it up, as the trait says.
            None => unsafe { room::give_back(block) },
            Some(place) => {
                give_back(place);
                true
            }
        }
    }
}

#[global_allocator]
static ALLOCATOR: Reserving<Own> = Reserving::new();

/// What guests are lent of it.
mod lent {
    use super::{is_low, nomemory, room, Own, Reserve, BLOCKS, SIZE};
    use bowline::runtime;
    use std::alloc::Layout;
    use std::ffi::c_void;
    use std::ptr::null_mut;

    pub static RESERVE: runtime::ReserveTable = runtime::ReserveTable {
        start: BLOCKS.0.get().cast(),
        size: SIZE,
        rooms: std::ptr::from_ref(room::count()),
        take,
        has,
        give_back,
        with_room,
        is_low: is_low_now,
        gives: if cfg!(feature = "testing") { Some(gives) } else { None },
    };

    unsafe extern "C" fn take(size: usize, align: usize) -> *mut c_void {
        Layout::from_size_align(size, align).map_or(null_mut(), |layout| Own::take(layout).cast())
    }

    unsafe extern "C" fn has(block: *mut c_void) -> bool {
        Own::has(block.cast())
    }

    unsafe extern "C" fn give_back(block: *mut c_void) -> bool {
        Own::give_back(block.cast())
    }

    unsafe extern "C" fn with_room(bytes: usize, call: runtime::Call, data: *mut c_void) -> bool {
        // SAFETY: the call takes the data, once, and does not unwind.
        room::with_room(bytes, &mut || unsafe { call(data) })
    }

    unsafe extern "C" fn is_low_now() -> bool {
        is_low()
    }

    unsafe extern "C" fn gives() -> bool {
        nomemory::given()
    }
}

/// Tells the core's long work and guests what is in reserve. Tells panics when not to look for a backtrace.
pub fn install() {
    bowline::runtime::set_reserve(&lent::RESERVE);
    bowline::object::panic_hook::install();
}

/// How many blocks of the reserve are given away.
#[cfg(feature = "testing")]
pub fn given_away() -> u32 {
    GIVEN.iter().map(Bitmap::taken).sum()
}
