//! Schemas as dicts of what JSON has: `{"type": …, "args": […]}`.
//! Upholds: what a description says is the schema that it is of.
#![forbid(unsafe_code)]

use crate::from_python::{fail, sequence};
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::make::Make;
use crate::interpreter::names::intern;
use crate::interpreter::{make, recursion, take};
use crate::types::schema_parts::{build, fallback, key_behind, named_parts, parts, Given};
use bowline::object::grow::try_gathered;
use bowline::value::Schema;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// The schema that a dict describes.
pub fn described(obj: &Bound<'_, PyAny>) -> PyResult<Schema> {
    let py = obj.py();
    let _level = recursion::enter(py, c" while reading a TypeSchema")?;
    let kind = obj.cast::<PyDict>().ok().and_then(|dict| dict.get_item(intern!(py, "type")).ok().flatten());
    let Some(name) = kind.and_then(|name| take::text(&name).ok()) else {
        let found = fail::describe(obj);
        return Err(PyTypeError::new_err(format!("expected schema dict with a string as its 'type', got {found}")));
    };
    let given = obj.get_item(intern!(py, "args")).ok().filter(sequence::is_sequence);
    if let Some((result, parameters)) = given.as_ref().and_then(std_function) {
        let both = [("return", vec![result]), ("params", parameters)].map(|(name, items)| {
            let items = try_gathered(items.into_iter().map(|item| described(&item)));
            Ok::<_, PyErr>((name.to_owned(), items?))
        });
        let named = Some(try_gathered(both)?);
        return build(&name, Given { named, ..Given::default() });
    }
    let named = obj.get_item(intern!(py, "named_args")).ok().map(|named| {
        let Ok(named) = named.cast_into::<PyDict>() else {
            return Err(PyTypeError::new_err("expected named_args as a dict of names to lists of schema dicts"));
        };
        let one = |(name, items): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            if !sequence::is_sequence(&items) {
                let found = fail::describe(&items);
                return Err(PyTypeError::new_err(format!(
                    "expected a list of schema dicts in named_args, got {found}"
                )));
            }
            Ok((take::text(&name)?, all_described(&items)?))
        };
        try_gathered(named.iter().map(one))
    });
    let shown = obj.get_item(intern!(py, "fallback")).ok().map(|shown| described(&shown));
    let given = Given {
        args: given.as_ref().map(all_described).transpose()?,
        type_index: None,
        fallback: shown.transpose()?,
        named: named.transpose()?,
    };
    build(&name, given)
}

/// The schemas that the dicts in a sequence describe. A number, as in the size of an array, says nothing of a type.
fn all_described(items: &Bound<'_, PyAny>) -> PyResult<Vec<Schema>> {
    let dicts = items.try_iter()?.filter(|item| !item.as_ref().is_ok_and(|item| !item.is_instance_of::<PyDict>()));
    try_gathered(dicts.map(|item| described(&item?)))
}

/// The result and the parameters of a function as C++ describes it. They are a dict, and a list of dicts.
fn std_function<'py>(args: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, Vec<Bound<'py, PyAny>>)> {
    let args = args.cast::<PyList>().ok().filter(|args| args.len() == 2)?;
    let parameters = args.get_item(1).ok()?.cast_into::<PyList>().ok()?;
    Some((args.get_item(0).ok()?, parameters.iter().collect()))
}

/// The dict that describes a schema.
pub fn description<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyDict>> {
    let (origin, args) = parts(schema);
    let json = make::dict(py)?;
    json.set_item(intern!(py, "type"), key_behind(schema).unwrap_or(origin).make(py)?)?;
    if !args.is_empty() || matches!(schema, Schema::Tuple(_)) {
        let args = args.into_iter().map(|arg| description(py, &arg));
        json.set_item(intern!(py, "args"), try_gathered::<_, PyErr>(args)?.make(py)?)?;
    }
    let each = |items: Vec<Schema>| {
        let items = items.into_iter().map(|item| description(py, &item));
        try_gathered::<_, PyErr>(items)?.make(py)
    };
    if let Some(named) = named(py, schema, each)? {
        json.set_item(intern!(py, "named_args"), named)?;
    }
    if let Some(shown) = fallback(schema) {
        json.set_item(intern!(py, "fallback"), description(py, shown)?)?;
    }
    Ok(json)
}

/// The parts that have names, each as `show` makes it; none where there are none.
pub fn named<'py>(
    py: Python<'py>,
    schema: &Schema,
    show: impl Fn(Vec<Schema>) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let parts = named_parts(schema);
    if parts.is_empty() {
        return Ok(None);
    }
    let named = make::dict(py)?;
    parts.into_iter().try_for_each(|(name, items)| named.set_item(name.make(py)?, show(items)?))?;
    Ok(Some(named))
}
