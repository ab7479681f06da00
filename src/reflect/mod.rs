//! What is known of object types at run time. That is fields, methods, layout and attributes, and objects made from
//! that.
//! Upholds: what is registered of a type never changes; a field is read and written the way its storage demands.
//!
//! ```
//! use bowline::reflect::{self, instance, Definition, FieldInfo};
//! use bowline::object::registry;
//! use bowline::value::{IntoAny, Schema};
//!
//! let index = registry::register_type("doc.Pair", registry::OBJECT).unwrap().index;
//! let fields = vec![FieldInfo::new("a", Schema::Int), FieldInfo::new("b", Schema::Optional(Box::new(Schema::Str)))];
//! let pair = reflect::register(index, Definition { fields, ..Definition::default() }).unwrap();
//!
//! let object = instance::new_zeroed(index).unwrap();
//! let (a, b) = (pair.field("a").unwrap(), pair.field("b").unwrap());
//! a.set(&object, 7.into_any()).unwrap();
//! assert_eq!(a.get(&object).unwrap().view().as_int(), Some(7));
//! assert!(b.get(&object).unwrap().is_none());
//! assert_eq!(a.set(&object, "x".into_any()).unwrap_err().kind(), "TypeError");
//! ```

mod allocate;
pub mod attr;
pub mod checkpoint;
mod children;
mod constructor;
pub mod content;
mod declare;
pub mod description;
pub mod enumeration;
pub mod field;
mod foreign;
pub(crate) mod foreign_field;
mod frozen_overwrites;
mod hook;
pub mod instance;
pub mod json;
pub mod layout;
mod mix;
#[cfg(not(feature = "guest"))]
pub mod named;
mod number_map;
mod own_copy;
pub mod record;
mod record_access;
mod record_init;
mod record_list;
pub mod record_own;
mod rust_type;
pub mod sentinel;
mod signature;
pub mod structural;
mod table;

pub use constructor::{constructor, init_of};
#[doc(hidden)]
pub use declare::{__default, __text};
pub use declare::{declare, Declarations, Declared, DefaultOf};
#[cfg(feature = "guest")]
pub use description::register;
pub use field::{FieldDefault, FieldFlags, FieldInfo, FieldRole};
pub use foreign::info;
pub use own_copy::{copy_of, new_of};
pub use rust_type::Declaration;
pub use signature::InitSignature;
#[cfg(not(feature = "guest"))]
pub use table::register;
pub use table::{Definition, MethodInfo, Native, Reflection, StructuralKind};
