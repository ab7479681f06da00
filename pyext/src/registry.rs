//! Types and their classes, as the package registers and asks for them.
//! Imports `field`, `schema`, `cpython::{callback, class, field, lookup}`, the core's registry and reflection.
//! Upholds: a type's index comes first and its fields later, once; a rolled-back key is free again.
#![forbid(unsafe_code)]

use crate::cpython::value::PlainKind;
use crate::cpython::{callback, class, construct, constructor, lookup, value};
use crate::field::{self, FieldSpec, PyFieldInfo};
use crate::{convert, error, protocols};
use bowline::object::registry;
use bowline::reflect::{self, Definition, Reflection, StructuralKind};
use bowline::value::{tag, Schema};
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

fn known(index: i32) -> PyResult<&'static registry::TypeInfo> {
    registry::type_info(index).ok_or_else(|| PyValueError::new_err(format!("there is no type with index {index}")))
}

fn reflection(index: i32) -> PyResult<&'static Reflection> {
    reflect::info(index).ok_or_else(|| match known(index) {
        Ok(info) => PyTypeError::new_err(format!("the fields of '{}' are not registered", info.key)),
        Err(error) => error,
    })
}

/// The index of the type with a key.
#[pyfunction]
fn type_index(key: &str) -> PyResult<i32> {
    registry::type_index_of(key).ok_or_else(|| PyValueError::new_err(format!("there is no type with key '{key}'")))
}

/// The key of the type with an index.
#[pyfunction]
fn type_key(index: i32) -> PyResult<&'static str> {
    known(index).map(|info| info.key)
}

/// The keys of all types.
#[pyfunction]
fn type_keys() -> Vec<&'static str> {
    registry::types().map(|info| info.key).collect()
}

/// The index of a type's parent.
#[pyfunction]
fn parent_index(index: i32) -> PyResult<Option<i32>> {
    known(index).map(|info| info.parent.map(|parent| parent.index))
}

/// Registers a type under a key that nobody has, and returns its index.
#[pyfunction]
fn new_type(key: &str, parent_index: i32) -> PyResult<i32> {
    let registered = registry::register_type(key, parent_index);
    registered.map(|info| info.index).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// Takes a registration back: the key is free again, the index is not used any more.
#[pyfunction]
fn rollback_type(index: i32) -> bool {
    class::unregister(index);
    construct::forget(index);
    registry::retire_key(index)
}

/// Makes a class the one that wraps objects of a type.
#[pyfunction]
fn register_class(class: &Bound<'_, PyType>, index: i32) -> PyResult<()> {
    known(index)?;
    class::register(class.py(), index, class, holds_python(index))
}

/// Whether objects of a type can hold Python objects, so that its wrappers have to be shown to the collector.
fn holds_python(index: i32) -> bool {
    fn any(schema: &Schema) -> bool {
        match schema {
            Schema::Any | Schema::Callable(_) | Schema::Object(tag::OBJECT) | Schema::Unknown(..) => true,
            Schema::Optional(inner) | Schema::Array(inner) | Schema::List(inner) => any(inner),
            Schema::Union(items) | Schema::Tuple(items) => items.iter().any(any),
            Schema::Map(key, value) | Schema::Dict(key, value) => any(key) || any(value),
            Schema::Object(index) => is_container(*index),
            _ => false,
        }
    }
    fn is_container(index: i32) -> bool {
        matches!(index, tag::FUNCTION | tag::ARRAY | tag::LIST | tag::MAP | tag::DICT)
    }
    let fields =
        || reflect::info(index).is_some_and(|reflection| reflection.fields.iter().any(|field| any(field.schema())));
    is_container(index) || fields()
}

/// Settles what a new class below `CObject` needs before it has an instance.
#[pyfunction]
fn adjust_class(class: &Bound<'_, PyType>) -> PyResult<()> {
    lookup::adjust(class)
}

/// Takes the registration of a class back.
#[pyfunction]
fn unregister_class(index: i32) {
    class::unregister(index);
    construct::forget(index);
}

/// The class that wraps objects of a type.
#[pyfunction]
fn class_of(py: Python<'_>, index: i32) -> Option<Bound<'_, PyType>> {
    lookup::class_of(py, index)
}

/// The class that wraps objects of a type, which is made now if there is none.
#[pyfunction]
fn ensure_class(py: Python<'_>, index: i32) -> PyResult<Option<Bound<'_, PyType>>> {
    class::class_for(py, index)?;
    Ok(lookup::class_of(py, index))
}

/// The type index of a class: its own, or that of its nearest registered ancestor.
#[pyfunction]
fn index_of_class(class: &Bound<'_, PyType>) -> Option<i32> {
    class::type_index_of(class)
}

/// Sets what makes classes for types that have none.
#[pyfunction]
fn set_fallback(make: &Bound<'_, PyAny>) -> PyResult<()> {
    if !make.is_callable() {
        return Err(PyTypeError::new_err(format!("expected a callable, got {}", convert::describe(make))));
    }
    class::set_fallback(make.py(), make.clone().unbind());
    Ok(())
}

/// A constructor that is `__ffi_init__` with attributes of its own.
#[pyfunction]
fn make_constructor<'py>(about: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    constructor::make(about)
}

fn structural_kind(name: Option<&str>) -> PyResult<StructuralKind> {
    Ok(match name {
        None => StructuralKind::Unsupported,
        Some("tree") => StructuralKind::Tree,
        Some("var") => StructuralKind::FreeVar,
        Some("dag") => StructuralKind::Dag,
        Some("const-tree") => StructuralKind::ConstTree,
        Some("singleton") => StructuralKind::Unique,
        Some(other) => {
            return Err(PyValueError::new_err(format!(
                "structural kind must be None, 'tree', 'var', 'dag', 'const-tree' or 'singleton', got '{other}'"
            )))
        }
    })
}

/// Registers the fields and methods (name, callable, whether it is static, doc) that a type adds to its parent's. The
/// places of fields follow from their types.
#[pyfunction]
#[pyo3(signature = (index, fields, doc = None, structural_kind = Some("tree"), methods = Vec::new()))]
fn define(
    py: Python<'_>,
    index: i32,
    fields: Vec<Bound<'_, FieldSpec>>,
    doc: Option<String>,
    structural_kind: Option<&str>,
    methods: Vec<(String, Bound<'_, PyAny>, bool, Option<String>)>,
) -> PyResult<()> {
    let structural = self::structural_kind(structural_kind)?;
    if known(index)?.index < registry::DYNAMIC {
        return Err(PyValueError::new_err(format!("'{}' is a built-in type", known(index)?.key)));
    }
    let mut declared = Vec::with_capacity(fields.len());
    let mut origins = Vec::with_capacity(fields.len());
    for field in &fields {
        let (field, origin) = field.get().declare(py)?;
        declared.push(field);
        origins.push(origin);
    }
    let methods = methods
        .into_iter()
        .map(|(name, callable, is_static, doc)| reflect::MethodInfo {
            is_static,
            doc: doc.unwrap_or_default(),
            ..reflect::MethodInfo::new(&name, callback::from_callable(&callable))
        })
        .collect();
    let definition =
        Definition { fields: declared, methods, doc: doc.unwrap_or_default(), structural, ..Definition::default() };
    reflect::register(index, definition).map_err(|error| error::to_python(py, &error))?;
    field::set_origins(index, origins);
    Ok(())
}

/// The fields of a type, its parent's first; none of a type whose fields are not registered.
#[pyfunction]
fn fields_of(index: i32) -> PyResult<Vec<PyFieldInfo>> {
    known(index)?;
    Ok(reflect::info(index).map_or(&[][..], |reflection| &reflection.fields).iter().map(PyFieldInfo::new).collect())
}

/// Bytes of an object of a type; 0 when that is not known.
#[pyfunction]
fn total_size(index: i32) -> usize {
    reflect::info(index).map_or(0, |reflection| reflection.total_size)
}

/// The methods that a type adds to its parent's: name, function, whether it is static, its documentation and metadata.
#[pyfunction]
#[allow(clippy::type_complexity, reason = "a row of a table")]
fn methods_of(
    py: Python<'_>,
    index: i32,
) -> PyResult<Vec<(&'static str, Bound<'_, PyAny>, bool, Option<&'static str>, &'static str)>> {
    let row = |method: &'static reflect::MethodInfo| {
        let function = value::object_to_python(py, method.function.clone().upcast())?;
        let doc = Some(&*method.doc).filter(|doc| !doc.is_empty());
        Ok((&*method.name, function, method.is_static, doc, &*method.metadata))
    };
    known(index)?;
    reflect::info(index).map_or(&[][..], |reflection| &reflection.methods).iter().map(row).collect()
}

/// Whether the fields of a type are registered.
#[pyfunction]
fn is_defined(index: i32) -> bool {
    reflect::info(index).is_some()
}

/// Whether objects of a type can be made from values of its fields.
#[pyfunction]
fn is_constructible(index: i32) -> bool {
    reflect::info(index).is_some_and(|reflection| reflection.constructible)
}

/// The documentation of a type.
#[pyfunction]
fn doc_of(index: i32) -> Option<&'static str> {
    reflect::info(index).map(|reflection| &*reflection.doc).filter(|doc| !doc.is_empty())
}

/// A property for one of the fields that a type declares.
#[pyfunction]
#[pyo3(signature = (owner_index, name, frozen = false))]
fn field_property<'py>(py: Python<'py>, owner_index: i32, name: &str, frozen: bool) -> PyResult<Bound<'py, PyAny>> {
    let reflection = reflection(owner_index)?;
    let field = reflection.field(name).ok_or_else(|| {
        let key = registry::type_info(owner_index).map_or("?", |info| info.key);
        PyAttributeError::new_err(format!("'{key}' has no field '{name}'"))
    })?;
    crate::cpython::field::make(py, field, frozen)
}

/// Sets the class whose instances stand for what their `asobject()` returns.
#[pyfunction]
fn set_convertible(class: &Bound<'_, PyType>) {
    protocols::set_convertible(class.py(), class.clone().into_any().unbind());
}

/// Sets what makes element types (`"dtype"`: code, bits, lanes) devices (`"Device"`: kind, id) or
/// shapes (`"Shape"`: a tuple) for Python.
#[pyfunction]
fn set_plain_class(kind: &str, make: &Bound<'_, PyAny>) -> PyResult<()> {
    let kind = match kind {
        "dtype" => PlainKind::DType,
        "Device" => PlainKind::Device,
        "Shape" => PlainKind::Shape,
        other => return Err(PyValueError::new_err(format!("expected 'dtype', 'Device' or 'Shape', got '{other}'"))),
    };
    value::set_plain(make.py(), kind, make.clone().unbind());
    Ok(())
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FieldSpec>()?;
    module.add_class::<PyFieldInfo>()?;
    module.add_function(wrap_pyfunction!(type_index, module)?)?;
    module.add_function(wrap_pyfunction!(type_key, module)?)?;
    module.add_function(wrap_pyfunction!(type_keys, module)?)?;
    module.add_function(wrap_pyfunction!(parent_index, module)?)?;
    module.add_function(wrap_pyfunction!(new_type, module)?)?;
    module.add_function(wrap_pyfunction!(rollback_type, module)?)?;
    module.add_function(wrap_pyfunction!(register_class, module)?)?;
    module.add_function(wrap_pyfunction!(unregister_class, module)?)?;
    module.add_function(wrap_pyfunction!(adjust_class, module)?)?;
    module.add_function(wrap_pyfunction!(class_of, module)?)?;
    module.add_function(wrap_pyfunction!(ensure_class, module)?)?;
    module.add_function(wrap_pyfunction!(index_of_class, module)?)?;
    module.add_function(wrap_pyfunction!(set_fallback, module)?)?;
    module.add_function(wrap_pyfunction!(make_constructor, module)?)?;
    module.add_function(wrap_pyfunction!(set_convertible, module)?)?;
    module.add_function(wrap_pyfunction!(set_plain_class, module)?)?;
    module.add_function(wrap_pyfunction!(define, module)?)?;
    module.add_function(wrap_pyfunction!(fields_of, module)?)?;
    module.add_function(wrap_pyfunction!(methods_of, module)?)?;
    module.add_function(wrap_pyfunction!(total_size, module)?)?;
    module.add_function(wrap_pyfunction!(is_defined, module)?)?;
    module.add_function(wrap_pyfunction!(is_constructible, module)?)?;
    module.add_function(wrap_pyfunction!(doc_of, module)?)?;
    module.add_function(wrap_pyfunction!(field_property, module)?)?;
    Ok(())
}
