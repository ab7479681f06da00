//! Copies of wrappers: shallow, deep, with changes.
//! Upholds: objects are copied natively, with sharing and cycles at any depth; what a wrapper has of its own, and Python
//! objects within a graph, are copied by Python; both with one memo.
#![forbid(unsafe_code)]

use crate::api::content::run;
use crate::api::extras::{extras, set_extras};
use crate::from_python::{convert, fail};
use crate::interpreter::attach;
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::make::Make;
use crate::interpreter::members::{Answer, Arguments, NoArguments, OneArgument};
use crate::interpreter::names::intern;
use crate::interpreter::take;
use crate::interpreter::{dict, make};
use crate::to_python::opaque::OpaqueObj;
use crate::to_python::{error, value};
use crate::types::init::without_call;
use crate::types::suggest;
use crate::wrapper::{lookup, tie};
use bowline::function::Error;
use bowline::object::{Obj, Object};
use bowline::reflect::{self, content};
use bowline::value::{Any, AnyView, IntoAny};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::ffi::CStr;
use std::sync::Arc;

/// A wrapper of the class of `this`, of another object.
fn like_empty<'py>(this: &Bound<'py, PyAny>, object: Option<Obj<Object>>) -> Answer<'py> {
    let made = tie::empty(&this.get_type())?;
    if let Some(object) = object {
        tie::bind(&made, object)?;
    }
    Ok(made)
}

/// As [`like_empty`], with what `this` has of its own.
fn like<'py>(this: &Bound<'py, PyAny>, object: Option<Obj<Object>>) -> Answer<'py> {
    let made = like_empty(this, object)?;
    let [dict, slots] = extras(this)?;
    set_extras(&made, dict.as_ref(), slots.as_ref())?;
    Ok(made)
}

/// `__copy__()`.
pub struct Copy;
impl NoArguments for Copy {
    const NAME: &'static CStr = c"__copy__";
    const DOC: &'static CStr = c"__copy__($self, /)\n--\n\nA new object with the same field values or items.";
    fn call<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        let Some(object) = tie::object_of(this) else { return like(this, None) };
        let original = object.clone().into_any();
        let copy = content::copy_shallow(original.view()).map_err(|error| error::to_python(this.py(), &error))?;
        match copy.into_object() {
            // It never changes.
            Ok(copy) if copy.ptr_eq(&object) => Ok(this.clone()),
            Ok(copy) => like(this, Some(copy)),
            Err(plain) => value::to_python(this.py(), plain),
        }
    }
}

/// What one `copy.deepcopy` copied natively, kept in its memo.
#[pyclass(frozen, module = "bowline._core", name = "_Memo")]
struct Memo(Arc<content::Memo>);

impl Memo {
    /// The one that a memo of `copy.deepcopy` has, or gets.
    fn of(memo: &Bound<'_, PyDict>) -> PyResult<Arc<content::Memo>> {
        let py = memo.py();
        // No copier has a class as a key.
        let key = py.get_type::<Memo>();
        if let Some(found) = memo.get_item(&key)? {
            return Ok(found.cast::<Memo>()?.get().0.clone());
        }
        let made = Arc::<content::Memo>::default();
        memo.set_item(key, Py::new(py, Memo(made.clone()))?)?;
        Ok(made)
    }
}

/// What Python has to say of an object that is to be copied. It is a copy that the memo has, or that of a Python object.
fn by_python(py: Python<'_>, memo: &Bound<'_, PyDict>, view: AnyView<'_>) -> PyResult<Option<Any>> {
    if let Some(opaque) = view.as_ref::<OpaqueObj>() {
        let copier = py.import(intern!(py, "copy"))?.getattr(intern!(py, "deepcopy"))?;
        let copy = copier.call1((opaque.payload(py), memo))?;
        return Ok(Some(OpaqueObj::make(&copy)?.into_any()));
    }
    let Ok(object) = AnyView::to_owned(view).into_object() else { return Ok(None) };
    let Some(wrapper) = value::wrapper_if_live(py, &object) else { return Ok(None) };
    let known = memo.get_item((wrapper.as_ptr() as usize).make(py)?)?;
    known.map(|known| convert::any(&known)).transpose()
}

/// `__deepcopy__(memo)`.
pub struct DeepCopy;
impl OneArgument for DeepCopy {
    const NAME: &'static CStr = c"__deepcopy__";
    const DOC: &'static CStr =
        c"__deepcopy__($self, memo, /)\n--\n\nA new object, and new ones for all that it consists of.";
    fn call<'py>(this: &Bound<'py, PyAny>, memo: &Bound<'py, PyAny>) -> Answer<'py> {
        let py = this.py();
        let memo = match memo.is_none() {
            true => make::dict(py)?,
            false => memo.cast::<PyDict>().map_err(PyErr::from)?.clone(),
        };
        let Some(object) = tie::object_of(this) else { return with_extras(this, &memo, like(this, None)?) };
        // Copies that native code does not know of are found by their wrappers.
        let asks = memo.len() > usize::from(memo.contains(py.get_type::<Memo>())?);
        let shared = Memo::of(&memo)?;
        let kept = memo.clone().unbind();
        let elsewhere: content::OtherCopier<'_> = Box::new(move |view| {
            if !asks && view.as_ref::<OpaqueObj>().is_none() {
                return Ok(None);
            }
            let said = attach::with_python(|py| error::guarded(py, || by_python(py, kept.bind(py), view)));
            said.unwrap_or_else(|| Err(Error::runtime("there is no Python interpreter to copy its objects")))
        });
        let original = object.clone().into_any();
        let copy = run(py, content::DeepCopy::new(original.view(), shared, elsewhere))?;
        let copy = match copy.into_object() {
            Ok(copy) => copy,
            Err(plain) => return value::to_python(py, plain),
        };
        if copy.ptr_eq(&object) {
            return Ok(this.clone());
        }
        let usual = lookup::registered_class(py, copy.type_index()).is_some_and(|class| class.is(this.get_type()));
        let made = match usual {
            true => value::object_to_python(py, copy)?,
            false => like_empty(this, Some(copy))?,
        };
        with_extras(this, &memo, made)
    }
}

/// The copy of a wrapper, with copies of what the wrapper has of its own.
fn with_extras<'py>(this: &Bound<'py, PyAny>, memo: &Bound<'py, PyDict>, made: Bound<'py, PyAny>) -> Answer<'py> {
    let py = this.py();
    let [dict, slots] = extras(this)?;
    if dict.is_none() && slots.is_none() {
        return Ok(made);
    }
    // These may lead back here.
    memo.set_item((this.as_ptr() as usize).make(py)?, &made)?;
    let copier = py.import(intern!(py, "copy"))?.getattr(intern!(py, "deepcopy"))?;
    let copied = |extras: Option<Bound<'py, PyDict>>| match extras {
        None => Ok(None),
        Some(extras) => Ok::<_, PyErr>(Some(copier.call1((extras, memo))?.cast_into::<PyDict>()?)),
    };
    let (dict, slots) = (copied(dict)?, copied(slots)?);
    set_extras(&made, dict.as_ref(), slots.as_ref())?;
    Ok(made)
}

/// `__replace__(**changes)`.
pub struct Replace;
impl Arguments for Replace {
    const NAME: &'static CStr = c"__replace__";
    const DOC: &'static CStr =
        c"__replace__($self, /, **changes)\n--\n\nA new object with the same field values but for some.";
    fn call<'py>(
        this: &Bound<'py, PyAny>,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Answer<'py> {
        if !arguments.is_empty() {
            return Err(PyTypeError::new_err("__replace__() takes keyword arguments only"));
        }
        let found = tie::object_of(this);
        let found = found.and_then(|object| reflect::info(object.type_index()).map(|reflection| (object, reflection)));
        let Some((object, reflection)) = found else {
            let found = fail::describe(this);
            return Err(PyTypeError::new_err(format!("expected an object with fields, got {found}")));
        };
        let mut changes = Vec::new();
        for (name, value) in keywords.map(dict::entries).transpose()?.into_iter().flatten() {
            let name = take::text(&name)?;
            let at = reflection.fields.iter().rposition(|field| *field.name == *name);
            let at = at.ok_or_else(|| {
                let key = object.type_info().key;
                let message = format!("{key}.__replace__() got an unexpected keyword argument '{name}'");
                suggest::keyword(this.py(), &message, &name, reflection.fields.iter().map(|field| &*field.name))
            })?;
            changes.push((at, convert::for_field(&value, &reflection.fields[at])?));
        }
        like(this, Some(without_call::changed_copy(this.py(), &object, reflection, changes)?))
    }
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Memo>()
}
