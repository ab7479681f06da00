//! Python values to native ones: as a schema asks, or as they come.
//! Imports `cpython::{value, tie, opaque}`, `callback`, `container`, `schema`.
//! Upholds: a conversion gives one owned value or an error that says where and what; user code that it runs may raise,
//! and may change what is being converted.
#![forbid(unsafe_code)]

use crate::cany::OpaquePyObject;
use crate::cpython::opaque::OpaqueObj;
use crate::cpython::{callback, tie, value};
use crate::protocols::{self, HookError};
use crate::rvalue::Rvalue;
use crate::{container, error, mapping, tensor};
use bowline::object::registry;
use bowline::reflect::FieldInfo;
use bowline::value::{cell, tag, Any, Bytes, IntoAny, Pointer, Schema, Storage};
use pyo3::exceptions::{PyException, PyMemoryError, PyOverflowError, PyRecursionError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyByteArrayMethods, PyBytes, PyBytesMethods, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple,
};
use std::sync::LazyLock;

/// Why a conversion did not succeed.
pub enum Fail {
    /// The value is not what was asked for.
    Mismatch(Mismatch),
    /// Something else was raised on the way, by user code or by the interpreter.
    Raised(PyErr),
}

/// The value at `path` is not what was asked for.
pub struct Mismatch {
    /// Where: `element [2]: value for key 'a': `, outermost first.
    path: String,
    /// What was expected and what came.
    text: String,
    /// Whether the text says nothing else.
    brief: bool,
    /// What user code raised on the way.
    cause: Option<PyErr>,
}

/// What was expected and what came, in words.
fn wanted(schema: &Schema, got: &Bound<'_, PyAny>) -> String {
    match schema {
        // Any value would do: what came cannot say what it is.
        Schema::Any => format!("failed to convert Any from {}", describe(got)),
        _ => format!("expected {schema}, got {}", describe(got)),
    }
}

impl From<PyErr> for Fail {
    fn from(error: PyErr) -> Fail {
        Fail::Raised(error)
    }
}

impl Fail {
    /// "expected `schema`, got …".
    #[cold]
    pub fn expected(schema: &Schema, got: &Bound<'_, PyAny>) -> Fail {
        Fail::Mismatch(Mismatch { path: String::new(), text: wanted(schema, got), brief: true, cause: None })
    }

    /// User code that should have said what the value is raised an error.
    #[cold]
    pub fn hook(schema: &Schema, got: &Bound<'_, PyAny>, HookError { hook, error }: HookError) -> Fail {
        let text = format!("{}, whose {hook} failed: {}", wanted(schema, got), error.value(got.py()));
        Fail::caused(got.py(), text, error)
    }

    /// A mismatch in words, and why; signals and lack of memory are told as they are.
    fn caused(py: Python<'_>, text: String, error: PyErr) -> Fail {
        match !error.is_instance_of::<PyException>(py) || error.is_instance_of::<PyMemoryError>(py) {
            true => Fail::Raised(error),
            false => Fail::Mismatch(Mismatch { path: String::new(), text, brief: false, cause: Some(error) }),
        }
    }

    /// A mismatch in words.
    #[cold]
    pub fn text(text: String) -> Fail {
        Fail::Mismatch(Mismatch { path: String::new(), text, brief: false, cause: None })
    }

    /// Says where it happened.
    #[cold]
    pub fn inside(self, at: &str) -> Fail {
        match self {
            Fail::Mismatch(mismatch) => {
                Fail::Mismatch(Mismatch { path: format!("{at}: {}", mismatch.path), ..mismatch })
            }
            raised => raised,
        }
    }

    /// The exception: a `TypeError`, with what user code raised as its cause.
    #[cold]
    pub fn raise(self, py: Python<'_>) -> PyErr {
        match self {
            Fail::Mismatch(Mismatch { path, text, cause, .. }) => {
                let error = PyTypeError::new_err(path + &text);
                if cause.is_some() {
                    error.set_cause(py, cause);
                }
                error
            }
            Fail::Raised(error) => error,
        }
    }

    /// The exception where a value is stored or passed on: what user code raised, as it is.
    #[cold]
    pub fn raise_cause(self, py: Python<'_>) -> PyErr {
        match self {
            Fail::Mismatch(Mismatch { cause: Some(error), .. }) => error,
            other => other.raise(py),
        }
    }

    /// Whether another alternative of a union may be tried.
    fn is_mismatch(&self, py: Python<'_>) -> bool {
        match self {
            Fail::Mismatch(Mismatch { cause: None, .. }) => true,
            Fail::Mismatch(Mismatch { cause: Some(error), .. }) | Fail::Raised(error) => {
                error.is_instance_of::<PyTypeError>(py)
            }
        }
    }
}

/// The result of a conversion.
pub type Converted = Result<Any, Fail>;

/// What an object is, for error texts.
pub fn describe(ob: &Bound<'_, PyAny>) -> String {
    if ob.is_none() {
        return "None".to_owned();
    }
    let name = || ob.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    match tie::object_of(ob) {
        Some(object) => registry::type_info(object.type_index()).map_or("?", |info| info.key).to_owned(),
        None if tie::is_wrapper(ob) => format!("an empty {}", name()),
        None => name(),
    }
}

/// The value as `schema` stores it, where that takes neither Python code nor a search: none otherwise.
#[inline]
fn exact_for(ob: &Bound<'_, PyAny>, schema: &Schema) -> Option<Any> {
    // An error of `exact` is found again, and reported, by the slow path.
    let quick = || value::exact(ob).ok().flatten();
    match schema {
        Schema::Int if ob.is_exact_instance_of::<PyInt>() => quick(),
        Schema::Float if ob.is_exact_instance_of::<PyFloat>() => quick(),
        Schema::Bool if ob.is_exact_instance_of::<PyBool>() => quick(),
        Schema::Str if ob.is_exact_instance_of::<PyString>() => quick(),
        Schema::Bytes if ob.is_exact_instance_of::<PyBytes>() => quick(),
        Schema::None if ob.is_none() => Some(Any::none()),
        Schema::Any => quick(),
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

/// The value for a field, if it takes no Python code to convert; errors count as none.
#[inline]
pub fn exact_for_field(ob: &Bound<'_, PyAny>, field: &FieldInfo) -> Option<Any> {
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
    let converted = to_native(ob, field.schema()).and_then(|value| {
        if is_whole(field.storage()) {
            return Ok(value);
        }
        cell::fit(value, field.storage()).map_err(|error| Fail::text(error.to_string()))
    });
    converted.map_err(|fail| {
        let owner = registry::type_info(field.owner()).map_or("?", |info| info.key);
        fail.inside(&format!("field '{}' of {owner}", field.name)).raise_cause(ob.py())
    })
}

/// Guards against containers that contain themselves.
pub struct Depth;

std::thread_local! {
    static DEPTH: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

impl Depth {
    /// What fits half the stack of a small thread (256 KiB).
    const LIMIT: u32 = 200;

    /// One container deeper.
    ///
    /// # Errors
    /// `RecursionError`.
    pub fn enter() -> PyResult<Depth> {
        let depth = DEPTH.get() + 1;
        if depth > Self::LIMIT {
            return Err(PyRecursionError::new_err("maximum depth exceeded while converting a Python value"));
        }
        DEPTH.set(depth);
        Ok(Depth)
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// The value as `schema` asks.
///
/// # Errors
/// A mismatch, or what user code raises.
pub fn to_native(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    if let Some(value) = exact_for(ob, schema) {
        return Ok(value);
    }
    if let Some(rvalue) = Rvalue::of(ob) {
        return moved(ob.py(), rvalue, schema);
    }
    if let Some(stand_in) = protocols::stand_in(ob).map_err(|error| Fail::hook(schema, ob, error))? {
        return to_native(&stand_in, schema);
    }
    match schema {
        Schema::Any => dynamic(ob),
        Schema::None => Err(Fail::expected(schema, ob)),
        Schema::Int => to_int(ob, schema),
        Schema::Float => to_float(ob, schema),
        Schema::Bool => to_bool(ob, schema),
        Schema::Str => to_string(ob, schema),
        Schema::Bytes => to_bytes(ob, schema),
        Schema::Pointer | Schema::DType | Schema::Device => to_plain(ob, schema),
        Schema::Object(target) => to_object(ob, *target, schema),
        Schema::Optional(inner) => match to_native(ob, inner) {
            Err(Fail::Mismatch(mismatch)) if mismatch.brief && mismatch.path.is_empty() => {
                Err(Fail::expected(schema, ob))
            }
            other => other,
        },
        Schema::Union(alternatives) => to_union(ob, alternatives, schema),
        Schema::Array(item) => container::to_array(ob, item, schema),
        Schema::List(item) => container::to_list(ob, item, schema),
        Schema::Tuple(items) => container::to_tuple(ob, items, schema),
        Schema::Map(..) | Schema::Dict(..) => mapping::to_mapping(ob, schema),
        Schema::Callable(_) => to_function(ob),
        Schema::Unknown(name, _) => match registry::type_index_of(name) {
            Some(index) => to_native(ob, &Schema::of_index(index)),
            None => Err(Fail::text(format!("unknown TypeSchema origin '{name}'"))),
        },
    }
}

/// What a `_move()` holds, as `schema` asks; put back when it does not suit.
#[inline(never)]
fn moved(py: Python<'_>, rvalue: &Rvalue, schema: &Schema) -> Converted {
    let object =
        rvalue.take(py).ok_or_else(|| Fail::text(format!("expected {schema}, got an object moved away already")))?;
    let value = object.into_any();
    if schema.check(value.view()) {
        return Ok(value);
    }
    let text = format!("expected {schema}, got {}", value.view().type_name());
    if let Ok(object) = value.into_object() {
        rvalue.put_back(py, object)?;
    }
    Err(Fail::text(text))
}

#[inline(never)]
fn to_plain(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    let failed = |error: PyErr| Fail::hook(schema, ob, error.into());
    let found = match schema {
        Schema::Pointer if ob.is_none() => Some(Pointer(std::ptr::null_mut()).into_any()),
        Schema::Pointer => protocols::pointer(ob).map_err(failed)?,
        _ => match ob.cast::<PyString>() {
            // The package's own element types are strings, too.
            Ok(text) if !ob.get_type().hasattr(pyo3::intern!(ob.py(), "__ffi_plain__"))? => {
                let named = protocols::named(&text.to_string_lossy(), schema);
                named.transpose().map_err(Fail::text)?
            }
            _ => protocols::plain(ob, schema).map_err(failed)?,
        },
    };
    found.ok_or_else(|| Fail::expected(schema, ob))
}

#[inline(never)]
fn to_string(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    match ob.is_instance_of::<PyString>() {
        true => Ok(value::string(ob)?),
        false => Err(Fail::expected(schema, ob)),
    }
}

#[inline(never)]
fn to_int(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    let failed = |error: PyErr| Fail::hook(schema, ob, error.into());
    let number = match ob.is_instance_of::<PyInt>() {
        true => ob.clone(),
        false => protocols::as_int(ob).map_err(failed)?.ok_or_else(|| Fail::expected(schema, ob))?,
    };
    value::int(&number).map_err(|error| match error.is_instance_of::<PyOverflowError>(ob.py()) {
        true => Fail::text("expected int in the int64 range, got a larger one".to_owned()),
        false => Fail::Raised(error),
    })
}

#[inline(never)]
fn to_float(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    if ob.is_instance_of::<PyFloat>() || ob.is_instance_of::<PyInt>() {
        return Ok(ob.extract::<f64>()?.into_any());
    }
    let number = protocols::as_float(ob).map_err(|error| Fail::hook(schema, ob, error.into()))?;
    let number = number.ok_or_else(|| Fail::expected(schema, ob))?;
    Ok(number.into_any())
}

#[inline(never)]
fn to_bool(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    if ob.is_instance_of::<PyInt>() || protocols::is_integral(ob)? {
        let truth = ob.is_truthy().map_err(|error| Fail::hook(schema, ob, error.into()))?;
        return Ok(truth.into_any());
    }
    Err(Fail::expected(schema, ob))
}

#[inline(never)]
fn to_bytes(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    if let Ok(bytes) = ob.cast::<PyBytes>() {
        return Ok(Bytes::from(bytes.as_bytes()).into_any());
    }
    if let Ok(bytes) = ob.cast::<PyByteArray>() {
        return Ok(Bytes::from(bytes.to_vec()).into_any());
    }
    Err(Fail::expected(schema, ob))
}

#[inline(never)]
fn to_object(ob: &Bound<'_, PyAny>, target: i32, schema: &Schema) -> Converted {
    // A shape is an object whose wrapper is a plain value.
    let exact = |ob| match exact_for(ob, schema) {
        None if target == tag::SHAPE => {
            protocols::plain_value(ob).map(|found| found.filter(|v| schema.check(v.view())))
        }
        found => Ok(found),
    };
    if let Some(value) = exact(ob)? {
        return Ok(value);
    }
    let hook = protocols::convert_hook(ob, target).map_err(|error| {
        let text = format!("{}\n  __ffi_convert__ failed:\n    {}", wanted(schema, ob), error.value(ob.py()));
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
        if let Some(tensor) = tensor::tensor_of(ob)? {
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

fn to_union(ob: &Bound<'_, PyAny>, alternatives: &[Schema], schema: &Schema) -> Converted {
    for alternative in alternatives {
        match to_native(ob, alternative) {
            Err(fail) if fail.is_mismatch(ob.py()) => {}
            other => return other,
        }
    }
    Err(Fail::expected(schema, ob))
}

#[inline(never)]
fn to_function(ob: &Bound<'_, PyAny>) -> Converted {
    match tie::object_of(ob) {
        Some(object) if object.type_index() == tag::FUNCTION => Ok(object.into_any()),
        None if ob.is_callable() && !tie::is_wrapper(ob) => Ok(callback::from_callable(ob).into_any()),
        _ => Err(Fail::text(format!("expected Callable, got {}", describe(ob)))),
    }
}

/// The value as it comes, as an argument of a call.
///
/// # Errors
/// `OverflowError` for large integers, `TypeError` for empty wrappers, what user code raises.
#[inline]
pub fn any(ob: &Bound<'_, PyAny>) -> PyResult<Any> {
    match value::exact(ob)? {
        Some(value) => Ok(value),
        None => dynamic(ob).map_err(|fail| fail.raise_cause(ob.py())),
    }
}

/// A value whose type is not exactly a built-in plain one.
fn dynamic(ob: &Bound<'_, PyAny>) -> Converted {
    match leaf(ob)? {
        Leaf::Value(value) => Ok(value),
        Leaf::StandIn(stand_in) => dynamic(&stand_in),
        Leaf::Sequence => container::to_array(ob, &Schema::Any, &ANY_ARRAY),
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

/// All of [`dynamic`] that does not recurse.
#[inline(never)]
fn leaf<'py>(ob: &Bound<'py, PyAny>) -> Result<Leaf<'py>, Fail> {
    if let Some(value) = value::exact(ob)? {
        return Ok(Leaf::Value(value));
    }
    if let Some(rvalue) = Rvalue::of(ob) {
        return moved(ob.py(), rvalue, &Schema::Any).map(Leaf::Value);
    }
    if tie::is_wrapper(ob) {
        return Err(Fail::text(format!("expected a value, got {}", describe(ob))));
    }
    if ob.is_exact_instance_of::<PyList>() || ob.is_exact_instance_of::<PyTuple>() {
        return Ok(Leaf::Sequence);
    }
    if ob.is_exact_instance_of::<PyDict>() {
        return Ok(Leaf::Mapping);
    }
    if let Some(object) = OpaquePyObject::object_of(ob) {
        return Ok(Leaf::Value(object.into_any()));
    }
    let stand_in = || protocols::stand_in(ob).map_err(|error| Fail::hook(&Schema::Any, ob, error));
    if protocols::stands_for_object(ob)? {
        if let Some(object) = stand_in()? {
            return Ok(Leaf::StandIn(object));
        }
    }
    if let Some(tensor) = tensor::exchanged(ob)? {
        return Ok(Leaf::Value(tensor.into_any()));
    }
    if let Some(stream) = protocols::stream(ob)? {
        return Ok(Leaf::Value(stream));
    }
    if let Some(tensor) = tensor::exported(ob)? {
        return Ok(Leaf::Value(tensor.into_any()));
    }
    if ob.is_instance_of::<PyInt>() || protocols::is_integral(ob)? {
        return match protocols::as_int(ob)? {
            Some(number) => Ok(Leaf::Value(value::int(&number)?)),
            None => Err(Fail::expected(&Schema::Int, ob)),
        };
    }
    if ob.is_instance_of::<PyFloat>() {
        return Ok(Leaf::Value(ob.extract::<f64>()?.into_any()));
    }
    if let Some(number) = protocols::as_real(ob)? {
        return Ok(Leaf::Value(number.into_any()));
    }
    // Element types are strings, shapes are tuples: before those.
    if let Some(plain) = protocols::plain_value(ob)? {
        return Ok(Leaf::Value(plain));
    }
    if ob.is_instance_of::<PyString>() {
        return Ok(Leaf::Value(value::string(ob)?));
    }
    if ob.is_instance_of::<PyBytes>() || ob.is_instance_of::<PyByteArray>() {
        return to_bytes(ob, &Schema::Bytes).map(Leaf::Value);
    }
    if ob.is_instance_of::<PyTuple>() || ob.is_instance_of::<PyList>() {
        return Ok(Leaf::Sequence);
    }
    if ob.is_instance_of::<PyDict>() {
        return Ok(Leaf::Mapping);
    }
    if let Some(pointer) = protocols::pointer(ob)? {
        return Ok(Leaf::Value(pointer));
    }
    if ob.is_callable() {
        return Ok(Leaf::Value(callback::from_callable(ob).into_any()));
    }
    if let Some(plain) = protocols::foreign_plain(ob)? {
        return Ok(Leaf::Value(plain));
    }
    if let Some(number) = protocols::ffi_number(ob)? {
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
