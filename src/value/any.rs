//! The 16-byte dynamic value, owned ([`Any`]) and borrowed ([`AnyView`]).
//! Upholds: bytes as the C ABI lays them out, unused bytes zero; an `Any` owns one strong count on the object it names,
//! a view none; an `Any` never carries the view-only tags.

use super::plain::{ByteArray, DataType, Device};
use super::raw::RawAny;
use super::{heap, tag, RvalueSlot};
use crate::object::{registry, release, retain, Obj, Object, ObjectType};
use std::ffi::{c_char, c_void, CStr};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// Whether objects of a type index are `T`s.
#[inline]
pub(super) fn is_a<T: ObjectType>(index: i32) -> bool {
    let target = T::type_index();
    index == target || target == tag::OBJECT || registry::is_instance(index, target)
}

/// A value that owns what it names.
#[repr(transparent)]
pub struct Any(RawAny);

// SAFETY: objects are Send + Sync by `ObjectType`; everything else is plain data.
unsafe impl Send for Any {}
// SAFETY: objects are Send + Sync by `ObjectType`; an `Any` has no interior mutability.
unsafe impl Sync for Any {}

impl Any {
    /// No value.
    #[inline]
    pub const fn none() -> Any {
        Any(RawAny::NONE)
    }

    /// Takes the bytes of an owned value.
    ///
    /// # Safety
    /// The bytes are a valid value with an owned tag, and the caller gives up the count they stand for.
    #[inline]
    pub unsafe fn from_raw(raw: RawAny) -> Any {
        Any(raw)
    }

    /// Gives the bytes of the value, with the count they stand for.
    #[inline]
    pub fn into_raw(self) -> RawAny {
        ManuallyDrop::new(self).0
    }

    /// A string of these bytes, as another language has them: UTF-8 or not.
    pub fn text(content: &[u8]) -> Any {
        // SAFETY: the value owns what it names.
        unsafe { Any::from_raw(heap::text_of(content)) }
    }

    /// The value as a borrowed one.
    #[inline]
    pub fn view(&self) -> AnyView<'_> {
        AnyView(self.0, PhantomData)
    }

    /// The value as a borrowed one, by reference. What is read out of a small string lives as long as the owner.
    #[inline]
    pub fn as_view(&self) -> &AnyView<'_> {
        // SAFETY: both are transparent over `RawAny`; the borrow keeps the owner in place.
        unsafe { &*(self as *const Any).cast() }
    }

    /// The values as borrowed ones, as calls want them.
    #[inline]
    pub fn views(values: &[Any]) -> &[AnyView<'_>] {
        // SAFETY: both are transparent over `RawAny`; the borrow keeps the owners in place.
        unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), values.len()) }
    }

    /// What the value is; see [`tag`].
    #[inline]
    pub fn type_index(&self) -> i32 {
        self.0.type_index()
    }

    /// Whether this is no value.
    #[inline]
    pub fn is_none(&self) -> bool {
        self.0.type_index() == tag::NONE
    }

    /// The object itself, or the value back when it is plain data.
    #[inline]
    pub fn into_object(self) -> Result<Obj<Object>, Any> {
        match self.view().as_object() {
            Some(object) => {
                std::mem::forget(self);
                // SAFETY: the value owned one count on the object, and was forgotten.
                Ok(unsafe { Obj::from_raw(object) })
            }
            None => Err(self),
        }
    }

    pub(crate) fn from_object<T: ObjectType>(object: Obj<T>) -> Any {
        let index = object.type_index();
        Any(RawAny::pointer(index, object.into_raw().as_ptr()))
    }

    pub(crate) const fn plain(raw: RawAny) -> Any {
        Any(raw)
    }
}

impl Default for Any {
    fn default() -> Any {
        Any::none()
    }
}

impl Clone for Any {
    #[inline]
    fn clone(&self) -> Any {
        if let Some(object) = self.view().as_object() {
            // SAFETY: `self` owns a count for the duration.
            unsafe { retain(object) };
        }
        Any(self.0)
    }
}

impl Drop for Any {
    #[inline]
    fn drop(&mut self) {
        if let Some(object) = self.view().as_object() {
            // SAFETY: the value owns one count on its object and ends here.
            unsafe { release(object) };
        }
    }
}

impl std::fmt::Debug for Any {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.view().fmt(f)
    }
}

/// A value that another handle owns for `'a`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct AnyView<'a>(RawAny, PhantomData<&'a Any>);

// SAFETY: values that others share are Send + Sync, as for `Any`. The slot of an rvalue is atomic.
unsafe impl Send for AnyView<'_> {}
// SAFETY: values that others share are Send + Sync, as for `Any`. The slot of an rvalue is atomic.
unsafe impl Sync for AnyView<'_> {}

impl<'a> AnyView<'a> {
    /// No value.
    #[inline]
    pub const fn none() -> AnyView<'static> {
        AnyView(RawAny::NONE, PhantomData)
    }

    /// Borrows the bytes of a value.
    ///
    /// # Safety
    /// The bytes are a valid value, and what they name lives for `'a`.
    #[inline]
    pub unsafe fn from_raw(raw: RawAny) -> AnyView<'a> {
        AnyView(raw, PhantomData)
    }

    /// The bytes of the value.
    #[inline]
    pub fn to_raw(self) -> RawAny {
        self.0
    }

    /// A borrowed object.
    #[inline]
    pub fn of_object<T: ObjectType>(object: &'a Obj<T>) -> AnyView<'a> {
        AnyView(RawAny::pointer(object.type_index(), object.as_raw().as_ptr()), PhantomData)
    }

    /// A borrowed C string.
    #[inline]
    pub fn of_c_str(text: &'a CStr) -> AnyView<'a> {
        AnyView(RawAny::pointer(tag::RAW_STR, text.as_ptr()), PhantomData)
    }

    /// Borrowed bytes that were described for the C ABI.
    #[inline]
    pub fn of_byte_array(bytes: &'a ByteArray) -> AnyView<'a> {
        AnyView(RawAny::pointer(tag::BYTE_ARRAY, bytes), PhantomData)
    }

    /// An object that the receiver may take out of its slot.
    #[inline]
    pub fn of_rvalue(slot: &'a RvalueSlot) -> AnyView<'a> {
        AnyView(RawAny::pointer(tag::RVALUE, slot), PhantomData)
    }

    /// What the value is; see [`tag`].
    #[inline]
    pub fn type_index(self) -> i32 {
        self.0.type_index()
    }

    /// Whether this is no value.
    #[inline]
    pub fn is_none(self) -> bool {
        self.0.type_index() == tag::NONE
    }

    /// An integer, if it is one. A truth value is none.
    #[inline]
    pub fn as_int(self) -> Option<i64> {
        (self.0.type_index() == tag::INT).then_some(self.0.to_bits() as i64)
    }

    /// A float, if it is one.
    #[inline]
    pub fn as_float(self) -> Option<f64> {
        (self.0.type_index() == tag::FLOAT).then(|| f64::from_bits(self.0.to_bits()))
    }

    /// A truth value, if it is one.
    #[inline]
    pub fn as_bool(self) -> Option<bool> {
        (self.0.type_index() == tag::BOOL).then_some(self.0.to_bits() != 0)
    }

    /// An opaque pointer, if it is one.
    #[inline]
    pub fn as_pointer(self) -> Option<*mut c_void> {
        (self.0.type_index() == tag::POINTER).then_some(self.0.to_pointer())
    }

    /// An element type, if it is one.
    #[inline]
    pub fn as_dtype(self) -> Option<DataType> {
        (self.0.type_index() == tag::DTYPE).then(|| DataType::from_bits(self.0.to_bits()))
    }

    /// A device, if it is one.
    #[inline]
    pub fn as_device(self) -> Option<Device> {
        (self.0.type_index() == tag::DEVICE).then(|| Device::from_bits(self.0.to_bits()))
    }

    /// The object, if the value is one. It lives for `'a`. An rvalue is not looked into.
    #[inline]
    pub fn as_object(self) -> Option<NonNull<Object>> {
        // SAFETY: an object's payload is never null.
        self.0.is_object().then(|| unsafe { NonNull::new_unchecked(self.0.to_pointer().cast()) })
    }

    /// The object as a `T`, if it is one.
    #[inline]
    pub fn as_ref<T: ObjectType>(self) -> Option<&'a T> {
        let object = self.as_object()?;
        // SAFETY: the type is checked, and a child starts with its parent. The view lends the object for `'a`.
        is_a::<T>(self.0.type_index()).then(|| unsafe { object.cast::<T>().as_ref() })
    }

    /// The slot of an rvalue, if the value is one.
    #[inline]
    pub fn as_rvalue(self) -> Option<&'a RvalueSlot> {
        // SAFETY: the tag says what the pointer is; the view lends it for `'a`.
        (self.0.type_index() == tag::RVALUE).then(|| unsafe { &*self.0.to_pointer().cast::<RvalueSlot>() })
    }

    /// The bytes of a string or of bytes, of any representation. True for text.
    #[inline]
    pub(crate) fn text_or_bytes(&'a self) -> Option<(bool, &'a [u8])> {
        let raw = &self.0;
        // SAFETY: each arm reads what the tag says is there. Inline bytes live in `self`, the others for `'a`.
        unsafe {
            Some(match raw.type_index() {
                tag::SMALL_STR => (true, raw.small_bytes()),
                tag::SMALL_BYTES => (false, raw.small_bytes()),
                tag::STR => (true, heap::heap_bytes(raw.to_pointer().cast())),
                tag::BYTES => (false, heap::heap_bytes(raw.to_pointer().cast())),
                tag::RAW_STR => (true, CStr::from_ptr(raw.to_pointer().cast::<c_char>()).to_bytes()),
                tag::BYTE_ARRAY => (false, (*raw.to_pointer().cast::<ByteArray>()).as_slice()),
                _ => return None,
            })
        }
    }

    /// The bytes of a string of any representation. Those of another maker may be no UTF-8.
    #[inline]
    pub fn as_text(&self) -> Option<&[u8]> {
        self.text_or_bytes().and_then(|(text, bytes)| text.then_some(bytes))
    }

    /// A string of any representation; none for one that is no UTF-8. The borrow of the view matters: small strings live
    /// inside it.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        let bytes = self.as_text()?;
        let is_sound = match self.0.type_index() {
            // ASCII, as nearly all are; the bytes behind the string are zero.
            tag::SMALL_STR => self.0.to_bits() & 0x8080_8080_8080_8080 == 0,
            // SAFETY: the tag says that it is a string object, which the view lends.
            tag::STR => unsafe { heap::is_utf8(self.0.to_pointer().cast()) },
            _ => false,
        };
        match is_sound {
            // SAFETY: as it was just found.
            true => Some(unsafe { std::str::from_utf8_unchecked(bytes) }),
            false => std::str::from_utf8(bytes).ok(),
        }
    }

    /// Bytes of any representation. The borrow of the view matters: small ones live inside it.
    #[inline]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        self.text_or_bytes().and_then(|(text, bytes)| (!text).then_some(bytes))
    }

    /// The value, owned. Objects are retained, raw strings copied, an rvalue taken out of its slot (an empty slot is no
    /// value).
    #[inline]
    pub fn to_owned(self) -> Any {
        match self.0.type_index() {
            tag::RAW_STR | tag::BYTE_ARRAY | tag::RVALUE => self.to_owned_slow(),
            _ => {
                if let Some(object) = self.as_object() {
                    // SAFETY: the view lends the object alive.
                    unsafe { retain(object) };
                }
                Any(self.0)
            }
        }
    }

    #[cold]
    fn to_owned_slow(self) -> Any {
        if let Some(slot) = self.as_rvalue() {
            return slot.take().map_or(Any::none(), Any::from_object);
        }
        match self.text_or_bytes() {
            // SAFETY: both values own what they name.
            Some((true, text)) => unsafe { Any::from_raw(heap::text_of(text)) },
            // SAFETY: both values own what they name.
            Some((false, bytes)) => unsafe { Any::from_raw(heap::bytes_of(bytes)) },
            None => Any::none(),
        }
    }

    /// Whether both are the same value. They are the same plain data, the same object, or strings (or bytes) of equal
    /// content.
    /// `1`, `1.0` and `true` are three different values; a NaN is the same as itself when its bits are.
    pub fn same(&self, other: &AnyView<'_>) -> bool {
        if self.0.type_index() == other.0.type_index() && self.0.to_bits() == other.0.to_bits() {
            return self.0.small_len() == other.0.small_len();
        }
        match (self.text_or_bytes(), other.text_or_bytes()) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        }
    }

    /// What the value is, in words: `int`, `str`, … or the key of the object's type.
    pub fn type_name(&self) -> String {
        super::schema::index_name(self.0.type_index())
    }
}

impl std::fmt::Debug for AnyView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(text) = self.as_str() {
            return write!(f, "{text:?}");
        }
        if let Some(bytes) = self.as_bytes() {
            return write!(f, "b\"{}\"", bytes.escape_ascii());
        }
        match self.0.type_index() {
            tag::NONE => f.write_str("None"),
            tag::INT => write!(f, "{}", self.0.to_bits() as i64),
            tag::BOOL => f.write_str(if self.0.to_bits() != 0 { "True" } else { "False" }),
            tag::FLOAT => write!(f, "{:?}", f64::from_bits(self.0.to_bits())),
            _ => write!(f, "{}@{:#x}", self.type_name(), self.0.to_bits()),
        }
    }
}

/// The address of an object; 0 for what is none.
pub(crate) fn address(view: AnyView<'_>) -> usize {
    view.as_object().map_or(0, |object| object.as_ptr() as usize)
}
