//! Native objects: header, counts, allocation, handles, destruction and the type registry.
//! Imports `sync` and `word`; never `value` or anything above, never Python.
//! Upholds: an object is destroyed once, freed once and after that, by the means it was allocated with.
//!
//! | file | one job |
//! |---|---|
//! | `header` | the 24 bytes that every object starts with |
//! | `count` | the combined strong and weak count |
//! | `alloc` | where objects' memory comes from and goes to |
//! | `handle`, `weak` | [`Obj`] and [`WeakObj`] |
//! | `extra` | objects with trailing items |
//! | `destroy` | destruction without recursion |
//! | `table` | append-only, lock-free tables by type index |
//! | `registry` | type indices, keys and ancestors |
//! | `stats` | how many objects are alive |

pub mod alloc;
pub mod count;
pub mod destroy;
mod extra;
mod handle;
pub mod header;
pub mod registry;
pub mod stats;
pub mod table;
mod weak;

pub use alloc::AllocError;
pub use destroy::set_untie_hook;
pub use handle::Obj;
pub use header::Header;
pub use weak::WeakObj;

use crate::word::AtomicWord;
use count::{Counts, Released};
use std::ptr::NonNull;

/// The root of all object types, `ffi.Object`.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Object {
    header: Header,
}

impl Object {
    /// What stands for the parent in a value of a derived type that is not an object yet.
    #[inline]
    pub fn placeholder() -> Self {
        Object { header: Header::placeholder() }
    }

    /// The header.
    #[inline]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The index of the object's dynamic type.
    #[inline]
    pub fn type_index(&self) -> i32 {
        self.header.type_index
    }
}

/// A Rust type whose values live in native objects.
///
/// # Safety
/// - The type is `repr(C)` and starts with its parent's struct, thus at last with a [`Header`].
/// - [`TYPE_KEY`](Self::TYPE_KEY) belongs to this Rust type alone, and `type_index` always returns the index that the
///   registry has for that key, registered with the parent's index as parent.
/// - Objects with that type index, or with one derived from it, start with a value of this type, whoever made them.
pub unsafe trait ObjectType: Send + Sync + Sized + 'static {
    /// The name of the type in the registry, such as `"demo.Point"`.
    const TYPE_KEY: &'static str;

    /// Whether objects of exactly this type do without a tie word, so that their wrappers have no stable identity.
    /// Derived types decide for themselves.
    const NO_PREFIX: bool = false;

    /// The type that this one extends; [`Object`]'s parent is itself.
    type Parent: ObjectType;

    /// The index of the type; registers the type on first use. See [`registry::CachedIndex`].
    fn type_index() -> i32;
}

// SAFETY: `Object` is the root: a bare header, index and key are the registry's own.
unsafe impl ObjectType for Object {
    const TYPE_KEY: &'static str = "ffi.Object";
    type Parent = Object;

    #[inline]
    fn type_index() -> i32 {
        registry::OBJECT
    }
}

/// The counts alone: no reference to the rest of an object may be held across a release that others may follow.
///
/// # Safety
/// `object` is allocated for as long as the result is used.
#[inline]
unsafe fn counts<'a>(object: NonNull<Object>) -> &'a Counts {
    // SAFETY: the caller's contract.
    unsafe { &(*object.as_ptr()).header.counts }
}

/// Takes a strong count.
///
/// # Safety
/// `object` is alive: the caller holds a strong count, or a protection that keeps one from being given back.
#[inline]
pub unsafe fn retain(object: NonNull<Object>) {
    // SAFETY: the caller's contract.
    unsafe { counts(object) }.retain();
}

/// Gives a strong count back, and destroys the object when it was the last.
///
/// # Panics
/// When a destructor panicked, see [`destroy`].
///
/// # Safety
/// The caller owns the count that is given back and no longer uses the object on the strength of it.
#[inline]
pub unsafe fn release(object: NonNull<Object>) {
    // SAFETY: the caller's count keeps the object until the subtraction.
    let released = unsafe { counts(object) }.release();
    if released != Released::Alive {
        // SAFETY: the last strong count was just given back, here.
        unsafe { destroy::finish(object, released) };
    }
}

/// The word that ties `object` to its wrapper; `None` for an object without one. Reads nothing outside the allocation.
///
/// # Safety
/// `object` is allocated for as long as the result is used, and the pointer is one that came from a handle or from its
/// maker, not from a reference to the object's value.
#[inline]
pub unsafe fn tie_word<'a>(object: NonNull<Object>) -> Option<&'a AtomicWord> {
    // SAFETY: the caller's contract; flags are constant.
    let flags = unsafe { (*object.as_ptr()).header.flags };
    // SAFETY: the caller's contract.
    unsafe { alloc::word(object, flags) }
}
