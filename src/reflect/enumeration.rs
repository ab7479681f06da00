//! Enumerations: types whose objects are few, known, and told apart by identity.
//! Upholds: a type's variants are in one `EnumState`, which is an attribute of the type; a variant is found by its number, by
//! its name, and by what it stands for.

use super::{attr, StructuralKind};
use crate::container::{Dict, List};
use crate::function::Error;
use crate::object::{Obj, Object};
use crate::value::{Any, AnyView, FromAny, IntoAny, Str};

/// The attribute of a type that holds its [`EnumState`].
pub const ATTRIBUTE: &str = "__ffi_enum__";

crate::object! {
    /// A variant of an enumeration.
    #[key = "ffi.Enum"]
    pub struct Enum {
        /// Canonical integer index.
        #[field(ignored)]
        pub _int_index: i64,
        /// Canonical string index.
        pub _str_index: Str,
    }
    options { structural: StructuralKind::Unique, copyable: false }
}

crate::object! {
    /// A variant that stands for an integer.
    #[key = "ffi.IntEnum"]
    pub struct IntEnum: Enum {
        /// Canonical integer index.
        #[field(ignored)]
        pub value: i64,
    }
    options { structural: StructuralKind::Unique, copyable: false }
}

crate::object! {
    /// A variant that stands for a string.
    #[key = "ffi.StrEnum"]
    pub struct StrEnum: Enum {
        /// Canonical string index.
        #[field(ignored)]
        pub value: Str,
    }
    options { structural: StructuralKind::Unique, copyable: false }
}

crate::object! {
    /// The variants of an enumeration and what is said of them.
    #[key = "ffi.EnumState"]
    pub struct EnumState {
        /// Enum singletons in registration order.
        #[field(no_init)]
        pub entries: List<Obj<Object>>,
        /// Canonical integer and string indices to enum singletons.
        #[field(no_init)]
        pub indexes: Dict<Any, Obj<Object>>,
        /// Extensible-attribute columns keyed by enum singleton.
        #[field(no_init)]
        pub attrs: Dict<Str, Dict<Obj<Object>, Any>>,
    }
    options { copyable: false }
}

/// Registers the types, so that they are known by their keys.
pub fn declare() {
    super::declare::<(Enum, IntEnum, StrEnum, EnumState)>();
}

impl EnumState {
    /// The state of an enumeration; made and kept if it has none yet.
    ///
    /// # Errors
    /// Kind `TypeError` when there is no such type.
    pub fn of(index: i32) -> Result<Obj<EnumState>, Error> {
        if let Some(state) = attr::get(index, ATTRIBUTE) {
            return Ok(Obj::from_any(state.view())?);
        }
        attr::set_if_none(index, ATTRIBUTE, || {
            EnumState::new(List::default(), Dict::default(), Dict::default()).into_any()
        })
        .and_then(|state| Ok(Obj::from_any(state.view())?))
    }

    /// Adds a variant under its number and its name.
    ///
    /// # Errors
    /// Kind `ValueError` when either is taken.
    pub fn add(&self, variant: &Obj<Enum>) -> Result<(), Error> {
        let (number, name) = (variant._int_index.into_any(), variant._str_index.clone().into_any());
        for index in [&number, &name] {
            if self.indexes.contains(index.view())? {
                return Err(Error::value_error(format!("the enumeration has a variant {:?} already", index)));
            }
        }
        let object = variant.clone().into_any();
        self.indexes.set(number, object.clone())?;
        self.indexes.set(name, object.clone())?;
        self.entries.push(object);
        Ok(())
    }

    /// Gives an enumeration other variants, whose code was run again. What is said of variants stays.
    ///
    /// # Errors
    /// As [`EnumState::of`] and [`EnumState::add`]; the enumeration is as it was then.
    pub fn replace(index: i32, variants: &[Obj<Enum>]) -> Result<(), Error> {
        let state = EnumState::new(List::default(), Dict::default(), EnumState::of(index)?.attrs.clone());
        variants.iter().try_for_each(|variant| state.add(variant))?;
        attr::set(index, ATTRIBUTE, state.into_any())
    }

    /// The variant of a number or a name.
    ///
    /// # Errors
    /// What the index's type says of its own keys.
    pub fn find(&self, index: AnyView<'_>) -> Result<Option<Obj<Enum>>, Error> {
        Ok(self.indexes.get(index)?.and_then(|variant| Obj::from_any(variant.view()).ok()))
    }

    /// Says something of a variant.
    ///
    /// # Errors
    /// What the enumeration's type says of its own keys.
    pub fn describe(&self, variant: &Obj<Enum>, what: &str, value: Any) -> Result<(), Error> {
        let none = Dict::<Obj<Object>, Any>::default().into_any();
        let column = self.attrs.get_or_set(Str::from(what).into_any(), none)?;
        if let Ok(column) = Dict::<Obj<Object>, Any>::from_any(column.view()) {
            column.set(variant.clone().into_any(), value)?;
        }
        Ok(())
    }

    /// What is said of a variant.
    ///
    /// # Errors
    /// As [`EnumState::describe`].
    pub fn description(&self, variant: &Obj<Enum>, what: &str) -> Result<Option<Any>, Error> {
        let Some(column) = self.attrs.get(Str::from(what).into_any().view())? else { return Ok(None) };
        let Ok(column) = Dict::<Obj<Object>, Any>::from_any(column.view()) else { return Ok(None) };
        column.get(variant.clone().into_any().view())
    }
}
