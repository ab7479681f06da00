//! Rooms are memory that is set aside for work that allocates without asking. Third-party code does so.
//! Upholds: a room's memory is freed once, after the work and after the last use of each of its blocks; nothing here waits.
//!
//! A room is one mapping. The thread that works in it takes the next bytes; blocks of it may be freed by any thread, later than
//! the work ends. The last that goes frees the room.

use super::{array_of, const_fn, AtomicBool, AtomicU64, AtomicUsize, Cell, Ordering};
use std::alloc::Layout;

/// What a room begins at and is a multiple of.
pub const PAGE: usize = 4096;

/// A room has at most so many pages; its address has 48 bits. Both are in one word.
const MAX_PAGES: u64 = (1 << 28) - 1;

/// Where rooms have their memory from.
///
/// # Safety
/// `map` gives the address of so many bytes, a multiple of [`PAGE`], that nothing else uses until they are given to `unmap`; or
/// zero. A thread that gets memory sees all that was done before that was given up.
pub unsafe trait RoomMemory {
    /// The address of so many bytes, or zero.
    fn map(&self, size: usize) -> usize;

    /// Gives up what `map` gave.
    ///
    /// # Safety
    /// It gave that, of this size, and nothing uses it any more.
    unsafe fn unmap(&self, start: usize, size: usize);
}

/// Why there is no room.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// All places are taken.
    Place,
    /// There is no memory of this size.
    Memory,
}

/// So many places for rooms.
pub struct Rooms<M, const PLACES: usize> {
    places: [Room; PLACES],
    /// How many rooms have memory.
    count: AtomicUsize,
    memory: M,
}

/// A place of a room.
///
/// | member | protected by |
/// |---|---|
/// | `is_claimed` | itself; who sets it has the place until the room is freed |
/// | `place` | written by who has the place, while no block is out |
/// | `used` | of the thread that works in the room alone |
/// | `held` | itself |
pub struct Room {
    is_claimed: AtomicBool,
    /// The first page's number, and how many pages; zero if there is no memory.
    place: AtomicU64,
    /// How many bytes are taken.
    used: Cell<usize>,
    /// How many blocks are out, and one more while there is work in it.
    held: AtomicUsize,
}

// SAFETY: `used` alone is no atomic. The functions that reach it require that the caller is the thread that works in the room.
unsafe impl Sync for Room {}

impl Room {
    const_fn! {
        fn new() -> Self {
            Room {
                is_claimed: AtomicBool::new(false),
                place: AtomicU64::new(0),
                used: Cell::new(0),
                held: AtomicUsize::new(0),
            }
        }
    }

    /// Takes the place, if it is free.
    fn try_claim(&self) -> bool {
        // Acquire: pairs with the Release in `leave`. Carries: `used`, and that the former room is done with.
        // Weaker fails: tests/loom.rs room::claimed_again.
        self.is_claimed.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Where the memory begins and ends.
    fn range(&self) -> (usize, usize) {
        // Relaxed: who has a block of the room got it after its place was stored. For who has none any range
        // will do that was there since its own block was made, and that excludes its own block.
        let place = self.place.load(Ordering::Relaxed);
        let start = (place >> 28) as usize * PAGE;
        (start, start + (place & MAX_PAGES) as usize * PAGE)
    }

    /// The address of the next bytes, if there are so many left.
    ///
    /// # Safety
    /// The calling thread works in the room.
    pub unsafe fn take(&self, layout: Layout) -> Option<usize> {
        let (start, end) = self.range();
        let at = (start + self.used.get()).next_multiple_of(layout.align());
        let next = at.checked_add(layout.size()).filter(|next| *next <= end)?;
        self.used.set(next - start);
        // Relaxed: this thread's work holds the room.
        self.held.fetch_add(1, Ordering::Relaxed);
        Some(at)
    }

    /// Whether the largest block so far could not double.
    ///
    /// # Safety
    /// The calling thread works in the room.
    pub unsafe fn is_low(&self) -> bool {
        let (start, end) = self.range();
        self.used.get() > (end - start) / 3
    }
}

impl<M: RoomMemory, const PLACES: usize> Rooms<M, PLACES> {
    const_fn! {
        /// No rooms yet.
        pub fn new(memory: M) -> Self {
            Rooms { places: array_of!(Room::new(); PLACES), count: AtomicUsize::new(0), memory }
        }
    }

    const_fn! {
        /// How many rooms have memory. Who has a block of one sees that there is one.
        pub fn count(&self) -> &AtomicUsize {
            &self.count
        }
    }

    /// A room of so many bytes. The calling thread works in it until it gives it to [`Rooms::leave`].
    ///
    /// # Errors
    /// [`Refused`] if there is no memory of this size, or no place.
    pub fn claim(&self, bytes: usize) -> Result<&Room, Refused> {
        let pages = bytes.div_ceil(PAGE).max(1);
        if pages as u64 > MAX_PAGES {
            return Err(Refused::Memory);
        }
        let start = self.memory.map(pages * PAGE);
        if start == 0 {
            return Err(Refused::Memory);
        }
        let fits = start as u64 >> 48 == 0;
        let Some(room) = self.places.iter().find(|room| fits && room.try_claim()) else {
            // SAFETY: mapped just now.
            unsafe { self.memory.unmap(start, pages * PAGE) };
            return Err(if fits { Refused::Place } else { Refused::Memory });
        };
        room.used.set(0);
        // Relaxed, all: who frees a block of the room got it after this. Whatever handed it over orders that.
        room.held.store(1, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
        room.place.store(((start / PAGE) as u64) << 28 | pages as u64, Ordering::Relaxed);
        Ok(room)
    }

    /// Gives up a block of the room, or the work. The last of them frees the room.
    ///
    /// # Safety
    /// The caller has the block, or the work, and does not use it any more.
    pub unsafe fn leave(&self, room: &Room) {
        // Release: pairs with the Acquire of the last, which frees what all of them used. Carries: what was done with this
        // block, and `used`. Weaker fails: tests/loom.rs room::freed_by_another, room::outlived_by_blocks.
        if room.held.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        let (start, end) = room.range();
        // Relaxed: no block of the room is out, so that no thread looks for one. A thread that gets this memory next sees the
        // zero: that is what `RoomMemory` promises.
        room.place.store(0, Ordering::Relaxed);
        self.count.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: mapped in `claim` with this size; the last of its blocks is gone.
        unsafe { self.memory.unmap(start, end - start) };
        // Release: pairs with the Acquire in `try_claim`. Carries: `used`, and that all of the above is done.
        // Weaker fails: tests/loom.rs room::claimed_again.
        room.is_claimed.store(false, Ordering::Release);
    }

    /// Gives a block back, if it is of a room.
    ///
    /// # Safety
    /// The caller has the block, and does not use it any more.
    #[inline(always)]
    pub unsafe fn give_back(&self, address: usize) -> bool {
        match self.of(address) {
            // SAFETY: as `# Safety` says.
            Some(room) => unsafe { self.leave(room) },
            None => return false,
        }
        true
    }

    /// The room that a block is of. The caller has the block.
    #[inline(always)]
    pub fn of(&self, address: usize) -> Option<&Room> {
        // Relaxed: as in `claim`. There is a room as long as a block of one is out.
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.find(address)
    }

    #[cold]
    #[inline(never)]
    fn find(&self, address: usize) -> Option<&Room> {
        self.places.iter().find(|room| {
            let (start, end) = room.range();
            (start..end).contains(&address)
        })
    }
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;

    /// Addresses that are only numbers.
    struct Numbers(AtomicUsize);
    // SAFETY: no address is given twice, and none is memory.
    unsafe impl RoomMemory for Numbers {
        fn map(&self, size: usize) -> usize {
            self.0.fetch_add(size, Ordering::Relaxed)
        }
        unsafe fn unmap(&self, start: usize, size: usize) {
            assert!(start.is_multiple_of(PAGE) && size.is_multiple_of(PAGE) && size != 0);
        }
    }

    #[test]
    fn a_room_lasts_as_long_as_the_work_and_the_blocks() {
        let rooms: Rooms<_, 2> = Rooms::new(Numbers(AtomicUsize::new(PAGE)));
        let layout = |size, align| Layout::from_size_align(size, align).unwrap();
        let room = rooms.claim(PAGE + 1).unwrap();
        // SAFETY: this thread works in the room, and gives back what it took once.
        unsafe {
            assert!(!room.is_low());
            assert_eq!(room.take(layout(1, 1)), Some(PAGE));
            assert_eq!(room.take(layout(4000, 16)), Some(PAGE + 16));
            assert!(room.is_low());
            assert_eq!(room.take(layout(4177, 1)), None);
            assert_eq!(room.take(layout(4176, 1)), Some(PAGE + 4016));
            assert!([PAGE, 2 * PAGE, 3 * PAGE - 1].iter().all(|address| rooms.of(*address).is_some()));
            assert!(rooms.of(PAGE - 1).is_none() && rooms.of(3 * PAGE).is_none());
            let other = rooms.claim(0).unwrap();
            assert_eq!(rooms.claim(1).err(), Some(Refused::Place));
            assert_eq!(rooms.claim(usize::MAX).err(), Some(Refused::Memory));
            assert!([PAGE, PAGE + 16].iter().all(|address| rooms.give_back(*address)));
            rooms.leave(room);
            assert!(rooms.of(PAGE).is_some() && rooms.claim(1).is_err(), "a block of the room is out");
            assert!(rooms.give_back(PAGE + 4016) && !rooms.give_back(PAGE + 4016));
            rooms.leave(other);
            assert_eq!(rooms.of(3 * PAGE).map(|_| ()), None);
            assert!(rooms.claim(1).is_ok() && rooms.claim(1).is_ok());
        }
    }

    #[test]
    fn memory_that_a_place_cannot_name_is_refused() {
        let rooms: Rooms<_, 1> = Rooms::new(Numbers(AtomicUsize::new(1 << 48)));
        assert_eq!(rooms.claim(1).err(), Some(Refused::Memory));
        let rooms: Rooms<_, 1> = Rooms::new(Numbers(AtomicUsize::new(0)));
        assert_eq!(rooms.claim(1).err(), Some(Refused::Memory));
        assert!(rooms.claim(1).is_ok());
    }
}
