//! Structural visits and mutations with callbacks, for Python.
//! Upholds: what a callback raises comes out as it is, also through hooks of native code.
#![forbid(unsafe_code)]

use crate::from_python::callable::from_callable;
use crate::from_python::convert;
use crate::interpreter::entry::add_function;
use crate::to_python::{error, value};
use crate::wrapper::class_table;
use bowline::function::Error;
use bowline::object::grow::{gather_into, Grow};
use bowline::reflect::structural::{self, Row, Rows, Way};
use bowline::value::{tag, Any};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyType};

/// A callback, as Python hands it over. First there are type indices, or none for all values, then what is called. The third says whether it
/// gets one more argument, the last whether it returns `MISSING` where it is for none.
type PyRow<'py> = (Option<Vec<i32>>, Bound<'py, PyAny>, bool, bool);

/// Objects of the core that are no `Object` in Python.
const PLAIN: &[i32] = &[tag::STR, tag::BYTES, tag::ERROR, tag::SHAPE, tag::OPAQUE, tag::BIG_INT];

fn rows(rows: Vec<PyRow<'_>>) -> Rows {
    let mut all = Vec::new();
    for (indices, call, with_more, declines) in rows {
        let call = from_callable(&call);
        all.grow(indices.as_ref().map_or(1, Vec::len));
        match indices {
            Some(indices) => all.extend(indices.into_iter().map(|index| {
                Row::new(index, call.clone(), with_more).except(if index == tag::OBJECT { PLAIN } else { &[] })
            })),
            None if declines => all.push(Row::choosy(call, with_more)),
            None => all.push(Row::new(tag::ANY, call, with_more)),
        }
    }
    Rows::new(all)
}

/// The type indices of what instances of classes are natively, and of nothing else. None if a class is not known natively.
#[pyfunction]
#[guarded]
fn structural_indices(classes: Vec<Bound<'_, PyType>>) -> PyResult<Option<Vec<i32>>> {
    let mut all = Vec::new();
    for class in &classes {
        let Some(indices) = indices_of(class) else { return Ok(None) };
        gather_into(&mut all, indices);
    }
    Ok(Some(all))
}

fn indices_of(class: &Bound<'_, PyType>) -> Option<Vec<i32>> {
    let py = class.py();
    let known: [(Bound<'_, PyType>, &[i32]); 5] = [
        (py.get_type::<PyBool>(), &[tag::BOOL]),
        (py.get_type::<PyInt>(), &[tag::INT, tag::BIG_INT]),
        (py.get_type::<PyFloat>(), &[tag::FLOAT]),
        (py.get_type::<PyString>(), &[tag::STR]),
        (py.get_type::<PyBytes>(), &[tag::BYTES]),
    ];
    let found = known.iter().find(|(known, _)| known.is(class)).map(|(_, indices)| indices.to_vec());
    found.or_else(|| class_table::registered_index(class).map(|index| vec![index]))
}

fn made<'py>(py: Python<'py>, result: Result<Any, Error>) -> PyResult<Bound<'py, PyAny>> {
    value::to_python(py, result.map_err(|error| error::to_python(py, &error))?)
}

/// A value like another, with parts that callbacks gave. A callback gets a value, and its region if it wants more.
#[pyfunction]
#[guarded]
fn structural_map<'py>(root: &Bound<'py, PyAny>, callbacks: Vec<PyRow<'py>>, pre: bool) -> PyResult<Bound<'py, PyAny>> {
    let way = if pre { Way::Before } else { Way::After };
    let native = convert::any(root)?;
    made(root.py(), structural::rewrite(native.view(), way, rows(callbacks)))
}

/// The same with callbacks that get a value, a mutator and perhaps a mode. They say what becomes of the value and its parts.
#[pyfunction]
#[guarded]
fn structural_mutate<'py>(root: &Bound<'py, PyAny>, callbacks: Vec<PyRow<'py>>) -> PyResult<Bound<'py, PyAny>> {
    let native = convert::any(root)?;
    made(root.py(), structural::rewrite(native.view(), Way::Instead, rows(callbacks)))
}

/// Visits a value. Callbacks get a value and a visitor, and say which parts are visited. Returns what ended the visit.
#[pyfunction]
#[guarded]
fn structural_visit<'py>(root: &Bound<'py, PyAny>, callbacks: Vec<PyRow<'py>>) -> PyResult<Bound<'py, PyAny>> {
    let native = convert::any(root)?;
    made(root.py(), structural::visit(native.view(), rows(callbacks)).map(Option::unwrap_or_default))
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, structural_indices)?;
    add_function!(module, structural_map)?;
    add_function!(module, structural_mutate)?;
    add_function!(module, structural_visit)
}
