//! Python sequences and native ones.
//! Upholds: a Python sequence is copied before its items are converted, as their conversion may run code that changes it;
//! a native one that fits already is kept as it is.
#![forbid(unsafe_code)]

use crate::from_python::fail::{Converted, Fail, CONVERTING};
use crate::from_python::{convert, fail};
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::{list, recursion};
use crate::to_python::value;
use crate::wrapper::tie;
use bowline::container::{ArrayObj, ListObj};
use bowline::object::grow::{gathered, try_gathered};
use bowline::object::Obj;
use bowline::value::{Any, IntoAny, Schema};
use pyo3::prelude::*;
use pyo3::types::{PyList, PySequence, PyTuple};

/// The items of something that counts as a sequence. It is an Array, a List, a list or a tuple.
enum Items<'py> {
    Native(Vec<Any>),
    Tuple(Bound<'py, PyTuple>),
    List(list::Items<'py>),
}

fn items<'py>(ob: &Bound<'py, PyAny>, schema: &Schema) -> Result<Items<'py>, Fail> {
    if let Ok(exact) = ob.cast_exact::<PyList>() {
        return Ok(Items::List(list::items(exact)?));
    }
    if let Ok(exact) = ob.cast_exact::<PyTuple>() {
        return Ok(Items::Tuple(exact.clone()));
    }
    if let Some(object) = tie::object_of(ob) {
        let object = match object.downcast::<ArrayObj>() {
            Ok(array) => return Ok(Items::Native(gathered(array.as_slice().iter().cloned()))),
            Err(object) => object,
        };
        return match object.downcast::<ListObj>() {
            Ok(list) => Ok(Items::Native(list.snapshot())),
            Err(_) => Err(Fail::expected(schema, ob)),
        };
    }
    if ob.is_instance_of::<PyList>() {
        // The class may have an `__iter__` of its own.
        return Ok(Items::Tuple(ob.cast::<PySequence>().map_err(PyErr::from)?.to_tuple()?));
    }
    match ob.cast::<PyTuple>() {
        Ok(tuple) => Ok(Items::Tuple(tuple.clone())),
        Err(_) => Err(Fail::expected(schema, ob)),
    }
}

impl Items<'_> {
    fn len(&self) -> usize {
        match self {
            Items::Native(items) => items.len(),
            Items::Tuple(items) => items.len(),
            Items::List(items) => items.len(),
        }
    }

    /// A container of all, the item at an index as `schema_of` says.
    fn convert<'s, T: Container>(self, py: Python<'_>, schema_of: impl Fn(usize) -> &'s Schema) -> Converted {
        let converted = |index: usize, item: &Bound<'_, PyAny>| {
            convert::to_native(item, schema_of(index)).map_err(|fail| fail.inside(&format!("element [{index}]")))
        };
        let _level = recursion::enter(py, CONVERTING)?;
        match self {
            Items::Native(items) => {
                T::of(items.into_iter().enumerate().map(|(index, item)| match schema_of(index).check(item.view()) {
                    true => Ok(item),
                    false => converted(index, &value::to_python(py, item)?),
                }))
            }
            Items::Tuple(items) => {
                T::of(items.iter_borrowed().enumerate().map(|(index, item)| converted(index, &item)))
            }
            Items::List(items) => T::of(items.iter().enumerate().map(|(index, item)| converted(index, item))),
        }
    }
}

/// What items are converted for.
trait Container {
    /// One of these items, or the first failure.
    fn of(items: impl ExactSizeIterator<Item = Converted>) -> Converted;
}
impl Container for ArrayObj {
    fn of(items: impl ExactSizeIterator<Item = Converted>) -> Converted {
        ArrayObj::try_make(items).map(IntoAny::into_any)
    }
}
impl Container for ListObj {
    fn of(items: impl ExactSizeIterator<Item = Converted>) -> Converted {
        ListObj::try_make(items).map(IntoAny::into_any)
    }
}

/// An Array of `item`.
///
/// # Errors
/// A mismatch, or what user code raises.
pub fn to_array(ob: &Bound<'_, PyAny>, item: &Schema, schema: &Schema) -> Converted {
    if let Some(fitting) = as_it_is::<ArrayObj>(ob, schema) {
        return Ok(fitting);
    }
    items(ob, schema)?.convert::<ArrayObj>(ob.py(), |_| item)
}

/// An Array of these types.
///
/// # Errors
/// A mismatch, or what user code raises.
pub fn to_tuple(ob: &Bound<'_, PyAny>, types: &[Schema], schema: &Schema) -> Converted {
    if let Some(fitting) = as_it_is::<ArrayObj>(ob, schema) {
        return Ok(fitting);
    }
    let items = items(ob, schema)?;
    if items.len() != types.len() {
        return Err(Fail::text(format!("expected tuple of length {}, got one of length {}", types.len(), items.len())));
    }
    items.convert::<ArrayObj>(ob.py(), |index| &types[index])
}

/// A List of `item`.
///
/// # Errors
/// A mismatch, or what user code raises.
pub fn to_list(ob: &Bound<'_, PyAny>, item: &Schema, schema: &Schema) -> Converted {
    if let Some(fitting) = as_it_is::<ListObj>(ob, schema) {
        return Ok(fitting);
    }
    items(ob, schema)?.convert::<ListObj>(ob.py(), |_| item)
}

/// The object that `ob` wraps, if it is as asked already.
fn as_it_is<T: bowline::object::ObjectType>(ob: &Bound<'_, PyAny>, schema: &Schema) -> Option<Any> {
    let object = tie::object_of(ob)?.downcast::<T>().ok()?.into_any();
    schema.check(object.view()).then_some(object)
}

/// Whether this is a list or a tuple of Python.
pub fn is_sequence(ob: &Bound<'_, PyAny>) -> bool {
    ob.is_instance_of::<PyList>() || ob.is_instance_of::<PyTuple>()
}

/// What an iterable yields, each as it comes.
///
/// # Errors
/// What iterating and converting raise.
pub fn collect_items(iterable: &Bound<'_, PyAny>) -> PyResult<Vec<Any>> {
    recursion::expect_stack()?;
    if let Some(object) = tie::object_of(iterable) {
        let object = match object.downcast::<ArrayObj>() {
            Ok(array) => return Ok(gathered(array.as_slice().iter().cloned())),
            Err(object) => object,
        };
        if let Ok(list) = object.downcast::<ListObj>() {
            return Ok(list.snapshot());
        }
    }
    try_gathered(iterable.try_iter()?.map(|item| convert::any(&item?)))
}

/// The native list behind a wrapper.
///
/// # Errors
/// `TypeError`.
pub fn native_list(ob: &Bound<'_, PyAny>) -> PyResult<Obj<ListObj>> {
    let list = tie::object_of(ob).map(Obj::downcast::<ListObj>).and_then(Result::ok);
    list.ok_or_else(|| PyTypeError::new_err(format!("expected a List, got {}", fail::describe(ob))))
}
