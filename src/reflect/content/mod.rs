//! What values are made of. It gives equality, order, hash, text and copies by content, of graphs of any depth
//! and shape.
//! Upholds: depth is no limit; equal values have equal hashes; what hooks of types do ends in an error at worst.
//!
//! Types may have hooks, as attributes by these names, each called with a function that goes on for it:
//!
//! | hook | returns |
//! |---|---|
//! | `__ffi_eq__(a, b, equal)` | whether both are equal |
//! | `__ffi_compare__(a, b, compare)` | a number below, at or above zero |
//! | `__ffi_hash__(object, hash)` | a number |
//! | `__ffi_repr__(object, text)` | text |
//! | `__ffi_shallow_copy__(object)` | a copy |
//!
//! ```
//! use bowline::container::Array;
//! use bowline::reflect::content;
//! use bowline::value::IntoAny;
//!
//! let make = |items: [f64; 2]| items.into_iter().collect::<Array<f64>>().into_any();
//! let (a, b) = (make([1.0, f64::NAN]), make([1.0, f64::NAN]));
//! assert!(content::equal(a.view(), b.view()).unwrap());
//! assert_eq!(content::hash(a.view()).unwrap(), content::hash(b.view()).unwrap());
//! assert_eq!(content::text(a.view()).unwrap(), "(1.0, nan)");
//! assert!(content::order(make([1.0, 2.0]).view(), make([1.0, 3.0]).view()).unwrap().is_lt());
//! assert!(content::equal(a.view(), content::deep_copy(a.view()).unwrap().view()).unwrap());
//! ```

mod compare;
mod copy;
mod hash;
mod number;
mod plain_text;
mod shallow;
mod shared;
mod text;

pub use compare::{equal, order, Equality, OrderWork};
pub use copy::{deep_copy, DeepCopy, Memo, OtherCopier};
pub use hash::{hash, ContentHash, OwnScheme, Scheme};
pub use shallow::copy_shallow;
pub(super) use shallow::{by_hook, is_shared};
pub use shared::Shared;
pub use text::{decide_addresses, set_front, text, ContentText, Front};

use crate::value::address;
