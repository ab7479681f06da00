//! Python values to native ones: as a schema asks, or as they come.
//! Upholds: a conversion gives one owned value or an error that says where and what; user code that it runs may raise,
//! and may change what is being converted.
#![forbid(unsafe_code)]

use crate::from_python::classify::{classify, is_built_in, Exact};
use crate::from_python::fail::{describe, told, wanted, Converted, Fail};
use crate::from_python::rvalue::{moved, Rvalue};
use crate::from_python::{callable, foreign_tensor, hooks, mapping, plain, pointer, scalar, sequence, union};
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::recursion::expect_stack;
use crate::interpreter::trampoline::counted;
use crate::to_python::error;
use crate::to_python::opaque::OpaqueObj;
use crate::to_python::opaque_object::OpaquePyObject;
use crate::wrapper::tie;
use bowline::object::registry;
use bowline::reflect::FieldInfo;
use bowline::value::{cell, tag, Any, IntoAny, Schema, Storage};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::sync::LazyLock;

/// Converts an object whose exact class says what it is, or a full wrapper. None of other objects.
///
/// # Errors
/// `UnicodeEncodeError` for a string with lone surrogates.
#[inline]
fn from_exact_type(ob: &Bound<'_, PyAny>) -> PyResult<Option<Any>> {
    Ok(match classify(ob) {
        Exact::Int => Some(scalar::any_int(ob)?),
        Exact::Str => Some(scalar::string(ob)?),
        Exact::None => Some(Any::none()),
        Exact::Float => scalar::float(ob),
        Exact::Bool => Some(scalar::bool(ob)),
        Exact::Bytes => scalar::bytes(ob),
        // Their types have none of the hooks that other objects are asked for.
        Exact::Function | Exact::Builtin => Some(callable::from_callable(ob).into_any()),
        Exact::Method | Exact::List | Exact::Tuple | Exact::Dict => None,
        Exact::Wrapper | Exact::Other => tie::object_of(ob).map(IntoAny::into_any),
    })
}

/// The value as it comes, if it takes neither Python code nor a search. Errors count as none.
#[inline]
pub fn exact(ob: &Bound<'_, PyAny>) -> Option<Any> {
    from_exact_type(ob).unwrap_or_else(|error| {
        counted(|_| drop(error));
        None
    })
}

/// The value as `schema` stores it, where that takes neither Python code nor a search. None otherwise.
#[inline]
fn exact_for(ob: &Bound<'_, PyAny>, schema: &Schema) -> Option<Any> {
    // Errors are found again, and reported, by the slow path.
    match schema {
        Schema::Int if Exact::Int.is(ob) => scalar::int(ob).ok(),
        Schema::Float if Exact::Float.is(ob) => scalar::float(ob),
        Schema::Bool if Exact::Bool.is(ob) => Some(scalar::bool(ob)),
        Schema::Str if Exact::Str.is(ob) => scalar::string(ob).ok(),
        Schema::Bytes if Exact::Bytes.is(ob) => scalar::bytes(ob),
        Schema::None if ob.is_none() => Some(Any::none()),
        Schema::Any => from_exact_type(ob).ok().flatten(),
        Schema::Object(target) => {
            let object = tie::object_of(ob)?;
            let index = object.type_index();
            let fits = index == *target || registry::is_instance(index, *target);
            fits.then(|| object.into_any())
        }
        Schema::Optional(_) if ob.is_none() => Some(Any::none()),
        Schema::Optional(inner) => exact_for(ob, inner),
        _ => None,
    }
}

/// Whether what a schema's conversion gives goes into the field's storage as it is.
#[inline]
fn is_whole(storage: Storage) -> bool {
    matches!(storage, Storage::I64 | Storage::F64 | Storage::Bool | Storage::Pointer | Storage::Object | Storage::Any)
}

/// The value for a field, if it takes no Python code to convert. Errors count as none.
#[inline]
pub fn exact_for_field(ob: &Bound<'_, PyAny>, field: &FieldInfo) -> Option<Any> {
    if field.is_foreign() {
        return None;
    }
    is_whole(field.storage()).then(|| exact_for(ob, field.schema())).flatten()
}

/// The value for a field, in the form of its storage.
///
/// # Errors
/// `TypeError` that names the field's type and the field; what user code raises.
pub fn for_field(ob: &Bound<'_, PyAny>, field: &FieldInfo) -> PyResult<Any> {
    if let Some(value) = exact_for_field(ob, field) {
        return Ok(value);
    }
    // The setter of another maker's field converts by rules of its own.
    if field.is_foreign() {
        let value = to_native(ob, &Schema::Any).map_err(|fail| fail.raise_cause(ob.py()))?;
        return field.convert_foreign(value).map_err(|error| error::to_python(ob.py(), &error));
    }
    let converted = to_native(ob, field.schema()).and_then(|value| {
        if is_whole(field.storage()) {
            return Ok(value);
        }
        cell::fit(value, field.storage()).map_err(|error| Fail::text(format!("{error}")))
    });
    converted.map_err(|fail| {
        let owner = registry::type_info(field.owner()).map_or("?", |info| info.key);
        fail.inside(&format!("field '{}' of {owner}", field.name)).raise_cause(ob.py())
    })
}

/// The value as `schema` asks.
///
/// # Errors
/// A mismatch, or what user code raises.
pub fn to_native(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    if let Some(value) = exact_for(ob, schema) {
        return Ok(value);
    }
    // From here on user code may be asked, that of the wanted type, too. Lists within lists come by here.
    expect_stack()?;
    if !is_built_in(ob) {
        if let Some(rvalue) = Rvalue::of(ob) {
            return moved(ob.py(), rvalue, schema);
        }
        if let Some(stand_in) = hooks::stand_in(ob).map_err(|error| Fail::hook(schema, ob, error))? {
            return to_native(&stand_in, schema);
        }
    }
    match schema {
        Schema::Any => dynamic(ob),
        Schema::None => Err(Fail::expected(schema, ob)),
        Schema::Int => plain::to_int(ob, schema),
        Schema::Float => plain::to_float(ob, schema),
        Schema::Bool => plain::to_bool(ob, schema),
        Schema::Str => plain::to_string(ob, schema),
        Schema::Bytes => plain::to_bytes(ob, schema),
        Schema::Pointer | Schema::DType | Schema::Device => plain::to_plain(ob, schema),
        Schema::Object(target) => to_object(ob, *target, schema),
        Schema::Optional(inner) => match to_native(ob, inner) {
            Err(Fail::Mismatch(mismatch)) if mismatch.is_of_whole() => Err(Fail::expected(schema, ob)),
            other => other,
        },
        Schema::Union(alternatives) => union::to_union(ob, alternatives, schema),
        Schema::Array(item) => sequence::to_array(ob, item, schema),
        Schema::AnyTuple => sequence::to_array(ob, &Schema::Any, schema),
        Schema::List(item) => sequence::to_list(ob, item, schema),
        Schema::Tuple(items) => sequence::to_tuple(ob, items, schema),
        Schema::Map(..) | Schema::Dict(..) => mapping::to_mapping(ob, schema),
        Schema::Callable(_) => to_function(ob),
        Schema::Unknown(name, ..) => match registry::type_index_of(name) {
            Some(index) => to_native(ob, &Schema::of_index(index)),
            None => Err(Fail::text(format!("unknown TypeSchema origin '{name}'"))),
        },
    }
}

#[inline(never)]
fn to_object(ob: &Bound<'_, PyAny>, target: i32, schema: &Schema) -> Converted {
    // A shape is an object whose wrapper is a plain value.
    let exact = |ob| match exact_for(ob, schema) {
        None if target == tag::SHAPE => hooks::plain_value(ob).map(|found| found.filter(|v| schema.check(v.view()))),
        found => Ok(found),
    };
    if let Some(value) = exact(ob)? {
        return Ok(value);
    }
    let hook = hooks::convert_hook(ob, target).map_err(|error| {
        let text = format!("{}\n  __ffi_convert__ failed:\n    {}", wanted(schema, ob), told(ob.py(), &error));
        match error.is_instance_of::<PyTypeError>(ob.py()) {
            // How a hook says that it converts no such value.
            true => Fail::text(text),
            false => Fail::caused(ob.py(), text, error),
        }
    });
    if let Some(converted) = hook? {
        // An object of another type is no conversion.
        return exact(&converted)?.ok_or_else(|| {
            let found = describe(&converted);
            Fail::text(format!("expected {schema}, but its __ffi_convert__ made {found} of {}", describe(ob)))
        });
    }
    if target == tag::TENSOR {
        if let Some(tensor) = foreign_tensor::tensor_of(ob)? {
            return Ok(tensor.into_any());
        }
    }
    if target == tag::ERROR {
        if let Some(error) = error::of_exception(ob)? {
            return Ok(error.into_any());
        }
    }
    // Strings and bytes are objects or not, depending on their lengths: never here.
    let text =
        || ob.is_instance_of::<PyString>() || ob.is_instance_of::<PyBytes>() || ob.is_instance_of::<PyByteArray>();
    if target == tag::OBJECT && !tie::is_wrapper(ob) && !text() {
        let value = dynamic(ob)?;
        if schema.check(value.view()) {
            return Ok(value);
        }
    }
    Err(Fail::expected(schema, ob))
}

#[inline(never)]
fn to_function(ob: &Bound<'_, PyAny>) -> Converted {
    match tie::object_of(ob) {
        Some(object) if object.type_index() == tag::FUNCTION => Ok(object.into_any()),
        None if ob.is_callable() && !tie::is_wrapper(ob) => Ok(callable::from_callable(ob).into_any()),
        _ => Err(Fail::text(format!("expected Callable, got {}", describe(ob)))),
    }
}

/// The value as it comes, as an argument of a call.
///
/// # Errors
/// `OverflowError` for large integers, `TypeError` for empty wrappers, what user code raises.
#[inline]
pub fn any(ob: &Bound<'_, PyAny>) -> PyResult<Any> {
    match from_exact_type(ob)? {
        Some(value) => Ok(value),
        None => dynamic(ob).map_err(|fail| fail.raise_cause(ob.py())),
    }
}

/// A value whose type is not exactly a built-in plain one.
fn dynamic(ob: &Bound<'_, PyAny>) -> Converted {
    match classify(ob) {
        Exact::List | Exact::Tuple => return sequence::to_array(ob, &Schema::Any, &ANY_ARRAY),
        Exact::Dict => return mapping::to_mapping(ob, &ANY_MAP),
        _ => {}
    }
    match leaf(ob)? {
        Leaf::Value(value) => Ok(value),
        Leaf::StandIn(stand_in) => dynamic(&stand_in),
        Leaf::Sequence => sequence::to_array(ob, &Schema::Any, &ANY_ARRAY),
        Leaf::Mapping => mapping::to_mapping(ob, &ANY_MAP),
    }
}

static ANY_ARRAY: LazyLock<Schema> = LazyLock::new(|| Schema::Array(Box::new(Schema::Any)));
static ANY_MAP: LazyLock<Schema> = LazyLock::new(|| Schema::Map(Box::new(Schema::Any), Box::new(Schema::Any)));

/// What [`dynamic`] has to do with an object.
enum Leaf<'py> {
    Value(Any),
    StandIn(Bound<'py, PyAny>),
    Sequence,
    Mapping,
}

/// All of [`dynamic`] that does not recurse. The exact class is neither list, tuple nor dict.
#[inline(never)]
fn leaf<'py>(ob: &Bound<'py, PyAny>) -> Result<Leaf<'py>, Fail> {
    if let Some(value) = from_exact_type(ob)? {
        return Ok(Leaf::Value(value));
    }
    if let Some(rvalue) = Rvalue::of(ob) {
        return moved(ob.py(), rvalue, &Schema::Any).map(Leaf::Value);
    }
    if tie::is_wrapper(ob) {
        return Err(Fail::text(format!("expected a value, got {}", describe(ob))));
    }
    // From here on user code may be asked.
    expect_stack()?;
    if let Some(object) = OpaquePyObject::object_of(ob) {
        return Ok(Leaf::Value(object.into_any()));
    }
    let stand_in = || hooks::stand_in(ob).map_err(|error| Fail::hook(&Schema::Any, ob, error));
    if hooks::stands_for_object(ob) {
        if let Some(object) = stand_in()? {
            return Ok(Leaf::StandIn(object));
        }
    }
    if let Some(tensor) = foreign_tensor::exchanged(ob)? {
        return Ok(Leaf::Value(tensor.into_any()));
    }
    if let Some(stream) = pointer::stream(ob)? {
        return Ok(Leaf::Value(stream));
    }
    if let Some(tensor) = foreign_tensor::exported(ob)? {
        return Ok(Leaf::Value(tensor.into_any()));
    }
    if ob.is_instance_of::<PyInt>() || hooks::is_integral(ob)? {
        return match hooks::as_int(ob)? {
            Some(number) => Ok(Leaf::Value(scalar::any_int(&number)?)),
            None => Err(Fail::expected(&Schema::Int, ob)),
        };
    }
    if hooks::is_numpy_bool(ob)? {
        return Ok(Leaf::Value(ob.is_truthy()?.into_any()));
    }
    if ob.is_instance_of::<PyFloat>() {
        return Ok(Leaf::Value(ob.extract::<f64>()?.into_any()));
    }
    if let Some(number) = hooks::as_real(ob)? {
        return Ok(Leaf::Value(number.into_any()));
    }
    // Element types are strings, shapes are tuples: before those.
    if let Some(plain) = hooks::plain_value(ob)? {
        return Ok(Leaf::Value(plain));
    }
    if ob.is_instance_of::<PyString>() {
        return Ok(Leaf::Value(scalar::string(ob)?));
    }
    if ob.is_instance_of::<PyBytes>() || ob.is_instance_of::<PyByteArray>() {
        return plain::to_bytes(ob, &Schema::Bytes).map(Leaf::Value);
    }
    if ob.is_instance_of::<PyTuple>() || ob.is_instance_of::<PyList>() {
        return Ok(Leaf::Sequence);
    }
    if ob.is_instance_of::<PyDict>() {
        return Ok(Leaf::Mapping);
    }
    if let Some(pointer) = pointer::pointer(ob)? {
        return Ok(Leaf::Value(pointer));
    }
    if ob.is_callable() {
        return Ok(Leaf::Value(callable::from_callable(ob).into_any()));
    }
    if let Some(plain) = hooks::foreign_plain(ob)? {
        return Ok(Leaf::Value(plain));
    }
    if let Some(number) = hooks::ffi_number(ob)? {
        return Ok(Leaf::Value(number));
    }
    if let Some(stand_in) = stand_in()? {
        return Ok(Leaf::StandIn(stand_in));
    }
    if let Some(error) = error::of_exception(ob)? {
        return Ok(Leaf::Value(error.into_any()));
    }
    Ok(Leaf::Value(OpaqueObj::make(ob)?.into_any()))
}
