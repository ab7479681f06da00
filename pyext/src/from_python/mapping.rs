//! Python mappings and native ones.
//! Upholds: a Python mapping is read out before its keys and values are converted; a native one that fits is kept.
#![forbid(unsafe_code)]

use crate::from_python::fail::{Converted, Fail, CONVERTING};
use crate::from_python::{convert, fail};
use crate::interpreter::dict::{Entries, Entry};
use crate::interpreter::exceptions::{PyAttributeError, PyTypeError};
use crate::interpreter::names::intern;
use crate::interpreter::{dict, interrupt, recursion, stdlib, take};
use crate::to_python::{error, tensor_library, value};
use crate::wrapper::tie;
use bowline::container::{DictObj, MapObj};
use bowline::function::Error;
use bowline::object::grow::{gathered, try_gathered, try_gathered_exact};
use bowline::object::{registry, Obj, Object};
use bowline::value::{tag, Any, AnyView, IntoAny, Schema};

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A native mapping.
pub enum Mapping {
    /// An immutable one.
    Map(Obj<MapObj>),
    /// A mutable one.
    Dict(Obj<DictObj>),
}

impl Mapping {
    #[inline]
    fn from_object(object: Obj<Object>) -> Result<Mapping, Obj<Object>> {
        match registry::below_root(object.type_index()) {
            tag::MAP => object.downcast().map(Mapping::Map),
            tag::DICT => object.downcast().map(Mapping::Dict),
            _ => Err(object),
        }
    }

    /// The mapping behind a wrapper.
    ///
    /// # Errors
    /// `TypeError`.
    #[inline]
    pub fn of(ob: &Bound<'_, PyAny>) -> PyResult<Mapping> {
        let mapping = tie::object_of(ob).map(Mapping::from_object).and_then(Result::ok);
        mapping.ok_or_else(|| expected_mapping(ob))
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

    /// What was read of it, as Python sees it.
    ///
    /// # Errors
    /// Those of showing it.
    #[inline]
    pub fn show<'py>(&self, py: Python<'py>, value: Any) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Mapping::Map(map) => tensor_library::item_of(py, map, value),
            Mapping::Dict(dict) => tensor_library::item_of(py, dict, value),
        }
    }

    /// The entries, as they are now.
    pub fn entries(&self) -> Vec<(Any, Any)> {
        match self {
            Mapping::Map(map) => gathered(map.entries().map(|(key, value)| (key.to_owned(), value.to_owned()))),
            Mapping::Dict(dict) => dict.snapshot(),
        }
    }
}

#[cold]
fn expected_mapping(ob: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("expected a native mapping, got {}", fail::describe(ob)))
}

/// A native error as an exception.
pub fn raise(py: Python<'_>) -> impl Fn(Error) -> PyErr + '_ {
    move |error| error::to_python(py, &error)
}

/// The native dict behind a wrapper.
///
/// # Errors
/// `TypeError`.
pub fn dict_of(ob: &Bound<'_, PyAny>) -> PyResult<Obj<DictObj>> {
    match Mapping::of(ob) {
        Ok(Mapping::Dict(dict)) => Ok(dict),
        _ => Err(PyTypeError::new_err(format!("expected a Dict, got {}", fail::describe(ob)))),
    }
}

/// The entries of anything that counts as a Python mapping.
///
/// # Errors
/// What user code raises.
pub fn python_entries<'py>(ob: &Bound<'py, PyAny>) -> PyResult<Option<Entries<'py>>> {
    if let Ok(dict) = ob.cast_exact::<PyDict>() {
        return dict::entries(dict).map(Some);
    }
    if !ob.is_instance_of::<PyDict>() && !ob.is_instance(stdlib::MAPPING.get(ob.py())?)? {
        return Ok(None);
    }
    recursion::expect_stack()?;
    let items = ob.call_method0(intern!(ob.py(), "items"))?;
    // An object without it has no `__iter__`; a failure within that is the user's.
    let pairs = items.try_iter().map_err(|raised| match raised.traceback(ob.py()) {
        None if raised.is_instance_of::<PyTypeError>(ob.py()) => PyTypeError::new_err(format!(
            "expected pairs from items() of {}, got {}",
            fail::describe(ob),
            fail::describe(&items)
        )),
        _ => raised,
    })?;
    let pair = |pair: PyResult<Bound<'py, PyAny>>| {
        let pair = pair?;
        pair.extract().map_err(|_| {
            let (owner, got) = (fail::describe(ob), fail::describe(&pair));
            PyTypeError::new_err(format!("expected pairs from items() of {owner}, got {got} among them"))
        })
    };
    try_gathered(pairs.map(pair)).map(Entries::from).map(Some)
}

/// What failed at a key, which the text shows. A signal that came while its text was asked for goes first.
#[cold]
fn at_key(fail: Fail, what: &str, key: &Bound<'_, PyAny>) -> Fail {
    match key.repr() {
        Ok(text) => fail.inside(&format!("{what} {}", take::lent(&text))),
        Err(raised) if interrupt::is_interrupt(key.py(), &raised) => Fail::Raised(raised),
        Err(_) => fail.inside(&format!("{what} ?")),
    }
}

/// An entry, converted.
#[inline]
fn converted((key, value): &Entry<'_>, key_schema: &Schema, value_schema: &Schema) -> Result<(Any, Any), Fail> {
    let native_key = convert::to_native(key, key_schema).map_err(|fail| at_key(fail, "key", key))?;
    let native_value = convert::to_native(value, value_schema).map_err(|fail| at_key(fail, "value for key", key))?;
    Ok((native_key, native_value))
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
            let show = |(key, value)| -> PyResult<Entry<'_>> {
                Ok((value::to_python(py, key)?, value::to_python(py, value)?))
            };
            Entries::from(try_gathered(entries.map(show))?)
        }
        None => python_entries(ob)?.ok_or_else(|| Fail::expected(schema, ob))?,
    };
    let _level = recursion::enter(py, CONVERTING)?;
    let entries = entries.iter().map(|entry| converted(entry, key_schema, value_schema));
    match is_map {
        true => MapObj::try_make(entries).map(IntoAny::into_any),
        false => DictObj::try_make(entries).map(IntoAny::into_any),
    }
}

/// The entries of a mapping of either kind, each part as it comes.
///
/// # Errors
/// `AttributeError` for what is no mapping; what converting raises.
pub fn collect_entries(ob: &Bound<'_, PyAny>) -> PyResult<Vec<(Any, Any)>> {
    if let Some(Ok(mapping)) = tie::object_of(ob).map(Mapping::from_object) {
        return Ok(mapping.entries());
    }
    let entries = python_entries(ob)?
        .ok_or_else(|| PyAttributeError::new_err(format!("expected a mapping, got {}", fail::describe(ob))))?;
    let _level = recursion::enter(ob.py(), CONVERTING)?;
    let entries = entries.iter().map(|entry| converted(entry, &Schema::Any, &Schema::Any));
    try_gathered_exact(entries).map_err(|fail: Fail| fail.raise_cause(ob.py()))
}

/// What was read of a mapping, as Python sees it.
///
/// # Errors
/// Those of showing it.
pub fn shown_of<'py>(mapping: &Bound<'py, PyAny>, value: Any) -> PyResult<Bound<'py, PyAny>> {
    match tie::object_of(mapping) {
        Some(object) => tensor_library::item_of(mapping.py(), &object, value),
        None => value::to_python(mapping.py(), value),
    }
}
