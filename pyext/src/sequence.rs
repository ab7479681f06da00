//! Module functions over Array and List.
//! Imports `container`, `cpython::{tie, value}`.
//! Upholds: iterables are exhausted before the list is touched.
#![forbid(unsafe_code)]

use crate::container::{collect, list_of};
use crate::convert;
use crate::cpython::trampoline::or_memory_error;
use crate::cpython::{origin, tie, value};
use bowline::container::{ArrayObj, ListObj};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

type Ob<'a, 'py> = &'a Bound<'py, PyAny>;

/// An Array of what an iterable yields.
#[pyfunction]
#[pyo3(signature = (iterable, into = None))]
fn array_from_iterable<'py>(iterable: Ob<'_, 'py>, into: Option<Ob<'_, 'py>>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(iterable.py(), || {
        let items = collect(iterable)?;
        finish(iterable.py(), ArrayObj::make(items.into_iter()).upcast(), into)
    })
}

/// A List of what an iterable yields.
#[pyfunction]
#[pyo3(signature = (iterable = None, into = None))]
fn list_from_iterable<'py>(
    py: Python<'py>,
    iterable: Option<Ob<'_, 'py>>,
    into: Option<Ob<'_, 'py>>,
) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(py, || {
        let items = iterable.map_or_else(|| Ok(Vec::new()), collect)?;
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
fn list_insert(list: Ob<'_, '_>, index: isize, item: Ob<'_, '_>) -> PyResult<()> {
    or_memory_error(list.py(), || {
        let item = convert::any(item)?;
        list_of(list)?.insert_item(index, item);
        Ok(())
    })
}

/// Adds an item at the end.
#[pyfunction]
fn list_append(list: Ob<'_, '_>, item: Ob<'_, '_>) -> PyResult<()> {
    or_memory_error(list.py(), || {
        let item = convert::any(item)?;
        list_of(list)?.push(item);
        Ok(())
    })
}

/// Adds what an iterable yields at the end.
#[pyfunction]
fn list_extend(list: Ob<'_, '_>, items: Ob<'_, '_>) -> PyResult<()> {
    or_memory_error(list.py(), || {
        let items = collect(items)?;
        list_of(list)?.replace_range(usize::MAX..usize::MAX, items);
        Ok(())
    })
}

/// Removes and returns the item at an index.
#[pyfunction]
#[pyo3(signature = (list, index = -1))]
fn list_pop<'py>(list: Ob<'_, 'py>, index: isize) -> PyResult<Bound<'py, PyAny>> {
    let native = list_of(list)?;
    while let Some(item) = native.item(index) {
        // Shown first: what cannot be shown stays.
        let shown = origin::item(list.py(), native.as_raw(), item.clone())?;
        if native.remove_if(index, item.view()) {
            return Ok(shown);
        }
    }
    let text = if native.is_empty() { "pop from empty list" } else { "pop index out of range" };
    Err(PyIndexError::new_err(text))
}

/// Removes the first item equal to a value; false when there is none.
#[pyfunction]
fn list_remove(list: Ob<'_, '_>, value: Ob<'_, '_>) -> PyResult<bool> {
    or_memory_error(list.py(), || {
        let native = list_of(list)?;
        let mut at = 0;
        while let Some(item) = native.item(at) {
            let shown = origin::item(list.py(), native.as_raw(), item.clone())?;
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
fn list_clear(list: Ob<'_, '_>) -> PyResult<()> {
    list_of(list)?.clear();
    Ok(())
}

/// Reverses the order.
#[pyfunction]
fn list_reverse(list: Ob<'_, '_>) -> PyResult<()> {
    list_of(list)?.reverse();
    Ok(())
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(array_from_iterable, module)?)?;
    module.add_function(wrap_pyfunction!(list_from_iterable, module)?)?;
    module.add_function(wrap_pyfunction!(list_insert, module)?)?;
    module.add_function(wrap_pyfunction!(list_append, module)?)?;
    module.add_function(wrap_pyfunction!(list_extend, module)?)?;
    module.add_function(wrap_pyfunction!(list_pop, module)?)?;
    module.add_function(wrap_pyfunction!(list_remove, module)?)?;
    module.add_function(wrap_pyfunction!(list_clear, module)?)?;
    module.add_function(wrap_pyfunction!(list_reverse, module)?)
}
