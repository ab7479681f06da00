//! Conversions of the primitive types, options and handles.
//! Upholds: what a conversion accepts is what the field annotation of that type accepts, without user hooks.

use super::any::is_a;
use super::convert::{ConvertError, FromAny, IntoAny, Typed};
use super::raw::RawAny;
use super::{tag, Any, AnyView, Bytes, DataType, Device, Schema, Str};
use crate::object::grow::owned;
use crate::object::{Obj, ObjectType};
use std::ffi::c_void;
use std::str::FromStr;

/// Integers as they are, truth values as 0 and 1.
#[inline]
fn integer(view: AnyView<'_>) -> Option<i64> {
    match view.type_index() {
        tag::INT => Some(view.to_raw().to_bits() as i64),
        tag::BOOL => Some((view.to_raw().to_bits() != 0) as i64),
        _ => None,
    }
}

macro_rules! narrow {
    ($($int:ty)*) => {$(
        impl Typed for $int {
            fn schema() -> Schema {
                Schema::Int
            }
        }
        impl IntoAny for $int {
            #[inline]
            fn into_any(self) -> Any {
                Any::plain(RawAny::bits(tag::INT, i64::from(self) as u64))
            }
        }
        impl FromAny for $int {
            #[inline]
            fn from_any(view: AnyView<'_>) -> Result<$int, ConvertError> {
                let Some(wide) = integer(view) else { return Err(ConvertError::mismatch(Schema::Int, view)) };
                <$int>::try_from(wide).map_err(|_| out_of_range(stringify!($int), wide))
            }
        }
        impl From<$int> for Any {
            #[inline]
            fn from(value: $int) -> Any {
                value.into_any()
            }
        }
    )*};
}
narrow!(i8 i16 i32 i64 u8 u16 u32);

#[cold]
fn out_of_range(name: &str, value: i64) -> ConvertError {
    ConvertError::new("ValueError", Schema::Int, format!("{value}, which is no {name}"))
}

/// 64 unsigned bits travel as the same bits signed, as the C ABI has it.
macro_rules! wide {
    ($($int:ty)*) => {$(
        impl Typed for $int {
            fn schema() -> Schema {
                Schema::Int
            }
        }
        impl IntoAny for $int {
            #[inline]
            fn into_any(self) -> Any {
                Any::plain(RawAny::bits(tag::INT, self as u64))
            }
        }
        impl FromAny for $int {
            #[inline]
            fn from_any(view: AnyView<'_>) -> Result<$int, ConvertError> {
                integer(view).map(|bits| bits as $int).ok_or_else(|| ConvertError::mismatch(Schema::Int, view))
            }
        }
        impl From<$int> for Any {
            #[inline]
            fn from(value: $int) -> Any {
                value.into_any()
            }
        }
    )*};
}
wide!(u64 usize isize);

/// Types whose value is one tag and up to eight bytes.
macro_rules! simple {
    ($type:ty, $schema:expr, $into:expr, $from:expr) => {
        impl Typed for $type {
            fn schema() -> Schema {
                $schema
            }
        }
        impl IntoAny for $type {
            #[inline]
            fn into_any(self) -> Any {
                Any::plain($into(self))
            }
        }
        impl FromAny for $type {
            #[inline]
            fn from_any(view: AnyView<'_>) -> Result<$type, ConvertError> {
                let found: Option<$type> = $from(view);
                found.ok_or_else(|| ConvertError::mismatch($schema, view))
            }
        }
        impl From<$type> for Any {
            #[inline]
            fn from(value: $type) -> Any {
                value.into_any()
            }
        }
    };
}

/// What a text names.
fn parsed<T: FromStr>(view: AnyView<'_>) -> Option<T> {
    view.as_str()?.parse().ok()
}

fn float(view: AnyView<'_>) -> Option<f64> {
    view.as_float().or_else(|| integer(view).map(|int| int as f64))
}

simple!(f64, Schema::Float, |v: f64| RawAny::bits(tag::FLOAT, v.to_bits()), float);
simple!(f32, Schema::Float, |v: f32| RawAny::bits(tag::FLOAT, f64::from(v).to_bits()), |view| float(view)
    .map(|v| v as f32));
simple!(bool, Schema::Bool, |v| RawAny::bits(tag::BOOL, v as u64), |view| integer(view).map(|int| int != 0));
simple!(DataType, Schema::DType, |v: DataType| RawAny::bits(tag::DTYPE, v.to_bits()), |view: AnyView<'_>| view
    .as_dtype()
    .or_else(|| parsed(view)));
simple!(Device, Schema::Device, |v: Device| RawAny::bits(tag::DEVICE, v.to_bits()), |view: AnyView<'_>| view
    .as_device()
    .or_else(|| parsed(view)));
simple!((), Schema::None, |()| RawAny::NONE, |view: AnyView<'_>| view.is_none().then_some(()));
simple!(*mut c_void, Schema::Pointer, |v: *mut c_void| RawAny::pointer(tag::POINTER, v), |view: AnyView<'_>| view
    .as_pointer()
    .or_else(|| view.is_none().then_some(std::ptr::null_mut())));

impl Typed for Any {
    fn schema() -> Schema {
        Schema::Any
    }
}
impl IntoAny for Any {
    #[inline]
    fn into_any(self) -> Any {
        self
    }
}
impl FromAny for Any {
    const ACCEPTS_ALL: bool = true;
    #[inline]
    fn from_any(view: AnyView<'_>) -> Result<Any, ConvertError> {
        Ok(view.to_owned())
    }
    #[inline]
    fn from_owned(any: Any) -> Result<Any, ConvertError> {
        Ok(any)
    }
}

impl Typed for AnyView<'_> {
    fn schema() -> Schema {
        Schema::Any
    }
}
impl IntoAny for AnyView<'_> {
    #[inline]
    fn into_any(self) -> Any {
        self.to_owned()
    }
}

/// Rust's own strings and bytes, copied.
macro_rules! text {
    ($($type:ty => $via:ident, $schema:expr;)*) => {$(
        impl Typed for $type {
            fn schema() -> Schema {
                $schema
            }
        }
        impl IntoAny for $type {
            #[inline]
            fn into_any(self) -> Any {
                $via::from(self).into_any()
            }
        }
        impl From<$type> for Any {
            #[inline]
            fn from(value: $type) -> Any {
                value.into_any()
            }
        }
    )*};
}
text!(&str => Str, Schema::Str; String => Str, Schema::Str; &[u8] => Bytes, Schema::Bytes;);

impl FromAny for String {
    fn from_any(view: AnyView<'_>) -> Result<String, ConvertError> {
        view.as_str().map(owned).ok_or_else(|| ConvertError::mismatch(Schema::Str, view))
    }
}

impl<T: Typed> Typed for Option<T> {
    fn schema() -> Schema {
        Schema::Optional(Box::new(T::schema()))
    }
}
impl<T: IntoAny> IntoAny for Option<T> {
    #[inline]
    fn into_any(self) -> Any {
        self.map_or(Any::none(), T::into_any)
    }
}
impl<T: FromAny> FromAny for Option<T> {
    #[inline]
    fn from_any(view: AnyView<'_>) -> Result<Option<T>, ConvertError> {
        if view.is_none() {
            return Ok(None);
        }
        T::from_any(view).map(Some).map_err(|error| error.widen(Self::schema()))
    }
    #[inline]
    fn from_owned(any: Any) -> Result<Option<T>, ConvertError> {
        if any.is_none() {
            return Ok(None);
        }
        T::from_owned(any).map(Some).map_err(|error| error.widen(Self::schema()))
    }
}
impl<T: IntoAny> From<Option<T>> for Any {
    #[inline]
    fn from(value: Option<T>) -> Any {
        value.into_any()
    }
}

impl<T: ObjectType> Typed for Obj<T> {
    fn schema() -> Schema {
        Schema::of_index(T::type_index())
    }
}
impl<T: ObjectType> IntoAny for Obj<T> {
    #[inline]
    fn into_any(self) -> Any {
        Any::from_object(self)
    }
}
impl<T: ObjectType> From<Obj<T>> for Any {
    #[inline]
    fn from(value: Obj<T>) -> Any {
        Any::from_object(value)
    }
}
impl<T: ObjectType> FromAny for Obj<T> {
    #[inline]
    fn from_any(view: AnyView<'_>) -> Result<Obj<T>, ConvertError> {
        match view.as_object() {
            // SAFETY: the view lends an object that is found to be a `T`.
            Some(object) if is_a::<T>(view.type_index()) => Ok(unsafe { Obj::from_borrowed(object) }),
            _ => Err(ConvertError::mismatch(Self::schema(), view)),
        }
    }
    #[inline]
    fn from_owned(any: Any) -> Result<Obj<T>, ConvertError> {
        match any.view().as_object() {
            Some(object) if is_a::<T>(any.type_index()) => {
                std::mem::forget(any);
                // SAFETY: the value owned a count on an object and was forgotten. The object was found to be
                // a `T`.
                Ok(unsafe { Obj::from_raw(object) })
            }
            _ => Err(ConvertError::mismatch(Self::schema(), any.view())),
        }
    }
}
