//! Values as keys by their structure.
//! Upholds: the hash is made once, when the key is; again when a key was made of the fields of another.

use super::{equal, hash, Options};
use crate::function::{Error, Function};
use crate::object::{Obj, ObjectType};
use crate::reflect::attr;
use crate::value::{convert, Any, AnyView, IntoAny};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Once;

crate::object! {
    /// A value that is equal to others of the same structure.
    #[key = "ffi.StructuralKey"]
    pub struct StructuralKey {
        /// The value.
        pub key: Any,
        /// The hash of its structure.
        pub hash_i64: AtomicI64,
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
        Ok(StructuralKey::of_hashed(AnyView::to_owned(value), hash))
    }

    /// The key of a value whose structure has this hash.
    pub fn of_hashed(value: Any, hash: u64) -> Obj<StructuralKey> {
        declare();
        StructuralKey::new(value, hash as i64)
    }

    /// The hash of the value's structure.
    pub fn hash(&self) -> u64 {
        // Relaxed: a thread that has the key got it after its hash was made.
        self.hash_i64.load(Ordering::Relaxed) as u64
    }

    /// Makes the hash anew, for a key with the fields of another. In a copy, variables and what is the only one of its kind are
    /// others; in another process, types have other indices.
    ///
    /// # Errors
    /// As [`hash`](super::hash()).
    pub(in crate::reflect) fn renew(&self) -> Result<(), Error> {
        let hash = hash(self.key.view(), Options::default())?;
        // Relaxed: as above.
        self.hash_i64.store(hash as i64, Ordering::Relaxed);
        Ok(())
    }

    /// Whether both values have the same structure.
    ///
    /// # Errors
    /// As [`equal`](super::equal()).
    pub fn same(&self, other: &StructuralKey) -> Result<bool, Error> {
        Ok(self.hash() == other.hash() && equal(self.key.view(), other.key.view(), Options::default())?)
    }
}

static DECLARED: Once = Once::new();

/// Says how the keys are told apart in mappings.
pub(super) fn declare() {
    DECLARED.call_once(|| {
        let say = |name: &str, function: Function| {
            attr::set(StructuralKey::type_index(), name, function.into_any()).expect("a type that is registered");
        };
        let hash = |arguments: &[AnyView<'_>]| Ok((of(arguments, 0)?.hash() as i64).into_any());
        let equal = |arguments: &[AnyView<'_>]| Ok(of(arguments, 0)?.same(&*of(arguments, 1)?)?.into_any());
        say("__any_hash__", Function::from_packed(hash));
        say("__any_equal__", Function::from_packed(equal));
    });
}

fn of(arguments: &[AnyView<'_>], at: usize) -> Result<Obj<StructuralKey>, Error> {
    let view = arguments.get(at).ok_or_else(|| Error::type_error("expected a StructuralKey"))?;
    Ok(convert(*view)?)
}
