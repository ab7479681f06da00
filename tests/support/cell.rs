//! A block of storage that notices use after free. It does so by assertion in every build, by causality under loom.
//! Upholds: freed once; read only before that; and, under loom, never without a happens-before edge to the free.

use std::sync::atomic::{AtomicU8, Ordering::SeqCst};

#[cfg(bowline_loom)]
use loom::cell::UnsafeCell;

#[cfg(not(bowline_loom))]
#[derive(Default)]
struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(bowline_loom))]
impl<T> UnsafeCell<T> {
    fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

const LIVE: u8 = 0;
const DEFERRED: u8 = 1;
const FREED: u8 = 2;

/// Storage that no thread may touch once it is freed. The bookkeeping is std's, so it adds no edge that a model would see.
pub struct Block {
    cell: UnsafeCell<()>,
    contents: UnsafeCell<u32>,
    state: AtomicU8,
}

// SAFETY: the cell is only ever reached by the methods below. In loom builds loom checks each access, in the others all
// model threads share one OS thread.
unsafe impl Sync for Block {}

impl Default for Block {
    fn default() -> Self {
        Block { cell: UnsafeCell::new(()), contents: UnsafeCell::new(0), state: AtomicU8::new(LIVE) }
    }
}

impl Block {
    /// Notes a look at the storage.
    #[track_caller]
    pub fn touch(&self, whose: &str) {
        assert_ne!(self.state.load(SeqCst), FREED, "P3: {whose} was read after it was freed");
        self.cell.with(|_| ());
    }

    /// What user code left in the storage (an instance dict, slots).
    #[track_caller]
    pub fn contents(&self, whose: &str) -> u32 {
        self.touch(whose);
        // SAFETY: loom checks that no thread writes at the same time; elsewhere none can.
        self.contents.with(|value| unsafe { *value })
    }

    /// Fills or clears the storage, by one who has it alone.
    #[track_caller]
    pub fn fill(&self, value: u32, whose: &str) {
        self.touch(whose);
        // SAFETY: the caller has the storage alone, which loom checks.
        self.contents.with_mut(|contents| unsafe { *contents = value });
    }

    /// Frees the storage now: a write that races with every look not ordered before it.
    #[track_caller]
    pub fn free(&self, whose: &str) {
        assert_eq!(self.state.swap(FREED, SeqCst), LIVE, "P3: {whose} was freed twice");
        self.cell.with_mut(|_| ());
        self.contents.with_mut(|_| ());
    }

    /// Promises to free the storage later.
    #[track_caller]
    pub fn defer(&self, whose: &str) {
        assert_eq!(self.state.swap(DEFERRED, SeqCst), LIVE, "P3: {whose} was freed twice");
    }

    /// Keeps that promise. What orders the readers before it is the grace period, of which loom knows nothing.
    #[track_caller]
    pub fn ripen(&self, whose: &str) {
        assert_eq!(self.state.swap(FREED, SeqCst), DEFERRED, "P3: {whose} was freed twice");
    }

    /// Whether the storage was freed, or will be.
    pub fn is_gone(&self) -> bool {
        self.state.load(SeqCst) != LIVE
    }

    /// Whether the storage was freed.
    pub fn is_freed(&self) -> bool {
        self.state.load(SeqCst) == FREED
    }

    /// Makes freed storage serve again.
    pub fn reuse(&self, whose: &str) {
        assert_eq!(self.state.swap(LIVE, SeqCst), FREED, "P3: {whose} was reused before it was freed");
    }
}
