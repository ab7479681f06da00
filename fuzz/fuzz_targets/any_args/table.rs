//! The Rust types that values are converted to, and a function of each.
//! Upholds: each row names one type twice, once for the compiler and once for the oracle.

use super::oracle::Type;
use super::probe::{Base, Derived, Other};
use bowline::container::{Array, Dict, List, Map};
use bowline::function::error::ErrorObj;
use bowline::function::{Function, FunctionObj};
use bowline::object::{Obj, Object, ObjectType};
use bowline::value::{
    convert, convert_owned, tag, Any, AnyView, Bytes, ConvertError, DataType, Device, FromAny, IntoAny, Pointer,
    Schema, Str, Typed,
};

/// One type.
pub struct Row {
    pub expected: Type,
    pub schema: fn() -> Schema,
    pub convert: fn(AnyView<'_>) -> Result<Any, ConvertError>,
    pub convert_owned: fn(Any) -> Result<Any, ConvertError>,
    /// A typed function that returns its argument.
    pub identity: Function,
}

fn row<T: FromAny + IntoAny + 'static>(expected: Type) -> Row {
    Row {
        expected,
        schema: <T as Typed>::schema,
        convert: |view| convert::<T>(view).map(T::into_any),
        convert_owned: |any| convert_owned::<T>(any).map(T::into_any),
        identity: Function::from_typed("identity", |value: T| value),
    }
}

fn of(inner: &Type) -> Box<Type> {
    Box::new(inner.clone())
}

/// All of them.
pub fn table() -> Vec<Row> {
    use Type::{Bool, Float, None, Single};
    let all = i64::MIN..=i64::MAX;
    let (any, int, string) = (Type::Any, Type::Int(*all.start(), *all.end()), Type::Str);
    let object = Type::Object;
    let optional = |inner: &Type| Type::Optional(of(inner));
    let array = |inner: &Type| Type::Array(of(inner), false);
    let vec = |inner: &Type| Type::Array(of(inner), true);
    let list = |inner: &Type| Type::List(of(inner));
    vec![
        row::<Any>(any.clone()),
        row::<()>(None),
        row::<i64>(int.clone()),
        row::<i8>(Type::Int(i8::MIN.into(), i8::MAX.into())),
        row::<u8>(Type::Int(0, u8::MAX.into())),
        row::<i16>(Type::Int(i16::MIN.into(), i16::MAX.into())),
        row::<u32>(Type::Int(0, u32::MAX.into())),
        row::<u64>(int.clone()),
        row::<f64>(Float),
        row::<f32>(Single),
        row::<bool>(Bool),
        row::<Str>(string.clone()),
        row::<String>(string.clone()),
        row::<Bytes>(Type::Bytes),
        row::<Pointer>(Type::Pointer),
        row::<DataType>(Type::DType),
        row::<Device>(Type::Device),
        row::<Obj<Object>>(object(tag::OBJECT)),
        row::<Obj<Base>>(object(Base::type_index())),
        row::<Obj<Derived>>(object(Derived::type_index())),
        row::<Obj<Other>>(object(Other::type_index())),
        row::<Obj<FunctionObj>>(object(tag::FUNCTION)),
        row::<Obj<ErrorObj>>(object(tag::ERROR)),
        row::<Option<i64>>(optional(&int)),
        row::<Option<Str>>(optional(&string)),
        row::<Option<Obj<Base>>>(optional(&object(Base::type_index()))),
        row::<Option<Option<bool>>>(optional(&optional(&Bool))),
        row::<Array<Any>>(array(&any)),
        row::<Array<i64>>(array(&int)),
        row::<Array<Option<Str>>>(array(&optional(&string))),
        row::<Array<Array<Any>>>(array(&array(&any))),
        row::<Vec<Any>>(vec(&any)),
        row::<Vec<bool>>(vec(&Bool)),
        row::<Vec<Vec<i8>>>(vec(&vec(&Type::Int(i8::MIN.into(), i8::MAX.into())))),
        row::<List<Any>>(list(&any)),
        row::<List<f64>>(list(&Float)),
        row::<List<List<Obj<Object>>>>(list(&list(&object(tag::OBJECT)))),
        row::<Map<Any, Any>>(Type::Map(of(&any), of(&any))),
        row::<Map<Str, i64>>(Type::Map(of(&string), of(&int))),
        row::<Map<i64, List<Any>>>(Type::Map(of(&int), of(&list(&any)))),
        row::<Map<f64, Option<Obj<Base>>>>(Type::Map(of(&Float), of(&optional(&object(Base::type_index()))))),
        row::<Dict<Any, Any>>(Type::Dict(of(&any), of(&any))),
        row::<Dict<bool, Any>>(Type::Dict(of(&Bool), of(&any))),
        row::<Dict<Str, Map<Any, i64>>>(Type::Dict(of(&string), of(&Type::Map(of(&any), of(&int))))),
    ]
}
