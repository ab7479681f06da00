//! `TypeSchema`: a type of fields, items and parameters, as Python sees it.
//! Imports `convert`, the core's schemas.
//! Upholds: a schema never changes; its text is the annotation that declares it.
#![forbid(unsafe_code)]

use crate::cany::CAny;
use crate::cpython::value;
use crate::{container, convert};
use bowline::object::registry;
use bowline::reflect::attr;
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

    fn rendered(
        &self,
        names: Option<&Bound<'_, PyAny>>,
        instead: &dyn Fn(&Schema) -> PyResult<Option<String>>,
    ) -> PyResult<String> {
        let name = |name: &str| match names {
            None => Ok(name.to_owned()),
            Some(names) => names.call1((name,))?.extract(),
        };
        render(&self.schema, &Rendering { name: &name, instead })
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

fn parts(schema: &Schema) -> (&str, Vec<Schema>) {
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
        Schema::Unknown(name, args) => (name, args.clone()),
    }
}

/// How types are called, and what is shown in the place of one.
struct Rendering<'a> {
    name: &'a dyn Fn(&str) -> PyResult<String>,
    instead: &'a dyn Fn(&Schema) -> PyResult<Option<String>>,
}

/// The text of a schema.
fn render(schema: &Schema, by: &Rendering<'_>) -> PyResult<String> {
    if let Some(text) = (by.instead)(schema)? {
        return Ok(text);
    }
    let name = by.name;
    let all = |items: &[Schema]| items.iter().map(|item| render(item, by)).collect::<PyResult<Vec<_>>>();
    Ok(match schema {
        Schema::Optional(inner) => format!("{} | None", render(inner, by)?),
        Schema::Union(items) => all(items)?.join(" | "),
        Schema::Callable(None) => format!("{}[..., {}]", name("Callable")?, name("Any")?),
        Schema::Callable(Some((parameters, result))) => {
            format!("{}[[{}], {}]", name("Callable")?, all(parameters)?.join(", "), render(result, by)?)
        }
        Schema::Tuple(items) if items.is_empty() => format!("{}[()]", name("tuple")?),
        other => match parts(other) {
            (origin, args) if args.is_empty() => name(origin)?,
            (origin, args) => format!("{}[{}]", name(origin)?, all(&args)?.join(", ")),
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

fn build(origin: &str, given: Option<Vec<Schema>>, type_index: Option<i32>) -> PyResult<Schema> {
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

#[pymethods]
impl TypeSchema {
    #[new]
    #[pyo3(signature = (origin, args = None, type_index = None))]
    fn new(origin: &str, args: Option<Bound<'_, PyAny>>, type_index: Option<i32>) -> PyResult<TypeSchema> {
        let args = args.map(|args| args.try_iter()?.map(|arg| TypeSchema::of(&arg?)).collect::<PyResult<_>>());
        build(origin, args.transpose()?, type_index).map(TypeSchema::from)
    }

    /// What the type is, its arguments aside.
    #[getter]
    fn origin(&self) -> &str {
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
        // Forms in which values come as arguments only.
        let schema = Schema::of_index(match type_index {
            tag::DL_TENSOR => tag::TENSOR,
            tag::RVALUE => tag::OBJECT,
            index => index,
        });
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
            let found = convert::describe(obj);
            return Err(PyTypeError::new_err(format!("expected schema dict with a string as its 'type', got {found}")));
        };
        let given = obj.get_item("args").ok().filter(container::is_sequence);
        let args = given.map(|given| {
            // A number, as in the size of an array, says nothing of a type.
            let described =
                given.try_iter()?.filter(|arg| !arg.as_ref().is_ok_and(|arg| !arg.is_instance_of::<PyDict>()));
            described.map(|arg| Ok(TypeSchema::from_json_obj(&arg?)?.schema)).collect::<PyResult<Vec<_>>>()
        });
        build(&name, args.transpose()?, None).map(TypeSchema::from)
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
        if !args.is_empty() || origin == "tuple" {
            let args = args.into_iter().map(|arg| TypeSchema::from(arg).to_json(py));
            json.set_item("args", args.collect::<PyResult<Vec<_>>>()?)?;
        }
        Ok(json)
    }

    /// The annotation as text; `ty_map` says how each type in it is called.
    #[pyo3(signature = (ty_map = None))]
    fn repr(&self, ty_map: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        self.rendered(ty_map, &|_| Ok(None))
    }

    /// As `repr`, for a parameter: of a type whose attribute `__ffi_convert_type_schema__` says, as JSON, what else is
    /// converted to it, that.
    #[pyo3(signature = (ty_map = None))]
    fn input_repr(&self, py: Python<'_>, ty_map: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        self.rendered(ty_map, &|schema| {
            let Schema::Object(index) = schema else { return Ok(None) };
            let Some(wider) = attr::get(*index, "__ffi_convert_type_schema__") else { return Ok(None) };
            let text: String = value::to_python(py, wider)?.extract()?;
            TypeSchema::from_json_str(py, &text)?.repr(ty_map).map(Some)
        })
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
        let failed =
            |fail: convert::Fail| fail.inside(&format!("type conversion failed for {}", self.schema)).raise(value.py());
        convert::to_native(value, &self.schema).map(CAny::from).map_err(failed)
    }

    /// Raises a `TypeError` unless a field of this type takes the value.
    fn check_value(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let failed =
            |fail: convert::Fail| fail.inside(&format!("type check failed for {}", self.schema)).raise(value.py());
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
