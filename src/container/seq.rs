//! What the C ABI sees of a sequence, and the memory behind a growing one.
//! Upholds: the layout is the C ABI's; memory is freed by the deleter that stands beside it; items end by the cell, which C++ changes.

use crate::object::AllocError;
use crate::value::Any;
use std::alloc::Layout;
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
    /// Frees `data`, which may be null; none when the items are part of the object.
    pub(super) data_deleter: Option<unsafe extern "C" fn(*mut c_void)>,
}

const _: () = assert!(size_of::<SeqCell>() == 32);

/// Frees what [`SeqCell::reserve`] allocated. C++ calls it for null, too, and keeps it for memory that it allocated itself
/// (`operator new`, which is `malloc`).
///
/// # Safety
/// `data` is null or came from `malloc`; its items are gone.
unsafe extern "C" fn free(data: *mut c_void) {
    // SAFETY: `data` is null or came from `malloc`; its items are gone.
    unsafe { libc::free(data) };
}

fn room_for(items: &mut Vec<Any>, more: usize) -> Result<(), AllocError> {
    items.try_reserve(more).map_err(|_| AllocError::new(Layout::array::<Any>(more).unwrap_or(Layout::new::<Any>())))
}

impl SeqCell {
    /// No items, for a sequence whose items are part of its object.
    pub(super) const fn inline() -> SeqCell {
        SeqCell { data: null_mut(), size: 0, capacity: 0, data_deleter: None }
    }

    /// No items, for a sequence that grows. Its deleter is there from the beginning, as C++ expects.
    pub(super) const fn growing() -> SeqCell {
        SeqCell { data: null_mut(), size: 0, capacity: 0, data_deleter: Some(free) }
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.size as usize
    }

    /// The items.
    ///
    /// # Safety
    /// The sequence does not change meanwhile.
    pub(super) unsafe fn items(&self) -> &[Any] {
        if self.size == 0 {
            return &[];
        }
        // SAFETY: `size` items are initialised behind `data`.
        unsafe { std::slice::from_raw_parts(self.data, self.len()) }
    }

    /// Makes room for `more` items.
    ///
    /// # Errors
    /// There is no memory; nothing is changed then.
    #[inline]
    pub(super) fn reserve(&mut self, more: usize) -> Result<(), AllocError> {
        match self.len().checked_add(more) {
            Some(needed) if needed <= self.capacity as usize => Ok(()),
            needed => self.enlarge(needed.unwrap_or(usize::MAX)),
        }
    }

    /// Adds an item at the end.
    ///
    /// # Errors
    /// There is no memory; the item is gone then.
    #[inline]
    pub(super) fn push(&mut self, item: Any) -> Result<(), AllocError> {
        self.reserve(1)?;
        // SAFETY: there is room behind the last item.
        unsafe { self.data.add(self.len()).write(item) };
        self.size += 1;
        Ok(())
    }

    #[inline(never)]
    fn enlarge(&mut self, needed: usize) -> Result<(), AllocError> {
        let capacity = needed.max(self.len() * 2).max(4);
        let layout = Layout::array::<Any>(capacity).map_err(|_| AllocError::new(Layout::new::<Any>()))?;
        // SAFETY: the items move as bytes, their former memory is freed by its own deleter. `malloc` aligns to 16.
        unsafe {
            let data = libc::malloc(layout.size()).cast::<Any>();
            if data.is_null() {
                return Err(AllocError::new(layout));
            }
            if self.size > 0 {
                data.copy_from_nonoverlapping(self.data, self.len());
            }
            self.free_memory();
            self.data = data;
        }
        self.capacity = capacity as i64;
        self.data_deleter = Some(free);
        Ok(())
    }

    /// Opens a gap of `count` uninitialised items at `at`; `size` counts them already.
    ///
    /// # Safety
    /// `at` is at most the length, and there is room; the caller fills the gap before another thread looks.
    unsafe fn open(&mut self, at: usize, count: usize) -> *mut Any {
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

    /// Adds an item before the one at `at`.
    ///
    /// # Errors
    /// There is no memory; the item comes back, to be released where that may run code.
    ///
    /// # Safety
    /// `at` is at most the length.
    #[inline]
    pub(super) unsafe fn insert(&mut self, at: usize, item: Any) -> Result<(), (AllocError, Any)> {
        if let Err(error) = self.reserve(1) {
            return Err((error, item));
        }
        // SAFETY: `at` is at most the length. There is room, and the gap is filled at once.
        unsafe { self.open(at, 1).write(item) };
        Ok(())
    }

    /// Closes a gap of `count` items at `at`, which the caller moved out.
    ///
    /// # Safety
    /// The range is inside the sequence.
    pub(super) unsafe fn close(&mut self, at: usize, count: usize) {
        // SAFETY: the range is inside the sequence.
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
        // SAFETY: the place is inside the sequence; the gap is closed at once.
        unsafe {
            let item = self.data.add(at).read();
            self.close(at, 1);
            item
        }
    }

    /// Moves the items at `count` places to `old`; what stays moves down, each item once.
    ///
    /// # Errors
    /// There is no memory; nothing is changed then.
    ///
    /// # Safety
    /// There are so many places; they are inside the sequence and ascend.
    pub(super) unsafe fn extract_all(
        &mut self,
        count: usize,
        places: impl Iterator<Item = usize>,
        old: &mut Vec<Any>,
    ) -> Result<(), AllocError> {
        // Before anything moves.
        room_for(old, count)?;
        let length = self.len();
        let mut places = places.peekable();
        for moved in 1.. {
            let Some(at) = places.next() else { break };
            let next = places.peek().copied().unwrap_or(length);
            // SAFETY: the places are inside and ascend. What lies between two moves down by those before it.
            unsafe {
                let gap = self.data.add(at);
                old.push(gap.read());
                let stays = gap.add(1);
                stays.sub(moved).copy_from(stays, next - at - 1);
            }
        }
        self.size -= count as i64;
        Ok(())
    }

    /// Moves the items of a range to `old`, and all `items` to where they were.
    ///
    /// # Errors
    /// There is no memory; nothing is changed then.
    ///
    /// # Safety
    /// The range is inside the sequence.
    pub(super) unsafe fn replace(
        &mut self,
        at: usize,
        count: usize,
        items: &mut Vec<Any>,
        old: &mut Vec<Any>,
    ) -> Result<(), AllocError> {
        // Both before anything moves.
        room_for(old, count)?;
        self.reserve(items.len().saturating_sub(count))?;
        // SAFETY: the range is inside the sequence; `old` has room. The gap is closed and a new one filled at once; `items` gives
        // its values up.
        unsafe {
            if count > 0 {
                old.as_mut_ptr().add(old.len()).copy_from_nonoverlapping(self.data.add(at), count);
                old.set_len(old.len() + count);
            }
            self.close(at, count);
            self.open(at, items.len()).copy_from_nonoverlapping(items.as_ptr(), items.len());
            items.set_len(0);
        }
        Ok(())
    }

    /// Frees the memory of items that are gone.
    ///
    /// # Safety
    /// `data` is not used afterwards.
    unsafe fn free_memory(&mut self) {
        if let (Some(deleter), false) = (self.data_deleter.take(), self.data.is_null()) {
            // SAFETY: the deleter stands beside its own memory.
            unsafe { deleter(self.data.cast()) };
        }
    }
}

impl Drop for SeqCell {
    /// Drops as many items as the cell says. C++ takes some out of an array that it alone has.
    fn drop(&mut self) {
        struct Memory<'a>(&'a mut SeqCell);
        impl Drop for Memory<'_> {
            fn drop(&mut self) {
                // SAFETY: the items are gone.
                unsafe { self.0.free_memory() };
            }
        }
        if self.data.is_null() {
            return;
        }
        let items = std::ptr::slice_from_raw_parts_mut(self.data, self.len());
        let _after_the_items = Memory(self);
        // SAFETY: the end of the sequence; memory that is part of the object goes with that.
        unsafe { std::ptr::drop_in_place(items) };
    }
}
