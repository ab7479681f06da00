//! The entries of a Python dict, read at one moment.
//! Upholds: one lock for all entries, none within another; no code but ours runs while it is held.

use crate::interpreter::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::PyDict;
use smallvec::SmallVec;
use std::ptr::null_mut;

/// A key and its value.
pub type Entry<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// Entries; few of them take no block of memory.
pub type Entries<'py> = SmallVec<[Entry<'py>; 4]>;

/// The entries that a dict has at some moment, also while other threads change it.
///
/// PyO3's own iterators take the dict's lock at each step, which on 3.13t waits when the lock is taken around the loop, too,
/// and they panic when the dict changes in between.
///
/// # Errors
/// `MemoryError`.
pub fn entries<'py>(dict: &Bound<'py, PyDict>) -> PyResult<Entries<'py>> {
    let mut entries = Entries::new();
    loop {
        // What is needed is found out and allocated outside of the lock. Another thread may use the dict meanwhile.
        let wanted = dict.len();
        entries.try_reserve_exact(wanted).map_err(|_| no_memory(wanted))?;
        if with_critical_section(dict, || read(dict, &mut entries)) {
            return Ok(entries);
        }
        entries.clear();
    }
}

/// Reads all entries into the room that there is; false if there are more.
fn read<'py>(dict: &Bound<'py, PyDict>, entries: &mut Entries<'py>) -> bool {
    let (mut at, mut key, mut value) = (0, null_mut(), null_mut());
    // SAFETY: attached; the dict is locked, or the GIL held. Nothing in the loop lets go of either: what is lent by one step
    // lives until it was counted.
    unsafe {
        while ffi::PyDict_Next(dict.as_ptr(), &mut at, &mut key, &mut value) != 0 {
            if entries.len() == entries.capacity() {
                return false;
            }
            entries.push((Bound::from_borrowed_ptr(dict.py(), key), Bound::from_borrowed_ptr(dict.py(), value)));
        }
    }
    true
}

#[cold]
fn no_memory(entries: usize) -> PyErr {
    PyMemoryError::new_err(format!("out of memory: a dict of {entries} entries"))
}
