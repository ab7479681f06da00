//! Fields of other makers' objects. They are read in place where their layout is known, else by their getters, and written as
//! their setters say.
//! Upholds: a reader in Python beside a writer in Python finds the value before or after, alive; no thread waits for user code.
//!
//! Inlined C++ reads and writes such fields as plain memory, for which its threads have to agree among themselves. Python's need
//! not. Where the layout is known, a setter works on a place of this thread's own, and what it left there is stored as a value of
//! ours is.

use super::record::{FieldRecord, SETTER_IS_FUNCTION};
use crate::function::Error;
use crate::object::Object;
use crate::sync::single_threaded::single_threaded;
use crate::value::{cell, stripe, tag, Any, RawAny, Schema, Storage};
use std::fmt;
use std::ptr::NonNull;
use std::sync::{Mutex, TryLockError};
use std::time::{Duration, Instant};

/// The record of such a field.
#[derive(Clone, Copy)]
pub(super) struct Foreign(pub(super) &'static FieldRecord);

// SAFETY: a record is constant and stays. Its functions may be called on any thread, as its registration says.
unsafe impl Send for Foreign {}
// SAFETY: a record is constant and stays. Its functions may be called on any thread, as its registration says.
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
        // Of these the headers have two forms: a pointer, or a whole value.
        (tag::ANY, Some(Schema::Optional(inner))) if is_text(inner) => Storage::Any,
        (tag::ANY, Some(Schema::Optional(inner))) if is_object(inner) => Storage::Object,
        (tag::ANY, Some(Schema::Union(items))) if items.iter().all(is_object) && record.size == 8 => Storage::Object,
        (tag::ANY, Some(Schema::Union(_))) => Storage::Any,
        _ => Storage::Foreign,
    };
    match storage {
        storage if !is_whole(storage) => (Storage::Foreign, declared.unwrap_or(Schema::Any)),
        Storage::Object | Storage::Any | Storage::Foreign => (storage, declared.unwrap_or(known)),
        // Of plain data the layout decides.
        plain => (plain, known),
    }
}

/// Whether all values of a schema are objects that are held by a pointer.
fn is_object(schema: &Schema) -> bool {
    match schema {
        Schema::Unknown(..) => false,
        schema => schema.index().is_some_and(|index| index >= tag::OBJECT) && !is_text(schema),
    }
}

fn is_text(schema: &Schema) -> bool {
    matches!(schema, Schema::Str | Schema::Bytes)
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
        // SAFETY: the object is of the field's type and alive; `ordered` excludes writers as it can.
        ordered(object, || unsafe { self.0.get(object) })
    }

    /// What the setter makes of a value, or why it refuses it. That can be stored in the field. Where only the setter can store,
    /// the value itself.
    ///
    /// # Errors
    /// What the setter ends in.
    ///
    /// # Safety
    /// `storage` is the field's.
    pub unsafe fn convert(self, storage: Storage, value: Any) -> Result<Any, Error> {
        if storage == Storage::Foreign {
            return Ok(value);
        }
        // Zero is a field that holds nothing.
        let mut place = [RawAny::NONE; 1];
        debug_assert!(storage.size() <= size_of::<RawAny>());
        let place = place.as_mut_ptr().cast::<u8>();
        // SAFETY: by the storage the place is as large and as aligned as the field. It is known to this thread alone. What the
        // setter leaves there is owned: the headers give pointers that own nothing no type index, so that they are not of this
        // storage.
        unsafe {
            self.0.set_at(place.cast(), value.view())?;
            let made = cell::load_frozen(place, storage);
            cell::drop_in_place(place, storage);
            Ok(made)
        }
    }

    /// Writes the field. Its setter converts the value.
    ///
    /// # Errors
    /// What the setter ends in.
    ///
    /// # Safety
    /// The object is of the field's type and alive; `storage` is the field's.
    pub unsafe fn set(self, object: NonNull<Object>, storage: Storage, value: Any) -> Result<(), Error> {
        if storage != Storage::Foreign {
            // Any code may run in there, so it comes before anything is touched.
            // SAFETY: the object is of the field's type and alive; `storage` is the field's.
            let value = unsafe { self.convert(storage, value)? };
            // SAFETY: the object is of the field's type and alive. The value is what the setter would store.
            unsafe { cell::store(object.as_ptr().cast::<u8>().byte_offset(self.0.offset as isize), storage, value) };
            return Ok(());
        }
        if self.0.flags & SETTER_IS_FUNCTION != 0 {
            // SAFETY: the object is of the field's type and alive.
            return unsafe { self.0.set(object, value.view()) };
        }
        let (result, former) = ordered(object, || {
            // Keeps a count of what may be an object. So the setter ends none.
            // SAFETY: the object is of the field's type and alive.
            let former = unsafe { self.0.get(object) };
            // SAFETY: the object is of the field's type and alive.
            (unsafe { self.0.set(object, value.view()) }, former)
        });
        drop(former);
        result
    }
}

/// Locks for what only a maker's code can read and write, such as a `std::string`.
static LOCKS: [Mutex<()>; 64] = [const { Mutex::new(()) }; 64];

/// How long a thread waits for one.
const MAX_LOCK_WAIT: Duration = Duration::from_millis(2);

/// Does it while no other thread of ours is in such code for the object.
///
/// Such code copies a value as a rule, but may do anything: call Python, which needs what a waiting thread has, or come here again. So
/// a thread that has waited for long goes on without the lock, as does a forked child whose parent had a thread in there. What is left to the maker then is what C++'s own threads have anyway.
#[cfg(not(feature = "guest"))]
pub(crate) fn ordered<R>(object: NonNull<Object>, work: impl FnOnce() -> R) -> R {
    if single_threaded() {
        return work();
    }
    let lock = &LOCKS[stripe::index(object.as_ptr()) % LOCKS.len()];
    let since = Instant::now();
    let _held = loop {
        match lock.try_lock() {
            Ok(held) => break Some(held),
            Err(TryLockError::Poisoned(poisoned)) => break Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if since.elapsed() > MAX_LOCK_WAIT => break None,
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    };
    work()
}

/// As the host does it, with what it and all guests have locked.
#[cfg(feature = "guest")]
fn ordered<R>(object: NonNull<Object>, work: impl FnOnce() -> R) -> R {
    struct Work<F, R>(Option<F>, Option<std::thread::Result<R>>);
    /// # Safety
    /// `data` is a `Work`.
    unsafe extern "C" fn run<F: FnOnce() -> R, R>(data: *mut std::ffi::c_void) {
        // SAFETY: `data` is a `Work`, lent for the call.
        let work = unsafe { &mut *data.cast::<Work<F, R>>() };
        let inside = work.0.take();
        work.1 = inside.map(|inside| std::panic::catch_unwind(std::panic::AssertUnwindSafe(inside)));
    }
    fn call<F: FnOnce() -> R, R>(object: NonNull<Object>, work: F) -> R {
        let mut work = Work(Some(work), None);
        // SAFETY: the host calls once, before it returns.
        unsafe { (crate::runtime::get().ordered)(object.as_ptr().cast(), run::<F, R>, (&raw mut work).cast()) };
        match work.1.expect("the host calls") {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    call(object, work)
}
