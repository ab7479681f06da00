//! The table of all storages of wrappers. It serves to count them and to evict the dormant ones.
//! Upholds: a visitor that finds an object through a storage finds its block still there (see [`StorageTable::visit`]).

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::const_unless_loom;
use crate::sync::global::chunked::Chunked;
use crate::sync::global::AtomicU32;
use crate::sync::stack::Stack;
use std::ptr::NonNull;

const VISITED: usize = 1;
const GONE: usize = 2;
const FLAGS: usize = VISITED | GONE;

const CHUNKS: usize = 22;

/// Storages by slot number. No locks: a process may be forked at any time.
///
/// `FIRST_CHUNK` is the number of slots in the first chunk.
pub struct StorageTable<const FIRST_CHUNK: usize = 1024> {
    slots: Chunked<AtomicUsize, FIRST_CHUNK, CHUNKS>,
    /// Slot numbers that were given back.
    spare: Stack<Vec<u32>>,
    /// All slot numbers below were reserved at some time.
    top: AtomicU32,
}

impl<const FIRST_CHUNK: usize> Default for StorageTable<FIRST_CHUNK> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const FIRST_CHUNK: usize> StorageTable<FIRST_CHUNK> {
    const_unless_loom! {
        /// An empty table.
        pub fn new() -> Self {
            StorageTable { slots: Chunked::new(), spare: Stack::new(), top: AtomicU32::new(0) }
        }
    }

    fn slot(&self, slot: u32) -> &AtomicUsize {
        self.slots.get_or_make(slot as usize, |count| (0..count).map(|_| AtomicUsize::new(0)).collect())
    }

    /// How many slot numbers were reserved at any time. It is about as many as there were storages at once.
    pub fn reserved(&self) -> usize {
        // Relaxed: a hint.
        self.top.load(Ordering::Relaxed) as usize
    }

    /// Takes free slot numbers, at least one and about `many`. A thread keeps the rest for its next storages.
    pub fn reserve(&self, many: u32, into: &mut Vec<u32>) {
        let mut spare = self.spare.take();
        match spare.next() {
            Some(batch) => into.extend(batch),
            None => {
                // Relaxed: only uniqueness is asked of it; the slots are published one by one.
                let first = self.top.fetch_add(many, Ordering::Relaxed);
                into.extend(first..first + many);
            }
        }
        self.spare.put_back(spare);
    }

    /// Gives slot numbers back.
    pub fn restore(&self, slots: Vec<u32>) {
        if !slots.is_empty() {
            self.spare.push(slots);
        }
    }

    /// Enters a storage under a reserved slot number, by one who excludes visitors.
    pub fn enter<W>(&self, slot: u32, storage: NonNull<W>) {
        // Relaxed: visitors are excluded by other means.
        self.slot(slot).store(storage.as_ptr() as usize, Ordering::Relaxed);
    }

    /// Takes a storage out, by one who is about to free it and excludes visitors.
    pub fn clear(&self, slot: u32) {
        // Relaxed: visitors are excluded by other means.
        self.slot(slot).store(0, Ordering::Relaxed);
    }

    /// Notes that the storage's object is about to go. The thread cannot exclude visitors. `keep` is run first and must
    /// keep the object's block; without a visitor `unkeep` undoes it, else the visitor does.
    pub fn leave(&self, slot: u32, keep: impl FnOnce(), unkeep: impl FnOnce()) {
        keep();
        // AcqRel: pairs with the `fetch_and` of `visit`. The Acquire brings us the visitor's last look at the block; weaker
        // fails tests/loom.rs storage_table::visit_vs_leave. The Release puts `keep` before the visitor's `unkeep`.
        if self.slot(slot).fetch_or(GONE, Ordering::AcqRel) & VISITED == 0 {
            unkeep();
        }
    }

    /// Calls `look` on every storage whose object is not known to be going. During the call the object's block stays. If
    /// the object goes meanwhile, `unkeep` is called afterwards with what `look` returned.
    ///
    /// Storages must not be entered, freed or change their object during the visit: the caller excludes all threads that
    /// could (stopped world, GIL), leaving only those that call [`StorageTable::leave`].
    pub fn visit<W, R>(&self, mut look: impl FnMut(NonNull<W>) -> R, mut unkeep: impl FnMut(R)) {
        // Relaxed: a slot whose storage can be seen was reserved before it.
        let top = self.top.load(Ordering::Relaxed);
        for slot in (0..top).map(|slot| self.slot(slot)) {
            // Relaxed: those who enter and clear are excluded. What they did is ordered by what excludes them.
            let seen = slot.load(Ordering::Relaxed);
            let Some(storage) = NonNull::new((seen & !FLAGS) as *mut W) else { continue };
            // Relaxed: of this and the swap of `leave` one comes first. If this does, `leave` sees VISITED and the block is
            // ours to give back; if not, we see GONE and do not look.
            if slot.fetch_or(VISITED, Ordering::Relaxed) & GONE == 0 {
                let result = look(storage);
                // AcqRel: pairs with `leave`, see there. The Release carries our last look.
                if slot.fetch_and(!VISITED, Ordering::AcqRel) & GONE != 0 {
                    unkeep(result);
                }
            } else {
                // Relaxed: nothing was looked at.
                slot.fetch_and(!VISITED, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn visits_see_what_entered_and_did_not_leave() {
        let (table, mut slots, storages) = (<StorageTable>::new(), Vec::new(), vec![[0u64; 2]; 3000]);
        table.reserve(3000, &mut slots);
        for (slot, storage) in slots.iter().zip(&storages) {
            table.enter(*slot, NonNull::from(storage));
        }
        table.clear(slots[0]);
        let mut kept = 0;
        table.leave(slots[1], || kept = 1, || ());
        let mut seen = 0;
        table.visit(|_: NonNull<[u64; 2]>| seen += 1, |()| unreachable!());
        assert_eq!((seen, kept), (2998, 1));
        table.restore(slots);
    }
}
