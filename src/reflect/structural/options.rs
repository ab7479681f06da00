//! What a structural walk overlooks, and where it defines variables.
//! Upholds: a type that does not say how its structure is compared is an error.

use crate::function::Error;
use crate::object::registry;
use crate::reflect::{info, FieldRole, StructuralKind};
use crate::value::tag;

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
    pub(super) fn initial(options: Options) -> Region {
        if options.map_free_vars {
            Region::Define
        } else {
            Region::Use
        }
    }

    /// The region of a field of an object that lies in this one.
    pub(super) fn of_field(self, role: FieldRole) -> Region {
        match (role, self) {
            (FieldRole::Defines, _) => Region::Define,
            (FieldRole::DefinesFlat, _) => Region::DefineFlat,
            (_, Region::Define) => Region::Define,
            _ => Region::Use,
        }
    }

    /// The region of a part of an object that lies in this one. Everything inside a pattern is a part of it.
    pub(super) fn of_part(self, role: FieldRole) -> Region {
        match self {
            Region::Define => Region::Define,
            _ => self.of_field(role),
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
pub(super) fn kind_of(index: i32) -> Result<StructuralKind, Error> {
    match index {
        tag::ARRAY | tag::LIST | tag::MAP | tag::DICT | tag::SHAPE | tag::TENSOR | tag::BIG_INT => {
            return Ok(StructuralKind::Tree)
        }
        _ => {}
    }
    let found = info(index).map_or(StructuralKind::Unsupported, |reflection| reflection.structural);
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
