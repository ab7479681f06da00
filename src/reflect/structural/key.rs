//! Values as keys by their structure.
//! Imports this folder.
//! Upholds: the hash is made once, when the key is.

use super::{equal, hash, Options};
use crate::function::Error;
use crate::object::Obj;
use crate::value::{Any, AnyView};

crate::object! {
    /// A value that is equal to others of the same structure.
    #[key = "ffi.StructuralKey"]
    pub struct StructuralKey {
        /// The value.
        pub key: Any,
        /// The hash of its structure.
        pub hash_i64: i64,
    }
    options { constructible: false }
}

impl StructuralKey {
    /// The key of a value.
    ///
    /// # Errors
    /// As [`hash`](super::hash()).
    pub fn of(value: AnyView<'_>) -> Result<Obj<StructuralKey>, Error> {
        let hash = hash(value, Options::default())?;
        Ok(StructuralKey::new(AnyView::to_owned(value), hash as i64))
    }

    /// Whether both values have the same structure.
    ///
    /// # Errors
    /// As [`equal`](super::equal()).
    pub fn same(&self, other: &StructuralKey) -> Result<bool, Error> {
        Ok(self.hash_i64 == other.hash_i64 && equal(self.key.view(), other.key.view(), Options::default())?)
    }
}
