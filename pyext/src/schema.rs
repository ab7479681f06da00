//! `TypeSchema`: a type of fields, items and parameters, as Python sees it.
//! Imports `convert`, the core's schemas.
//! Upholds: a schema never changes; its text is the annotation that declares it.
#![forbid(unsafe_code)]

use crate::convert;
use crate::cpython::value;
use bowline::object::registry;
use bowline::value::{tag, Schema};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
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
        Schema::Pointer => ("c_void_p", vec![]),
        Schema::DType => ("dtype", vec![]),
        Schema::Device => ("Device", vec![]),
        Schema::Object(_) => ("Object", vec![]),
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

fn build(origin: &str, mut args: Vec<Schema>, type_index: Option<i32>) -> PyResult<Schema> {
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
        ("Union", 1..) => Schema::Union(args),
        ("tuple", _) => Schema::Tuple(args),
        ("Callable", 0) => Schema::Callable(None),
        ("Callable", _) => {
            let parameters = args.split_off(1);
            Schema::Callable(args.pop().map(|result| (parameters, Box::new(result))))
        }
        ("Optional", _) => return Err(wrong("one argument")),
        ("Array" | "List", _) => return Err(wrong("at most one argument")),
        ("Map" | "Dict", _) => return Err(wrong("no or two arguments")),
        ("Union", _) => return Err(wrong("at least one argument")),
        (_, 1..) => return Err(wrong("no arguments")),
        ("Any", _) => Schema::Any,
        ("None", _) => Schema::None,
        ("int", _) => Schema::Int,
        ("float", _) => Schema::Float,
        ("bool", _) => Schema::Bool,
        ("str", _) => Schema::Str,
        ("bytes", _) => Schema::Bytes,
        ("c_void_p", _) => Schema::Pointer,
        ("dtype", _) => Schema::DType,
        ("Device", _) => Schema::Device,
        ("Object", _) => {
            let index = type_index.unwrap_or(tag::OBJECT);
            if index < tag::OBJECT || registry::type_info(index).is_none() {
                return Err(PyValueError::new_err(format!("there is no object type with index {index}")));
            }
            Schema::Object(index)
        }
        _ => return Err(PyTypeError::new_err(format!("unknown TypeSchema origin '{origin}'"))),
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

    /// The value in the form in which a field of this type stores it.
    fn convert<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let native = convert::to_native(value, &self.schema).map_err(convert::Fail::raise)?;
        value::to_python(value.py(), native)
    }

    /// Raises a `TypeError` unless a field of this type takes the value.
    fn check_value(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        convert::to_native(value, &self.schema).map(drop).map_err(convert::Fail::raise)
    }

    fn __repr__(&self) -> String {
        self.schema.to_string()
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
