//! What the C ABI sees of a sequence, and the memory behind a growing one.
//! Imports `value` only.
//! Upholds: the layout is the C ABI's; memory is freed by whoever's deleter stands beside it.

use crate::value::Any;
use std::alloc::{alloc, dealloc, handle_alloc_error, Layout};
use std::ffi::c_void;
use std::ptr::null_mut;

/// A sequence's items. Who may read and write it is said by the object that holds it.
#[repr(C)]
pub struct SeqCell {
    /// The first item.
    pub(super) data: *mut Any,
    /// How many items there are.
    pub(super) size: i64,
    /// How many there is room for.
    pub(super) capacity: i64,
    /// Frees `data`; none when the items are part of the object.
    pub(super) data_deleter: Option<unsafe extern "C" fn(*mut c_void)>,
}

const _: () = assert!(size_of::<SeqCell>() == 32);

/// In front of the items: the capacity, for the deleter, which gets nothing but the address.
const PREFIX: usize = 16;

fn layout(capacity: usize) -> Layout {
    Layout::array::<Any>(capacity)
        .and_then(|items| Layout::from_size_align(items.size() + PREFIX, PREFIX))
        .expect("a sequence that fits the address space")
}

/// Frees what [`SeqCell::reserve`] allocated.
///
/// # Safety
/// `data` came from there, its items are gone.
unsafe extern "C" fn free(data: *mut c_void) {
    // SAFETY: the caller's contract.
    unsafe {
        let base = data.cast::<u8>().sub(PREFIX);
        dealloc(base, layout(base.cast::<usize>().read()));
    }
}

impl SeqCell {
    /// No items.
    pub(super) const fn empty() -> SeqCell {
        SeqCell { data: null_mut(), size: 0, capacity: 0, data_deleter: None }
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.size as usize
    }

    /// The items.
    ///
    /// # Safety
    /// Nobody changes the sequence meanwhile.
    pub(super) unsafe fn items(&self) -> &[Any] {
        if self.size == 0 {
            return &[];
        }
        // SAFETY: `size` items are initialised behind `data`.
        unsafe { std::slice::from_raw_parts(self.data, self.len()) }
    }

    /// Makes room for `more` items.
    pub(super) fn reserve(&mut self, more: usize) {
        let needed = self.len().checked_add(more).expect("a sequence that fits the address space");
        if needed <= self.capacity as usize {
            return;
        }
        let capacity = needed.max(self.len() * 2).max(4);
        let layout = layout(capacity);
        // SAFETY: the layout has a size. The items move as bytes, their former memory is freed by its own deleter.
        unsafe {
            let base = alloc(layout);
            if base.is_null() {
                handle_alloc_error(layout);
            }
            base.cast::<usize>().write(capacity);
            let data = base.add(PREFIX).cast::<Any>();
            if self.size > 0 {
                data.copy_from_nonoverlapping(self.data, self.len());
            }
            self.free_memory();
            self.data = data;
        }
        self.capacity = capacity as i64;
        self.data_deleter = Some(free);
    }

    /// Opens a gap of `count` uninitialised items at `at`; `size` counts them already.
    ///
    /// # Safety
    /// `at` is at most the length; the caller fills the gap before anyone looks.
    pub(super) unsafe fn open(&mut self, at: usize, count: usize) -> *mut Any {
        self.reserve(count);
        // SAFETY: there is room for the items behind the gap.
        unsafe {
            let gap = self.data.add(at);
            if count > 0 {
                gap.add(count).copy_from(gap, self.len() - at);
            }
            self.size += count as i64;
            gap
        }
    }

    /// Closes a gap of `count` items at `at`, which the caller moved out.
    ///
    /// # Safety
    /// The range is inside the sequence.
    pub(super) unsafe fn close(&mut self, at: usize, count: usize) {
        // SAFETY: the caller's contract.
        unsafe {
            if count > 0 {
                let gap = self.data.add(at);
                gap.copy_from(gap.add(count), self.len() - at - count);
            }
        }
        self.size -= count as i64;
    }

    /// Takes an item out.
    ///
    /// # Safety
    /// The place is inside the sequence.
    pub(super) unsafe fn extract(&mut self, at: usize) -> Any {
        // SAFETY: the caller's contract; the gap is closed at once.
        unsafe {
            let item = self.data.add(at).read();
            self.close(at, 1);
            item
        }
    }

    /// Moves the items at `count` places to `old`; what stays moves down, each item once.
    ///
    /// # Safety
    /// There are so many places; they are inside the sequence and ascend.
    pub(super) unsafe fn extract_all(&mut self, count: usize, places: impl Iterator<Item = usize>, old: &mut Vec<Any>) {
        // Before anything moves: there may be no memory for it.
        old.reserve(count);
        let length = self.len();
        let mut places = places.peekable();
        for moved in 1.. {
            let Some(at) = places.next() else { break };
            let next = places.peek().copied().unwrap_or(length);
            // SAFETY: the caller's contract; what lies between two places moves down by those before it.
            unsafe {
                let gap = self.data.add(at);
                old.push(gap.read());
                let stays = gap.add(1);
                stays.sub(moved).copy_from(stays, next - at - 1);
            }
        }
        self.size -= count as i64;
    }

    /// Moves the items of a range to `old`, and all `items` to where they were.
    ///
    /// # Safety
    /// The range is inside the sequence.
    pub(super) unsafe fn replace(&mut self, at: usize, count: usize, items: &mut Vec<Any>, old: &mut Vec<Any>) {
        // Both before anything moves: there may be no memory for them.
        old.reserve(count);
        self.reserve(items.len().saturating_sub(count));
        // SAFETY: the caller's contract; `old` has room; the gap is closed and a new one filled at once; `items` gives its
        // values up.
        unsafe {
            if count > 0 {
                old.as_mut_ptr().add(old.len()).copy_from_nonoverlapping(self.data.add(at), count);
                old.set_len(old.len() + count);
            }
            self.close(at, count);
            self.open(at, items.len()).copy_from_nonoverlapping(items.as_ptr(), items.len());
            items.set_len(0);
        }
    }

    /// Frees the memory of items that are gone.
    ///
    /// # Safety
    /// Nobody uses `data` afterwards.
    unsafe fn free_memory(&mut self) {
        if let (Some(deleter), false) = (self.data_deleter.take(), self.data.is_null()) {
            // SAFETY: the deleter stands beside its own memory.
            unsafe { deleter(self.data.cast()) };
        }
    }
}

impl Drop for SeqCell {
    fn drop(&mut self) {
        // SAFETY: the end of the sequence; items in the object itself are dropped by the object.
        unsafe {
            if self.data_deleter.is_some() {
                struct Memory<'a>(&'a mut SeqCell);
                impl Drop for Memory<'_> {
                    fn drop(&mut self) {
                        // SAFETY: the items are gone.
                        unsafe { self.0.free_memory() };
                    }
                }
                let items = std::ptr::slice_from_raw_parts_mut(self.data, self.len());
                let _after_the_items = Memory(self);
                std::ptr::drop_in_place(items);
            }
        }
    }
}
