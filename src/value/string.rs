//! Strings and bytes.
//! Upholds: a `Str` is UTF-8.

use super::convert::{ConvertError, FromAny, IntoAny, Typed};
use super::{heap, tag, Any, AnyView, Schema};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// The error of a string of another maker that cannot be read.
#[cold]
fn not_utf8(expected: Schema) -> ConvertError {
    ConvertError::new("ValueError", expected, "a string that is not UTF-8")
}

macro_rules! newtype {
    ($(#[$doc:meta])* $name:ident, $target:ty, $make:path, $schema:expr, $small:expr, $heap:expr, $read:ident, $empty:expr) => {
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
                // SAFETY: the value owns what it names.
                $name(unsafe { Any::from_raw($make(content)) })
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
                let is_own = view.type_index() == $small || view.type_index() == $heap;
                match view.$read() {
                    Some(_) if is_own => Ok($name(view.to_owned())),
                    Some(content) => Ok($name::from(content)),
                    None if is_own => Err(not_utf8($schema)),
                    None => Err(ConvertError::mismatch($schema, view)),
                }
            }
            #[inline]
            fn from_owned(any: Any) -> Result<$name, ConvertError> {
                match any.type_index() {
                    index if index == $small || index == $heap => match any.view().$read() {
                        Some(_) => Ok($name(any)),
                        None => Err(not_utf8($schema)),
                    },
                    _ => Err(ConvertError::mismatch($schema, any.view())),
                }
            }
        }
    };
}

newtype!(
    /// A UTF-8 string.
    Str, str, heap::str_of, Schema::Str, tag::SMALL_STR, tag::STR, as_str, ""
);
newtype!(
    /// Bytes.
    Bytes, [u8], heap::bytes_of, Schema::Bytes, tag::SMALL_BYTES, tag::BYTES, as_bytes, b"".as_slice()
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
