//! Strings and bytes: inline up to seven bytes, heap objects beyond.
//! Imports `object` and this folder.
//! Upholds: a `Str` is UTF-8; one content has one representation, so that equal strings have equal tags.

use super::any::RawAny;
use super::convert::{ConvertError, FromAny, IntoAny, Typed};
use super::{tag, Any, AnyView, ByteArray, Schema};
use crate::object::{Header, Obj, Object, ObjectType};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// The longest content that a value holds inline.
const SMALL: usize = 7;

macro_rules! heap {
    ($(#[$doc:meta])* $object:ident, $key:literal, $index:expr) => {
        $(#[$doc])*
        #[repr(C)]
        pub struct $object {
            header: Header,
            bytes: ByteArray,
        }

        // SAFETY: repr(C), starts with the header; `bytes` describes the object's own trailing bytes, never written again.
        unsafe impl ObjectType for $object {
            const TYPE_KEY: &'static str = $key;
            type Parent = Object;
            #[inline]
            fn type_index() -> i32 {
                $index
            }
        }

        impl $object {
            fn make(content: &[u8]) -> Obj<$object> {
                let blank = $object { header: Header::placeholder(), bytes: ByteArray::new(&[]) };
                let mut object = Obj::new_with_extra_items::<u8>(blank, content.iter().copied());
                // SAFETY: made just above of this type, with bytes; only a field is written.
                unsafe {
                    let bytes = ByteArray::new(object.extra_items::<u8>());
                    object.get_unique_mut().expect("nobody else has it yet").bytes = bytes;
                }
                object
            }
        }
    };
}

heap!(
    /// A heap string: a description of bytes, and the bytes.
    StringObj, "ffi.String", tag::STR
);
heap!(
    /// Heap bytes: a description of bytes, and the bytes.
    BytesObj, "ffi.Bytes", tag::BYTES
);

const _: () = assert!(std::mem::offset_of!(StringObj, bytes) == size_of::<Header>());

/// The bytes of a heap string or of heap bytes, whichever language made it.
///
/// # Safety
/// `object` is a string or bytes object, alive for `'a`.
pub(super) unsafe fn heap_bytes<'a>(object: *const StringObj) -> &'a [u8] {
    // SAFETY: the caller's contract; both objects start alike.
    unsafe { (*object).bytes.as_slice() }
}

#[inline]
fn inline(tag: i32, content: &[u8]) -> RawAny {
    let mut bytes = [0; 8];
    bytes[..content.len()].copy_from_slice(content);
    RawAny::small(tag, content.len() as u32, u64::from_ne_bytes(bytes))
}

macro_rules! newtype {
    ($(#[$doc:meta])* $name:ident, $target:ty, $object:ident, $schema:expr, $small:expr, $heap:expr, $read:ident,
     $bytes:expr, $empty:expr) => {
        $(#[$doc])*
        #[derive(Clone)]
        #[repr(transparent)]
        pub struct $name(Any);

        impl $name {
            /// The content.
            #[inline]
            fn content(&self) -> &$target {
                // A zeroed field of a native type reads as empty.
                let view: &AnyView<'_> = self.0.as_view();
                view.$read().unwrap_or($empty)
            }

            /// The value as a borrowed one.
            #[inline]
            pub fn view(&self) -> AnyView<'_> {
                self.0.view()
            }
        }

        impl From<&$target> for $name {
            #[inline]
            fn from(content: &$target) -> $name {
                let bytes: &[u8] = $bytes(content);
                match bytes.len() <= SMALL {
                    true => $name(Any::plain(inline($small, bytes))),
                    false => $name(Any::from_object($object::make(bytes))),
                }
            }
        }

        impl Default for $name {
            fn default() -> $name {
                $name::from($empty)
            }
        }

        impl Deref for $name {
            type Target = $target;
            #[inline]
            fn deref(&self) -> &$target {
                self.content()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &$name) -> bool {
                **self == **other
            }
        }
        impl Eq for $name {}
        impl PartialEq<$target> for $name {
            fn eq(&self, other: &$target) -> bool {
                **self == *other
            }
        }
        impl PartialEq<&$target> for $name {
            fn eq(&self, other: &&$target) -> bool {
                **self == **other
            }
        }
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &$name) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for $name {
            fn cmp(&self, other: &$name) -> Ordering {
                (**self).cmp(&**other)
            }
        }
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                (**self).hash(state);
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Typed for $name {
            fn schema() -> Schema {
                $schema
            }
        }
        impl IntoAny for $name {
            #[inline]
            fn into_any(self) -> Any {
                self.0
            }
        }
        impl From<$name> for Any {
            #[inline]
            fn from(content: $name) -> Any {
                content.0
            }
        }
        impl FromAny for $name {
            #[inline]
            fn from_any(view: AnyView<'_>) -> Result<$name, ConvertError> {
                match view.type_index() {
                    index if index == $small || index == $heap => Ok($name(view.to_owned())),
                    _ => match view.$read() {
                        Some(content) => Ok($name::from(content)),
                        None => Err(ConvertError::mismatch($schema, view)),
                    },
                }
            }
            #[inline]
            fn from_owned(any: Any) -> Result<$name, ConvertError> {
                match any.type_index() {
                    index if index == $small || index == $heap => Ok($name(any)),
                    _ => Err(ConvertError::mismatch($schema, any.view())),
                }
            }
        }
    };
}

newtype!(
    /// A UTF-8 string.
    Str, str, StringObj, Schema::Str, tag::SMALL_STR, tag::STR, as_str, str::as_bytes, ""
);
newtype!(
    /// Bytes.
    Bytes, [u8], BytesObj, Schema::Bytes, tag::SMALL_BYTES, tag::BYTES, as_bytes, AsRef::<[u8]>::as_ref, b"".as_slice()
);

impl Str {
    /// The content.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.content()
    }
}

impl Bytes {
    /// The content.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        self.content()
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl From<String> for Str {
    fn from(content: String) -> Str {
        Str::from(&*content)
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(content: Vec<u8>) -> Bytes {
        Bytes::from(&*content)
    }
}
