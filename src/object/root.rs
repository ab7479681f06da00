//! What every object type starts with. A Rust type whose values are objects makes its promises here.
//! Upholds: the layout of [`Object`] is that of its header.

use super::count::Counts;
use super::header::Header;
use std::ptr::NonNull;

/// The index of `ffi.Object`, and the smallest index of an object type.
pub const OBJECT: i32 = 64;

/// The root of all object types, `ffi.Object`.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Object {
    header: Header,
}

impl Object {
    /// What stands for the parent in a value of a derived type. The value is not an object yet.
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
/// - Objects with that type index, or with one derived from it, start with a value of this type, in whatever language they were made.
pub unsafe trait ObjectType: Send + Sync + Sized + 'static {
    /// The name of the type in the registry, such as `"demo.Point"`.
    const TYPE_KEY: &'static str;

    /// Whether objects of exactly this type have no tie word. Then their wrappers have no stable identity.
    /// Derived types decide for themselves.
    const NO_PREFIX: bool = false;

    /// The type that this one extends; [`Object`]'s parent is itself.
    type Parent: ObjectType;

    /// The index of the type; registers the type on first use. See [`super::registry::CachedIndex`].
    fn type_index() -> i32;
}

// SAFETY: `Object` is the root: a bare header, index and key are the registry's own.
unsafe impl ObjectType for Object {
    const TYPE_KEY: &'static str = "ffi.Object";
    type Parent = Object;

    #[inline]
    fn type_index() -> i32 {
        OBJECT
    }
}

/// The counts alone. No reference to the rest of an object may be held across a release that others may follow.
///
/// # Safety
/// `object` is allocated for as long as the result is used.
#[inline]
pub(super) unsafe fn counts<'a>(object: NonNull<Object>) -> &'a Counts {
    // SAFETY: `object` is allocated for as long as the result is used.
    unsafe { &(*object.as_ptr()).header.counts }
}
