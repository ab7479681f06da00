//! What every native object starts with (`bowline::docs::native_abi`): counts, type index, flags and deleter.
//! Upholds: layout and meaning of the 24 bytes are those of the C ABI; fields but the counts, [`FLAG_REMEMBERS`] and what
//! ties an object without prefix never change once an object is shared.

use super::count::Counts;
use crate::sync::global::{AtomicPtr, AtomicU32, Ordering};
use std::ffi::c_void;
use std::mem;
use std::ptr;

/// Destroys and frees an object: `deleter(object, flags)` with [`DESTROY`], [`FREE`] or [`BOTH`].
pub type Deleter = unsafe extern "C" fn(*mut c_void, i32);

/// Deleter flag: the last strong count is gone, run the destructors.
pub const DESTROY: i32 = 1;
/// Deleter flag: the last weak count is gone, free the memory.
pub const FREE: i32 = 2;
/// Deleter flags of the common case: no weak handle outlives the strong ones.
pub const BOTH: i32 = DESTROY | FREE;

/// Header flag: the tie word stands immediately before the body. Objects without it, as other makers build them, have zero here
/// until they are wrapped, and then the number of their side slot from bit 4 on ([`super::side`]).
pub const FLAG_PREFIX: u32 = 1;
/// Header flag, beside [`FLAG_PREFIX`]: before the word stands the function that frees the allocation. Without it the word
/// is where a builtin allocation starts.
pub const FLAG_DELETE_SPACE: u32 = 8;

/// Header flag of a function, beside [`FLAG_PREFIX`]: it does not block. See `Function::short`.
pub const FLAG_SHORT: u32 = 2;
/// Header flag of a function, beside [`FLAG_PREFIX`]: it runs no code of others. See `Function::leaf`.
pub const FLAG_LEAF: u32 = 4;
/// Header flag of a tensor that this crate made, beside [`FLAG_PREFIX`]. What keeps its memory follows.
pub const FLAG_MADE_HERE: u32 = 2;

/// All header flags of an object that this crate made for a C++ class. The pointer to the class's virtual functions stands
/// immediately before the body, and the tie word before that pointer.
pub const FLAG_VTABLE: u32 = 2;

/// Header flag of a container, beside [`FLAG_PREFIX`]: there is a note about it elsewhere. Set at any time, for good.
pub const FLAG_REMEMBERS: u32 = 2;

/// The header of an object.
///
/// | member | protected by |
/// |---|---|
/// | counts | itself, atomic |
/// | type_index | written before the object is shared, constant from then on |
/// | flags | atomic; constant once the object is shared, but for [`FLAG_REMEMBERS`] and the number of a side slot |
/// | deleter | atomic; constant once the object is shared, but for the first wrap without prefix: see `sync::global::slots` |
#[derive(Debug)]
#[repr(C)]
pub struct Header {
    pub(super) counts: Counts,
    pub(super) type_index: i32,
    pub(super) flags: AtomicU32,
    pub(super) deleter: AtomicPtr<()>,
}

impl Header {
    /// What stands in a value that is not an object yet. Allocation puts the real header in its place.
    #[inline]
    pub fn placeholder() -> Self {
        Header::new(0, 0, None)
    }

    #[inline]
    pub(super) fn new(type_index: i32, flags: u32, deleter: Option<Deleter>) -> Self {
        let deleter = AtomicPtr::new(deleter.map_or(ptr::null_mut(), |deleter| deleter as *mut ()));
        Header { counts: Counts::new(), type_index, flags: AtomicU32::new(flags), deleter }
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
        // Relaxed: constant, but for a hint, and a number which is nothing without [`Header::flags_of_tie`].
        self.flags.load(Ordering::Relaxed)
    }

    /// The flag bits, and with them the side slot whose number they have.
    #[inline]
    pub(super) fn flags_of_tie(&self) -> u32 {
        // Acquire: pairs with the Release in `Slots::tie`. Carries: the slot, and its chunk.
        // Weaker fails: tests/loom.rs slots::found_whole, where this is the first look of `Slots::tie`.
        self.flags.load(Ordering::Acquire)
    }

    /// Sets [`FLAG_REMEMBERS`], of an object with a prefix; false, having done nothing, of another.
    pub fn set_remembers(&self) -> bool {
        let has_prefix = self.flags() & FLAG_PREFIX != 0;
        if has_prefix {
            // Relaxed: what is kept elsewhere brings its own order.
            self.flags.fetch_or(FLAG_REMEMBERS, Ordering::Relaxed);
        }
        has_prefix
    }

    /// How the object is destroyed and freed; `None` for one that never is.
    #[inline]
    pub fn deleter(&self) -> Option<Deleter> {
        // Relaxed: the thread that changes the deleter owns a count. It is read when the last count is gone.
        let deleter = self.deleter.load(Ordering::Relaxed);
        // SAFETY: null, or written from a function of this type.
        unsafe { mem::transmute::<*mut (), Option<Deleter>>(deleter) }
    }
}

impl Default for Header {
    fn default() -> Self {
        Self::placeholder()
    }
}
