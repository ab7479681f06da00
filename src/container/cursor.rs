//! Going through a dict as it was at one moment.
//! Upholds: what is still to be shown is what was there at that moment, whatever is changed here meanwhile. C++ does not know of
//! cursors: after a change of its own they show what is there then, and read no memory that is gone.
//!
//! A cursor looks into the dict's own table, and is in a list by its stripe. What changes a dict gives its cursors a copy of the
//! entries before. So one that is dropped before a change costs no copy.

use super::table::{EntryPlace, Pair, Table};
use crate::object::AllocError;
use crate::value::stripe;
use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::ptr::{null_mut, NonNull};
use std::sync::Arc;

/// Where a walk through a dict is.
#[derive(Clone, Default)]
pub(super) struct Position {
    /// How many entries are left.
    pub(super) left: usize,
    next: Option<EntryPlace>,
    /// The entries as they were; then the cursor is in no list.
    copies: Option<Arc<Vec<Pair>>>,
}

/// A walk through a dict.
///
/// | member | protected by |
/// |---|---|
/// | `dict` | constant |
/// | `position.left` | written by the owner, under the stripe |
/// | the others | the stripe of the dict |
pub(super) struct Cursor {
    /// Its address.
    dict: *const (),
    pub(super) position: Position,
    newer: *mut Cursor,
    older: *mut Cursor,
}

/// The newest cursor of each stripe that looks into a table.
struct Newest([UnsafeCell<*mut Cursor>; stripe::COUNT]);

// SAFETY: each is accessed under its stripe.
unsafe impl Sync for Newest {}

static NEWEST: Newest = Newest([const { UnsafeCell::new(null_mut()) }; stripe::COUNT]);

fn newest(dict: *const ()) -> *mut *mut Cursor {
    NEWEST.0[stripe::index(dict)].get()
}

/// As [`part`], for a guest that is to change the dict; false without memory.
///
/// # Safety
/// As [`part`]; `table` is the dict's.
#[cfg(not(feature = "guest"))]
pub(crate) unsafe fn part_cursors(dict: *const std::ffi::c_void, table: *const std::ffi::c_void) -> bool {
    // SAFETY: the stripe of the dict is held; `table` is the dict's, a `Table`.
    unsafe { part(dict.cast(), &*table.cast::<Table>()).is_ok() }
}

/// Gives the cursors of a dict that is to be changed copies of its entries.
///
/// # Errors
/// There is no memory; nothing is changed then.
///
/// # Safety
/// The stripe of the dict is held, whose table this is.
#[inline]
pub(super) unsafe fn part(dict: *const (), table: &Table) -> Result<(), AllocError> {
    // The host's cursors are the host's to part. A guest has none that look into a table.
    #[cfg(feature = "guest")]
    // SAFETY: the stripe of the dict is held, whose table this is. A table has the layout of the C ABI.
    if !unsafe { (crate::runtime::get().part_cursors)(dict.cast(), std::ptr::from_ref(table).cast()) } {
        return Err(AllocError::new(Layout::new::<Pair>()));
    }
    // SAFETY: the stripe of the dict is held, so that its cursors stay.
    match unsafe { (*newest(dict)).is_null() } {
        true => Ok(()),
        // SAFETY: the stripe of the dict is held, whose table this is.
        false => unsafe { part_all(dict, table) },
    }
}

/// # Safety
/// As for [`part`].
#[cold]
unsafe fn part_all(dict: *const (), table: &Table) -> Result<(), AllocError> {
    let mut copies = None;
    // SAFETY: the stripe of the dict is held; a cursor that is in a list lives.
    unsafe {
        let mut at = *newest(dict);
        while let Some(cursor) = NonNull::new(at) {
            at = (*cursor.as_ptr()).older;
            if (*cursor.as_ptr()).dict != dict {
                continue;
            }
            let entries = match &copies {
                Some(entries) => Arc::clone(entries),
                None => Arc::clone(copies.insert(Arc::new(copied(table)?))),
            };
            (*cursor.as_ptr()).unlink();
            (*cursor.as_ptr()).position.copies = Some(entries);
        }
    }
    Ok(())
}

fn copied(table: &Table) -> Result<Vec<Pair>, AllocError> {
    let mut entries = Vec::new();
    entries.try_reserve(table.len()).map_err(|_| AllocError::new(Layout::new::<Pair>()))?;
    entries.extend(table.iter().take(table.len()).map(|(key, value)| (key.clone(), value.clone())));
    Ok(entries)
}

impl Position {
    /// The first entry of a table.
    #[cfg(not(feature = "guest"))]
    pub(super) fn first(table: &Table) -> Position {
        Position { left: table.len(), next: table.first(), copies: None }
    }

    /// Copies the entries of a table. What the host changes does not know of a guest's cursors.
    #[cfg(feature = "guest")]
    pub(super) fn first(table: &Table) -> Position {
        let copies = copied(table).unwrap_or_else(|error| error.handle());
        Position { left: copies.len(), next: None, copies: Some(Arc::new(copies)) }
    }

    /// The next entry of the table, or of the copies.
    pub(super) fn step(&mut self, table: &Table) -> Option<Pair> {
        let entry = self.look(table);
        self.left = if entry.is_some() { self.left.saturating_sub(1) } else { 0 };
        entry
    }

    fn look(&mut self, table: &Table) -> Option<Pair> {
        let (key, value) = match &self.copies {
            Some(copies) => copies.get(copies.len().checked_sub(self.left)?).map(|(key, value)| (key, value))?,
            None => {
                let place = self.next.filter(|_| self.left > 0)?;
                let entry = table.entry_if_there(place)?;
                self.next = table.next(place);
                entry
            }
        };
        Some((key.clone(), value.clone()))
    }
}

impl Cursor {
    /// One that stands nowhere.
    pub(super) fn new<T>(dict: *const T) -> Box<Cursor> {
        let position = Position::default();
        Box::new(Cursor { dict: dict.cast(), position, newer: null_mut(), older: null_mut() })
    }

    /// Puts a cursor somewhere.
    ///
    /// # Safety
    /// The stripe of the dict is held; the cursor is in no list, and is not freed before [`Cursor::end`].
    pub(super) unsafe fn begin(this: NonNull<Cursor>, position: Position) {
        // SAFETY: the stripe of the dict is held; a cursor that is in a list lives.
        unsafe {
            (*this.as_ptr()).position = position;
            if (*this.as_ptr()).position.copies.is_some() {
                return;
            }
            let newest = newest((*this.as_ptr()).dict);
            (*this.as_ptr()).older = *newest;
            if let Some(older) = NonNull::new(*newest) {
                (*older.as_ptr()).newer = this.as_ptr();
            }
            *newest = this.as_ptr();
        }
    }

    /// Takes the cursor out of its list, if it is in one.
    ///
    /// # Safety
    /// The stripe of the dict is held.
    pub(super) unsafe fn end(&mut self) {
        if self.position.copies.is_none() {
            // SAFETY: the stripe of the dict is held; a cursor without copies is in a list.
            unsafe { self.unlink() };
        }
    }

    /// # Safety
    /// The stripe of the dict is held; the cursor is in a list.
    unsafe fn unlink(&mut self) {
        // SAFETY: the stripe of the dict is held; a cursor that is in a list lives.
        unsafe {
            match NonNull::new(self.newer) {
                Some(newer) => (*newer.as_ptr()).older = self.older,
                None => *newest(self.dict) = self.older,
            }
            if let Some(older) = NonNull::new(self.older) {
                (*older.as_ptr()).newer = self.newer;
            }
        }
        (self.newer, self.older) = (null_mut(), null_mut());
    }
}
