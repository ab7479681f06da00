//! Schemas taken apart into names and arguments, put together from them, and written out.
//! Upholds: what is taken apart and put together again is the same schema.
#![forbid(unsafe_code)]

use crate::interpreter::exceptions::{PyRecursionError, PyValueError};
use bowline::object::grow::{gathered, joined, try_gathered};
use bowline::object::registry;
use bowline::value::{tag, Schema};
use pyo3::prelude::*;

/// What a schema is called, and its arguments.
pub fn parts(schema: &Schema) -> (&str, Vec<Schema>) {
    let all = |items: &[Schema]| gathered(items.iter().cloned());
    match schema {
        Schema::Any => ("Any", vec![]),
        Schema::None => ("None", vec![]),
        Schema::Int => ("int", vec![]),
        Schema::Float => ("float", vec![]),
        Schema::Bool => ("bool", vec![]),
        Schema::Str => ("str", vec![]),
        Schema::Bytes => ("bytes", vec![]),
        Schema::Pointer => ("ctypes.c_void_p", vec![]),
        Schema::DType => ("dtype", vec![]),
        Schema::Device => ("Device", vec![]),
        Schema::Object(tag::OBJECT) => ("Object", vec![]),
        Schema::Object(tag::TENSOR) => ("Tensor", vec![]),
        Schema::Object(index) => (registry::type_info(*index).map_or("?", |info| info.key), vec![]),
        Schema::Optional(inner) => ("Optional", vec![(**inner).clone()]),
        Schema::Union(items) => ("Union", all(items)),
        Schema::Array(item) => ("Array", vec![(**item).clone()]),
        Schema::List(item) => ("List", vec![(**item).clone()]),
        Schema::Tuple(items) => ("tuple", all(items)),
        Schema::Map(key, value) => ("Map", vec![(**key).clone(), (**value).clone()]),
        Schema::Dict(key, value) => ("Dict", vec![(**key).clone(), (**value).clone()]),
        Schema::Callable(None) => ("Callable", vec![]),
        Schema::Callable(Some((parameters, result))) => {
            ("Callable", gathered(std::iter::once(&**result).chain(parameters).cloned()))
        }
        Schema::Unknown(name, args) => (name, all(args)),
    }
}

/// How types are called, and what is shown in the place of one.
pub struct Rendering<'a> {
    /// The name of a type, from that of Python.
    pub name: &'a dyn Fn(&str) -> PyResult<String>,
    /// What is shown instead of a type, if anything is.
    pub instead: &'a dyn Fn(&Schema) -> PyResult<Option<String>>,
}

/// The text of a schema.
///
/// # Errors
/// Those of `by`.
pub fn render(schema: &Schema, by: &Rendering<'_>) -> PyResult<String> {
    if let Some(text) = (by.instead)(schema)? {
        return Ok(text);
    }
    let name = by.name;
    let all = |items: &[Schema]| try_gathered(items.iter().map(|item| render(item, by)));
    Ok(match schema {
        Schema::Optional(inner) => format!("{} | None", render(inner, by)?),
        Schema::Union(items) => joined(all(items)?, " | "),
        Schema::Callable(None) => format!("{}[..., {}]", name("Callable")?, name("Any")?),
        Schema::Callable(Some((parameters, result))) => {
            format!("{}[[{}], {}]", name("Callable")?, joined(all(parameters)?, ", "), render(result, by)?)
        }
        Schema::Tuple(items) if items.is_empty() => format!("{}[()]", name("tuple")?),
        other => match parts(other) {
            (origin, args) if args.is_empty() => name(origin)?,
            (origin, args) => format!("{}[{}]", name(origin)?, joined(all(&args)?, ", ")),
        },
    })
}

/// Names that native code has for types, and those of Python.
const NATIVE_NAMES: [(&str, &str); 26] = [
    ("ffi.String", "str"),
    ("ffi.Bytes", "bytes"),
    ("ffi.Array", "Array"),
    ("ffi.List", "List"),
    ("ffi.Map", "Map"),
    ("ffi.Dict", "Dict"),
    ("ffi.Function", "Callable"),
    ("ffi.Object", "Object"),
    ("ffi.Tensor", "Tensor"),
    ("DLTensor*", "Tensor"),
    ("DataType", "dtype"),
    ("void*", "ctypes.c_void_p"),
    ("c_void_p", "ctypes.c_void_p"),
    ("Tuple", "tuple"),
    ("Variant", "Union"),
    ("list", "List"),
    ("dict", "Dict"),
    ("std::string", "str"),
    ("std::vector", "Array"),
    ("std::optional", "Optional"),
    ("std::variant", "Union"),
    ("std::tuple", "tuple"),
    ("std::map", "Map"),
    ("std::unordered_map", "Map"),
    ("std::function", "Callable"),
    ("ObjectRValueRef", "Object"),
];

/// The type that is called so and takes no arguments; none if there is none yet.
fn plain(origin: &str, type_index: Option<i32>) -> PyResult<Option<Schema>> {
    Ok(Some(match origin {
        "Any" => Schema::Any,
        "None" => Schema::None,
        "int" => Schema::Int,
        "float" => Schema::Float,
        "bool" => Schema::Bool,
        "str" => Schema::Str,
        "bytes" => Schema::Bytes,
        "ctypes.c_void_p" => Schema::Pointer,
        "dtype" => Schema::DType,
        "Device" => Schema::Device,
        "Object" => {
            let index = type_index.unwrap_or(tag::OBJECT);
            if index < tag::OBJECT || registry::type_info(index).is_none() {
                return Err(PyValueError::new_err(format!("there is no object type with index {index}")));
            }
            Schema::Object(index)
        }
        "Tensor" => Schema::Object(tag::TENSOR),
        key => {
            let index = registry::type_index_of(key).filter(|index| *index >= tag::OBJECT);
            return Ok(index.map(Schema::of_index));
        }
    }))
}

/// How deep schemas may nest. They are compared, shown and dropped by recursion.
const MAX_DEPTH: usize = 100;

/// How many schemas are within each other.
fn depth(schema: &Schema) -> usize {
    1 + parts(schema).1.iter().map(depth).max().unwrap_or(0)
}

/// The schema with a name and arguments, as annotations and native code have them.
///
/// # Errors
/// `ValueError` for arguments that such a schema does not take; `RecursionError`.
pub fn build(origin: &str, given: Option<Vec<Schema>>, type_index: Option<i32>) -> PyResult<Schema> {
    if given.iter().flatten().any(|arg| depth(arg) >= MAX_DEPTH) {
        return Err(PyRecursionError::new_err(format!("a TypeSchema of more than {MAX_DEPTH} within each other")));
    }
    let origin = NATIVE_NAMES.iter().find(|(native, _)| *native == origin).map_or(origin, |(_, name)| name);
    let bare = given.is_none();
    let mut args = given.unwrap_or_default();
    let count = args.len();
    let arity = |takes: &str| Err(PyValueError::new_err(format!("{origin} must have {takes}, got {count}")));
    let mut pop = || Box::new(args.pop().unwrap_or(Schema::Any));
    Ok(match (origin, count) {
        ("Optional", 1) => Schema::Optional(pop()),
        ("Optional", _) => return arity("exactly one argument"),
        ("Array", 0 | 1) => Schema::Array(pop()),
        ("List", 0 | 1) => Schema::List(pop()),
        ("Array" | "List", _) => return arity("0 or 1 arguments"),
        ("Map" | "Dict", 0 | 2) => {
            let (value, key) = (pop(), pop());
            if origin == "Map" {
                Schema::Map(key, value)
            } else {
                Schema::Dict(key, value)
            }
        }
        ("Map" | "Dict", _) => return arity("0 or 2 arguments"),
        ("Union", 2..) => Schema::Union(args),
        ("Union", _) => return arity("at least two arguments"),
        // Without brackets: of whatever length.
        ("tuple", _) if bare => Schema::Array(pop()),
        ("tuple", _) => Schema::Tuple(args),
        ("Callable", 0) => Schema::Callable(None),
        ("Callable", _) => {
            let parameters = args.split_off(1);
            Schema::Callable(args.pop().map(|result| (parameters, Box::new(result))))
        }
        _ => match plain(origin, type_index)? {
            Some(_) if count > 0 => return arity("no arguments"),
            Some(schema) => schema,
            None => Schema::Unknown(origin.into(), args),
        },
    })
}
