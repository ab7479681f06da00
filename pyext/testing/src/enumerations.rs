//! Enumerations as a Rust author writes them.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "the keys say what they are for")]

use bowline::function::{Error, Function};
use bowline::object::{Obj, ObjectType};
use bowline::reflect::enumeration::{Enum, EnumState, IntEnum, StrEnum};
use bowline::reflect::{attr, StructuralKind};
use bowline::value::{Any, AnyView, IntoAny, Str};

bowline::object! {
    #[key = "testing.TestCxxIntEnum"]
    pub struct TestCxxIntEnum: IntEnum {}
    options { constructible: false, structural: StructuralKind::Unique, copyable: false }
}

bowline::object! {
    #[key = "testing.TestCxxStrEnum"]
    pub struct TestCxxStrEnum: StrEnum {}
    options { constructible: false, structural: StructuralKind::Unique, copyable: false }
}

bowline::object! {
    #[key = "testing.TestEnumVariant"]
    pub struct TestEnumVariant: Enum {}
    options { constructible: false, structural: StructuralKind::Unique, copyable: false }
}

/// The `__ffi_convert__` of an enumeration whose variants stand for values: the variant of a value.
fn convert_to_variant<T: ObjectType>() -> Any {
    Function::from_packed(|arguments| {
        let Some(view) = arguments.first() else { return Err(Error::type_error("expected a value")) };
        if view.as_ref::<T>().is_some() {
            return Ok(AnyView::to_owned(*view));
        }
        let found = EnumState::of(T::type_index())?.find(*view)?;
        found
            .map(IntoAny::into_any)
            .ok_or_else(|| Error::type_error(format!("Cannot cast from `{}` to `{}`", view.type_name(), T::TYPE_KEY)))
    })
    .into_any()
}

/// Gives the enumerations their variants and hooks.
///
/// # Errors
/// Those of adding them.
pub fn install() -> Result<(), Error> {
    let integers = EnumState::of(TestCxxIntEnum::type_index())?;
    for (name, value) in [("low", 10), ("high", 20)] {
        let variant = TestCxxIntEnum::new(IntEnum::value(Enum::value(value, name.into()), value));
        integers.add(&variant.upcast())?;
    }
    let strings = EnumState::of(TestCxxStrEnum::type_index())?;
    for (number, value) in ["+", "*"].into_iter().enumerate() {
        let variant = TestCxxStrEnum::new(StrEnum::value(Enum::value(number as i64, value.into()), value.into()));
        strings.add(&variant.upcast())?;
    }
    let variants = EnumState::of(TestEnumVariant::type_index())?;
    for (number, (name, code)) in [("Alpha", 10), ("Beta", 20)].into_iter().enumerate() {
        let variant = TestEnumVariant::new(Enum::value(number as i64, name.into())).upcast();
        variants.add(&variant)?;
        variants.describe(&variant, "code", code.into_any())?;
    }
    attr::set(TestCxxIntEnum::type_index(), "__ffi_convert__", convert_to_variant::<TestCxxIntEnum>())?;
    attr::set(TestCxxStrEnum::type_index(), "__ffi_convert__", convert_to_variant::<TestCxxStrEnum>())
}

/// A variant of `testing.TestEnumVariant` by name.
///
/// # Errors
/// Kind `ValueError` when there is none.
pub fn enum_variant(name: Str) -> Result<Obj<Enum>, Error> {
    let found = EnumState::of(TestEnumVariant::type_index())?.find(name.clone().into_any().view())?;
    found.ok_or_else(|| Error::value_error(format!("testing.TestEnumVariant has no variant {name}")))
}
