//! A value of one of several Rust types, for fields and parameters that take alternatives.
//! Upholds: the value is kept as the alternative that it is, or else in the form of the first that takes it.

use super::{Any, AnyView, ConvertError, Field, FromAny, IntoAny, Schema, Storage, Typed};
use std::fmt;
use std::marker::PhantomData;

/// A list of types, as a tuple.
pub trait Alternatives: 'static {
    /// What each of them is.
    fn schemas() -> Vec<Schema>;
    /// The value as the first that it is without conversion. Or else it has the form of the first that takes
    /// it.
    fn first(view: AnyView<'_>) -> Option<Any>;
}

macro_rules! alternatives {
    ($($name:ident)*) => {
        impl<$($name: FromAny + IntoAny + 'static),*> Alternatives for ($($name,)*) {
            fn schemas() -> Vec<Schema> {
                vec![$($name::schema()),*]
            }
            fn first(view: AnyView<'_>) -> Option<Any> {
                $(if $name::schema().check(view) {
                    if let Ok(value) = $name::from_any(view) {
                        return Some(value.into_any());
                    }
                })*
                $(if let Ok(value) = $name::from_any(view) {
                    return Some(value.into_any());
                })*
                None
            }
        }
    };
}
alternatives!(A B);
alternatives!(A B C);
alternatives!(A B C D);

/// A value of one of the types in the tuple `T`.
///
/// ```
/// use bowline::value::{convert, IntoAny, OneOf, Str};
///
/// let value: OneOf<(i64, Str)> = convert("text".into_any().view()).unwrap();
/// assert_eq!(value.get::<Str>().unwrap(), "text");
/// let error = convert::<OneOf<(i64, Str)>>(().into_any().view()).unwrap_err();
/// assert_eq!(error.to_string(), "Expected `int | str` but got `None`");
///
/// // What a value is comes before what it can become.
/// let value: OneOf<(f64, i64)> = convert(5_i64.into_any().view()).unwrap();
/// assert_eq!(value.view().as_int(), Some(5));
/// ```
#[repr(transparent)]
pub struct OneOf<T>(Any, PhantomData<fn() -> T>);

impl<T: Alternatives> OneOf<T> {
    /// The value as one of the alternatives.
    ///
    /// # Errors
    /// When it is another one.
    pub fn get<V: FromAny>(&self) -> Result<V, ConvertError> {
        V::from_any(self.0.view())
    }

    /// The value in dynamic form.
    pub fn view(&self) -> AnyView<'_> {
        self.0.view()
    }
}

impl<T> Clone for OneOf<T> {
    fn clone(&self) -> OneOf<T> {
        OneOf(self.0.clone(), PhantomData)
    }
}
impl<T> fmt::Debug for OneOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<T: Alternatives> Typed for OneOf<T> {
    fn schema() -> Schema {
        Schema::Union(T::schemas())
    }
}
impl<T: Alternatives> IntoAny for OneOf<T> {
    #[inline]
    fn into_any(self) -> Any {
        self.0
    }
}
impl<T: Alternatives> FromAny for OneOf<T> {
    fn from_any(view: AnyView<'_>) -> Result<OneOf<T>, ConvertError> {
        let value = T::first(view).ok_or_else(|| ConvertError::mismatch(Self::schema(), view))?;
        Ok(OneOf(value, PhantomData))
    }
}
// SAFETY: transparent over `Any`; what is loaded suited an alternative when it was stored.
unsafe impl<T: Alternatives> Field for OneOf<T> {
    type Value = OneOf<T>;
    const STORAGE: Storage = Storage::Any;
    #[inline]
    fn from_value(value: OneOf<T>) -> OneOf<T> {
        value
    }
    fn blank() -> Option<OneOf<T>> {
        None
    }
}
