//! What a caller that registers a type may say of its index. Errors say why it is refused.

use std::fmt;

/// The smallest index of a type that is registered at run time.
pub const DYNAMIC: i32 = 128;

/// Why a type could not be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryError {
    /// The key is taken, by the type of this index.
    Duplicate {
        /// The key.
        key: String,
        /// Who has it.
        index: i32,
    },
    /// There is no object type with the parent's index, or its key was retired.
    UnknownParent(i32),
    /// The key is taken by a type with another parent.
    ParentMismatch {
        /// The key.
        key: String,
        /// The parent's index that it has.
        registered: i32,
        /// The parent's index that was asked for.
        requested: i32,
    },
    /// There are no indices left.
    Full,
    /// The parent keeps the indices of its descendants together, and has none left.
    NoneReserved(i32),
    /// The index that was asked for is another type's, or not for types to ask.
    BadIndex {
        /// The key of the type that asked.
        key: String,
        /// The index.
        index: i32,
    },
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { key, index } => write!(f, "type key `{key}` is already registered (index {index})"),
            Self::UnknownParent(index) => write!(f, "parent type index {index} is not registered"),
            Self::ParentMismatch { key, registered, requested } => {
                write!(f, "type key `{key}` is already registered with parent type index {registered}, not {requested}")
            }
            Self::Full => write!(f, "no type indices left"),
            Self::NoneReserved(index) => write!(f, "type index {index} has no indices left for further child types"),
            Self::BadIndex { key, index } => write!(f, "type key `{key}` cannot have the type index {index}"),
        }
    }
}

impl std::error::Error for RegistryError {}

/// Which index a type gets, and which ones it keeps for its descendants.
#[derive(Clone, Copy, Debug)]
pub struct TypePlace {
    /// The index, if the type's maker says it: one between the built-in types and [`DYNAMIC`].
    pub index: Option<i32>,
    /// How many indices behind the type's own only its descendants get.
    pub reserved: i32,
    /// Whether descendants may have other indices when these are given out.
    pub can_overflow: bool,
}

impl Default for TypePlace {
    fn default() -> TypePlace {
        TypePlace { index: None, reserved: 0, can_overflow: true }
    }
}
