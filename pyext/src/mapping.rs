//! Python mappings and native ones: conversions, and module functions over Map and Dict.
//! Imports `convert`, `cpython::{tie, value}`, `stdlib`, the core's containers.
//! Upholds: a Python mapping is read out before its keys and values are converted; a native one that fits is kept.
#![forbid(unsafe_code)]

use crate::convert::{self, Converted, Depth, Fail};
use crate::cpython::trampoline::or_memory_error;
use crate::cpython::{construct, origin, tie, value};
use crate::{error, stdlib};
use bowline::container::{DictObj, MapObj};
use bowline::function::Error;
use bowline::object::{Obj, Object};
use bowline::value::{Any, AnyView, IntoAny, Schema};
use pyo3::exceptions::{PyAttributeError, PyKeyError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};
use std::cell::RefCell;

/// A native mapping.
pub enum Mapping {
    /// An immutable one.
    Map(Obj<MapObj>),
    /// A mutable one.
    Dict(Obj<DictObj>),
}

impl Mapping {
    fn from_object(object: Obj<Object>) -> Result<Mapping, Obj<Object>> {
        match object.downcast::<MapObj>() {
            Ok(map) => Ok(Mapping::Map(map)),
            Err(object) => object.downcast::<DictObj>().map(Mapping::Dict),
        }
    }

    /// The mapping behind a wrapper.
    ///
    /// # Errors
    /// `TypeError`.
    pub fn of(ob: &Bound<'_, PyAny>) -> PyResult<Mapping> {
        let mapping = tie::object_of(ob).map(Mapping::from_object).and_then(Result::ok);
        mapping.ok_or_else(|| PyTypeError::new_err(format!("expected a native mapping, got {}", convert::describe(ob))))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        match self {
            Mapping::Map(map) => map.len(),
            Mapping::Dict(dict) => dict.len(),
        }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// What the key's class raises.
    pub fn get(&self, py: Python<'_>, key: AnyView<'_>) -> PyResult<Option<Any>> {
        let found = match self {
            Mapping::Map(map) => map.get(key).map(|found| found.map(AnyView::to_owned)),
            Mapping::Dict(dict) => dict.get(key),
        };
        found.map_err(raise(py))
    }

    fn entries(&self) -> Vec<(Any, Any)> {
        match self {
            Mapping::Map(map) => map.entries().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            Mapping::Dict(dict) => dict.snapshot(),
        }
    }
}

fn raise(py: Python<'_>) -> impl Fn(Error) -> PyErr + '_ {
    move |error| error::to_python(py, &error)
}

/// The native dict behind a wrapper.
///
/// # Errors
/// `TypeError`.
pub fn dict_of(ob: &Bound<'_, PyAny>) -> PyResult<Obj<DictObj>> {
    match Mapping::of(ob) {
        Ok(Mapping::Dict(dict)) => Ok(dict),
        _ => Err(PyTypeError::new_err(format!("expected a Dict, got {}", convert::describe(ob)))),
    }
}

type Entry<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// The entries of anything that counts as a Python mapping.
fn python_entries<'py>(ob: &Bound<'py, PyAny>) -> PyResult<Option<Vec<Entry<'py>>>> {
    if !ob.is_instance_of::<PyDict>() && !ob.is_instance(stdlib::MAPPING.get(ob.py())?)? {
        return Ok(None);
    }
    if let Ok(dict) = ob.cast_exact::<PyDict>() {
        let entries = RefCell::new(Vec::with_capacity(dict.len()));
        dict.locked_for_each(|key, value| {
            entries.borrow_mut().push((key, value));
            Ok(())
        })?;
        return Ok(Some(entries.into_inner()));
    }
    let pairs = ob.call_method0(intern!(ob.py(), "items"))?.try_iter()?;
    let pair = |pair: PyResult<Bound<'py, PyAny>>| {
        let pair = pair?;
        pair.extract()
            .map_err(|_| PyTypeError::new_err(format!("items() of {} yields no pairs", convert::describe(ob))))
    };
    pairs.map(pair).collect::<PyResult<Vec<_>>>().map(Some)
}

/// The key as an error text shows it.
fn shown(key: &Bound<'_, PyAny>) -> String {
    key.repr().map_or_else(|_| "?".to_owned(), |text| text.to_string_lossy().into_owned())
}

fn converted(entries: Vec<Entry<'_>>, key_schema: &Schema, value_schema: &Schema) -> Result<Vec<(Any, Any)>, Fail> {
    let _depth = Depth::enter()?;
    let convert = |(key, value): Entry<'_>| {
        let native_key =
            convert::to_native(&key, key_schema).map_err(|fail| fail.inside(&format!("key {}", shown(&key))))?;
        let native_value = convert::to_native(&value, value_schema)
            .map_err(|fail| fail.inside(&format!("value for key {}", shown(&key))))?;
        Ok((native_key, native_value))
    };
    entries.into_iter().map(convert).collect()
}

/// A Map or a Dict, as `schema` says.
///
/// # Errors
/// A mismatch, or what user code raises.
pub fn to_mapping(ob: &Bound<'_, PyAny>, schema: &Schema) -> Converted {
    let (key_schema, value_schema, is_map) = match schema {
        Schema::Map(key, value) => (&**key, &**value, true),
        Schema::Dict(key, value) => (&**key, &**value, false),
        _ => return Err(Fail::expected(schema, ob)),
    };
    let py = ob.py();
    let entries = match tie::object_of(ob) {
        Some(object) => {
            let object = object.into_any();
            if schema.check(object.view()) {
                return Ok(object);
            }
            let mapping = object.into_object().ok().map(Mapping::from_object).and_then(Result::ok);
            let mapping = mapping.ok_or_else(|| Fail::expected(schema, ob))?;
            let entries = mapping.entries().into_iter();
            let show = |(key, value)| Ok((value::to_python(py, key)?, value::to_python(py, value)?));
            entries.map(show).collect::<PyResult<Vec<_>>>()?
        }
        None => python_entries(ob)?.ok_or_else(|| Fail::expected(schema, ob))?,
    };
    let entries = converted(entries, key_schema, value_schema)?;
    let made = match is_map {
        true => MapObj::make(entries).map(IntoAny::into_any),
        false => DictObj::make(entries).map(IntoAny::into_any),
    };
    Ok(made.map_err(raise(py))?)
}

/// The entries of a mapping of either kind, each part as it comes.
fn collect(ob: &Bound<'_, PyAny>) -> PyResult<Vec<(Any, Any)>> {
    if let Some(Ok(mapping)) = tie::object_of(ob).map(Mapping::from_object) {
        return Ok(mapping.entries());
    }
    let entries = python_entries(ob)?
        .ok_or_else(|| PyAttributeError::new_err(format!("expected a mapping, got {}", convert::describe(ob))))?;
    converted(entries, &Schema::Any, &Schema::Any).map_err(|fail| fail.raise_cause(ob.py()))
}

/// `Map(mapping)` and `Dict(mapping=None)`.
///
/// # Errors
/// What converting raises; `TypeError` for wrong arguments.
pub fn init(ob: &Bound<'_, PyAny>, arguments: &Bound<'_, PyTuple>, keywords: bool) -> PyResult<()> {
    let class = ob.get_type();
    let name = class.name()?;
    let is_dict = class.is_subclass(&ob.py().import("bowline._core")?.getattr("CDict")?)?;
    if keywords || arguments.len() > 1 {
        return Err(PyTypeError::new_err(format!("{name}() takes one mapping")));
    }
    let entries = match arguments.get_item(0) {
        Ok(mapping) if !(is_dict && mapping.is_none()) => collect(&mapping)?,
        _ if is_dict => Vec::new(),
        _ => return Err(PyTypeError::new_err(format!("{name}() missing 1 required argument: 'mapping'"))),
    };
    let object = match is_dict {
        true => DictObj::make(entries).map(Obj::upcast),
        false => MapObj::make(entries).map(Obj::upcast),
    };
    tie::bind(ob, object.map_err(raise(ob.py()))?).map(drop)
}

/// What was read of a mapping, as Python sees it.
///
/// # Errors
/// Those of showing it.
pub fn shown_of<'py>(mapping: &Bound<'py, PyAny>, value: Any) -> PyResult<Bound<'py, PyAny>> {
    match tie::object_of(mapping).filter(|_| origin::is_used()) {
        Some(object) => origin::item(mapping.py(), object.as_raw(), value),
        None => value::to_python(mapping.py(), value),
    }
}

fn listed<'py>(py: Python<'py>, values: impl Iterator<Item = Any>) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for value in values {
        list.append(value::to_python(py, value)?)?;
    }
    Ok(list)
}

/// The keys of a native mapping, as they are now.
///
/// # Errors
/// `TypeError`, `MemoryError`.
pub fn keys<'py>(ob: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    listed(ob.py(), Mapping::of(ob)?.entries().into_iter().map(|(key, _)| key))
}

/// The keys of a mapping, as they are now.
#[pyfunction]
fn map_keys<'py>(mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    keys(mapping)
}

/// The values of a mapping, as they are now.
#[pyfunction]
fn map_values<'py>(mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(mapping.py());
    for (_, value) in Mapping::of(mapping)?.entries() {
        list.append(shown_of(mapping, value)?)?;
    }
    Ok(list)
}

/// The entries of a mapping, as they are now, shown as [`shown_of`] does.
#[pyfunction]
fn map_shown_items<'py>(mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(mapping.py());
    for (key, value) in Mapping::of(mapping)?.entries() {
        list.append((value::to_python(mapping.py(), key)?, shown_of(mapping, value)?))?;
    }
    Ok(list)
}

/// The entries of a mapping, as they are now, tensors as ours.
///
/// # Errors
/// `TypeError`, `MemoryError`.
#[pyfunction]
#[pyo3(name = "map_items")]
pub fn items<'py>(mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = mapping.py();
    let list = PyList::empty(py);
    for (key, value) in Mapping::of(mapping)?.entries() {
        list.append((value::to_python(py, key)?, value::to_python(py, value)?))?;
    }
    Ok(list)
}

/// The value of a key as [`shown_of`] does it, or the default.
#[pyfunction]
fn map_shown_get<'py>(
    mapping: &Bound<'py, PyAny>,
    key: &Bound<'py, PyAny>,
    default: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(mapping.py(), || {
        let key = convert::any(key)?;
        match Mapping::of(mapping)?.get(mapping.py(), key.view())? {
            Some(value) => shown_of(mapping, value),
            None => Ok(default),
        }
    })
}

/// The value of a key, tensors as ours, or the default.
#[pyfunction]
#[pyo3(signature = (mapping, key, default = None))]
fn map_get<'py>(
    mapping: &Bound<'py, PyAny>,
    key: &Bound<'py, PyAny>,
    default: Option<Bound<'py, PyAny>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    or_memory_error(mapping.py(), || {
        let key = convert::any(key)?;
        match Mapping::of(mapping)?.get(mapping.py(), key.view())? {
            Some(value) => value::to_python(mapping.py(), value).map(Some),
            None => Ok(default),
        }
    })
}

/// Removes a key and returns its value, or the default.
#[pyfunction]
#[pyo3(signature = (dict, key, *default))]
fn dict_pop<'py>(
    dict: &Bound<'py, PyAny>,
    key: &Bound<'py, PyAny>,
    default: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(dict.py(), || {
        if default.len() > 1 {
            return Err(PyTypeError::new_err(format!("pop expected at most 2 arguments, got {}", default.len() + 1)));
        }
        let native = convert::any(key)?;
        let object = dict_of(dict)?;
        // Shown first: what cannot be shown stays.
        while let Some(entry) = object.entry(native.view()).map_err(raise(dict.py()))? {
            let shown = shown_of(dict, entry.value.clone())?;
            if object.remove_entry(&entry) {
                return Ok(shown);
            }
        }
        default.get_item(0).map_err(|_| PyKeyError::new_err((key.clone().unbind(),)))
    })
}

/// Removes the entry that was added last and returns it.
#[pyfunction]
fn dict_popitem<'py>(dict: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    or_memory_error(dict.py(), || {
        let object = dict_of(dict)?;
        // Shown first: what cannot be shown stays.
        while let Some(entry) = object.last() {
            let shown = (value::to_python(dict.py(), entry.key.clone())?, shown_of(dict, entry.value.clone())?);
            let shown = shown.into_pyobject(dict.py())?;
            if object.pop_entry(&entry) {
                return Ok(shown);
            }
        }
        Err(PyKeyError::new_err("popitem(): dictionary is empty"))
    })
}

/// The value of a key, which becomes the default when the key is new.
#[pyfunction]
#[pyo3(signature = (dict, key, default = None))]
fn dict_setdefault<'py>(
    dict: &Bound<'py, PyAny>,
    key: &Bound<'py, PyAny>,
    default: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(dict.py(), || {
        let key = convert::any(key)?;
        let default = default.map_or_else(|| Ok(Any::none()), |default| convert::any(&default))?;
        let value = dict_of(dict)?.get_or_set(key, default).map_err(raise(dict.py()))?;
        shown_of(dict, value)
    })
}

/// Sets the entries of a mapping, or of an iterable of pairs.
#[pyfunction]
fn dict_update(dict: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>) -> PyResult<()> {
    or_memory_error(dict.py(), || {
        let entries = match collect(other) {
            Err(error) if error.is_instance_of::<PyAttributeError>(other.py()) => pairs(other)?,
            entries => entries?,
        };
        let dict = dict_of(dict)?;
        for (key, value) in entries {
            drop(dict.set(key, value).map_err(raise(other.py()))?);
        }
        Ok(())
    })
}

fn pairs(ob: &Bound<'_, PyAny>) -> PyResult<Vec<(Any, Any)>> {
    let pair = |pair: PyResult<Bound<'_, PyAny>>| {
        let parts = pair?.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        match parts.as_slice() {
            [key, value] => Ok((convert::any(key)?, convert::any(value)?)),
            parts => Err(PyValueError::new_err(format!("expected pairs, got {} items", parts.len()))),
        }
    };
    ob.try_iter()?.map(pair).collect()
}

/// A Map of a class made of pairs: what pickles of Maps say. Unlike a Python dict, a Map tells 1 from 1.0.
#[pyfunction]
fn _map_of<'py>(class: &Bound<'py, PyType>, entries: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(class.py(), || {
        let object = MapObj::make(pairs(entries)?).map_err(raise(class.py()))?;
        let made = construct::empty(class)?;
        tie::bind(&made, object.upcast())?;
        Ok(made)
    })
}

/// Removes all entries.
#[pyfunction]
fn dict_clear(dict: &Bound<'_, PyAny>) -> PyResult<()> {
    dict_of(dict)?.clear();
    Ok(())
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(map_keys, module)?)?;
    module.add_function(wrap_pyfunction!(map_values, module)?)?;
    module.add_function(wrap_pyfunction!(items, module)?)?;
    module.add_function(wrap_pyfunction!(map_get, module)?)?;
    module.add_function(wrap_pyfunction!(map_shown_get, module)?)?;
    module.add_function(wrap_pyfunction!(map_shown_items, module)?)?;
    module.add_function(wrap_pyfunction!(dict_pop, module)?)?;
    module.add_function(wrap_pyfunction!(dict_popitem, module)?)?;
    module.add_function(wrap_pyfunction!(dict_setdefault, module)?)?;
    module.add_function(wrap_pyfunction!(dict_update, module)?)?;
    module.add_function(wrap_pyfunction!(dict_clear, module)?)?;
    module.add_function(wrap_pyfunction!(_map_of, module)?)
}
