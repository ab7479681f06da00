//! Fields of shared objects, read and written by address while other threads do the same.
//! Upholds: no value is torn; a value that was replaced is released only after the readers who may have seen it retained
//! it or let go; nothing is released under a lock.

use super::any_words::AnyWords;
use super::raw::RawAny;
use super::{stripe, tag, Any, AnyView, ConvertError, DataType, Device, FromAny, IntoAny, Storage};
use crate::object::{release as release_object, retain, Object};
use crate::reclaim::{self, Guard};
use crate::sync::global::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use crate::sync::single_threaded::single_threaded;
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, AtomicU8};

/// The raw bytes of a field's value. Objects are not retained.
///
/// # Safety
/// `address` is a field of `storage`, initialised, in an object that stays alive; writers use this module.
#[inline(always)]
unsafe fn read(address: *const u8, storage: Storage) -> RawAny {
    // Acquire in every arm: pairs with the Release of `replace`. Carries: what the value points at, and what the writer
    // did before; so a plain flag can be waited for.
    macro_rules! word {
        ($atomic:ty) => {
            // SAFETY: the address is aligned for its storage; all access while shared is atomic.
            unsafe { &*address.cast::<$atomic>() }.load(Ordering::Acquire)
        };
    }
    let int = |value: i64| RawAny::bits(tag::INT, value as u64);
    let float = |value: f64| RawAny::bits(tag::FLOAT, value.to_bits());
    match storage {
        Storage::I8 => int(i64::from(word!(AtomicU8) as i8)),
        Storage::I16 => int(i64::from(word!(AtomicU16) as i16)),
        Storage::I32 => int(i64::from(word!(AtomicU32) as i32)),
        Storage::U8 => int(i64::from(word!(AtomicU8))),
        Storage::U16 => int(i64::from(word!(AtomicU16))),
        Storage::U32 => int(i64::from(word!(AtomicU32))),
        Storage::I64 | Storage::U64 => RawAny::bits(tag::INT, word!(AtomicU64)),
        Storage::F32 => float(f64::from(f32::from_bits(word!(AtomicU32)))),
        Storage::F64 => RawAny::bits(tag::FLOAT, word!(AtomicU64)),
        Storage::Bool => RawAny::bits(tag::BOOL, u64::from(word!(AtomicU8) != 0)),
        Storage::Pointer => RawAny::pointer(tag::POINTER, word!(AtomicPtr<c_void>)),
        Storage::Object => match NonNull::new(word!(AtomicPtr<Object>)) {
            // SAFETY: the field's object, kept alive by the count or pin of the reader.
            Some(object) => unsafe { RawAny::of_object(object) },
            None => RawAny::NONE,
        },
        // SAFETY: the field's object is kept alive by the reader, which covers each part.
        Storage::Any => stripe::of(address).read(|| unsafe { AnyWords::at(address).read() }),
        Storage::DType => {
            // SAFETY: the field's object is kept alive by the reader; two halves, two-byte aligned.
            let halves = unsafe { &*address.cast::<[AtomicU16; 2]>() };
            let (a, b) =
                stripe::of(address).read(|| (halves[0].load(Ordering::Relaxed), halves[1].load(Ordering::Relaxed)));
            let ([code, bits], lanes) = (a.to_ne_bytes(), b);
            RawAny::bits(tag::DTYPE, DataType { code, bits, lanes }.to_bits())
        }
        Storage::Device => {
            // SAFETY: the field's object is kept alive by the reader; two halves, four-byte aligned.
            let halves = unsafe { &*address.cast::<[AtomicU32; 2]>() };
            let (kind, id) = stripe::of(address)
                .read(|| (halves[0].load(Ordering::Relaxed) as i32, halves[1].load(Ordering::Relaxed) as i32));
            RawAny::bits(tag::DEVICE, Device { kind, id }.to_bits())
        }
        Storage::Foreign => unreachable!("read by the code of its maker"),
    }
}

/// Writes a field's value and gives the bytes of the one before. Counts are the caller's business.
///
/// # Safety
/// As `read`; `value` has the tag of `storage` (see [`fit`]).
#[inline(always)]
unsafe fn replace(address: *mut u8, storage: Storage, value: RawAny) -> RawAny {
    // SAFETY: an initialised field. The only thread is the only one to reach the object.
    unsafe {
        match single_threaded() {
            true => replace_unshared(address, storage, value),
            false => replace_shared(address, storage, value),
        }
    }
}

/// As [`replace`], among threads.
///
/// # Safety
/// As there.
#[inline(always)]
unsafe fn replace_shared(address: *mut u8, storage: Storage, value: RawAny) -> RawAny {
    // Release: pairs with the Acquire of `read`. Carries: what the value points at. Plain data is not given back.
    macro_rules! word {
        ($atomic:ty, $value:expr) => {{
            // SAFETY: the field's object is kept alive by the writer.
            unsafe { &*address.cast::<$atomic>() }.store($value, Ordering::Release);
            RawAny::NONE
        }};
    }
    let bits = value.to_bits();
    match storage {
        Storage::I8 | Storage::U8 => word!(AtomicU8, bits as u8),
        Storage::Bool => word!(AtomicU8, u8::from(bits != 0)),
        Storage::I16 | Storage::U16 => word!(AtomicU16, bits as u16),
        Storage::I32 | Storage::U32 => word!(AtomicU32, bits as u32),
        Storage::I64 | Storage::U64 | Storage::F64 => word!(AtomicU64, bits),
        Storage::F32 => word!(AtomicU32, (f64::from_bits(bits) as f32).to_bits()),
        Storage::Pointer => word!(AtomicPtr<c_void>, value.to_pointer()),
        Storage::Object => {
            let pointer = if value.is_object() { value.to_pointer().cast() } else { std::ptr::null_mut() };
            // SAFETY: the field's object is kept alive by the writer.
            let field = unsafe { &*address.cast::<AtomicPtr<Object>>() };
            // AcqRel: the Release as above; the Acquire because the old object is released next.
            let old = NonNull::new(field.swap(pointer, Ordering::AcqRel));
            // SAFETY: the count on the old object is the caller's now.
            old.map_or(RawAny::NONE, |old| unsafe { RawAny::of_object(old) })
        }
        Storage::Any => stripe::of(address).write(|| {
            // SAFETY: the field's object is kept alive by the writer.
            let words = unsafe { AnyWords::at(address) };
            let old = words.read();
            words.write(value);
            old
        }),
        Storage::DType => {
            let DataType { code, bits, lanes } = DataType::from_bits(bits);
            // SAFETY: the field's object is kept alive by the writer; two halves, two-byte aligned.
            let halves = unsafe { &*address.cast::<[AtomicU16; 2]>() };
            stripe::of(address).write(|| {
                halves[0].store(u16::from_ne_bytes([code, bits]), Ordering::Relaxed);
                halves[1].store(lanes, Ordering::Relaxed);
            });
            RawAny::NONE
        }
        Storage::Device => {
            let Device { kind, id } = Device::from_bits(bits);
            // SAFETY: the field's object is kept alive by the writer; two halves, four-byte aligned.
            let halves = unsafe { &*address.cast::<[AtomicU32; 2]>() };
            stripe::of(address).write(|| {
                halves[0].store(kind as u32, Ordering::Relaxed);
                halves[1].store(id as u32, Ordering::Relaxed);
            });
            RawAny::NONE
        }
        Storage::Foreign => unreachable!("written by the code of its maker"),
    }
}

/// Whether a 16-byte field holds no value, at some recent moment.
///
/// # Safety
/// As [`load`], of a field of [`Storage::Any`].
#[inline]
pub(super) unsafe fn is_none(address: *const u8) -> bool {
    // SAFETY: `address` is an initialised field of [`Storage::Any`] in an object that stays alive.
    unsafe { AnyWords::at(address) }.is_none()
}

/// Sets a 16-byte field that holds no value. A reader of the C ABI, who knows no stripe, finds the value whole or not at all.
///
/// # Errors
/// The value that the field holds.
///
/// # Safety
/// As [`store`], of a field of [`Storage::Any`].
pub unsafe fn replace_none(address: *mut u8, value: Any) -> Result<(), Any> {
    let guard = reclaim::pin();
    let there = stripe::of(address).write(|| {
        // SAFETY: `address` is an initialised field of [`Storage::Any`] in an object that stays alive.
        let words = unsafe { AnyWords::at(address) };
        let there = words.read();
        let is_none = there.type_index() == tag::NONE;
        if is_none {
            words.publish(value.view().to_raw());
        }
        (!is_none).then_some(there)
    });
    // SAFETY: the pin keeps what was read alive.
    let there = there.map(|there| unsafe { own(there) });
    drop(guard);
    match there {
        Some(there) => Err(there),
        None => {
            // The field owns it now.
            std::mem::forget(value);
            Ok(())
        }
    }
}

/// Owns what was read.
///
/// # Safety
/// What the bytes name is alive: by a pin, or because it is never released before its owner.
#[inline]
unsafe fn own(raw: RawAny) -> Any {
    // SAFETY: what the bytes name is alive, by a pin or by its owner.
    unsafe {
        if let Some(object) = AnyView::from_raw(raw).as_object() {
            retain(object);
        }
        Any::from_raw(raw)
    }
}

/// The value of a mutable field.
///
/// # Safety
/// `address` is an initialised field of `storage` in an object that stays alive for the call; every writer uses
/// [`store`].
#[inline]
pub unsafe fn load(address: *const u8, storage: Storage) -> Any {
    if !storage.owns() || single_threaded() {
        // SAFETY: an initialised field. Plain data needs no owner, and no other thread can replace what is read.
        return unsafe { own(read(address, storage)) };
    }
    let guard = reclaim::pin();
    // SAFETY: an initialised field. The pin keeps what was read alive, since `store` releases after a grace period.
    let value = unsafe { own(read(address, storage)) };
    drop(guard);
    value
}

/// The value of a field whose values stay alive as long as its owner. It is written by [`store_kept`] only, or never.
///
/// # Safety
/// As [`load`], with [`store_kept`] for the writers.
#[inline]
pub unsafe fn load_frozen(address: *const u8, storage: Storage) -> Any {
    // SAFETY: the field is initialised; its values stay as long as their owner.
    unsafe { own(read(address, storage)) }
}

/// The object in a mutable field, without a count: alive while the guard is.
///
/// # Safety
/// As [`load`].
#[inline]
pub unsafe fn peek_object(address: *const u8, storage: Storage, _guard: &Guard) -> Option<NonNull<Object>> {
    // SAFETY: the field is initialised, in a live object; the guard keeps what is seen.
    storage.owns().then(|| unsafe { AnyView::from_raw(read(address, storage)).as_object() }).flatten()
}

/// The bytes of a frozen field's value, objects without a count. They are alive while the field's owner is.
///
/// # Safety
/// As [`load_frozen`].
#[inline]
pub unsafe fn peek_frozen(address: *const u8, storage: Storage) -> RawAny {
    // SAFETY: the field is initialised; its values stay as long as their owner.
    unsafe { read(address, storage) }
}

/// The object in a frozen field, without a count: alive while the field's owner is.
///
/// # Safety
/// As [`load_frozen`].
#[inline]
pub unsafe fn peek_object_frozen(address: *const u8, storage: Storage) -> Option<NonNull<Object>> {
    if storage == Storage::Object {
        // Acquire: as in `read`.
        // SAFETY: the field's object is kept alive by the reader.
        return NonNull::new(unsafe { &*address.cast::<AtomicPtr<Object>>() }.load(Ordering::Acquire));
    }
    // SAFETY: the field is initialised; its values stay as long as their owner.
    storage.owns().then(|| unsafe { AnyView::from_raw(read(address, storage)).as_object() }).flatten()
}

/// Replaces the value of a mutable field. With no reader about, the old value is released before this returns;
/// otherwise when the last reader that may have seen it is done.
///
/// # Safety
/// As [`load`]; `value` has the tag of `storage` (see [`fit`]).
#[inline]
pub unsafe fn store(address: *mut u8, storage: Storage, value: Any) {
    // SAFETY: an initialised field, in a live object. The field takes the count of `value` and gives that of the old one.
    let old = unsafe { Any::from_raw(replace(address, storage, value.into_raw())) };
    retire(old);
}

/// Releases a value that was reachable by readers under a pin until now.
#[inline]
pub fn retire(old: Any) {
    if old.type_index() >= tag::OBJECT {
        retire_object(old);
    }
}

#[inline(never)]
fn retire_object(old: Any) {
    reclaim::retire(move || drop(old));
}

/// Replaces the value of a frozen field. The caller keeps the result alive until the field's owner is destroyed.
///
/// # Safety
/// As [`load_frozen`]; `value` has the tag of `storage` (see [`fit`]).
#[must_use = "readers may still look at it"]
pub unsafe fn store_kept(address: *mut u8, storage: Storage, value: Any) -> Any {
    // SAFETY: the field is initialised; the field takes `value`'s count and gives the old one's.
    unsafe { Any::from_raw(replace(address, storage, value.into_raw())) }
}

/// Writes a field of an object that no other thread can reach yet. The old value is released at once.
///
/// # Safety
/// As [`store`], and no other thread reaches the object.
#[inline]
pub unsafe fn init(address: *mut u8, storage: Storage, value: Any) {
    // SAFETY: no other thread reaches the object; `value` has the tag of `storage`.
    drop(unsafe { Any::from_raw(replace_unshared(address, storage, value.into_raw())) });
}

/// As [`replace`], without the price of a read-modify-write or of a lock.
///
/// # Safety
/// As there, and no other thread reaches the object.
#[inline(always)]
unsafe fn replace_unshared(address: *mut u8, storage: Storage, value: RawAny) -> RawAny {
    // Relaxed, all of it: no other thread reaches the object any more, or yet. Something later publishes it.
    match storage {
        Storage::Object => {
            let pointer = if value.is_object() { value.to_pointer().cast() } else { std::ptr::null_mut() };
            // SAFETY: the field's object is kept alive by the writer.
            let field = unsafe { &*address.cast::<AtomicPtr<Object>>() };
            let old = NonNull::new(field.load(Ordering::Relaxed));
            field.store(pointer, Ordering::Relaxed);
            // SAFETY: the count on the old object is the caller's now.
            old.map_or(RawAny::NONE, |old| unsafe { RawAny::of_object(old) })
        }
        Storage::Any => {
            // SAFETY: the field's object is kept alive by the writer.
            let words = unsafe { AnyWords::at(address) };
            let old = words.read();
            words.write(value);
            old
        }
        // SAFETY: the field is initialised, in an object that no other thread reaches.
        _ => unsafe { replace_shared(address, storage, value) },
    }
}

/// Releases what a field owns, at the end of its object.
///
/// # Safety
/// As [`store`], no other thread reaches the object, and the field is not used again.
#[inline]
pub unsafe fn drop_in_place(address: *mut u8, storage: Storage) {
    if storage == Storage::Object {
        // SAFETY: no other thread reaches the object; the count on what was there is ours.
        unsafe {
            let field = address.cast::<*mut Object>();
            if let Some(old) = NonNull::new(field.replace(std::ptr::null_mut())) {
                release_object(old);
            }
        }
    } else if storage.owns() {
        // SAFETY: no other thread reaches the object; an empty value is left behind.
        unsafe { init(address, storage, Any::none()) };
    }
}

/// The value as `storage` takes it. Numbers are brought into its type and range, everything else has to be of it.
pub fn fit(value: Any, storage: Storage) -> Result<Any, ConvertError> {
    macro_rules! as_type {
        ($type:ty) => {
            <$type>::from_any(value.view()).map(IntoAny::into_any)
        };
    }
    match storage {
        Storage::Any | Storage::Foreign => Ok(value),
        Storage::Object => <Option<crate::object::Obj<Object>>>::from_owned(value).map(IntoAny::into_any),
        Storage::I8 => as_type!(i8),
        Storage::I16 => as_type!(i16),
        Storage::I32 => as_type!(i32),
        Storage::I64 => as_type!(i64),
        Storage::U8 => as_type!(u8),
        Storage::U16 => as_type!(u16),
        Storage::U32 => as_type!(u32),
        Storage::U64 => as_type!(u64),
        Storage::F32 => as_type!(f32),
        Storage::F64 => as_type!(f64),
        Storage::Bool => as_type!(bool),
        Storage::Pointer => as_type!(*mut c_void),
        Storage::DType => as_type!(DataType),
        Storage::Device => as_type!(Device),
    }
}
