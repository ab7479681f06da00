//! What every native object starts with (native-abi.md A.1): counts, type index, flags and deleter.
//! Imports `object::count` only.
//! Upholds: layout and meaning of the 24 bytes are those of the C ABI; plain fields never change once an object is shared.

use super::count::Counts;
use std::ffi::c_void;

/// Destroys and frees an object: `deleter(object, flags)` with [`DESTROY`], [`FREE`] or [`BOTH`].
pub type Deleter = unsafe extern "C" fn(*mut c_void, i32);

/// Deleter flag: the last strong count is gone, run the destructors.
pub const DESTROY: i32 = 1;
/// Deleter flag: the last weak count is gone, free the memory.
pub const FREE: i32 = 2;
/// Deleter flags of the common case: no weak handle outlives the strong ones.
pub const BOTH: i32 = DESTROY | FREE;

/// Header flag: the tie word stands immediately before the body. Objects of other makers have zero here; other values are
/// reserved.
pub const FLAG_PREFIX: u32 = 1;
/// Header flag, beside [`FLAG_PREFIX`]: before the word stands the function that frees the allocation. Without it the word
/// is where a builtin allocation starts.
pub const FLAG_DELETE_SPACE: u32 = 8;

/// Header flag of a function, beside [`FLAG_PREFIX`]: it does not block. See `Function::short`.
pub const FLAG_SHORT: u32 = 2;
/// Header flag of a function, beside [`FLAG_PREFIX`]: it runs no code of others. See `Function::leaf`.
pub const FLAG_LEAF: u32 = 4;
/// Header flag of a tensor, beside [`FLAG_PREFIX`]: this crate made it, and what keeps its memory follows.
pub const FLAG_MADE_HERE: u32 = 2;

/// The header of an object.
///
/// | member | protected by |
/// |---|---|
/// | counts | itself, atomic |
/// | type_index, flags, deleter | written before the object is shared, constant from then on |
#[derive(Debug)]
#[repr(C)]
pub struct Header {
    pub(super) counts: Counts,
    pub(super) type_index: i32,
    pub(super) flags: u32,
    pub(super) deleter: Option<Deleter>,
}

impl Header {
    /// What stands in a value that is not an object yet; allocation puts the real header in its place.
    #[inline]
    pub fn placeholder() -> Self {
        Header::new(0, 0, None)
    }

    #[inline]
    pub(super) fn new(type_index: i32, flags: u32, deleter: Option<Deleter>) -> Self {
        Header { counts: Counts::new(), type_index, flags, deleter }
    }

    /// The strong and weak counts.
    #[inline]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The index of the object's dynamic type.
    #[inline]
    pub fn type_index(&self) -> i32 {
        self.type_index
    }

    /// The flag bits; see [`FLAG_PREFIX`].
    #[inline]
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// How the object is destroyed and freed; `None` for one that never is.
    #[inline]
    pub fn deleter(&self) -> Option<Deleter> {
        self.deleter
    }
}

impl Default for Header {
    fn default() -> Self {
        Self::placeholder()
    }
}
