//! Hooks of types for tests: equality, order, hash and conversion as functions.
#![forbid(unsafe_code)]

use bowline::function::{Error, Function};
use bowline::object::ObjectType;
use bowline::value::{Any, AnyView, IntoAny};

/// Two objects of one type, as a hook takes them.
fn two<'a, T: ObjectType>(arguments: &[AnyView<'a>]) -> Result<(&'a T, &'a T), Error> {
    match arguments {
        [a, b, ..] => a.as_ref().zip(b.as_ref()),
        _ => None,
    }
    .ok_or_else(|| Error::type_error("expected two objects of one type"))
}

/// Equality by a key.
pub fn equal_keys<T: ObjectType>(key: fn(&T) -> i64) -> Any {
    Function::from_packed(move |arguments| {
        let (a, b) = two::<T>(arguments)?;
        Ok((key(a) == key(b)).into_any())
    })
    .into_any()
}

/// The hash of a key.
pub fn hashed_key<T: ObjectType>(key: fn(&T) -> i64) -> Any {
    Function::from_packed(move |arguments| {
        let object = arguments.first().and_then(|view| view.as_ref::<T>());
        object.map(|object| key(object).into_any()).ok_or_else(|| Error::type_error("expected an object"))
    })
    .into_any()
}

/// Order by a key.
pub fn compared_keys<T: ObjectType>(key: fn(&T) -> i64) -> Any {
    Function::from_packed(move |arguments| {
        let (a, b) = two::<T>(arguments)?;
        Ok((key(a).cmp(&key(b)) as i64).into_any())
    })
    .into_any()
}

/// What takes the place of an `__ffi_convert__`. It gives an object of the type itself, or an
/// error.
pub fn convert_to<T: ObjectType>() -> Any {
    Function::from_packed(|arguments| match arguments.first() {
        Some(view) if view.as_ref::<T>().is_some() => Ok(AnyView::to_owned(*view)),
        Some(view) => Err(Error::type_error(format!("Cannot cast from `{}` to `{}`", view.type_name(), T::TYPE_KEY))),
        None => Err(Error::type_error("expected a value")),
    })
    .into_any()
}
