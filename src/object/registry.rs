//! Types by index and by key, and who derives from whom.
//! Upholds: an index always means the same type; a key finds the newest type that took it; a parent's index is smaller than its
//! children's. Neither lookups nor registrations wait for another thread, so that a forked child finds the registry usable.

use super::grow::owned;
use super::table::IndexTable;
use super::type_info::{Reserved, STATIC_OBJECTS, STATIC_VALUES};
use crate::sync::global::names::{self, Names};
use crate::sync::global::{AtomicI32, Ordering};

pub use super::cached_index::CachedIndex;
pub use super::place::{RegistryError, TypePlace, DYNAMIC};
pub use super::root::OBJECT;
pub use super::type_info::TypeInfo;

/// Types from [`DYNAMIC`] on, at their index less that.
static TYPES: IndexTable<TypeInfo> = IndexTable::new();
static NEXT: AtomicI32 = AtomicI32::new(DYNAMIC);
/// Which type a key finds. A key that is free, because its type was withdrawn, keeps its entry.
static KEYS: Names<TypeInfo, 1024> = Names::new();

/// Types between the built-in ones and [`DYNAMIC`], which their makers numbered. Each is at its index less [`OBJECT`].
static NUMBERED: IndexTable<TypeInfo> = IndexTable::new();

/// The type with this index.
#[inline]
pub fn type_info(index: i32) -> Option<&'static TypeInfo> {
    if index >= DYNAMIC {
        TYPES.get(index - DYNAMIC)
    } else if index >= OBJECT {
        STATIC_OBJECTS.get((index - OBJECT) as usize).or_else(|| NUMBERED.get(index - OBJECT))
    } else {
        STATIC_VALUES.get(usize::try_from(index).ok()?)
    }
}

/// Whether the type `index` is `target` or derived from it.
#[inline]
pub fn is_instance(index: i32, target: i32) -> bool {
    index == target || is_derived(index, target)
}

#[inline(never)]
fn is_derived(index: i32, target: i32) -> bool {
    // Most types have one ancestor, the root, and few have many. Looking up how deep the target is would cost more.
    type_info(index).is_some_and(|info| info.ancestors.contains(&target))
}

/// The type right below the root that `index` is or is derived from.
#[inline]
pub fn below_root(index: i32) -> i32 {
    type_info(index).and_then(|info| info.ancestors.get(1)).copied().unwrap_or(index)
}

/// The index of the type with this key.
pub fn type_index_of(key: &str) -> Option<i32> {
    let fixed = statics().find(|info| info.key == key);
    fixed.or_else(|| KEYS.find(key)?.holder()).map(|info| info.index)
}

/// All types that can be found by key, in the order of their indices.
pub fn types() -> impl Iterator<Item = &'static TypeInfo> {
    // Relaxed: types that are being registered may or may not be there.
    let dynamic = (DYNAMIC..NEXT.load(Ordering::Relaxed)).filter_map(type_info);
    let numbered = (OBJECT..DYNAMIC).filter_map(|index| NUMBERED.get(index - OBJECT));
    // An index may have been lost in a race for its key. Or its key was retired, or taken by a newer type.
    statics().chain(numbered.chain(dynamic).filter(|info| type_index_of(info.key) == Some(info.index)))
}

fn statics() -> impl Iterator<Item = &'static TypeInfo> {
    STATIC_VALUES.iter().chain(&STATIC_OBJECTS)
}

/// Registers a type under a key that is free. Linearises at the CAS that gives it the key.
pub fn register_type(key: &str, parent_index: i32) -> Result<&'static TypeInfo, RegistryError> {
    register_placed(key, parent_index, TypePlace::default())
}

/// As [`register_type`], with a say in the type's index.
///
/// # Errors
/// As there, and when the index is taken.
pub fn register_placed(key: &str, parent_index: i32, place: TypePlace) -> Result<&'static TypeInfo, RegistryError> {
    let duplicate = |index| Err(RegistryError::Duplicate { key: owned(key), index });
    if let Some(index) = type_index_of(key) {
        return duplicate(index);
    }
    let info = add(key, parent(parent_index)?, place)?;
    match KEYS.entry(info.key).give(None, Some(info)) {
        Ok(()) => Ok(info),
        // Another thread was first. The index is lost, which costs a few bytes once.
        Err(other) => duplicate(other.map_or(info.index, |other| other.index)),
    }
}

/// Registers a type for a key that another type may have. The key goes on finding that one until [`take_key`].
pub fn register_successor(key: &str, parent_index: i32) -> Result<&'static TypeInfo, RegistryError> {
    if let Some(fixed) = statics().find(|info| info.key == key) {
        return Err(RegistryError::Duplicate { key: owned(key), index: fixed.index });
    }
    add(key, parent(parent_index)?, TypePlace::default())
}

/// Lets a type's key find it, instead of an older type that has the key. False if a newer type has the key, or this one is not
/// dynamic, unknown or withdrawn. The older type keeps its index and all that is known of it. Linearises at the CAS.
pub fn take_key(index: i32) -> bool {
    let Some(info) = type_info(index).filter(|info| info.index >= DYNAMIC && !info.is_withdrawn()) else {
        return false;
    };
    let entry = KEYS.entry(info.key);
    let mut holder = entry.holder();
    while holder.is_none_or(|holder| holder.index < index) {
        match entry.give(holder, Some(info)) {
            Ok(()) => return true,
            Err(now) => holder = now,
        }
    }
    holder.is_some_and(|holder| holder.index == index)
}

/// A type that may be extended.
fn parent(index: i32) -> Result<&'static TypeInfo, RegistryError> {
    // The parent may have lost its key to a newer type. Its class and its objects are still in use.
    let found = type_info(index).filter(|parent| index >= OBJECT && !parent.is_withdrawn());
    found.ok_or(RegistryError::UnknownParent(index))
}

/// The type with this key and parent; registers it when the key is free.
pub fn get_or_register_type(key: &str, parent_index: i32) -> Result<&'static TypeInfo, RegistryError> {
    match register_type(key, parent_index) {
        Err(RegistryError::Duplicate { key, index }) => {
            let info = type_info(index).expect("a key's type is in the table");
            match info.parent.map_or(-1, |parent| parent.index) {
                registered if registered == parent_index => Ok(info),
                registered => Err(RegistryError::ParentMismatch { key, registered, requested: parent_index }),
            }
        }
        other => other,
    }
}

/// Withdraws a type whose registration is rolled back, and frees its key for another type. False when the type is not
/// dynamic, unknown, or has lost its key already. The index and what is known of it stay: objects may carry it.
pub fn retire_key(index: i32) -> bool {
    let Some(info) = type_info(index).filter(|info| info.index >= DYNAMIC) else {
        return false;
    };
    info.withdraw();
    KEYS.find(info.key).is_some_and(|entry| entry.give(Some(info), None).is_ok())
}

/// A number that depends on a type's key alone.
pub fn key_hash(key: &str) -> u64 {
    names::hash(key)
}

/// Puts a type into the table, under an index of its own.
fn add(key: &str, parent: &'static TypeInfo, place: TypePlace) -> Result<&'static TypeInfo, RegistryError> {
    // Before there is an index, which would be lost.
    let key = owned(key).into_boxed_str();
    let reserved = place.reserved.max(0);
    let bad_index = |key: &str| RegistryError::BadIndex { key: owned(key), index: place.index.unwrap_or(0) };
    let index = match place.index {
        Some(index) if (OBJECT..DYNAMIC).contains(&index) && type_info(index).is_none() => index,
        Some(_) => return Err(bad_index(&key)),
        None => next_index(parent, reserved)?,
    };
    let ancestors: Box<[i32]> = parent.ancestors.iter().copied().chain([parent.index]).collect();
    let reserved = Reserved::new(reserved, place.can_overflow);
    let info = Box::new(TypeInfo::new(index, Box::leak(key), Box::leak(ancestors), Some(parent), reserved));
    match place.index {
        None => Ok(TYPES.set(index - DYNAMIC, info).expect("an index is given out once")),
        // Another thread may have been first. Key and ancestors are lost, which costs a few bytes once.
        Some(_) => NUMBERED.set(index - OBJECT, info).map_err(|info| bad_index(info.key)),
    }
}

/// An index behind which there are `reserved` others. It is among those that the parent keeps, or anywhere.
fn next_index(parent: &TypeInfo, reserved: i32) -> Result<i32, RegistryError> {
    let count = reserved.checked_add(1).ok_or(RegistryError::Full)?;
    match parent.reserved.take(count) {
        Some(distance) => return Ok(parent.index + distance),
        None if !parent.reserved.can_overflow => return Err(RegistryError::NoneReserved(parent.index)),
        None => {}
    }
    // Relaxed: uniqueness is all that is asked of it.
    NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(count))
        .map_err(|_| RegistryError::Full)
}

/// Forgets all dynamic types and frees what is known of them.
///
/// So each input of a fuzzer begins with the same registry.
///
/// # Safety
/// No other thread uses the registry; no reference that it gave to a dynamic type is used again, nor an index of one, be
/// it by an object, in a [`CachedIndex`] or in a table by index.
#[cfg(fuzzing)]
pub unsafe fn forget_dynamic_types() {
    // SAFETY: no other thread uses the registry; the entries were used in this file only.
    unsafe { KEYS.forget() };
    // Relaxed: there is one thread.
    for index in 0..NEXT.swap(DYNAMIC, Ordering::Relaxed) - DYNAMIC {
        // SAFETY: no reference to the type is used again. The three allocations are those of `add`.
        unsafe {
            let Some(info) = TYPES.take(index) else { continue };
            drop(Box::from_raw(std::ptr::from_ref(info.key).cast_mut()));
            drop(Box::from_raw(std::ptr::from_ref(info.ancestors).cast_mut()));
        }
    }
}
