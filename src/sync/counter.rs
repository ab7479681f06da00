//! Event counters that threads bump without sharing a cache line.
//! Imports std only.
//! Upholds: `sum` over all blocks is exact once the bumping threads are quiet; a thread's exit loses nothing.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, Ordering};

/// How many counters a block has.
const SLOTS: usize = 4;

/// One thread's counters. Blocks are never freed: a thread that ends leaves its block, sums included, to a later one.
#[repr(align(128))]
struct Block {
    values: [AtomicI64; SLOTS],
    owned: AtomicBool,
    next: *const Block,
}

// SAFETY: `next` is written before the block is published and never again; the other fields are atomics.
unsafe impl Sync for Block {}

static BLOCKS: AtomicPtr<Block> = AtomicPtr::new(std::ptr::null_mut());

/// Gives the block back when its thread ends.
struct Lease(Cell<Option<&'static Block>>);

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(block) = self.0.take() {
            CURRENT.set(None);
            // Release: pairs with the Acquire in `lease`. Carries: this thread's plain stores to `values`.
            block.owned.store(false, Ordering::Release);
        }
    }
}

thread_local! {
    static CURRENT: Cell<Option<&'static Block>> = const { Cell::new(None) };
    static LEASE: Lease = const { Lease(Cell::new(None)) };
}

/// The events that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Event {
    /// A native object was allocated (+1) or its storage freed (−1).
    Object = 0,
    /// A dead wrapper was given a new life.
    Revival = 1,
    /// A dying wrapper was replaced by a fresh one.
    Superseded = 2,
    /// Something was queued for an attached thread (+1) or drained (−1).
    Queued = 3,
}

/// Adds `delta` to an event's count.
#[inline]
pub fn add(event: Event, delta: i64) {
    match CURRENT.try_with(Cell::get) {
        Ok(Some(block)) => {
            let slot = &block.values[event as usize];
            // Relaxed: only the owner writes; `sum` is a snapshot by contract.
            slot.store(slot.load(Ordering::Relaxed) + delta, Ordering::Relaxed);
        }
        _ => add_slow(event, delta),
    }
}

#[cold]
fn add_slow(event: Event, delta: i64) {
    // A thread whose locals are gone already takes a block for this one addition.
    let block = lease();
    let kept = LEASE.try_with(|lease| lease.0.set(Some(block))).is_ok();
    let slot = &block.values[event as usize];
    // Relaxed: only the owner of the block writes.
    slot.store(slot.load(Ordering::Relaxed) + delta, Ordering::Relaxed);
    if kept {
        CURRENT.set(Some(block));
    } else {
        // Release: as in `Lease::drop`.
        block.owned.store(false, Ordering::Release);
    }
}

fn lease() -> &'static Block {
    // Acquire: pairs with the Release of the push below. Carries: `next` and the zeroed values.
    let mut at = BLOCKS.load(Ordering::Acquire);
    // SAFETY: blocks are leaked, so every pointer in the list stays valid.
    while let Some(block) = unsafe { at.as_ref() } {
        // Acquire: pairs with the Release of the former owner. Carries: its last plain stores to `values`.
        if block.owned.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            return block;
        }
        at = block.next.cast_mut();
    }
    let block = Box::leak(Box::new(Block {
        values: [const { AtomicI64::new(0) }; SLOTS],
        owned: AtomicBool::new(true),
        next: std::ptr::null(),
    }));
    let mut head = BLOCKS.load(Ordering::Relaxed);
    loop {
        block.next = head;
        // Release: pairs with the Acquire of the list's readers. Relaxed on failure: retried with what was read.
        match BLOCKS.compare_exchange_weak(head, block, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return block,
            Err(now) => head = now,
        }
    }
}

/// The sum of an event's counts over all threads, those that ended included.
pub fn sum(event: Event) -> i64 {
    let mut total = 0;
    // Acquire: pairs with the Release of the push in `lease`.
    let mut at = BLOCKS.load(Ordering::Acquire);
    // SAFETY: blocks are leaked, so every pointer in the list stays valid.
    while let Some(block) = unsafe { at.as_ref() } {
        // Relaxed: a snapshot; a caller that wants an exact figure has joined the threads it asks about.
        total += block.values[event as usize].load(Ordering::Relaxed);
        at = block.next.cast_mut();
    }
    total
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
