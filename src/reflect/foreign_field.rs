//! Fields of other makers' objects: read in place where their layout is known, else by their getters; written by their setters.
//! Upholds: a reader in Python beside a writer in Python finds the value before or after, alive; no user code runs under a lock.
//!
//! Inlined C++ reads and writes such fields as plain memory, for which its threads have to agree among themselves. Here is seen to
//! it that Python's do not have to.

use super::record::{FieldRecord, SETTER_IS_FUNCTION};
use crate::function::Error;
use crate::object::Object;
use crate::value::{cell, stripe, tag, Any, AnyView, RawAny, Schema, Storage};
use std::fmt;
use std::mem::size_of;
use std::ptr::NonNull;

/// The record of such a field.
#[derive(Clone, Copy)]
pub(super) struct Foreign(pub(super) &'static FieldRecord);

// SAFETY: a record is constant and stays; its functions may be called on any thread, as who registers it says.
unsafe impl Send for Foreign {}
// SAFETY: as above.
unsafe impl Sync for Foreign {}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// How a field can be read, and the schema of its values.
///
/// Where its type and size leave no doubt, it is read as fields of our own are. A setter that is a function object may do anything, so
/// such a field is its maker's alone.
pub(super) fn storage_of(record: &FieldRecord, declared: Option<Schema>) -> (Storage, Schema) {
    let known = Schema::of_index(record.static_index);
    let is_whole = |storage: Storage| {
        record.size == storage.size() as i64
            && record.alignment >= storage.align() as i64
            && record.offset % storage.align() as i64 == 0
    };
    let storage = match (record.static_index, &declared) {
        _ if record.flags & SETTER_IS_FUNCTION != 0 || record.getter.is_none() => Storage::Foreign,
        (tag::INT, _) => Storage::I64,
        (tag::FLOAT, _) => Storage::F64,
        (tag::BOOL, _) => Storage::Bool,
        (tag::POINTER, _) => Storage::Pointer,
        (tag::DTYPE, _) => Storage::DType,
        (tag::DEVICE, _) => Storage::Device,
        (tag::STR | tag::BYTES, _) | (tag::ANY, Some(Schema::Any)) => Storage::Any,
        (index, _) if index >= tag::OBJECT => Storage::Object,
        _ => Storage::Foreign,
    };
    match storage {
        storage if !is_whole(storage) => (Storage::Foreign, declared.unwrap_or(Schema::Any)),
        Storage::Object | Storage::Any | Storage::Foreign => (storage, declared.unwrap_or(known)),
        // Of plain data the layout decides.
        plain => (plain, known),
    }
}

impl Foreign {
    /// The value, by the getter.
    ///
    /// # Errors
    /// What the getter ends in.
    ///
    /// # Safety
    /// The object is of the field's type and alive.
    pub unsafe fn get(self, object: NonNull<Object>) -> Result<Any, Error> {
        // SAFETY: the caller's contract; other threads of ours are kept out. A getter copies a value.
        self.alone(object, || unsafe { self.0.get(object) })
    }

    /// Writes the field by its setter, which may convert the value.
    ///
    /// # Errors
    /// What the setter ends in.
    ///
    /// # Safety
    /// The object is of the field's type and alive; `storage` is the field's.
    pub unsafe fn set(
        self,
        object: NonNull<Object>,
        storage: Storage,
        schema: &Schema,
        value: Any,
    ) -> Result<(), Error> {
        if self.0.flags & SETTER_IS_FUNCTION != 0 {
            // It runs any code, so that nothing may be held.
            // SAFETY: the caller's contract.
            return unsafe { self.0.set(object, value.view()) };
        }
        // What takes a conversion is converted elsewhere first, where it is known how to get at the result: that may run any code.
        let value = match storage {
            // SAFETY: of these storages the getter's result owns what is in the place.
            Storage::Object | Storage::Any if !schema.check(value.view()) => unsafe {
                self.converted(storage, value.view())?
            },
            _ => value,
        };
        let write = || {
            // A count is taken first, so that the setter ends no object. A getter may expect more than a fresh object has: what is no
            // pointer yet where C++ allows none.
            let old = match storage {
                // SAFETY: the caller's contract; it is the field's storage.
                Storage::Object => unsafe { cell::load(self.address(object), storage) },
                // SAFETY: the caller's contract.
                _ => unsafe { self.0.get(object) }.unwrap_or_default(),
            };
            // SAFETY: the caller's contract.
            (unsafe { self.0.set(object, value.view()) }, old)
        };
        let (result, old) = self.alone(object, || match storage {
            // Readers look at both words.
            // SAFETY: inside the object.
            Storage::Any => stripe::of(unsafe { self.address(object) }).write(write),
            _ => write(),
        });
        // A reader may have seen it, who counts it in a moment.
        cell::retire(old);
        result
    }

    /// # Safety
    /// The object is of the field's type.
    unsafe fn address(self, object: NonNull<Object>) -> *const u8 {
        // SAFETY: the caller's contract; the offset is inside the object.
        unsafe { object.as_ptr().cast::<u8>().byte_offset(self.0.offset as isize) }
    }

    /// What the setter makes of a value.
    ///
    /// # Safety
    /// The storage is the field's, and one of objects or of any values.
    unsafe fn converted(self, storage: Storage, value: AnyView<'_>) -> Result<Any, Error> {
        // Zero is a field that holds nothing.
        let mut place = [RawAny::NONE; 1];
        debug_assert!(storage.size() <= size_of::<RawAny>());
        // SAFETY: the place is as large and as aligned as the field, and known to this thread alone.
        unsafe { self.0.set_at(place.as_mut_ptr().cast(), value)? };
        // SAFETY: what the setter left is owned, and is the caller's now.
        Ok(match storage {
            // SAFETY: as above.
            Storage::Object => match NonNull::new(unsafe { place.as_ptr().cast::<*mut Object>().read() }) {
                // SAFETY: as above.
                Some(object) => unsafe { Any::from_raw(RawAny::of_object(object)) },
                None => Any::none(),
            },
            // SAFETY: as above.
            _ => unsafe { Any::from_raw(place[0]) },
        })
    }

    /// Does it while no other thread of ours is in the code of this field's maker for this object.
    fn alone<R>(self, object: NonNull<Object>, work: impl FnOnce() -> R) -> R {
        let _held = stripe::of_foreign(object.as_ptr()).hold();
        work()
    }
}
