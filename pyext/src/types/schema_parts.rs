//! Schemas taken apart into names and arguments, put together from them, and written out.
//! Upholds: what is taken apart and put together again is the same schema.
#![forbid(unsafe_code)]

use crate::interpreter::exceptions::{PyRecursionError, PyValueError};
use bowline::object::grow::{gathered, joined, try_gathered};
use bowline::object::registry;
use bowline::object::ObjectType;
use bowline::value::big_int::BigIntObj;
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
        // An int like others; `key_behind` has the key.
        Schema::Object(tag::BIG_INT) => ("int", vec![]),
        Schema::Object(index) => (registry::type_info(*index).map_or("?", |info| info.key), vec![]),
        Schema::Optional(inner) => ("Optional", vec![(**inner).clone()]),
        Schema::Union(items) => ("Union", all(items)),
        Schema::Array(item) => ("Array", vec![(**item).clone()]),
        Schema::List(item) => ("List", vec![(**item).clone()]),
        Schema::Tuple(items) => ("tuple", all(items)),
        Schema::AnyTuple => ("tuple", vec![]),
        Schema::Map(key, value) => ("Map", vec![(**key).clone(), (**value).clone()]),
        Schema::Dict(key, value) => ("Dict", vec![(**key).clone(), (**value).clone()]),
        // Their parts have names.
        Schema::Callable(_) => ("Callable", vec![]),
        Schema::Unknown(name, args, _) => (name, all(args)),
    }
}

/// The key of a type whose name in schemas is another type's name, too.
pub fn key_behind(schema: &Schema) -> Option<&'static str> {
    (*schema == Schema::Object(tag::BIG_INT)).then_some(BigIntObj::TYPE_KEY)
}

/// What a function returns and takes, as far as that is declared.
pub fn named_parts(schema: &Schema) -> Vec<(&'static str, Vec<Schema>)> {
    let Schema::Callable(Some((parameters, result))) = schema else { return vec![] };
    let parameters = parameters.iter().map(|parameters| (PARAMS, gathered(parameters.iter().cloned())));
    gathered([(RETURN, vec![(**result).clone()])].into_iter().chain(parameters))
}

/// What is shown in the place of a type that is not registered.
pub fn fallback(schema: &Schema) -> Option<&Schema> {
    match schema {
        Schema::Unknown(_, _, shown) => shown.as_deref(),
        _ => None,
    }
}

/// Names of a function's parts.
const RETURN: &str = "return";
const PARAMS: &str = "params";

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
        Schema::Callable(Some((None, result))) => format!("{}[..., {}]", name("Callable")?, render(result, by)?),
        Schema::Callable(Some((Some(parameters), result))) => {
            format!("{}[[{}], {}]", name("Callable")?, joined(all(parameters)?, ", "), render(result, by)?)
        }
        Schema::Tuple(items) if items.is_empty() => format!("{}[()]", name("tuple")?),
        Schema::Unknown(_, _, Some(shown)) => render(shown, by)?,
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

/// The type that is called so and takes no arguments. None if there is none yet.
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
    let named = named_parts(schema);
    let within = parts(schema).1;
    let within = within.iter().chain(named.iter().flat_map(|(_, items)| items)).chain(fallback(schema));
    1 + within.map(depth).max().unwrap_or(0)
}

/// What a schema is made of, its name aside.
#[derive(Default)]
pub struct Given {
    /// The arguments, if there is a list of them.
    pub args: Option<Vec<Schema>>,
    /// The index of an object type.
    pub type_index: Option<i32>,
    /// What is shown in its place if no type is called so.
    pub fallback: Option<Schema>,
    /// Arguments that have names.
    pub named: Option<Vec<(String, Vec<Schema>)>>,
}

/// The type of a function of which the parts with these names are declared.
fn function(named: Vec<(String, Vec<Schema>)>) -> PyResult<Schema> {
    let (mut result, mut parameters) = (None, None);
    for (name, mut items) in named {
        match &*name {
            RETURN if items.len() == 1 => result = items.pop(),
            PARAMS => parameters = Some(items),
            _ => {
                let takes = "Callable takes named_args of one 'return' and 'params' only";
                return Err(PyValueError::new_err(format!("{takes}, got {} of '{name}'", items.len())));
            }
        }
    }
    let result = result.ok_or_else(|| PyValueError::new_err("named_args of Callable must have one 'return'"))?;
    Ok(Schema::Callable(Some((parameters, Box::new(result)))))
}

/// The schema with a name and arguments, as annotations and native code have them.
///
/// # Errors
/// `ValueError` for arguments that such a schema does not take; `RecursionError`.
pub fn build(origin: &str, given: Given) -> PyResult<Schema> {
    let Given { args: given, type_index, fallback, named } = given;
    let within = given.iter().flatten().chain(named.iter().flatten().flat_map(|(_, items)| items)).chain(&fallback);
    if within.into_iter().any(|arg| depth(arg) >= MAX_DEPTH) {
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
        ("tuple", _) if bare => Schema::AnyTuple,
        ("tuple", _) => Schema::Tuple(args),
        ("Callable", 0) => match named {
            Some(named) => function(named)?,
            None => Schema::Callable(None),
        },
        ("Callable", _) if named.is_some() => return arity("no arguments beside named_args"),
        // The older form: the result, then the parameters if they are known.
        ("Callable", _) => {
            let parameters = args.split_off(1);
            let parameters = (!parameters.is_empty()).then_some(parameters);
            Schema::Callable(args.pop().map(|result| (parameters, Box::new(result))))
        }
        _ => match plain(origin, type_index)? {
            Some(_) if count > 0 => return arity("no arguments"),
            Some(schema) => schema,
            None => Schema::Unknown(origin.into(), args, fallback.map(Box::new)),
        },
    })
}
