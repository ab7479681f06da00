//! Rooms for work in third-party code: this thread's, and where their memory comes from.
//! Upholds: within a room's work of that thread an allocation is given as long as the room has it, whatever the system says.
//!
//! What a room is, and when it is freed, is the core's: `bowline::sync::global::room`. The thread that works in one takes the next
//! bytes of it where the system gives none.

use crate::interpreter::nomemory;
#[cfg(not(unix))]
use bowline::sync::global::room::PAGE;
use bowline::sync::global::room::{Refused, Room, RoomMemory, Rooms};
use std::alloc::Layout;
#[cfg(not(unix))]
use std::alloc::{GlobalAlloc, System};
use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::atomic::AtomicUsize;

static ROOMS: Rooms<Mapped, 8> = Rooms::new(Mapped);

thread_local!(static HERE: Cell<Option<&'static Room>> = const { Cell::new(None) });

/// How many rooms there are. Guests look at it, too.
pub const fn count() -> &'static AtomicUsize {
    ROOMS.count()
}

/// Memory of the system, each room's by itself.
struct Mapped;

// SAFETY: the system gives what it maps to nothing else. It hands memory on with all that came before it was given up.
unsafe impl RoomMemory for Mapped {
    fn map(&self, size: usize) -> usize {
        if nomemory::given() {
            map(size)
        } else {
            0
        }
    }

    unsafe fn unmap(&self, start: usize, size: usize) {
        // SAFETY: `map` gave that, of this size, and nothing uses it any more, as `# Safety` says.
        unsafe { unmap(start, size) };
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

/// The end of work in a room, also where it unwinds.
struct Working {
    room: &'static Room,
    former: Option<&'static Room>,
}

impl Drop for Working {
    fn drop(&mut self) {
        HERE.set(self.former);
        // SAFETY: the work of this thread ends here, once.
        unsafe { ROOMS.leave(self.room) };
    }
}

/// Does work in a room of so many bytes. False, having done nothing, if there is no memory for it. Where all places are taken, it
/// is only asked for.
pub fn with_room(bytes: usize, work: &mut dyn FnMut()) -> bool {
    let room = match ROOMS.claim(bytes) {
        Ok(room) => room,
        Err(Refused::Memory) => return false,
        Err(Refused::Place) => {
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
    // SAFETY: it is this thread's room.
    unsafe { room.take(layout) }.map_or(null_mut(), std::ptr::with_exposed_provenance_mut)
}

/// Whether the largest block so far could not double in this thread's room.
pub fn is_low() -> bool {
    // SAFETY: it is this thread's room.
    HERE.get().is_some_and(|room| unsafe { room.is_low() })
}

/// Whether a block is of a room.
#[inline(always)]
pub fn has(block: *mut u8) -> bool {
    ROOMS.of(block.addr()).is_some()
}

/// Gives a block back, if it is of a room.
///
/// # Safety
/// The caller has the block, and does not use it any more.
#[inline(always)]
pub unsafe fn give_back(block: *mut u8) -> bool {
    // SAFETY: as `# Safety` says.
    unsafe { ROOMS.give_back(block.addr()) }
}
