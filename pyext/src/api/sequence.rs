//! Module functions over Array and List.
//! Upholds: iterables are exhausted before the list is touched.
#![forbid(unsafe_code)]

use crate::from_python::convert;
use crate::from_python::sequence::{collect_items, native_list};
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::PyIndexError;
use crate::interpreter::trampoline::or_memory_error;
use crate::to_python::{tensor_library, value};
use crate::wrapper::tie;
use bowline::container::{ArrayObj, ListObj};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;

type Ob<'a, 'py> = &'a Bound<'py, PyAny>;

/// An Array of what an iterable yields.
#[pyfunction]
#[guarded]
#[pyo3(signature = (iterable, into = None))]
fn array_from_iterable<'py>(iterable: Ob<'_, 'py>, into: Option<Ob<'_, 'py>>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(iterable.py(), || {
        let items = collect_items(iterable)?;
        finish(iterable.py(), ArrayObj::make(items.into_iter()).upcast(), into)
    })
}

/// A List of what an iterable yields.
#[pyfunction]
#[guarded]
#[pyo3(signature = (iterable = None, into = None))]
fn list_from_iterable<'py>(
    py: Python<'py>,
    iterable: Option<Ob<'_, 'py>>,
    into: Option<Ob<'_, 'py>>,
) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(py, || {
        let items = iterable.map_or_else(|| Ok(Vec::new()), collect_items)?;
        finish(py, ListObj::make(items).upcast(), into)
    })
}

/// The object's wrapper, or `into`, which holds it now.
fn finish<'py>(
    py: Python<'py>,
    object: bowline::object::Obj<bowline::object::Object>,
    into: Option<Ob<'_, 'py>>,
) -> PyResult<Bound<'py, PyAny>> {
    match into {
        None => value::object_to_python(py, object),
        Some(wrapper) => {
            tie::bind(wrapper, object)?;
            Ok(wrapper.clone())
        }
    }
}

/// Adds an item before the one at an index; indices are clamped.
#[pyfunction]
#[guarded]
fn list_insert(list: Ob<'_, '_>, index: isize, item: Ob<'_, '_>) -> PyResult<()> {
    or_memory_error(list.py(), || {
        let item = convert::any(item)?;
        native_list(list)?.insert_item(index, item);
        Ok(())
    })
}

/// Adds an item at the end.
#[pyfunction]
#[guarded]
fn list_append(list: Ob<'_, '_>, item: Ob<'_, '_>) -> PyResult<()> {
    or_memory_error(list.py(), || {
        let item = convert::any(item)?;
        native_list(list)?.push(item);
        Ok(())
    })
}

/// Adds what an iterable yields at the end.
#[pyfunction]
#[guarded]
fn list_extend(list: Ob<'_, '_>, items: Ob<'_, '_>) -> PyResult<()> {
    or_memory_error(list.py(), || {
        let items = collect_items(items)?;
        native_list(list)?.replace_range(usize::MAX..usize::MAX, items);
        Ok(())
    })
}

/// Removes and returns the item at an index.
#[pyfunction]
#[guarded]
#[pyo3(signature = (list, index = -1))]
fn list_pop<'py>(list: Ob<'_, 'py>, index: isize) -> PyResult<Bound<'py, PyAny>> {
    let native = native_list(list)?;
    while let Some(item) = native.item(index) {
        // Shown first: what cannot be shown stays.
        let shown = tensor_library::item_of(list.py(), &native, item.clone())?;
        if native.remove_if(index, item.view()) {
            return Ok(shown);
        }
    }
    let text = if native.is_empty() { "pop from empty list" } else { "pop index out of range" };
    Err(PyIndexError::new_err(text))
}

/// Removes the first item equal to a value; false when there is none.
#[pyfunction]
#[guarded]
fn list_remove(list: Ob<'_, '_>, value: Ob<'_, '_>) -> PyResult<bool> {
    or_memory_error(list.py(), || {
        let native = native_list(list)?;
        let mut at = 0;
        while let Some(item) = native.item(at) {
            let shown = tensor_library::item_of(list.py(), &native, item.clone())?;
            at = match shown.is(value) || shown.eq(value)? {
                true if native.remove_if(at, item.view()) => return Ok(true),
                // Something else is there by now: from the start again.
                true => 0,
                false => at + 1,
            };
        }
        Ok(false)
    })
}

/// Removes all items.
#[pyfunction]
#[guarded]
fn list_clear(list: Ob<'_, '_>) -> PyResult<()> {
    native_list(list)?.clear();
    Ok(())
}

/// Reverses the order.
#[pyfunction]
#[guarded]
fn list_reverse(list: Ob<'_, '_>) -> PyResult<()> {
    native_list(list)?.reverse();
    Ok(())
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, array_from_iterable)?;
    add_function!(module, list_from_iterable)?;
    add_function!(module, list_insert)?;
    add_function!(module, list_append)?;
    add_function!(module, list_extend)?;
    add_function!(module, list_pop)?;
    add_function!(module, list_remove)?;
    add_function!(module, list_clear)?;
    add_function!(module, list_reverse)
}
