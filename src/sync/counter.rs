//! Event counters that threads bump without sharing a cache line.
//! Upholds: `sum` over all blocks is exact once the bumping threads are quiet; a thread's exit loses nothing.
//!
//! Blocks are leased rather than kept by the crate thread_local for the reasons that [`super::global::lease`] gives.

use super::global::lease::{Lease, Leases};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

/// How many counters a block has.
const SLOTS: usize = 5;

/// One thread's counters. A thread that ends leaves its block, sums included, to a later one.
#[repr(align(128))]
struct Block {
    values: [AtomicI64; SLOTS],
}

static BLOCKS: Leases<Block> = Leases::new();

/// Gives the block back when its thread ends.
struct Holder(Cell<Option<&'static Lease<Block>>>);

impl Drop for Holder {
    fn drop(&mut self) {
        if let Some(block) = self.0.take() {
            CURRENT.set(None);
            block.give_back();
        }
    }
}

thread_local! {
    static CURRENT: Cell<Option<&'static Block>> = const { Cell::new(None) };
    static HOLDER: Holder = const { Holder(Cell::new(None)) };
}

/// The events that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Event {
    /// A native object was allocated (+1) or its storage freed (−1).
    Object = 0,
    /// A life began in a wrapper that was kept.
    Revived = 1,
    /// A dying wrapper went to the trashcan, with what it knew.
    Superseded = 2,
    /// Something was queued for an attached thread (+1) or drained (−1).
    Queued = 3,
    /// An object got a side slot (+1) or gave it back (−1).
    SideSlot = 4,
}

/// Adds `delta` to an event's count.
#[cfg(feature = "guest")]
pub fn add(event: Event, delta: i64) {
    // SAFETY: the host's function, for any event.
    unsafe { (crate::runtime::get().count)(event as u32, delta) };
}

/// The sum of an event's counts over all threads, those that ended included.
#[cfg(feature = "guest")]
pub fn sum(event: Event) -> i64 {
    // SAFETY: the host's function, for any event.
    unsafe { (crate::runtime::get().sum)(event as u32) }
}

/// Adds `delta` to an event's count.
#[cfg(not(feature = "guest"))]
#[inline]
pub fn add(event: Event, delta: i64) {
    match CURRENT.try_with(Cell::get) {
        Ok(Some(block)) => {
            let slot = &block.values[event as usize];
            // Relaxed: only the owner writes; `sum` promises a snapshot only.
            slot.store(slot.load(Ordering::Relaxed) + delta, Ordering::Relaxed);
        }
        _ => add_slow(event, delta),
    }
}

#[cold]
fn add_slow(event: Event, delta: i64) {
    // A thread whose locals are gone already takes a block for this one addition.
    let block = BLOCKS.take(|| Block { values: [const { AtomicI64::new(0) }; SLOTS] });
    let kept = HOLDER.try_with(|holder| holder.0.set(Some(block))).is_ok();
    let slot = &block.values[event as usize];
    // Relaxed: only the owner of the block writes.
    slot.store(slot.load(Ordering::Relaxed) + delta, Ordering::Relaxed);
    if kept {
        CURRENT.set(Some(block));
    } else {
        block.give_back();
    }
}

/// The sum of an event's counts over all threads, those that ended included.
#[cfg(not(feature = "guest"))]
pub fn sum(event: Event) -> i64 {
    // Relaxed: a snapshot. A caller that wants an exact figure has joined the threads it asks about.
    BLOCKS.iter().map(|block| block.values[event as usize].load(Ordering::Relaxed)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_survive_their_threads() {
        let before = sum(Event::Queued);
        for _ in 0..3 {
            std::thread::spawn(|| (0..1000).for_each(|_| add(Event::Queued, 2))).join().unwrap();
        }
        assert_eq!(sum(Event::Queued) - before, 6000);
        add(Event::Queued, -6000);
    }
}
