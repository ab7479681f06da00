//! The items of a Python list, read at one moment.
//! Upholds: one lock for all items; no code but ours runs while it is held.

use crate::interpreter::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::PyList;
use smallvec::SmallVec;

/// Items, with a count each.
pub type Items<'py> = SmallVec<[Bound<'py, PyAny>; 8]>;

/// The items that a list has at some moment, also while other threads change it.
///
/// # Errors
/// `MemoryError`.
pub fn items<'py>(list: &Bound<'py, PyList>) -> PyResult<Items<'py>> {
    let mut items = Items::new();
    loop {
        // Room is made outside of the lock, which another thread may use meanwhile.
        let wanted = list.len();
        items.try_reserve_exact(wanted).map_err(|_| no_memory(wanted))?;
        if with_critical_section(list, || read(list, &mut items)) {
            return Ok(items);
        }
    }
}

/// Reads all items into the room that there is. False, having read none, if there are more.
fn read<'py>(list: &Bound<'py, PyList>, items: &mut Items<'py>) -> bool {
    let count = list.len();
    if count > items.capacity() {
        return false;
    }
    for at in 0..count {
        // SAFETY: attached, and the list is locked or the GIL held. Nothing here lets go of either: there are so many items.
        items.push(unsafe { Bound::from_borrowed_ptr(list.py(), ffi::PyList_GET_ITEM(list.as_ptr(), at as isize)) });
    }
    true
}

#[cold]
fn no_memory(items: usize) -> PyErr {
    PyMemoryError::new_err(format!("out of memory: a list of {items} items"))
}
