//! Type indices, and what is known of a type.

use super::boundary::{answer, give, or_abort, text};
use super::start;
use crate::function::Error;
use crate::object::registry::{self, RegistryError, TypePlace};
use crate::reflect::record::TypeRecord;
use crate::reflect::record_own;
use crate::value::ByteArray;

/// The parent's index of a caller that asks for a type without registering it. It is also the answer that there is
/// none.
const QUERY: i32 = -2;

/// Finds the index of a type key.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITypeKeyToIndex(key: *const ByteArray, out: *mut i32) -> i32 {
    start();
    // SAFETY: by the header the key can be read and `out` be written.
    answer(|| unsafe {
        let key = text(key, "a type key")?;
        let unknown = || Error::type_error(format!("there is no type `{key}`"));
        give(out, || registry::type_index_of(key).ok_or_else(unknown))
    })
}

/// Finds the index of a type key, or registers the type. A key that is known has its index, whatever else is asked for.
///
/// `depth` is not looked at: it is the parent's and one. Ends the process when there can be no such type.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITypeGetOrAllocIndex(
    key: *const ByteArray,
    static_index: i32,
    _depth: i32,
    child_slots: i32,
    child_slots_can_overflow: i32,
    parent: i32,
) -> i32 {
    start();
    or_abort("TVMFFITypeGetOrAllocIndex", || {
        // SAFETY: by the header the key can be read.
        let key = unsafe { text(key, "a type key") }?;
        if let Some(known) = registry::type_index_of(key) {
            return Ok(known);
        }
        if parent == QUERY {
            return Ok(QUERY);
        }
        let index = (static_index >= 0).then_some(static_index);
        let place = TypePlace { index, reserved: child_slots, can_overflow: child_slots_can_overflow != 0 };
        match registry::register_placed(key, parent, place) {
            Ok(info) => Ok(info.index),
            // Another thread was first.
            Err(RegistryError::Duplicate { index, .. }) => Ok(index),
            Err(error) => Err(Error::type_error(format!("type `{key}`: {error}"))),
        }
    })
}

/// Gives what is known of a type, at the same place each time. Ends the process when there is no such type.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIGetTypeInfo(index: i32) -> *const TypeRecord {
    let unknown = || Error::type_error(format!("there is no type {index}"));
    let known = || record_own::of(index).ok_or_else(unknown);
    or_abort("TVMFFIGetTypeInfo", known)
}
