//! Rooms are memory that is set aside for work that allocates without asking. Third-party code does so.
//! Upholds: within a room's work of that thread an allocation is given as long as the room has it, whatever the system says.
//!
//! A room is one mapping. The thread that works in it takes the next bytes of it where the system gives none; blocks
//! of it may be freed by any thread, later than the work ends. The last that goes frees the room.

use crate::interpreter::nomemory;
use std::alloc::Layout;
#[cfg(not(unix))]
use std::alloc::{GlobalAlloc, System};
use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// What a room begins at and is a multiple of.
const PAGE: usize = 4096;

/// A room has at most so many pages; its address has 48 bits. Both are in one word.
const MAX_PAGES: u64 = (1 << 28) - 1;

/// The place of a room.
struct Room {
    is_claimed: AtomicBool,
    /// The first page's number, and how many pages; zero if there is no block.
    place: AtomicU64,
    /// How many bytes are taken; of the thread that works in it alone.
    used: AtomicUsize,
    /// How many blocks are out, and one more while there is work in it.
    held: AtomicUsize,
}

static ROOMS: [Room; 8] = [const {
    Room {
        is_claimed: AtomicBool::new(false),
        place: AtomicU64::new(0),
        used: AtomicUsize::new(0),
        held: AtomicUsize::new(0),
    }
}; 8];

/// How many rooms have a block. Guests look at it, too.
pub static COUNT: AtomicUsize = AtomicUsize::new(0);

thread_local!(static HERE: Cell<Option<&'static Room>> = const { Cell::new(None) });

impl Room {
    /// Where the block begins and ends.
    fn range(&self) -> (usize, usize) {
        // Acquire: pairs with the Release in `claim`. Carries: the room's counts.
        let place = self.place.load(Ordering::Acquire);
        let start = (place >> 28) as usize * PAGE;
        (start, start + (place & MAX_PAGES) as usize * PAGE)
    }

    /// Gives up a block, or the work; the last of them frees the room.
    fn leave(&self) {
        // AcqRel: Release, what was done with this block. It pairs with the Acquire of the last, which frees what all of them
        // used.
        if self.held.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        let (start, end) = self.range();
        // Relaxed: no block of the room is out, so that no thread looks for one. A thread that gets this memory next sees the zero: the
        // system hands it on with all that came before.
        self.place.store(0, Ordering::Relaxed);
        COUNT.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: mapped in `claim` with this size; the last of its blocks is gone.
        unsafe { unmap(start, end - start) };
        // Release: pairs with the Acquire in `claim`. Carries: that all of the above is done.
        self.is_claimed.store(false, Ordering::Release);
    }
}

/// The address of so many bytes, a multiple of the page's, or zero. Most are never touched: the system need not have them.
#[cfg(unix)]
fn map(size: usize) -> usize {
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE);
    // SAFETY: a mapping of its own, which nothing else knows.
    match unsafe { libc::mmap(null_mut(), size, access, kind, -1, 0) } {
        libc::MAP_FAILED => 0,
        start => start.expose_provenance(),
    }
}

/// Gives up what [`map`] gave.
///
/// # Safety
/// It gave that, of this size, and nothing uses it any more.
#[cfg(unix)]
unsafe fn unmap(start: usize, size: usize) {
    // SAFETY: the system gave the range at `start`, of this size; nothing uses it any more.
    unsafe { libc::munmap(std::ptr::with_exposed_provenance_mut(start), size) };
}

#[cfg(not(unix))]
fn map(size: usize) -> usize {
    // SAFETY: a power of two, and a size that is a multiple of it, not zero.
    unsafe { System.alloc(Layout::from_size_align_unchecked(size, PAGE)) }.expose_provenance()
}

/// Gives up what [`map`] gave.
///
/// # Safety
/// It gave that, of this size, and nothing uses it any more.
#[cfg(not(unix))]
unsafe fn unmap(start: usize, size: usize) {
    // SAFETY: the allocator gave the block at `start`, of this size; nothing uses it any more.
    unsafe {
        let layout = Layout::from_size_align_unchecked(size, PAGE);
        System.dealloc(std::ptr::with_exposed_provenance_mut(start), layout);
    }
}

/// Why there is no room.
enum No {
    /// All places are taken.
    Place,
    Memory,
}

/// A room of so many bytes, with work in it.
fn claim(bytes: usize) -> Result<&'static Room, No> {
    let pages = bytes.div_ceil(PAGE).max(1);
    if pages as u64 > MAX_PAGES || !nomemory::given() {
        return Err(No::Memory);
    }
    let claims = |room: &&Room| {
        // Acquire: pairs with the Release in `leave`.
        room.is_claimed.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    };
    let room = ROOMS.iter().find(claims).ok_or(No::Place)?;
    let start = map(pages * PAGE);
    if start == 0 || start as u64 >> 48 != 0 {
        if start != 0 {
            // SAFETY: mapped just now.
            unsafe { unmap(start, pages * PAGE) };
        }
        // Release: as in `leave`.
        room.is_claimed.store(false, Ordering::Release);
        return Err(No::Memory);
    }
    // Relaxed: these are published with the place, and looked at by this thread.
    room.used.store(0, Ordering::Relaxed);
    room.held.store(1, Ordering::Relaxed);
    // Relaxed: a thread that frees a block of the room got it after this. Whatever handed it over orders that.
    COUNT.fetch_add(1, Ordering::Relaxed);
    // Release: pairs with the Acquire in `range`.
    room.place.store(((start / PAGE) as u64) << 28 | pages as u64, Ordering::Release);
    Ok(room)
}

/// The end of work in a room, also where it unwinds.
struct Working {
    room: &'static Room,
    former: Option<&'static Room>,
}

impl Drop for Working {
    fn drop(&mut self) {
        HERE.set(self.former);
        self.room.leave();
    }
}

/// Does work in a room of so many bytes. False, having done nothing, if there is no memory for it. Where all places are taken, it
/// is only asked for.
pub fn with_room(bytes: usize, work: &mut dyn FnMut()) -> bool {
    let room = match claim(bytes) {
        Ok(room) => room,
        Err(No::Memory) => return false,
        Err(No::Place) => {
            let mut asked = Vec::<u8>::new();
            if std::hint::black_box(&mut asked).try_reserve_exact(bytes).is_err() {
                return false;
            }
            drop(asked);
            work();
            return true;
        }
    };
    let _working = Working { room, former: HERE.replace(Some(room)) };
    work();
    true
}

/// The next bytes of the room that this thread works in, or null.
pub fn take(layout: Layout) -> *mut u8 {
    // A thread past its locals works in none.
    let Some(room) = HERE.try_with(Cell::get).ok().flatten() else { return null_mut() };
    let (start, end) = room.range();
    // Relaxed: of this thread alone.
    let at = (start + room.used.load(Ordering::Relaxed)).next_multiple_of(layout.align());
    match at.checked_add(layout.size()) {
        Some(next) if next <= end => {
            room.used.store(next - start, Ordering::Relaxed);
            // Relaxed: this thread's work holds the room.
            room.held.fetch_add(1, Ordering::Relaxed);
            std::ptr::with_exposed_provenance_mut(at)
        }
        _ => null_mut(),
    }
}

/// Whether the largest block so far could not double in this thread's room.
pub fn is_low() -> bool {
    HERE.get().is_some_and(|room| {
        let (start, end) = room.range();
        // Relaxed: of this thread alone.
        room.used.load(Ordering::Relaxed) > (end - start) / 3
    })
}

/// The room that a block is of.
#[cold]
#[inline(never)]
fn of(block: *mut u8) -> Option<&'static Room> {
    ROOMS.iter().find(|room| {
        let (start, end) = room.range();
        (start..end).contains(&block.addr())
    })
}

/// Whether a block is of a room.
#[inline(always)]
pub fn has(block: *mut u8) -> bool {
    // Relaxed: see `claim`. There is a room as long as a block of one is out.
    COUNT.load(Ordering::Relaxed) != 0 && of(block).is_some()
}

/// Gives a block back, if it is of a room.
#[inline(always)]
pub fn give_back(block: *mut u8) -> bool {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return false;
    }
    of(block).map(Room::leave).is_some()
}
