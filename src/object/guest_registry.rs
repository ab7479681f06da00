//! The host's registry of types, as a guest sees it.
//! Upholds: what `registry` upholds; what was asked once is kept, since it never changes.

use super::grow::owned;
use super::table::IndexTable;
use super::type_info::{Reserved, STATIC_OBJECTS, STATIC_VALUES};
use crate::runtime::{self, Text, TypeFacts};
use std::mem::MaybeUninit;

pub use super::cached_index::CachedIndex;
pub use super::place::{RegistryError, TypePlace, DYNAMIC};
pub use super::root::OBJECT;
pub use super::type_info::TypeInfo;

/// Types behind the built-in ones that were asked for, at their index less [`OBJECT`].
static KNOWN: IndexTable<TypeInfo> = IndexTable::new();

/// The type with this index.
#[inline]
pub fn type_info(index: i32) -> Option<&'static TypeInfo> {
    if index < OBJECT {
        return STATIC_VALUES.get(usize::try_from(index).ok()?);
    }
    STATIC_OBJECTS.get((index - OBJECT) as usize).or_else(|| KNOWN.get(index - OBJECT)).or_else(|| ask(index))
}

#[cold]
fn ask(index: i32) -> Option<&'static TypeInfo> {
    let mut facts = MaybeUninit::<TypeFacts>::uninit();
    // SAFETY: the host fills the place if it says so; key and ancestors are never freed.
    let (key, ancestors) = unsafe {
        if !(runtime::get().type_facts)(index, facts.as_mut_ptr()) {
            return None;
        }
        let facts = facts.assume_init();
        (facts.key.get(), std::slice::from_raw_parts::<'static, i32>(facts.ancestors, facts.depth))
    };
    let parent = ancestors.last().and_then(|parent| type_info(*parent));
    let info = TypeInfo::new(index, key, ancestors, parent, Reserved::new(0, true));
    // Another thread may have been first, with the same.
    KNOWN.set(index - OBJECT, Box::new(info)).ok().or_else(|| KNOWN.get(index - OBJECT))
}

/// Whether the type `index` is `target` or derived from it.
#[inline]
pub fn is_instance(index: i32, target: i32) -> bool {
    index == target || type_info(index).is_some_and(|info| info.ancestors.contains(&target))
}

/// The type right below the root that `index` is or is derived from.
#[inline]
pub fn below_root(index: i32) -> i32 {
    type_info(index).and_then(|info| info.ancestors.get(1)).copied().unwrap_or(index)
}

/// The index of the type with this key.
pub fn type_index_of(key: &str) -> Option<i32> {
    // SAFETY: the host's function; the key is lent.
    let index = unsafe { (runtime::get().type_index)(Text::of(key)) };
    (index >= 0).then_some(index)
}

/// Registers a type under a key that is free.
///
/// # Errors
/// When it is not, or the host refuses the parent.
pub fn register_type(key: &str, parent_index: i32) -> Result<&'static TypeInfo, RegistryError> {
    match type_index_of(key) {
        Some(index) => Err(RegistryError::Duplicate { key: owned(key), index }),
        None => get_or_register_type(key, parent_index),
    }
}

/// The type with this key and parent; registers it when the key is free.
///
/// # Errors
/// When it has another parent, or the host refuses the parent.
pub fn get_or_register_type(key: &str, parent_index: i32) -> Result<&'static TypeInfo, RegistryError> {
    // SAFETY: the host's function; the key is lent.
    let index = unsafe { (runtime::get().register_type)(Text::of(key), parent_index) };
    let info = type_info(index).ok_or(RegistryError::UnknownParent(parent_index))?;
    match info.parent.map_or(-1, |parent| parent.index) {
        registered if registered == parent_index => Ok(info),
        registered => Err(RegistryError::ParentMismatch { key: owned(key), registered, requested: parent_index }),
    }
}
