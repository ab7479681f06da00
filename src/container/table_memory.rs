//! The memory of a mapping's entries.
//! Upholds: memory is freed by the deleter that stands beside it; C++ may free what was allocated here, and the other way round.

use crate::object::AllocError;
use std::alloc::Layout;
use std::ffi::c_void;

/// Frees memory of entries. C++ calls it, too.
pub(super) type EntriesDeleter = unsafe extern "C" fn(*mut c_void);

/// Memory of entries that are elsewhere now, or nowhere. Its deleter may be another language's: drop it under no stripe.
pub(super) struct Memory {
    data: *mut c_void,
    deleter: Option<EntriesDeleter>,
}

impl Memory {
    /// What a table had.
    pub(super) fn new(data: *mut c_void, deleter: Option<EntriesDeleter>) -> Memory {
        Memory { data, deleter }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let (Some(deleter), false) = (self.deleter, self.data.is_null()) {
            // SAFETY: the deleter stood beside its own memory, which is not used any more.
            unsafe { deleter(self.data) };
        }
    }
}

/// So many bytes, more than none.
///
/// # Errors
/// There is no memory.
pub(super) fn allocate(size: usize) -> Result<*mut u8, AllocError> {
    let layout = Layout::from_size_align(size, 16).map_err(|_| AllocError::new(Layout::new::<usize>()))?;
    // SAFETY: any size may be asked for.
    let data = unsafe { libc::malloc(size) };
    if data.is_null() {
        return Err(AllocError::new(layout));
    }
    Ok(data.cast())
}

/// Frees what [`allocate`] gave.
pub(super) unsafe extern "C" fn free(data: *mut c_void) {
    // SAFETY: the memory came from `malloc`.
    unsafe { libc::free(data) };
}
