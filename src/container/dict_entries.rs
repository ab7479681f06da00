//! Going through a dict.
//! Upholds: what is shown is the dict as it was when the walk began, see `cursor.rs`; it keeps the dict.

use super::cursor::{Cursor, Position};
use super::dict::DictObj;
use super::table::{Pair, Table};
use crate::object::Obj;
use std::ptr::NonNull;

/// The entries of a dict as they are at one moment, copied one by one. It keeps the dict.
pub struct DictEntries {
    cursor: NonNull<Cursor>,
    /// A collector sees inside a dict's table only if the dict has no other owner.
    dict: Obj<DictObj>,
}

// SAFETY: what threads share of a cursor is under the stripe; entries are Send + Sync.
unsafe impl Send for DictEntries {}
// SAFETY: keys and values are Send + Sync. Without the stripe only `left` is read, which is written through
// an exclusive reference.
unsafe impl Sync for DictEntries {}

impl DictEntries {
    /// Those of this dict, now.
    pub fn of(dict: Obj<DictObj>) -> DictEntries {
        DictEntries::begin(dict, Position::first)
    }

    fn begin(dict: Obj<DictObj>, position: impl FnOnce(&Table) -> Position) -> DictEntries {
        let cursor = NonNull::from(Box::leak(Cursor::new(&raw const *dict)));
        // SAFETY: under the stripe; the cursor is ours, and freed when the entries are dropped.
        dict.held(|table| unsafe { Cursor::begin(cursor, position(table)) });
        DictEntries { cursor, dict }
    }
}

impl Clone for DictEntries {
    fn clone(&self) -> DictEntries {
        let from = self.cursor;
        // SAFETY: under the stripe of the dict; the cursor is that of `self`.
        DictEntries::begin(self.dict.clone(), |_| unsafe { (*from.as_ptr()).position.clone() })
    }
}

impl Drop for DictEntries {
    fn drop(&mut self) {
        let cursor = self.cursor.as_ptr();
        // SAFETY: under the stripe; the cursor is ours.
        self.dict.held(|_| unsafe { (*cursor).end() });
        // SAFETY: made of a box, and in no list any more. Copies are released here, under no stripe.
        drop(unsafe { Box::from_raw(cursor) });
    }
}

impl Iterator for DictEntries {
    type Item = Pair;

    fn next(&mut self) -> Option<Pair> {
        let cursor = self.cursor.as_ptr();
        // SAFETY: under the stripe; the cursor is ours.
        self.dict.held(|table| unsafe { (*cursor).position.step(table) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // SAFETY: the cursor is ours; only its owner writes this member.
        let left = unsafe { (*self.cursor.as_ptr()).position.left };
        (left, Some(left))
    }
}

impl ExactSizeIterator for DictEntries {}
