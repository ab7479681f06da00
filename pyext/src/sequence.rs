//! Module functions over Array and List.
//! Imports `container`, `cpython::{tie, value}`.
//! Upholds: iterables are exhausted before the list is touched.
#![forbid(unsafe_code)]

use crate::container::{collect, list_of};
use crate::convert;
use crate::cpython::trampoline::or_memory_error;
use crate::cpython::{origin, tie, value};
use bowline::container::{ArrayObj, ListObj};
use pyo3::exceptions::{PyIndexError, PyValueError};
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

fn clamp(index: isize, length: usize) -> usize {
    let index = if index < 0 { index.saturating_add_unsigned(length).max(0) } else { index };
    (index as usize).min(length)
}

/// Adds an item before the one at an index; indices are clamped.
#[pyfunction]
fn list_insert(list: Ob<'_, '_>, index: isize, item: Ob<'_, '_>) -> PyResult<()> {
    or_memory_error(list.py(), || {
        let item = convert::any(item)?;
        let list = list_of(list)?;
        let at = clamp(index, list.len());
        list.insert(at, item);
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
    loop {
        let length = native.len();
        let at = if index < 0 { index.saturating_add_unsigned(length) } else { index };
        let Some((at, item)) = usize::try_from(at).ok().and_then(|at| Some((at, native.get(at)?))) else {
            let text = if length == 0 { "pop from empty list" } else { "pop index out of range" };
            return Err(PyIndexError::new_err(text));
        };
        // Shown first: what cannot be shown stays. An index from the end counts from where the end is then.
        let shown = origin::item(list.py(), native.as_raw(), item.clone())?;
        if native.remove_if(at, item.view(), (index < 0).then_some(length)) {
            return Ok(shown);
        }
    }
}

/// Removes the items of a range; indices are clamped.
#[pyfunction]
fn list_erase_range(list: Ob<'_, '_>, start: isize, stop: isize) -> PyResult<()> {
    let list = list_of(list)?;
    let length = list.len();
    let (start, stop) = (clamp(start, length), clamp(stop, length));
    list.remove_range(start..stop.max(start));
    Ok(())
}

/// Replaces the items of a range by what an iterable yields; indices are clamped.
#[pyfunction]
fn list_replace_range(list: Ob<'_, '_>, start: isize, stop: isize, items: Ob<'_, '_>) -> PyResult<()> {
    or_memory_error(list.py(), || {
        let items = collect(items)?;
        let list = list_of(list)?;
        let length = list.len();
        let (start, stop) = (clamp(start, length), clamp(stop, length));
        list.replace_range(start..stop.max(start), items);
        Ok(())
    })
}

/// Replaces the items at several indices, all or none.
#[pyfunction]
fn list_set_many(list: Ob<'_, '_>, indices: Vec<usize>, items: Ob<'_, '_>) -> PyResult<()> {
    or_memory_error(list.py(), || {
        let items = collect(items)?;
        if items.len() != indices.len() {
            return Err(PyValueError::new_err(format!(
                "attempt to assign sequence of size {} to extended slice of size {}",
                items.len(),
                indices.len()
            )));
        }
        match list_of(list)?.set_many(indices.into_iter().zip(items)) {
            true => Ok(()),
            false => Err(PyIndexError::new_err("list assignment index out of range")),
        }
    })
}

/// Removes the items at several indices.
#[pyfunction]
fn list_remove_many(list: Ob<'_, '_>, indices: Vec<usize>) -> PyResult<()> {
    list_of(list)?.remove_many(indices);
    Ok(())
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
    module.add_function(wrap_pyfunction!(list_erase_range, module)?)?;
    module.add_function(wrap_pyfunction!(list_replace_range, module)?)?;
    module.add_function(wrap_pyfunction!(list_set_many, module)?)?;
    module.add_function(wrap_pyfunction!(list_remove_many, module)?)?;
    module.add_function(wrap_pyfunction!(list_clear, module)?)?;
    module.add_function(wrap_pyfunction!(list_reverse, module)?)
}
