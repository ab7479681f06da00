//! What classes say of their instances by a `__repr__` of their own. It goes into texts of others.
//! Upholds: an object whose `__repr__` leads back to it is `...` there.
#![forbid(unsafe_code)]

use crate::interpreter::attach;
use crate::interpreter::names::intern;
use crate::interpreter::take;
use crate::to_python::{error, value};
use crate::wrapper::{class_table, lookup};
use bowline::function::Error;
use bowline::value::AnyView;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyType};
use std::cell::RefCell;

std::thread_local! {
    /// The objects whose `__repr__` runs for a text on this thread.
    static OPEN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// An object that is being asked.
struct Asked;

impl Asked {
    /// None if it is asked already.
    fn new(at: usize) -> Option<Asked> {
        OPEN.with_borrow_mut(|open| {
            let fresh = !open.contains(&at);
            fresh.then(|| {
                open.push(at);
                Asked
            })
        })
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(Vec::pop);
    }
}

/// Does what takes Python; none on threads that Python does not know.
fn with_python<R>(work: impl FnOnce(Python<'_>) -> PyResult<R>) -> Result<Option<R>, Error> {
    if !attach::known() {
        return Ok(None);
    }
    attach::with_python(|py| work(py).map_err(|raised| error::from_python(py, raised))).transpose()
}

/// Asks whether the class of a type has a `__repr__` of its own. An unregistered class below it may
/// have one, too.
///
/// # Errors
/// What a metaclass's code raises.
pub fn may_tell(index: i32) -> Result<bool, Error> {
    let found = with_python(|py| lookup::registered_class(py, index).map_or(Ok(false), |class| has_any(&class)))?;
    Ok(found.unwrap_or(false))
}

fn has_any(class: &Bound<'_, PyType>) -> PyResult<bool> {
    let py = class.py();
    if is_own(class)? {
        return Ok(true);
    }
    let below = py.get_type::<PyType>().call_method1(intern!(py, "__subclasses__"), (class,))?;
    for class in below.cast::<PyList>()?.iter() {
        let class = class.cast::<PyType>()?;
        if !class_table::is_registered(class) && has_any(class)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a class's `__repr__` is neither the package's nor `object`'s.
fn is_own(class: &Bound<'_, PyType>) -> PyResult<bool> {
    let py = class.py();
    let repr = class.getattr(intern!(py, "__repr__"))?;
    match repr.getattr_opt(intern!(py, "__module__"))? {
        Some(module) if module.is_instance_of::<PyString>() => {
            let module = take::shown(&module.str()?);
            Ok(module != "bowline" && !module.starts_with("bowline."))
        }
        _ => Ok(!repr.is(py.get_type::<PyAny>().getattr(intern!(py, "__repr__"))?)),
    }
}

/// What an object's class says of it, if it has a `__repr__` of its own.
///
/// # Errors
/// What that raises.
pub fn tell(view: AnyView<'_>) -> Result<Option<String>, Error> {
    let told = with_python(|py| {
        let wrapper = value::to_python(py, AnyView::to_owned(view))?;
        if !is_own(&wrapper.get_type())? {
            return Ok(None);
        }
        let at = view.as_object().map_or(0, |object| object.as_ptr() as usize);
        let Some(_asked) = Asked::new(at) else { return Ok(Some("...".to_owned())) };
        Ok(Some(take::shown(&wrapper.repr()?)))
    })?;
    Ok(told.flatten())
}
