//! Dynamic values: what crosses every boundary between languages, and how it is stored in fields.
//! Upholds: the 16-byte layout of the C ABI; a value owns what it names, a view borrows it.
//!
//! ```
//! use bowline::value::{convert, Any, IntoAny, Str};
//!
//! let values = [1.into_any(), "a string of more than seven bytes".into_any(), Any::none()];
//! assert_eq!(convert::<i64>(values[0].view()).unwrap(), 1);
//! assert_eq!(convert::<Str>(values[1].view()).unwrap(), "a string of more than seven bytes");
//! let error = convert::<i64>(values[1].view()).unwrap_err();
//! assert_eq!(error.to_string(), "Expected `int` but got `str`");
//! ```

mod any;
mod any_words;
pub mod big_int;
pub mod cell;
mod column;
mod convert;
mod dtype;
mod field;
#[cfg(feature = "guest")]
mod guest_stripe;
mod heap;
mod impls;
mod one_of;
mod opaque;
mod plain;
mod raw;
mod rvalue;
pub mod schema;
mod schema_json;
mod schema_parse;
mod string;
pub mod stripe;
pub mod tag;

pub(crate) use any::address;
pub use any::{Any, AnyView};
pub use column::{Column, NamedColumn, COLUMN_SIZE};
pub use convert::{convert, convert_owned, ConvertError, FromAny, IntoAny, Typed};
pub use dtype::{BadDevice, BadDtype};
pub use field::{AnyOf, Field, Mutable, Pointer};
pub use heap::{BytesObj, StringObj};
pub use one_of::{Alternatives, OneOf};
pub use opaque::OpaqueObj;
pub use plain::{ByteArray, DataType, Device};
pub use raw::RawAny;
pub use rvalue::RvalueSlot;
pub use schema::{Schema, Storage};
pub use string::{Bytes, Str};
