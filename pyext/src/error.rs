//! Errors across the boundary: a kind and a message on one side, an exception on the other.
//! Imports `cpython::{opaque, tie, value}`, the core's errors.
//! Upholds: an exception that passes through native code comes back as the same object; neither direction makes a cycle
//! (a native error holds its exception, or an exception its native error, never both).
#![forbid(unsafe_code)]

use crate::cpython::opaque::OpaqueObj;
use crate::cpython::{tie, value};
use arc_swap::ArcSwap;
use bowline::function::error::ErrorObj;
use bowline::function::Error;
use bowline::object::Obj;
use pyo3::exceptions::{
    PyAssertionError, PyAttributeError, PyBaseException, PyIndexError, PyKeyError, PyMemoryError, PyRuntimeError,
    PyTypeError, PyValueError,
};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyTraceback, PyType};
use std::sync::LazyLock;

/// The kind that says: an exception is pending already.
const PENDING: &str = "EnvErrorAlreadySet";

type Kinds = Vec<(String, Py<PyType>)>;

/// Kinds that packages added. Read without locks, which a forked child could find taken.
static ADDED: LazyLock<ArcSwap<Kinds>> = LazyLock::new(ArcSwap::default);

fn builtin<'py>(py: Python<'py>, kind: &str) -> Option<Bound<'py, PyType>> {
    Some(match kind {
        "RuntimeError" => py.get_type::<PyRuntimeError>(),
        "ValueError" => py.get_type::<PyValueError>(),
        "TypeError" => py.get_type::<PyTypeError>(),
        "AttributeError" => py.get_type::<PyAttributeError>(),
        "KeyError" => py.get_type::<PyKeyError>(),
        "IndexError" => py.get_type::<PyIndexError>(),
        "AssertionError" => py.get_type::<PyAssertionError>(),
        "MemoryError" => py.get_type::<PyMemoryError>(),
        _ => return None,
    })
}

/// Maps a kind to an exception class, in both directions.
///
/// # Errors
/// `TypeError` when the class is none of exceptions.
pub fn register(kind: &str, class: &Bound<'_, PyType>) -> PyResult<()> {
    if !class.is_subclass_of::<PyBaseException>()? {
        return Err(PyTypeError::new_err(format!("error kind '{kind}' needs an exception class, got {class}")));
    }
    let py = class.py();
    let former = ADDED.rcu(|added| {
        let others = added.iter().filter(|(name, _)| name != kind);
        let mut kinds: Kinds = others.map(|(name, class)| (name.clone(), class.clone_ref(py))).collect();
        kinds.push((kind.to_owned(), class.clone().unbind()));
        kinds
    });
    drop(former);
    Ok(())
}

fn class_of<'py>(py: Python<'py>, kind: &str) -> Option<Bound<'py, PyType>> {
    let added = ADDED.load();
    let found = added.iter().find(|(name, _)| name == kind).map(|(_, class)| class.bind(py).clone());
    found.or_else(|| builtin(py, kind))
}

/// All kinds that have a class of their own, added ones last.
pub fn kinds(py: Python<'_>) -> Vec<(String, Bound<'_, PyType>)> {
    let names = [
        "RuntimeError",
        "ValueError",
        "TypeError",
        "AttributeError",
        "KeyError",
        "IndexError",
        "AssertionError",
        "MemoryError",
    ];
    let builtin = names.iter().filter_map(|name| Some(((*name).to_owned(), builtin(py, name)?)));
    let added = ADDED.load();
    builtin.chain(added.iter().map(|(name, class)| (name.clone(), class.bind(py).clone()))).collect()
}

fn kind_of(class: &Bound<'_, PyType>) -> String {
    let py = class.py();
    let added = ADDED.load();
    for ancestor in class.mro() {
        if let Some((kind, _)) = added.iter().find(|(_, known)| known.is(&ancestor)) {
            return kind.clone();
        }
        let name = ancestor.cast::<PyType>().ok().and_then(|class| class.name().ok());
        let name = name.map(|name| name.to_string()).unwrap_or_default();
        if builtin(py, &name).is_some_and(|known| known.is(&ancestor)) {
            return name;
        }
    }
    "RuntimeError".to_owned()
}

/// The exception of a native error.
#[cold]
pub fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    if error.kind() == PENDING {
        if let Some(pending) = PyErr::take(py) {
            return pending;
        }
    }
    if let Some(exception) = exception_in(py, error) {
        return PyErr::from_value(exception.into_any());
    }
    let class = class_of(py, error.kind()).unwrap_or_else(|| py.get_type::<PyRuntimeError>());
    let exception = match value::text(py, error.message().as_bytes()).and_then(|message| class.call1((message,))) {
        Ok(exception) => exception,
        Err(raised) if raised.is_instance_of::<PyMemoryError>(py) => return raised,
        // A class that takes no message: what the error said must not be lost.
        Err(raised) => {
            let plain = PyRuntimeError::new_err(error.to_string());
            plain.set_cause(py, Some(raised));
            return plain;
        }
    };
    // For whoever asks later, and for the way back; an exception without it is good, too.
    if let Ok(wrapper) = tie::wrap(py, error.as_object().clone().upcast()) {
        let _ = exception.setattr(intern!(py, "__tvm_ffi_error__"), wrapper);
    }
    let backtrace = error.backtrace();
    if !backtrace.is_empty() {
        // An exception without it is good, too.
        if let Ok(traceback) = native_traceback(py, &backtrace) {
            let _ = exception.setattr(intern!(py, "__traceback__"), traceback);
        }
    }
    PyErr::from_value(exception)
}

/// The traceback that shows native frames.
fn native_traceback<'py>(py: Python<'py>, backtrace: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "bowline._traceback"))?.call_method1(intern!(py, "native_traceback"), (backtrace,))
}

/// The exception that a native error carries.
fn exception_in<'py>(py: Python<'py>, error: &Error) -> Option<Bound<'py, PyBaseException>> {
    let carried = error.extra_context()?.downcast::<OpaqueObj>().ok()?;
    carried.payload(py).cast_into::<PyBaseException>().ok()
}

/// The native error that an exception carries.
fn error_in(exception: &Bound<'_, PyBaseException>) -> Option<Error> {
    let wrapper = exception.getattr_opt(intern!(exception.py(), "__tvm_ffi_error__")).ok()??;
    let error = tie::object_of(&wrapper)?.downcast::<ErrorObj>().ok()?;
    Some(Error::from(error))
}

/// The native error of an exception.
#[cold]
pub fn from_python(py: Python<'_>, raised: PyErr) -> Error {
    let exception = raised.into_value(py).into_bound(py);
    let frames = frames(&exception);
    if let Some(error) = error_in(&exception) {
        error.update_backtrace(&frames, bowline::function::error::Update::Replace);
        return error;
    }
    let message =
        exception.str().map_or_else(|_| "<exception str() failed>".to_owned(), |text| text.to_string_lossy().into());
    let error = Error::with_backtrace(&kind_of(&exception.get_type()), message, &frames);
    // Without memory for it the error goes without its exception.
    if let Ok(carried) = OpaqueObj::make(exception.as_any()) {
        error.set_extra_context(Some(carried.upcast()));
    }
    error
}

/// The native error of a value that is an exception, if it is one.
///
/// # Errors
/// None at present.
pub fn of_exception(ob: &Bound<'_, PyAny>) -> PyResult<Option<Obj<ErrorObj>>> {
    let Ok(exception) = ob.cast::<PyBaseException>() else { return Ok(None) };
    Ok(Some(from_python(ob.py(), PyErr::from_value(exception.clone().into_any())).into_object()))
}

/// The frames of an exception as text, the most recent first.
fn frames(exception: &Bound<'_, PyBaseException>) -> String {
    let mut lines = Vec::new();
    let first = exception.getattr(intern!(exception.py(), "__traceback__"));
    let mut at = first.ok().and_then(|traceback| traceback.cast_into::<PyTraceback>().ok());
    while let Some(traceback) = at {
        if let Ok(line) = frame(&traceback) {
            lines.push(line);
        }
        let next = traceback.getattr(intern!(traceback.py(), "tb_next"));
        at = next.ok().and_then(|next| next.cast_into::<PyTraceback>().ok());
    }
    lines.reverse();
    lines.concat()
}

fn frame(traceback: &Bound<'_, PyTraceback>) -> PyResult<String> {
    let py = traceback.py();
    let code = traceback.getattr(intern!(py, "tb_frame"))?.getattr(intern!(py, "f_code"))?;
    let (file, name) = (code.getattr(intern!(py, "co_filename"))?, code.getattr(intern!(py, "co_name"))?);
    let line = traceback.getattr(intern!(py, "tb_lineno"))?;
    Ok(format!("  File \"{file}\", line {line}, in {name}\n"))
}
