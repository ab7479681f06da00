//! Types and their classes, as the package registers and asks for them.
//! Upholds: a type's index comes first and its fields later, once; a rolled-back key is free again, or the former type's.
#![forbid(unsafe_code)]

use crate::from_python::{callable, fail, hooks as protocols, pointer};
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use crate::interpreter::make::Make;
use crate::interpreter::take;
use crate::to_python::value::PlainKind;
use crate::to_python::{error, value};
use crate::types::field::spec;
use crate::types::field::spec::FieldSpec;
use crate::types::init::{method, plan};
use crate::types::object::register;
use crate::wrapper::{class_table, lookup};
use bowline::object::grow::gathered;
use bowline::object::grow::Grow;
use bowline::object::registry;
use bowline::reflect::{self, Definition, Reflection, StructuralKind};
use bowline::value::{tag, Schema};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

/// What the registry says of a type.
///
/// # Errors
/// `ValueError` when there is no such type.
pub fn known(index: i32) -> PyResult<&'static registry::TypeInfo> {
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
#[guarded]
fn type_index(key: &str) -> PyResult<i32> {
    registry::type_index_of(key)
        .ok_or_else(|| PyValueError::new_err(format!("Cannot find object type index for '{key}'")))
}

/// The key of the type with an index.
#[pyfunction]
#[guarded]
fn type_key(index: i32) -> PyResult<&'static str> {
    known(index).map(|info| info.key)
}

/// The keys of all types.
#[pyfunction]
#[guarded]
fn type_keys() -> Vec<&'static str> {
    gathered(registry::types().map(|info| info.key))
}

/// The index of a type's parent.
#[pyfunction]
#[guarded]
fn parent_index(index: i32) -> PyResult<Option<i32>> {
    known(index).map(|info| info.parent.map(|parent| parent.index))
}

/// Registers a type under a key that is free, and returns its index. A `successor` is for a key that another type
/// has: it finds that one until `take_key`. With `places` the index comes with its `place` there: no signal's handler runs
/// between the two.
#[pyfunction]
#[guarded]
#[pyo3(signature = (key, parent_index, successor = false, places = None, place = None))]
fn new_type(
    key: &str,
    parent_index: i32,
    successor: bool,
    places: Option<&Bound<'_, PyDict>>,
    place: Option<&Bound<'_, PyAny>>,
) -> PyResult<i32> {
    let registered = match successor {
        false => registry::register_type(key, parent_index),
        true => registry::register_successor(key, parent_index),
    };
    let index = registered.map_err(|error| PyValueError::new_err(format!("{error}")))?.index;
    if let Some(places) = places {
        places.set_item(index.make(places.py())?, place)?;
    }
    Ok(index)
}

/// Takes a registration back. The key is free again, the index is not used any more.
#[pyfunction]
#[guarded]
fn rollback_type(index: i32) -> bool {
    class_table::unregister(index);
    plan::forget(index);
    registry::retire_key(index)
}

/// Lets a type's key find it instead of an older type. False if a newer one has the key.
#[pyfunction]
#[guarded]
fn take_key(index: i32) -> bool {
    registry::take_key(index)
}

/// Makes a class the one that wraps objects of a type. With `replace` it takes the place of another, too, which wrappers
/// that exist keep.
#[pyfunction]
#[guarded]
#[pyo3(signature = (class, index, replace = false))]
fn register_class(class: &Bound<'_, PyType>, index: i32, replace: bool) -> PyResult<()> {
    known(index)?;
    register::register(class.py(), index, class, holds_python(index), replace)
}

/// Whether objects of a type can hold Python objects. Then its wrappers have to be shown to the collector.
fn holds_python(index: i32) -> bool {
    fn any(schema: &Schema) -> bool {
        match schema {
            Schema::Any
            | Schema::AnyTuple
            | Schema::Callable(_)
            | Schema::Object(tag::OBJECT)
            | Schema::Unknown(..) => true,
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
    // Other makers' objects are not shown to the collector.
    let fields = || {
        reflect::info(index).is_some_and(|reflection| {
            !reflection.is_foreign() && reflection.fields.iter().any(|field| any(field.schema()))
        })
    };
    is_container(index) || fields()
}

/// Settles what a new class below `CObject` needs before it has an instance.
#[pyfunction]
#[guarded]
fn adjust_class(class: &Bound<'_, PyType>) -> PyResult<()> {
    lookup::adjust(class)
}

/// Lets wrappers of a class forget what they know when their last reference goes. Before it has an instance.
#[pyfunction]
#[guarded]
fn let_forget(class: &Bound<'_, PyType>) -> PyResult<()> {
    lookup::let_forget(class)
}

/// Takes the registration of a class back.
#[pyfunction]
#[guarded]
fn unregister_class(index: i32) {
    class_table::unregister(index);
    plan::forget(index);
}

/// The class that wraps objects of a type.
#[pyfunction]
#[guarded]
#[pyo3(name = "class_of")]
fn class_of_index(py: Python<'_>, index: i32) -> Option<Bound<'_, PyType>> {
    lookup::registered_class(py, index)
}

/// The class that wraps objects of a type. It is made now if there is none.
#[pyfunction]
#[guarded]
fn ensure_class(py: Python<'_>, index: i32) -> PyResult<Option<Bound<'_, PyType>>> {
    class_table::class_for(py, index)?;
    Ok(lookup::registered_class(py, index))
}

/// The type index of a class: its own, or that of its nearest registered ancestor.
#[pyfunction]
#[guarded]
fn index_of_class(class: &Bound<'_, PyType>) -> Option<i32> {
    class_table::type_index_of(class)
}

/// The type index for which exactly this class is registered. It stays so after another took its place.
#[pyfunction]
#[guarded]
fn exact_index(class: &Bound<'_, PyType>) -> Option<i32> {
    lookup::exact_index(class)
}

/// Sets what makes classes for types that have none.
#[pyfunction]
#[guarded]
fn set_fallback(make: &Bound<'_, PyAny>) -> PyResult<()> {
    if !make.is_callable() {
        return Err(PyTypeError::new_err(format!("expected a callable, got {}", fail::describe(make))));
    }
    class_table::set_fallback(make.py(), make.clone().unbind());
    Ok(())
}

/// A constructor that is `__ffi_init__` with attributes of its own. Given a type, it makes objects of that type only.
#[pyfunction]
#[guarded]
#[pyo3(signature = (about, index = None))]
fn make_constructor<'py>(about: &Bound<'py, PyDict>, index: Option<i32>) -> PyResult<Bound<'py, PyAny>> {
    method::make(about, index)
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

/// Registers the fields and methods that a type adds to its parent's. A method is name, callable, whether it is static,
/// and doc. The places of fields follow from their types.
#[pyfunction]
#[guarded]
#[pyo3(signature = (index, fields, doc = None, structural_kind = Some("tree"), methods = None))]
fn define(
    py: Python<'_>,
    index: i32,
    fields: &Bound<'_, PyAny>,
    doc: Option<&str>,
    structural_kind: Option<&str>,
    methods: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let structural = crate::api::registry::structural_kind(structural_kind)?;
    if known(index)?.index < registry::DYNAMIC {
        return Err(PyValueError::new_err(format!("'{}' is a built-in type", known(index)?.key)));
    }
    let fields = take::items(fields, |field| Ok(field.cast_into::<FieldSpec>()?))?;
    let (mut declared, mut written_defaults) = (Vec::new(), Vec::new());
    declared.grow(fields.len());
    written_defaults.grow(fields.len());
    for field in &fields {
        let (field, written) = field.get().declare(py)?;
        declared.push(field);
        written_defaults.push(written);
    }
    let method = |parts: Bound<'_, PyAny>| {
        let parts = parts.cast_into::<PyTuple>()?;
        let (name, callable) = (parts.get_item(0)?, parts.get_item(1)?);
        let (is_static, doc) =
            (parts.get_item(2)?.extract()?, parts.get_item(3)?.extract::<Option<Bound<'_, PyAny>>>()?);
        Ok(reflect::MethodInfo {
            is_static,
            doc: doc.map(|doc| take::text(&doc)).transpose()?.unwrap_or_default().into(),
            metadata: take::text(&parts.get_item(4)?)?.into(),
            ..reflect::MethodInfo::new(&take::text(&name)?, callable::from_callable(&callable))
        })
    };
    let methods = methods.map_or_else(|| Ok(Vec::new()), |methods| take::items(methods, method))?;
    let definition = Definition {
        fields: declared,
        methods,
        doc: doc.unwrap_or_default().into(),
        structural,
        ..Definition::default()
    };
    reflect::register(index, definition).map_err(|error| error::to_python(py, &error))?;
    spec::set_written_defaults(index, written_defaults);
    Ok(())
}

/// A property for one of the fields that a type declares.
#[pyfunction]
#[guarded]
#[pyo3(signature = (owner_index, name, frozen = false))]
fn field_property<'py>(py: Python<'py>, owner_index: i32, name: &str, frozen: bool) -> PyResult<Bound<'py, PyAny>> {
    let reflection = reflection(owner_index)?;
    let field = reflection.field(name).ok_or_else(|| {
        let key = registry::type_info(owner_index).map_or("?", |info| info.key);
        PyAttributeError::new_err(format!("'{key}' has no field '{name}'"))
    })?;
    crate::types::field::descriptor::make(py, field, frozen)
}

/// Sets the class whose instances stand for what their `asobject()` returns.
#[pyfunction]
#[guarded]
fn set_convertible(class: &Bound<'_, PyType>) {
    protocols::set_convertible(class.py(), class.clone().into_any().unbind());
}

/// The table of functions that say the address of an instance, by exact class.
#[pyfunction]
#[guarded]
fn opaque_ptr_handlers(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    pointer::handlers(py).cloned()
}

/// Sets what makes element types, devices or shapes for Python. These are `"dtype"` (code, bits, lanes), `"Device"` (kind,
/// id) and `"Shape"` (a tuple).
#[pyfunction]
#[guarded]
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
    add_function!(module, type_index)?;
    add_function!(module, type_key)?;
    add_function!(module, type_keys)?;
    add_function!(module, parent_index)?;
    add_function!(module, new_type)?;
    add_function!(module, rollback_type)?;
    add_function!(module, take_key)?;
    add_function!(module, register_class)?;
    add_function!(module, unregister_class)?;
    add_function!(module, adjust_class)?;
    add_function!(module, let_forget)?;
    add_function!(module, class_of_index)?;
    add_function!(module, ensure_class)?;
    add_function!(module, index_of_class)?;
    add_function!(module, exact_index)?;
    add_function!(module, set_fallback)?;
    add_function!(module, make_constructor)?;
    add_function!(module, set_convertible)?;
    add_function!(module, opaque_ptr_handlers)?;
    add_function!(module, set_plain_class)?;
    add_function!(module, define)?;
    add_function!(module, field_property)?;
    Ok(())
}
