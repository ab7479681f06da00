//! Equality of structure: graphs that differ at most in the names of the variables they define.
//! Imports `reflect`, `container`.
//! Upholds: depth is no limit; equal values have equal hashes; a difference is said with the way to it.
//!
//! ```
//! use bowline::container::Array;
//! use bowline::reflect::structural::{self, Options};
//! use bowline::value::IntoAny;
//!
//! let (a, b): (Array<i64>, Array<i64>) = ([1, 2].into_iter().collect(), [1, 3].into_iter().collect());
//! let (a, b) = (a.into_any(), b.into_any());
//! assert!(!structural::equal(a.view(), b.view(), Options::default()).unwrap());
//! let (here, _) = structural::mismatch(a.view(), b.view(), Options::default()).unwrap().unwrap();
//! assert_eq!(here.text(), "<root>[1]");
//! ```

mod equal;
mod error_context;
mod hash;
mod key;
mod path;
mod visitor;
mod walk;

pub use equal::{equal, mismatch, Comparison, Mismatch};
pub use error_context::VisitErrorContext;
pub(super) use hash::of_tensor;
pub use hash::{hash, Hash};
pub use key::StructuralKey;
pub use path::{AccessPath, AccessStep, StepKind};
pub use visitor::StructuralVisitor;
pub use walk::{walk, Flow, Order, VisitInterrupt};

use super::{FieldRole, StructuralKind};

use crate::function::Error;
use crate::object::registry;
use crate::value::tag;

/// Registers the types, so that they are known by their keys.
pub fn declare() {
    super::declare::<(AccessStep, AccessPath, StructuralKey, VisitInterrupt, VisitErrorContext)>();
    key::declare();
    path::declare();
    visitor::declare();
}

/// What to overlook.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Variables that nothing defines may be matched with each other.
    pub map_free_vars: bool,
    /// Tensors of the same shape and element type count as equal.
    pub skip_tensor_content: bool,
}

/// Whether variables that are met are defined there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(i64)]
pub enum Region {
    /// They are used.
    #[default]
    Use = 0,
    /// They are defined, and those inside them, too.
    Define = 1,
    /// They are defined; those inside them are used.
    DefineFlat = 2,
}

impl Region {
    fn initial(options: Options) -> Region {
        if options.map_free_vars {
            Region::Define
        } else {
            Region::Use
        }
    }

    /// The region of a field of an object that lies in this one.
    fn of_field(self, role: FieldRole) -> Region {
        match (role, self) {
            (FieldRole::Defines, _) => Region::Define,
            (FieldRole::DefinesFlat, _) => Region::DefineFlat,
            (_, Region::Define) => Region::Define,
            _ => Region::Use,
        }
    }

    /// The region of a number; what is none of theirs defines.
    pub fn of_number(number: i64) -> Region {
        match number {
            0 => Region::Use,
            2 => Region::DefineFlat,
            _ => Region::Define,
        }
    }
}

/// How objects of a type are treated; an error for those that cannot be.
fn kind_of(index: i32) -> Result<StructuralKind, Error> {
    match index {
        tag::ARRAY | tag::LIST | tag::MAP | tag::DICT | tag::SHAPE | tag::TENSOR => return Ok(StructuralKind::Tree),
        _ => {}
    }
    let found = super::info(index).map_or(StructuralKind::Unsupported, |reflection| reflection.structural);
    match found {
        StructuralKind::Unsupported => {
            let key = registry::type_info(index).map_or("?", |info| info.key);
            Err(Error::type_error(format!(
                "Type `{key}` does not say how its structure is compared, so structural equality and hash do not support it"
            )))
        }
        kind => Ok(kind),
    }
}
