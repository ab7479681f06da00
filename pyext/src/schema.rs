//! `TypeSchema`: a type of fields, items and parameters, as Python sees it.
//! Imports `convert`, the core's schemas.
//! Upholds: a schema never changes; its text is the annotation that declares it.
#![forbid(unsafe_code)]

use crate::cany::CAny;
use crate::convert;
use bowline::object::registry;
use bowline::value::{tag, Schema};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A type, as an annotation declares it.
#[pyclass(frozen, module = "bowline._core")]
pub struct TypeSchema {
    schema: Schema,
}

impl From<Schema> for TypeSchema {
    fn from(schema: Schema) -> TypeSchema {
        TypeSchema { schema }
    }
}

impl TypeSchema {
    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The schema in a Python object.
    ///
    /// # Errors
    /// `TypeError` when it is no `TypeSchema`.
    pub fn of(ob: &Bound<'_, PyAny>) -> PyResult<Schema> {
        let schema = ob.cast::<TypeSchema>();
        schema
            .map(|schema| schema.get().schema.clone())
            .map_err(|_| PyTypeError::new_err(format!("expected a TypeSchema, got {}", convert::describe(ob))))
    }
}

fn parts(schema: &Schema) -> (&'static str, Vec<Schema>) {
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
        Schema::Union(items) => ("Union", items.clone()),
        Schema::Array(item) => ("Array", vec![(**item).clone()]),
        Schema::List(item) => ("List", vec![(**item).clone()]),
        Schema::Tuple(items) => ("tuple", items.clone()),
        Schema::Map(key, value) => ("Map", vec![(**key).clone(), (**value).clone()]),
        Schema::Dict(key, value) => ("Dict", vec![(**key).clone(), (**value).clone()]),
        Schema::Callable(None) => ("Callable", vec![]),
        Schema::Callable(Some((parameters, result))) => {
            ("Callable", [std::slice::from_ref(&**result), parameters].concat())
        }
    }
}

/// The text of a schema with other names for the types.
fn render(schema: &Schema, name: &dyn Fn(&str) -> PyResult<String>) -> PyResult<String> {
    let all = |items: &[Schema]| items.iter().map(|item| render(item, name)).collect::<PyResult<Vec<_>>>();
    Ok(match schema {
        Schema::Optional(inner) => format!("{} | None", render(inner, name)?),
        Schema::Union(items) => all(items)?.join(" | "),
        Schema::Callable(None) => format!("{}[..., {}]", name("Callable")?, name("Any")?),
        Schema::Callable(Some((parameters, result))) => {
            format!("{}[[{}], {}]", name("Callable")?, all(parameters)?.join(", "), render(result, name)?)
        }
        Schema::Tuple(items) if items.is_empty() => format!("{}[()]", name("tuple")?),
        other => match parts(other) {
            (origin, args) if args.is_empty() => name(origin)?,
            (origin, args) => format!("{}[{}]", name(origin)?, all(&args)?.join(", ")),
        },
    })
}

/// Names that native code has for types, and those of Python.
const NATIVE_NAMES: [(&str, &str); 15] = [
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
];

fn build(origin: &str, mut args: Vec<Schema>, type_index: Option<i32>) -> PyResult<Schema> {
    let origin = NATIVE_NAMES.iter().find(|(native, _)| *native == origin).map_or(origin, |(_, name)| name);
    let count = args.len();
    let wrong =
        |expected: &str| PyTypeError::new_err(format!("TypeSchema '{origin}' takes {expected}, got {count} arguments"));
    let mut pop = || args.pop().map(Box::new);
    Ok(match (origin, count) {
        ("Optional", 1) => Schema::Optional(pop().ok_or_else(|| wrong("one argument"))?),
        ("Array" | "List", 0 | 1) => {
            let item = pop().unwrap_or(Box::new(Schema::Any));
            if origin == "Array" {
                Schema::Array(item)
            } else {
                Schema::List(item)
            }
        }
        ("Map" | "Dict", 0 | 2) => {
            let (value, key) = (pop().unwrap_or(Box::new(Schema::Any)), pop().unwrap_or(Box::new(Schema::Any)));
            if origin == "Map" {
                Schema::Map(key, value)
            } else {
                Schema::Dict(key, value)
            }
        }
        ("Union" | "Variant", 2..) => Schema::Union(args),
        ("tuple", _) => Schema::Tuple(args),
        ("Callable", 0) => Schema::Callable(None),
        ("Callable", _) => {
            let parameters = args.split_off(1);
            Schema::Callable(args.pop().map(|result| (parameters, Box::new(result))))
        }
        ("Optional", _) => return Err(PyValueError::new_err("Optional must have exactly one argument")),
        ("Array" | "List", _) => return Err(wrong("at most one argument")),
        ("Map" | "Dict", _) => return Err(wrong("no or two arguments")),
        ("Union" | "Variant", _) => return Err(PyValueError::new_err("Union must have at least two arguments")),
        (_, 1..) => return Err(wrong("no arguments")),
        ("Any", _) => Schema::Any,
        ("None", _) => Schema::None,
        ("int", _) => Schema::Int,
        ("float", _) => Schema::Float,
        ("bool", _) => Schema::Bool,
        ("str", _) => Schema::Str,
        ("bytes", _) => Schema::Bytes,
        ("ctypes.c_void_p", _) => Schema::Pointer,
        ("dtype", _) => Schema::DType,
        ("Device", _) => Schema::Device,
        ("Object", _) => {
            let index = type_index.unwrap_or(tag::OBJECT);
            if index < tag::OBJECT || registry::type_info(index).is_none() {
                return Err(PyValueError::new_err(format!("there is no object type with index {index}")));
            }
            Schema::Object(index)
        }
        ("Tensor", _) => Schema::Object(tag::TENSOR),
        (key, _) => match registry::type_index_of(key).filter(|index| *index >= tag::OBJECT) {
            Some(index) => Schema::of_index(index),
            None => return Err(PyTypeError::new_err(format!("unknown TypeSchema origin '{origin}'"))),
        },
    })
}

#[pymethods]
impl TypeSchema {
    #[new]
    #[pyo3(signature = (origin, args = None, type_index = None))]
    fn new(origin: &str, args: Option<Bound<'_, PyAny>>, type_index: Option<i32>) -> PyResult<TypeSchema> {
        let args: Vec<Schema> = match args {
            Some(args) => args.try_iter()?.map(|arg| TypeSchema::of(&arg?)).collect::<PyResult<_>>()?,
            None => Vec::new(),
        };
        build(origin, args, type_index).map(TypeSchema::from)
    }

    /// What the type is, its arguments aside.
    #[getter]
    fn origin(&self) -> &'static str {
        parts(&self.schema).0
    }

    /// The arguments of a generic type.
    #[getter]
    fn args<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, parts(&self.schema).1.into_iter().map(TypeSchema::from).collect::<Vec<_>>())
    }

    /// The index that values of the type share, if there is one.
    #[getter]
    fn type_index(&self) -> Option<i32> {
        self.schema.index()
    }

    /// As `type_index`; -1 for any value, -2 for alternatives, -3 for tuples.
    #[getter]
    fn origin_type_index(&self) -> i32 {
        match &self.schema {
            Schema::Tuple(_) => -3,
            Schema::Optional(_) | Schema::Union(_) => -2,
            other => other.index().unwrap_or(-1),
        }
    }

    /// The schema of an annotation.
    #[staticmethod]
    fn from_annotation<'py>(annotation: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        annotation.py().import("bowline.dataclasses._annotation")?.call_method1("schema_of", (annotation,))
    }

    /// The schema of values that have a type index.
    #[staticmethod]
    #[pyo3(signature = (type_index, args = None))]
    fn from_type_index(type_index: i32, args: Option<Bound<'_, PyAny>>) -> PyResult<TypeSchema> {
        if registry::type_info(type_index).is_none() && type_index != tag::ANY {
            return Err(PyValueError::new_err(format!("there is no type with index {type_index}")));
        }
        let schema = Schema::of_index(type_index);
        match args {
            Some(args) if args.len()? > 0 => TypeSchema::new(parts(&schema).0, Some(args), Some(type_index)),
            _ => Ok(schema.into()),
        }
    }

    /// The schema that a dict `{"type": …, "args": […]}` describes.
    #[staticmethod]
    fn from_json_obj(obj: &Bound<'_, PyAny>) -> PyResult<TypeSchema> {
        let described = obj.cast::<PyDict>().ok().and_then(|dict| dict.get_item("type").ok().flatten());
        let Some(name) = described.and_then(|name| name.extract::<String>().ok()) else {
            return Err(PyTypeError::new_err(format!("expected a dict with a 'type', got {}", convert::describe(obj))));
        };
        let mut args = Vec::new();
        if let Ok(given) = obj.get_item("args") {
            for arg in given.try_iter()? {
                // A number, as in the size of an array, says nothing of a type.
                let arg = arg?;
                if arg.is_instance_of::<PyDict>() {
                    args.push(TypeSchema::from_json_obj(&arg)?.schema);
                }
            }
        }
        build(&name, args, None).map(TypeSchema::from)
    }

    /// The schema that JSON text describes.
    #[staticmethod]
    fn from_json_str(py: Python<'_>, s: &str) -> PyResult<TypeSchema> {
        TypeSchema::from_json_obj(&py.import("json")?.call_method1("loads", (s,))?)
    }

    /// A dict `{"type": …, "args": […]}`.
    fn to_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (origin, args) = parts(&self.schema);
        let json = PyDict::new(py);
        json.set_item("type", origin)?;
        if !args.is_empty() {
            let args = args.into_iter().map(|arg| TypeSchema::from(arg).to_json(py));
            json.set_item("args", args.collect::<PyResult<Vec<_>>>()?)?;
        }
        Ok(json)
    }

    /// The annotation as text; `ty_map` says how each type in it is called.
    #[pyo3(signature = (ty_map = None))]
    fn repr(&self, ty_map: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        match ty_map {
            None => render(&self.schema, &|name| Ok(name.to_owned())),
            Some(names) => render(&self.schema, &|name| names.call1((name,))?.extract()),
        }
    }

    /// As `repr`, for a parameter.
    #[pyo3(signature = (ty_map = None))]
    fn input_repr(&self, ty_map: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        self.repr(ty_map)
    }

    /// As `repr`, for a result.
    #[pyo3(signature = (ty_map = None))]
    fn output_repr(&self, ty_map: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        self.repr(ty_map)
    }

    /// Whether it is the type of a class, or of one derived from it.
    fn is_subtype_of(&self, target_cls: &Bound<'_, PyType>) -> bool {
        let target = crate::cpython::class::type_index_of(target_cls);
        matches!((self.schema.index(), target), (Some(index), Some(target))
            if index >= tag::OBJECT && (index == target || registry::is_instance(index, target)))
    }

    /// The value in the form in which a field of this type stores it.
    fn convert(&self, value: &Bound<'_, PyAny>) -> PyResult<CAny> {
        let failed = |fail: convert::Fail| fail.inside(&format!("type conversion failed for {}", self.schema)).raise();
        convert::to_native(value, &self.schema).map(CAny::from).map_err(failed)
    }

    /// Raises a `TypeError` unless a field of this type takes the value.
    fn check_value(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let failed = |fail: convert::Fail| fail.inside(&format!("type check failed for {}", self.schema)).raise();
        convert::to_native(value, &self.schema).map(drop).map_err(failed)
    }

    fn __repr__(&self) -> PyResult<String> {
        self.repr(None)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<TypeSchema>().is_ok_and(|other| other.get().schema == self.schema)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.schema.to_string().hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        // An index means nothing in another process: object types go by key.
        if let Schema::Object(index) = self.schema {
            let key = registry::type_info(index).map_or("?", |info| info.key);
            let make = py.import("bowline._core")?.getattr("_schema_of_key")?;
            return Ok((make, PyTuple::new(py, [key])?));
        }
        let arguments = (self.origin(), self.args(py)?).into_pyobject(py)?;
        Ok((py.get_type::<TypeSchema>().into_any(), arguments))
    }
}

/// The schema of objects of a type that is known by key: what such schemas are pickled as.
#[pyfunction]
#[pyo3(name = "_schema_of_key")]
pub fn schema_of_key(key: &str) -> PyResult<TypeSchema> {
    let index = registry::type_index_of(key);
    index
        .map(|index| Schema::Object(index).into())
        .ok_or_else(|| PyValueError::new_err(format!("there is no type with key '{key}'")))
}
