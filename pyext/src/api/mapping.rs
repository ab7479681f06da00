//! Module functions over Map and Dict.
//! Upholds: what cannot be shown to Python stays in its Dict.
#![forbid(unsafe_code)]

use crate::from_python::convert;
use crate::from_python::mapping::{collect_entries, dict_of, raise, shown_of, Mapping};
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::{PyAttributeError, PyKeyError, PyTypeError, PyValueError};
use crate::interpreter::make;
use crate::interpreter::make::Make;
use crate::interpreter::trampoline::or_memory_error;
use crate::to_python::value;
use crate::wrapper::tie;
use bowline::container::MapObj;
use bowline::object::grow::try_gathered;
use bowline::value::Any;
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple, PyType};

/// The entries of a mapping, as they are now, tensors as ours.
///
/// # Errors
/// `TypeError`, `MemoryError`.
#[pyfunction]
#[guarded]
#[pyo3(name = "map_items")]
pub fn items<'py>(mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = mapping.py();
    let list = make::list(py)?;
    for (key, value) in Mapping::of(mapping)?.entries() {
        list.append((value::to_python(py, key)?, value::to_python(py, value)?).make(py)?)?;
    }
    Ok(list)
}

/// The value of a key as [`shown_of`] does it, or the default.
#[pyfunction]
#[guarded]
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
#[guarded]
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
#[guarded]
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
#[guarded]
fn dict_popitem<'py>(dict: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    or_memory_error(dict.py(), || {
        let object = dict_of(dict)?;
        // Shown first: what cannot be shown stays.
        while let Some(entry) = object.last() {
            let shown = [value::to_python(dict.py(), entry.key.clone())?, shown_of(dict, entry.value.clone())?];
            let shown = make::tuple(dict.py(), shown)?;
            if object.pop_entry(&entry) {
                return Ok(shown);
            }
        }
        Err(PyKeyError::new_err("popitem(): dictionary is empty"))
    })
}

/// The value of a key, which becomes the default when the key is new.
#[pyfunction]
#[guarded]
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
#[guarded]
fn dict_update(dict: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>) -> PyResult<()> {
    or_memory_error(dict.py(), || {
        let entries = match collect_entries(other) {
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
        let parts = try_gathered(pair?.try_iter()?)?;
        match parts.as_slice() {
            [key, value] => Ok((convert::any(key)?, convert::any(value)?)),
            parts => Err(PyValueError::new_err(format!("expected pairs, got {} items", parts.len()))),
        }
    };
    try_gathered(ob.try_iter()?.map(pair))
}

/// A Map of a class made of pairs: what pickles of Maps say. Unlike a Python dict, a Map tells 1 from 1.0.
#[pyfunction]
#[guarded]
fn _map_of<'py>(class: &Bound<'py, PyType>, entries: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(class.py(), || {
        let object = MapObj::make(pairs(entries)?).map_err(raise(class.py()))?;
        let made = tie::empty(class)?;
        tie::bind(&made, object.upcast())?;
        Ok(made)
    })
}

/// Removes all entries.
#[pyfunction]
#[guarded]
fn dict_clear(dict: &Bound<'_, PyAny>) -> PyResult<()> {
    dict_of(dict)?.clear();
    Ok(())
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, items)?;
    add_function!(module, map_get)?;
    add_function!(module, map_shown_get)?;
    add_function!(module, dict_pop)?;
    add_function!(module, dict_popitem)?;
    add_function!(module, dict_setdefault)?;
    add_function!(module, dict_update)?;
    add_function!(module, dict_clear)?;
    add_function!(module, _map_of)
}
