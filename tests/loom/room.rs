//! Rooms (`sync::global::room`): who works in one, who frees its blocks, who has its place next.
//! Uses the harness in tests/loom.rs, and the rooms as `sync::modelled` compiles them.
//! Upholds: a room's memory is freed once, after every use of it; a place has one room at a time; a block finds its room.

use super::*;
use bowline::sync::modelled::room::{Refused, Room, RoomMemory, Rooms, PAGE};
use bowline::sync::Mutex;
use std::alloc::Layout;
use support::cell::Block;

/// Memory of so many pages. Each page is a block that notices use after free.
struct Pages {
    pages: Vec<Block>,
    /// Those that are free. A lock, as the system has: who gets a page sees what was done before it was given up.
    free: Option<Mutex<Vec<usize>>>,
    /// How many were given, where none serves twice. It hands nothing from thread to thread.
    given: std::sync::atomic::AtomicUsize,
}

impl Pages {
    fn new(count: usize, serve_again: bool) -> Pages {
        let free = serve_again.then(|| Mutex::new((0..count).collect()));
        Pages { pages: (0..count).map(|_| Block::default()).collect(), free, given: 0.into() }
    }
    fn at(&self, address: usize) -> &Block {
        &self.pages[address / PAGE - 1]
    }
}

/// What the rooms have of them.
struct OfPages(Arc<Pages>);

// SAFETY: a page serves one room at a time.
unsafe impl RoomMemory for OfPages {
    fn map(&self, size: usize) -> usize {
        assert_eq!(size, PAGE);
        let page = match &self.0.free {
            None => Some(self.0.given.fetch_add(1, Relaxed)).filter(|page| *page < self.0.pages.len()),
            Some(free) => free.lock().unwrap().pop(),
        };
        let Some(page) = page else { return 0 };
        if self.0.pages[page].is_freed() {
            self.0.pages[page].reuse("a page");
        }
        (page + 1) * PAGE
    }
    unsafe fn unmap(&self, start: usize, size: usize) {
        assert_eq!(size, PAGE);
        self.0.at(start).free("a page");
        if let Some(free) = &self.0.free {
            free.lock().unwrap().push(start / PAGE - 1);
        }
    }
}

/// Rooms, and the pages once more, for who has an address.
struct House<const PLACES: usize> {
    rooms: Rooms<OfPages, PLACES>,
    pages: Arc<Pages>,
}

impl<const PLACES: usize> House<PLACES> {
    fn new(pages: usize, serve_again: bool) -> Arc<Self> {
        let pages = Arc::new(Pages::new(pages, serve_again));
        Arc::new(House { rooms: Rooms::new(OfPages(pages.clone())), pages })
    }

    /// A block of the room in which the calling thread works.
    fn take(&self, room: &Room) -> usize {
        let layout = Layout::from_size_align(16, 16).unwrap();
        // SAFETY: as its callers say, the thread works in the room.
        let block = unsafe { room.take(layout) }.expect("a room has some blocks");
        self.pages.at(block).touch("a block");
        block
    }

    /// Uses a block for the last time, and gives it back.
    fn free(&self, block: usize) {
        assert!(self.rooms.of(block).is_some(), "a block without its room");
        self.pages.at(block).touch("a block");
        // SAFETY: the block is this thread's.
        assert!(unsafe { self.rooms.give_back(block) });
    }

    /// Works in a room, if there is one: takes two blocks, and frees one.
    fn work(&self) -> Option<usize> {
        let room = self.rooms.claim(1).ok()?;
        let (one, other) = (self.take(room), self.take(room));
        assert_ne!(one, other);
        self.free(one);
        // SAFETY: this thread's work ends.
        unsafe { self.rooms.leave(room) };
        Some(other)
    }

    fn finish(&self, freed: usize) {
        assert_eq!(self.pages.pages.iter().filter(|page| page.is_freed()).count(), freed);
        assert!((1..=self.pages.pages.len()).all(|page| self.rooms.of(page * PAGE).is_none()), "a room is left over");
    }
}

/// Another thread frees a block while the work ends. The last frees the memory after both.
#[test]
fn freed_by_another() {
    explore_with(1, || {
        let house = House::<1>::new(1, false);
        let room = house.rooms.claim(1).unwrap();
        let block = house.take(room);
        let shared = house.clone();
        let other = spawn(move || shared.free(block));
        let last = house.take(room);
        house.free(last);
        // SAFETY: this thread's work ends.
        unsafe { house.rooms.leave(room) };
        other.join().unwrap();
        house.finish(1);
    });
}

/// Two threads free the blocks that outlived the work.
#[test]
fn outlived_by_blocks() {
    explore_with(1, || {
        let house = House::<1>::new(1, false);
        let room = house.rooms.claim(1).unwrap();
        let blocks = [house.take(room), house.take(room)];
        // SAFETY: this thread's work ends.
        unsafe { house.rooms.leave(room) };
        let shared = house.clone();
        let other = spawn(move || shared.free(blocks[0]));
        house.free(blocks[1]);
        other.join().unwrap();
        house.finish(1);
    });
}

/// One place for two threads. The later works in it after the earlier, or finds it taken.
#[test]
fn claimed_again() {
    explore_with(1, || {
        let house = House::<1>::new(2, false);
        let shared = house.clone();
        let work = |house: &House<1>| house.work().map(|block| house.free(block)).is_some();
        let other = spawn(move || work(&shared));
        let mine = work(&house);
        assert!(other.join().unwrap() || mine, "a place that is free was refused");
        house.finish(2);
    });
}

/// A thread's room is freed while another claims one, whose memory may be the same.
#[test]
fn memory_that_serves_again() {
    explore_with(1, || {
        let house = House::<2>::new(1, true);
        let shared = house.clone();
        let other = spawn(move || shared.work().map(|block| shared.free(block)));
        match house.rooms.claim(1) {
            Ok(room) => {
                let block = house.take(room);
                // SAFETY: this thread's work ends.
                unsafe { house.rooms.leave(room) };
                house.free(block);
            }
            Err(refused) => assert_eq!(refused, Refused::Memory),
        }
        other.join().unwrap();
        house.finish(1);
    });
}
