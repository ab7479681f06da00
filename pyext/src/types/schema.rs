//! `TypeSchema`: a type of fields, items and parameters, as Python sees it.
//! Upholds: a schema never changes; its text is the annotation that declares it.
#![forbid(unsafe_code)]

use crate::from_python::{convert, fail};
use crate::interpreter::exceptions::{PyTypeError, PyValueError};
use crate::interpreter::make;
use crate::interpreter::make::Make;
use crate::interpreter::names::intern;
use crate::interpreter::take;
use crate::interpreter::trampoline::{guard, or_memory_error};
use crate::to_python::value;
use crate::types::any::CAny;
use crate::types::schema_json::{described, description, named};
use crate::types::schema_parts::{build, fallback, key_behind, parts, render, Given, Rendering};
use bowline::object::grow::{owned, try_gathered};
use bowline::object::registry;
use bowline::reflect::attr;
use bowline::value::{tag, Schema};
use bowline_python_macros::{guarded, pyfunction, pymethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The `origin_type_index` of tuples, and of types that are not registered.
const TUPLE: i32 = -3;

/// A type, as an annotation declares it.
#[pyclass(frozen, subclass, module = "bowline._core")]
pub struct TypeSchema {
    schema: Schema,
}

impl From<Schema> for TypeSchema {
    fn from(schema: Schema) -> TypeSchema {
        TypeSchema { schema }
    }
}

crate::interpreter::make::make_instance!(TypeSchema);

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
            None => Ok(owned(name)),
            Some(names) => take::text(&names.call1((name.make(names.py())?,))?),
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
            .map_err(|_| PyTypeError::new_err(format!("expected a TypeSchema, got {}", fail::describe(ob))))
    }
}

/// The schemas in a sequence of `TypeSchema`.
fn all(items: &Bound<'_, PyAny>) -> PyResult<Vec<Schema>> {
    try_gathered(items.try_iter()?.map(|item| TypeSchema::of(&item?)))
}

#[pymethods]
impl TypeSchema {
    #[new]
    #[pyo3(signature = (origin, args = None, origin_type_index = TUPLE, fallback = None, named_args = None, type_key = None))]
    fn new(
        origin: &str,
        args: Option<Bound<'_, PyAny>>,
        origin_type_index: Option<i32>,
        fallback: Option<Bound<'_, PyAny>>,
        named_args: Option<Bound<'_, PyDict>>,
        type_key: Option<&str>,
    ) -> PyResult<TypeSchema> {
        let make = || {
            let named = named_args.map(|named| {
                try_gathered(named.iter().map(|(name, items)| Ok::<_, PyErr>((take::text(&name)?, all(&items)?))))
            });
            let given = Given {
                args: args.as_ref().map(all).transpose()?,
                // Below any value's there are names for what has no index.
                type_index: origin_type_index.filter(|index| *index >= 0),
                fallback: fallback.as_ref().map(TypeSchema::of).transpose()?,
                named: named.transpose()?,
            };
            build(type_key.unwrap_or(origin), given).map(TypeSchema::from)
        };
        guard(make).map(|made| made.0)
    }

    /// What the type is, its arguments aside.
    #[getter]
    #[guarded]
    fn origin(&self) -> &str {
        parts(&self.schema).0
    }

    /// The arguments of a generic type; None for tuples of any length.
    #[getter]
    #[guarded]
    fn args<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let args = (self.schema != Schema::AnyTuple).then(|| parts(&self.schema).1);
        args.map(|args| make::tuple(py, args.into_iter().map(TypeSchema::from))).transpose()
    }

    /// The index that values of the type share, if there is one.
    #[getter]
    #[guarded]
    fn type_index(&self) -> Option<i32> {
        self.schema.index()
    }

    /// As `type_index`; -1 for any value, -2 for alternatives, -3 for tuples.
    #[getter]
    #[guarded]
    fn origin_type_index(&self) -> i32 {
        match &self.schema {
            Schema::Tuple(_) | Schema::AnyTuple | Schema::Unknown(..) => TUPLE,
            Schema::Optional(_) | Schema::Union(_) => -2,
            other => other.index().unwrap_or(-1),
        }
    }

    /// What a function returns and takes, by the names `return` and `params`. None where that is not declared.
    #[getter]
    #[guarded]
    fn named_args<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        named(py, &self.schema, |items| Ok(make::tuple(py, items.into_iter().map(TypeSchema::from))?.into_any()))
    }

    /// What is shown in the place of a type that is not registered.
    #[getter]
    #[guarded]
    fn fallback(&self) -> Option<TypeSchema> {
        fallback(&self.schema).cloned().map(TypeSchema::from)
    }

    /// The key of a type that shares its `origin` with another, such as `ffi.BigInt`.
    #[getter]
    #[guarded]
    fn type_key(&self) -> Option<&'static str> {
        key_behind(&self.schema)
    }

    /// The schema of an annotation.
    #[staticmethod]
    #[guarded]
    fn from_annotation<'py>(annotation: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = annotation.py();
        py.import(intern!(py, "bowline.dataclasses._annotation"))?.call_method1(intern!(py, "schema_of"), (annotation,))
    }

    /// The schema of values that have a type index.
    #[staticmethod]
    #[pyo3(signature = (type_index, args = None))]
    #[guarded]
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
            Some(args) if args.len()? > 0 => {
                let given = Given { args: Some(all(&args)?), type_index: Some(type_index), ..Given::default() };
                build(parts(&schema).0, given).map(TypeSchema::from)
            }
            _ => Ok(schema.into()),
        }
    }

    /// The schema that a dict `{"type": …, "args": […]}` describes.
    #[staticmethod]
    #[guarded]
    fn from_json_obj(obj: &Bound<'_, PyAny>) -> PyResult<TypeSchema> {
        described(obj).map(TypeSchema::from)
    }

    /// The schema that JSON text describes.
    #[staticmethod]
    #[guarded]
    fn from_json_str(py: Python<'_>, s: &str) -> PyResult<TypeSchema> {
        let json = py.import(intern!(py, "json"))?.call_method1(intern!(py, "loads"), (make::text(py, s)?,))?;
        described(&json).map(TypeSchema::from)
    }

    /// A dict `{"type": …, "args": […]}`.
    #[guarded]
    fn to_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        description(py, &self.schema)
    }

    /// The annotation as text; `ty_map` says how each type in it is called.
    #[pyo3(signature = (ty_map = None))]
    #[guarded]
    fn repr(&self, ty_map: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        self.rendered(ty_map, &|_| Ok(None))
    }

    /// As `repr`, for a parameter. The type's attribute `__ffi_convert_type_schema__` may say, as JSON, what else is
    /// converted to it: then that.
    #[pyo3(signature = (ty_map = None))]
    #[guarded]
    fn input_repr(&self, py: Python<'_>, ty_map: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        self.rendered(ty_map, &|schema| {
            let Schema::Object(index) = schema else { return Ok(None) };
            let Some(wider) = attr::get(*index, "__ffi_convert_type_schema__") else { return Ok(None) };
            let text = take::text(&value::to_python(py, wider)?)?;
            TypeSchema::from_json_str(py, &text)?.0.repr(ty_map).map(|made| Some(made.0))
        })
    }

    /// As `repr`, for a result.
    #[pyo3(signature = (ty_map = None))]
    #[guarded]
    fn output_repr(&self, ty_map: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        self.repr(ty_map).map(|made| made.0)
    }

    /// Whether it is the type of a class, or of one derived from it.
    fn is_subtype_of(&self, target_cls: &Bound<'_, PyType>) -> bool {
        let target = crate::wrapper::class_table::type_index_of(target_cls);
        matches!((self.schema.index(), target), (Some(index), Some(target))
            if index >= tag::OBJECT && (index == target || registry::is_instance(index, target)))
    }

    /// The value in the form in which a field of this type stores it.
    #[guarded]
    fn convert(&self, value: &Bound<'_, PyAny>) -> PyResult<CAny> {
        let failed =
            |fail: fail::Fail| fail.inside(&format!("type conversion failed for {}", self.schema)).raise(value.py());
        or_memory_error(value.py(), || convert::to_native(value, &self.schema).map(CAny::from).map_err(failed))
    }

    /// Raises a `TypeError` unless a field of this type takes the value.
    #[guarded]
    fn check_value(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let failed =
            |fail: fail::Fail| fail.inside(&format!("type check failed for {}", self.schema)).raise(value.py());
        or_memory_error(value.py(), || convert::to_native(value, &self.schema).map(drop).map_err(failed))
    }

    #[guarded]
    fn __repr__(&self) -> PyResult<String> {
        self.repr(None).map(|made| made.0)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let Ok(other) = other.cast::<TypeSchema>() else { return false };
        let (own, other) = (&self.schema, &other.get().schema);
        // The key behind a name takes no part.
        own == other
            || (parts(own) == parts(other)
                && own.index().is_some()
                && (key_behind(own).is_some() || key_behind(other).is_some()))
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        // Not the key behind a name: that takes no part in equality.
        match key_behind(&self.schema) {
            Some(_) => parts(&self.schema).0.hash(&mut hasher),
            None => format!("{}", self.schema).hash(&mut hasher),
        }
        hasher.finish()
    }

    #[guarded]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        // An index means nothing in another process: object types go by key.
        if let Schema::Object(index) = self.schema {
            let key = registry::type_info(index).map_or("?", |info| info.key);
            let make = py.import(intern!(py, "bowline._core"))?.getattr(intern!(py, "_schema_of_key"))?;
            return Ok((make, make::tuple(py, [key])?));
        }
        let none = || py.None().into_bound(py);
        let args = self.args(py)?.0.map_or_else(none, Bound::into_any);
        let shown = self.fallback()?.0.map_or_else(|| Ok(none()), |shown| shown.make(py))?;
        let named = self.named_args(py)?.0.map_or_else(none, Bound::into_any);
        let arguments = make::tuple(py, [self.origin()?.make(py)?, args, none(), shown, named])?;
        Ok((py.get_type::<TypeSchema>().into_any(), arguments))
    }
}

/// The schema of objects of a type that is known by key. Pickles of such schemas call it.
#[pyfunction]
#[guarded]
#[pyo3(name = "_schema_of_key")]
pub fn schema_of_key(key: &str) -> PyResult<TypeSchema> {
    let index = registry::type_index_of(key);
    index
        .map(|index| Schema::Object(index).into())
        .ok_or_else(|| PyValueError::new_err(format!("Cannot find object type index for '{key}'")))
}
