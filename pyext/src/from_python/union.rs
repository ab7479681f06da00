//! Unions: what a value is comes before what it can become.
//! Upholds: the alternative that a value is takes it, wherever it stands; only then are the others tried, in order.
#![forbid(unsafe_code)]

use crate::from_python::convert::to_native;
use crate::from_python::fail::{Converted, Fail};
use crate::from_python::{hooks, mapping};
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::names::intern;
use crate::wrapper::tie;
use bowline::object::grow::gathered;
use bowline::object::registry;
use bowline::value::{tag, AnyView, Schema};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PySequence, PyString, PyTuple};

/// The value as the first alternative that it is, or else that takes it.
///
/// # Errors
/// A mismatch, or what user code raises.
pub fn to_union(ob: &Bound<'_, PyAny>, alternatives: &[Schema], schema: &Schema) -> Converted {
    for kinds in [Kinds::Same, Kinds::Alike] {
        // Any takes what no other alternative takes: everything is one.
        for alternative in alternatives.iter().filter(|alternative| !matches!(alternative, Schema::Any)) {
            match is_of(ob, alternative, kinds) {
                Ok(true) => {
                    return match (to_native(ob, alternative), of_all(alternatives)) {
                        // An int that is too large for it, or something with such a one.
                        (Err(fail), Some(other)) if fail.is_mismatch(ob.py()) => to_native(ob, other),
                        (found, _) => found,
                    };
                }
                Ok(false) => {}
                Err(raised) if raised.is_instance_of::<PyTypeError>(ob.py()) => {}
                Err(raised) => return Err(raised.into()),
            }
        }
    }
    let mut too_large = None;
    for alternative in alternatives {
        match to_native(ob, alternative) {
            Err(fail) if fail.is_mismatch(ob.py()) => {
                // A float takes every int but one beyond its range, and says so.
                if matches!(alternative, Schema::Float) && ob.is_instance_of::<PyInt>() {
                    too_large = Some(fail);
                }
            }
            other => return other,
        }
    }
    Err(too_large.unwrap_or_else(|| Fail::expected(schema, ob)))
}

/// The alternative that takes values of each kind, if there is one.
fn of_all(alternatives: &[Schema]) -> Option<&Schema> {
    alternatives.iter().find(|alternative| matches!(alternative, Schema::Any | Schema::Object(tag::OBJECT)))
}

/// Which containers a Python container may be.
#[derive(Clone, Copy, PartialEq)]
enum Kinds {
    /// A list is a List, a dict a Dict. A tuple is an Array or a tuple of certain items.
    Same,
    /// A list or a tuple is any sequence, a dict any mapping.
    Alike,
}

/// Whether a value is of a type without being converted. Numbers and containers of Python count as native ones.
fn is_of(ob: &Bound<'_, PyAny>, schema: &Schema, kinds: Kinds) -> PyResult<bool> {
    if tie::is_wrapper(ob) {
        return Ok(tie::object_of(ob).is_some_and(|object| schema.check(AnyView::of_object(&object))));
    }
    Ok(match schema {
        Schema::Any => true,
        Schema::None => ob.is_none(),
        Schema::Int => is_int(ob)?,
        Schema::Float => is_float(ob)?,
        Schema::Bool => ob.is_instance_of::<PyBool>() || hooks::is_numpy_bool(ob)?,
        Schema::Str => ob.is_instance_of::<PyString>() && !hooks::has_special(ob, intern!(ob.py(), "__ffi_plain__")),
        Schema::Bytes => ob.is_instance_of::<PyBytes>() || ob.is_instance_of::<PyByteArray>(),
        Schema::DType | Schema::Device | Schema::Object(tag::SHAPE) => {
            hooks::plain_value(ob)?.is_some_and(|value| schema.check(value.view()))
        }
        Schema::Pointer | Schema::Object(_) => false,
        Schema::Callable(_) => ob.is_callable(),
        Schema::Optional(inner) => ob.is_none() || is_of(ob, inner, kinds)?,
        Schema::Union(alternatives) => !all(alternatives, |alternative| Ok(!is_of(ob, alternative, kinds)?))?,
        Schema::Unknown(name, ..) => match registry::type_index_of(name) {
            Some(index) => is_of(ob, &Schema::of_index(index), kinds)?,
            None => false,
        },
        Schema::List(item) if may_be_list(ob, kinds) => {
            all_items(ob, |items| Some(gathered((0..items).map(|_| &**item))), kinds)?
        }
        Schema::Array(item) if may_be_tuple(ob, kinds) => {
            all_items(ob, |items| Some(gathered((0..items).map(|_| &**item))), kinds)?
        }
        Schema::AnyTuple if may_be_tuple(ob, kinds) => true,
        Schema::Tuple(schemas) if may_be_tuple(ob, kinds) => {
            all_items(ob, |items| (items == schemas.len()).then(|| gathered(schemas)), kinds)?
        }
        Schema::List(_) | Schema::Array(_) | Schema::Tuple(_) | Schema::AnyTuple => false,
        Schema::Map(..) if kinds == Kinds::Same => false,
        Schema::Map(key, value) | Schema::Dict(key, value) => all_entries(ob, key, value, kinds)?,
    })
}

fn is_int(ob: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(match ob.is_instance_of::<PyInt>() {
        true => !ob.is_instance_of::<PyBool>(),
        false => hooks::is_integral(ob)?,
    })
}

fn is_float(ob: &Bound<'_, PyAny>) -> PyResult<bool> {
    // Ints and bools count as real numbers, too.
    let is_other = || Ok::<_, PyErr>(ob.is_instance_of::<PyInt>() || hooks::is_integral(ob)?);
    Ok(ob.is_instance_of::<PyFloat>() || (!is_other()? && hooks::is_real(ob)?))
}

fn may_be_list(ob: &Bound<'_, PyAny>, kinds: Kinds) -> bool {
    ob.is_instance_of::<PyList>() || (kinds == Kinds::Alike && ob.is_instance_of::<PyTuple>())
}

fn may_be_tuple(ob: &Bound<'_, PyAny>, kinds: Kinds) -> bool {
    ob.is_instance_of::<PyTuple>() || (kinds == Kinds::Alike && ob.is_instance_of::<PyList>())
}

/// Asks whether all items of a list or tuple are of their types. `schemas` gives those for so many items, if it does.
fn all_items<'s>(
    ob: &Bound<'_, PyAny>,
    schemas: impl FnOnce(usize) -> Option<Vec<&'s Schema>>,
    kinds: Kinds,
) -> PyResult<bool> {
    let items = ob.cast::<PySequence>()?.to_tuple()?;
    let Some(schemas) = schemas(items.len()) else { return Ok(false) };
    all(items.iter().zip(schemas), |(item, schema)| is_of(&item, schema, kinds))
}

fn all_entries(ob: &Bound<'_, PyAny>, key: &Schema, value: &Schema, kinds: Kinds) -> PyResult<bool> {
    if !ob.is_instance_of::<PyDict>() {
        return Ok(false);
    }
    let entries = mapping::python_entries(ob)?.unwrap_or_default();
    all(entries, |(k, v)| Ok(is_of(&k, key, kinds)? && is_of(&v, value, kinds)?))
}

fn all<T>(items: impl IntoIterator<Item = T>, mut holds: impl FnMut(T) -> PyResult<bool>) -> PyResult<bool> {
    for item in items {
        if !holds(item)? {
            return Ok(false);
        }
    }
    Ok(true)
}
