//! The objects of strings and bytes, and which content needs one. Content is inline up to seven bytes, an object beyond.
//! Upholds: one content has one representation, so that equal strings have equal tags.

use super::plain::ByteArray;
use super::raw::RawAny;
use super::tag;
use crate::object::header::FLAG_PREFIX;
use crate::object::{Header, Obj, Object, ObjectType};
use std::ptr::NonNull;

/// The longest content that a value holds inline.
const SMALL: usize = 7;

/// Content by words, the last of them with at least one NUL behind it. The NUL does not count: C++ reads strings as C
/// does.
struct Words<'a> {
    content: &'a [u8],
    left: usize,
}

impl Words<'_> {
    fn new(content: &[u8]) -> Words<'_> {
        Words { content, left: content.len() / size_of::<u64>() + 1 }
    }
}

impl Iterator for Words<'_> {
    type Item = u64;
    #[inline]
    fn next(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        if let Some((word, rest)) = self.content.split_first_chunk() {
            self.content = rest;
            return Some(u64::from_ne_bytes(*word));
        }
        let mut word = [0; size_of::<u64>()];
        word[..self.content.len()].copy_from_slice(self.content);
        Some(u64::from_ne_bytes(word))
    }
    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Words<'_> {}

macro_rules! heap {
    ($(#[$doc:meta])* $object:ident, $key:literal, $index:expr, $no_prefix:expr) => {
        $(#[$doc])*
        #[repr(C)]
        pub struct $object {
            header: Header,
            bytes: ByteArray,
        }

        // SAFETY: repr(C), starts with the header; `bytes` describes the object's own trailing bytes, never written again.
        unsafe impl ObjectType for $object {
            const TYPE_KEY: &'static str = $key;
            const NO_PREFIX: bool = $no_prefix;
            type Parent = Object;
            #[inline]
            fn type_index() -> i32 {
                $index
            }
        }

        impl $object {
            fn make(content: &[u8]) -> NonNull<Object> {
                let blank = $object { header: Header::placeholder(), bytes: ByteArray::new(&[]) };
                let mut object = Obj::new_with_extra_items::<u64>(blank, Words::new(content));
                // SAFETY: made just above of this type, with words, which begin with the content. Only a field is written.
                unsafe {
                    let data = object.extra_items_raw::<u64>().cast::<u8>().as_ptr();
                    let bytes = ByteArray { data, size: content.len() };
                    object.get_unique_mut().expect("it has one owner").bytes = bytes;
                }
                object.into_raw()
            }
        }
    };
}

heap!(
    /// A heap string: a description of bytes, the bytes, and a NUL.
    StringObj, "ffi.String", tag::STR, false
);
heap!(
    /// A heap string that may be no UTF-8. It has no prefix, as if another maker had made it.
    LooseStringObj, "ffi.String", tag::STR, true
);
heap!(
    /// Heap bytes: a description of bytes, the bytes, and a NUL.
    BytesObj, "ffi.Bytes", tag::BYTES, false
);

const _: () = assert!(std::mem::offset_of!(StringObj, bytes) == size_of::<Header>());

/// The bytes of a heap string or of heap bytes, whichever language made it.
///
/// # Safety
/// `object` is a string or bytes object, alive for `'a`.
pub(super) unsafe fn heap_bytes<'a>(object: *const StringObj) -> &'a [u8] {
    // SAFETY: `object` is alive for `'a`; both kinds of objects start alike.
    unsafe { (*object).bytes.as_slice() }
}

/// Whether a heap string is UTF-8 because it was made here of a `str`. Strings of other makers have no prefix.
///
/// # Safety
/// `object` is a string object, alive.
#[inline]
pub(super) unsafe fn is_utf8(object: *const StringObj) -> bool {
    // SAFETY: `object` is a string object, alive.
    unsafe { (*object).header.flags() & FLAG_PREFIX != 0 }
}

/// A value of this content, which owns what it names.
#[inline]
fn made(content: &[u8], small: i32, heap: impl FnOnce() -> RawAny) -> RawAny {
    if content.len() > SMALL {
        return heap();
    }
    let mut bytes = [0; 8];
    bytes[..content.len()].copy_from_slice(content);
    RawAny::small(small, content.len() as u32, u64::from_ne_bytes(bytes))
}

/// A string of this content, which owns what it names.
#[inline]
pub(super) fn str_of(content: &str) -> RawAny {
    // SAFETY: the object was just made, and its one count goes to the value.
    made(content.as_bytes(), tag::SMALL_STR, || unsafe { RawAny::of_object(StringObj::make(content.as_bytes())) })
}

/// A string of this content, UTF-8 or not, which owns what it names.
#[inline]
pub(super) fn text_of(content: &[u8]) -> RawAny {
    match std::str::from_utf8(content) {
        Ok(content) => str_of(content),
        // SAFETY: the object was made just now, and its count is given to the value.
        Err(_) => made(content, tag::SMALL_STR, || unsafe { RawAny::of_object(LooseStringObj::make(content)) }),
    }
}

/// Bytes of this content, which own what they name.
#[inline]
pub(super) fn bytes_of(content: &[u8]) -> RawAny {
    // SAFETY: the object was made just now, and its count is given to the value.
    made(content, tag::SMALL_BYTES, || unsafe { RawAny::of_object(BytesObj::make(content)) })
}
