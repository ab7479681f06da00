//! The 16 bytes of a dynamic value, without a say in who owns them.
//! Upholds: bytes as the C ABI lays them out, unused bytes zero.

use super::tag;
use crate::object::Object;
use std::ffi::c_void;
use std::ptr::NonNull;

/// The bytes of a value, without a say in who owns them. What crosses the C ABI:
///
/// | bytes | |
/// |---|---|
/// | 0..4 | the type index: one of [`tag`], or a dynamic one |
/// | 4..8 | the length of a small string; zero otherwise |
/// | 8..16 | the payload |
///
/// Two machine words, as which the compiler passes it in registers and copies it. As four fields it is copied by one access
/// of 16 bytes, which has to wait for the narrower ones that wrote them.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RawAny {
    head: u64,
    payload: *mut c_void,
}

const _: () = assert!(size_of::<RawAny>() == 16 && align_of::<RawAny>() == 8 && size_of::<usize>() == 8);

impl RawAny {
    /// No value.
    pub const NONE: RawAny = RawAny::bits(tag::NONE, 0);

    const fn new(type_index: i32, small_len: u32, payload: *mut c_void) -> RawAny {
        let (index, len) = (type_index as u32 as u64, small_len as u64);
        let head = if cfg!(target_endian = "little") { index | len << 32 } else { index << 32 | len };
        RawAny { head, payload }
    }

    /// Plain data: the bytes of its payload.
    #[inline]
    pub const fn bits(type_index: i32, bits: u64) -> RawAny {
        RawAny::small(type_index, 0, bits)
    }

    /// A small string or small bytes, by length and payload.
    #[inline]
    pub(super) const fn small(type_index: i32, len: u32, bits: u64) -> RawAny {
        RawAny::new(type_index, len, std::ptr::without_provenance_mut(bits as usize))
    }

    #[inline]
    pub(crate) fn pointer<T>(type_index: i32, pointer: *const T) -> RawAny {
        RawAny::new(type_index, 0, pointer.cast_mut().cast())
    }

    /// An object, without a count.
    ///
    /// # Safety
    /// The object is alive.
    #[inline]
    pub unsafe fn of_object(object: NonNull<Object>) -> RawAny {
        // SAFETY: the object is alive; the index never changes.
        RawAny::pointer(unsafe { (*object.as_ptr()).type_index() }, object.as_ptr())
    }

    /// The first eight bytes and the payload.
    #[inline]
    pub(super) const fn words(self) -> (u64, *mut c_void) {
        (self.head, self.payload)
    }

    /// From what [`RawAny::words`] gave.
    #[inline]
    pub(super) const fn from_words(head: u64, payload: *mut c_void) -> RawAny {
        RawAny { head, payload }
    }

    /// What the payload is; one of [`tag`], or a dynamic type index.
    #[inline]
    pub const fn type_index(self) -> i32 {
        (if cfg!(target_endian = "little") { self.head } else { self.head >> 32 }) as i32
    }

    /// The length of a small string; zero otherwise.
    #[inline]
    pub const fn small_len(self) -> u32 {
        (if cfg!(target_endian = "little") { self.head >> 32 } else { self.head }) as u32
    }

    #[inline]
    pub(crate) fn is_object(self) -> bool {
        self.type_index() >= tag::OBJECT
    }

    /// The payload's 64 bits.
    #[inline]
    pub fn to_bits(self) -> u64 {
        self.payload.addr() as u64
    }

    /// The payload as a pointer.
    #[inline]
    pub const fn to_pointer(self) -> *mut c_void {
        self.payload
    }

    /// A small string's bytes.
    pub(super) fn small_bytes(&self) -> &[u8] {
        // SAFETY: small strings are no longer than the payload, whose bytes they are.
        unsafe { std::slice::from_raw_parts((&raw const self.payload).cast(), self.small_len() as usize) }
    }
}
