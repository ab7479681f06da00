//! Errors across the boundary. There is a kind and a message on one side, an exception on the other.
//! Upholds: an exception that passes through native code comes back as the same object; neither direction makes a cycle
//! (a native error holds its exception, or an exception its native error, never both).
#![forbid(unsafe_code)]

use crate::interpreter::attach;
use crate::interpreter::exceptions::{
    PyAssertionError, PyAttributeError, PyImportError, PyIndexError, PyKeyError, PyMemoryError, PyRecursionError,
    PyRuntimeError, PyTypeError, PyValueError,
};
use crate::interpreter::interrupt::{is_interrupt, is_signal};
use crate::interpreter::make;
use crate::interpreter::names::intern;
use crate::interpreter::take;
use crate::interpreter::trampoline::or_memory_error;
use crate::to_python::opaque::OpaqueObj;
use crate::to_python::value;
use crate::wrapper::tie;
use arc_swap::ArcSwap;
use bowline::function::error::{set_read_frames, ErrorObj, Update};
use bowline::function::{stack, Error};
use bowline::object::grow::{gather_into, joined, owned, Grow};
use bowline::object::{Obj, Object};
use bowline::reflect::structural::VisitErrorContext;
use bowline::value::IntoAny;
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::types::{PyTraceback, PyType};
use std::sync::LazyLock;

/// The kind that says: an exception is pending already.
const PENDING: &str = "EnvErrorAlreadySet";

type Kinds = Vec<(String, Py<PyType>)>;

/// Kinds that packages added. Read without locks, which a forked child could find taken.
static ADDED: LazyLock<ArcSwap<Kinds>> = LazyLock::new(ArcSwap::default);

/// The exception of the language that a kind names. None if there is no such exception.
///
/// # Errors
/// What prevents the search, such as `MemoryError`: the class is not known then, and no other may stand for it.
fn builtin<'py>(py: Python<'py>, kind: &str) -> PyResult<Option<Bound<'py, PyType>>> {
    Ok(Some(match kind {
        "RuntimeError" => py.get_type::<PyRuntimeError>(),
        "ValueError" => py.get_type::<PyValueError>(),
        "TypeError" => py.get_type::<PyTypeError>(),
        "AttributeError" => py.get_type::<PyAttributeError>(),
        "KeyError" => py.get_type::<PyKeyError>(),
        "IndexError" => py.get_type::<PyIndexError>(),
        "AssertionError" => py.get_type::<PyAssertionError>(),
        "MemoryError" => py.get_type::<PyMemoryError>(),
        other => {
            let builtins = match py.import(intern!(py, "builtins")) {
                Err(raised) if raised.is_instance_of::<PyImportError>(py) => return Ok(None),
                found => found?,
            };
            let Some(found) = builtins.getattr_opt(make::text(py, other)?)? else { return Ok(None) };
            let Ok(found) = found.cast_into::<PyType>() else { return Ok(None) };
            return Ok(found.is_subclass_of::<PyBaseException>()?.then_some(found));
        }
    }))
}

/// An exception of a class, with a message. One of the language's own that takes more than that, such as a
/// `UnicodeDecodeError`, gives its place to the nearest of its bases that takes a message.
fn instance<'py>(class: &Bound<'py, PyType>, message: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let raised = match class.call1((message,)) {
        Err(raised) if raised.is_instance_of::<PyTypeError>(py) => raised,
        made => return made,
    };
    if class.module()? != "builtins" {
        return Err(raised);
    }
    for above in class.mro().iter().skip(1) {
        match above.call1((message,)) {
            Err(again) if again.is_instance_of::<PyTypeError>(py) => {}
            made => return made,
        }
    }
    Err(raised)
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
        let mut kinds: Kinds = others.map(|(name, class)| (owned(name), class.clone_ref(py))).collect();
        kinds.push((owned(kind), class.clone().unbind()));
        kinds
    });
    drop(former);
    Ok(())
}

/// The class of a native error's exception.
///
/// # Errors
/// What prevents the search; a `RecursionError` where hardly any stack is left for a package's class.
fn class_of_kind<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyType>> {
    let kind = error.kind();
    let added = ADDED.load();
    let added = added.iter().find(|(name, _)| name == kind).map(|(_, class)| class.bind(py).clone());
    match added {
        Some(class) if !stack::is_short() => Ok(class),
        // Making a package's exception may run anything.
        Some(class) => match builtin(py, kind)? {
            Some(_) => Ok(class),
            None => Err(PyRecursionError::new_err(format!("{error}"))),
        },
        None => Ok(builtin(py, kind)?.unwrap_or_else(|| py.get_type::<PyRuntimeError>())),
    }
}

/// The kinds that packages share, and those that were added, last. Any other exception of the language is a kind by its
/// name as well.
///
/// # Errors
/// `MemoryError`.
pub fn kinds(py: Python<'_>) -> PyResult<Vec<(String, Bound<'_, PyType>)>> {
    let names = [
        "RuntimeError",
        "ValueError",
        "TypeError",
        "AttributeError",
        "KeyError",
        "IndexError",
        "AssertionError",
        "MemoryError",
        "RecursionError",
    ];
    let mut kinds = Vec::new();
    kinds.grow(names.len());
    for name in names {
        kinds.extend(builtin(py, name)?.map(|class| (owned(name), class)));
    }
    let added = ADDED.load();
    gather_into(&mut kinds, added.iter().map(|(name, class)| (owned(name), class.bind(py).clone())));
    Ok(kinds)
}

/// The kind of exceptions of a class. The first of its bases that is a kind says it.
///
/// # Errors
/// What prevents the search, such as `MemoryError`.
fn kind_of(class: &Bound<'_, PyType>) -> PyResult<String> {
    let py = class.py();
    let added = ADDED.load();
    for ancestor in class.mro() {
        if let Some((kind, _)) = added.iter().find(|(_, known)| known.is(&ancestor)) {
            return Ok(owned(kind));
        }
        let Ok(ancestor) = ancestor.cast_into::<PyType>() else { continue };
        let name = take::shown(&ancestor.name()?);
        // The roots say less than what unknown kinds become.
        let says = !matches!(&*name, "Exception" | "BaseException");
        if says && builtin(py, &name)?.is_some_and(|known| known.is(&ancestor)) {
            return Ok(name);
        }
    }
    Ok("RuntimeError".to_owned())
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
    let class = match class_of_kind(py, error) {
        Ok(class) => class,
        Err(raised) => return raised,
    };
    let exception = match value::text(py, error.message().as_bytes()).and_then(|message| instance(&class, &message)) {
        Ok(exception) => exception,
        Err(raised) if is_interrupt(py, &raised) => return raised,
        // A class that takes no message: what the error said must not be lost.
        Err(raised) => {
            let plain = PyRuntimeError::new_err(format!("{error}"));
            plain.set_cause(py, Some(raised));
            return plain;
        }
    };
    // For later questions, and for the way back; an exception without it is good, too.
    if let Ok(wrapper) = tie::wrap(py, error.as_object().clone().upcast()) {
        let _ = exception.setattr(intern!(py, "__tvm_ffi_error__"), wrapper);
    }
    let backtrace = error.backtrace();
    if !backtrace.is_empty() {
        // An exception without it is good, too.
        match native_traceback(py, &backtrace) {
            Ok(traceback) => drop(exception.setattr(intern!(py, "__traceback__"), traceback)),
            Err(raised) if is_signal(py, &raised) => return raised,
            Err(_) => {}
        }
    }
    PyErr::from_value(exception)
}

/// The traceback that shows native frames.
fn native_traceback<'py>(py: Python<'py>, backtrace: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "bowline._traceback"))?
        .call_method1(intern!(py, "native_traceback"), (make::text(py, backtrace)?,))
}

/// The exception that a native error carries.
fn exception_in<'py>(py: Python<'py>, error: &Error) -> Option<Bound<'py, PyBaseException>> {
    carried(error.extra_context()?)?.payload(py).cast_into::<PyBaseException>().ok()
}

/// What of Python is at the end of an error's contexts.
fn carried(mut context: Obj<Object>) -> Option<Obj<OpaqueObj>> {
    loop {
        context = match context.downcast::<OpaqueObj>() {
            Ok(carried) => return Some(carried),
            // Structural visits say on top of it where the error came up.
            Err(other) => other.downcast::<VisitErrorContext>().ok()?.prev_error_context.get().into_object().ok()?,
        };
    }
}

/// The native error that an exception carries.
fn error_in(exception: &Bound<'_, PyBaseException>) -> Option<Error> {
    let wrapper = exception.getattr_opt(intern!(exception.py(), "__tvm_ffi_error__")).ok()??;
    let error = tie::object_of(&wrapper)?.downcast::<ErrorObj>().ok()?;
    Some(Error::from(error))
}

/// Runs what native code calls of Python.
///
/// # Errors
/// What it raises, and `MemoryError`, as a native error.
pub fn guarded<R>(py: Python<'_>, body: impl FnOnce() -> PyResult<R>) -> Result<R, Error> {
    or_memory_error(py, body).map_err(|raised| from_python(py, raised))
}

/// The native error of an exception that is on its way through native code.
#[cold]
pub fn from_python(py: Python<'_>, raised: PyErr) -> Error {
    from_python_within(py, raised, 0)
}

fn from_python_within(py: Python<'_>, raised: PyErr, depth: u32) -> Error {
    let exception = raised.into_value(py).into_bound(py);
    match error_in(&exception) {
        // One that comes from native code. It comes back as the same exception all the same.
        Some(former) => match Context::of(&former) {
            Context::Other => {
                former.update_backtrace(&frames(&exception), Update::Replace);
                former
            }
            context => {
                let error = standing_for(former.kind(), former.message(), &exception, context);
                error.set_cause(former.cause());
                error
            }
        },
        None => {
            let message = match exception.str() {
                Ok(text) => take::shown(&text),
                // A signal that came meanwhile would be lost otherwise.
                Err(raised) if is_signal(py, &raised) && depth == 0 => return from_python_within(py, raised, 1),
                Err(_) => "<exception str() failed>".to_owned(),
            };
            let kind = match kind_of(&exception.get_type()) {
                Ok(kind) => kind,
                Err(raised) if is_signal(py, &raised) && depth == 0 => return from_python_within(py, raised, 1),
                // The exception comes back as itself. Where it cannot be carried, it is what prevented that.
                Err(_) => "MemoryError".to_owned(),
            };
            standing_for(&kind, &message, &exception, Context::Nothing)
        }
    }
}

/// What is attached to a native error that became an exception.
enum Context {
    Nothing,
    /// A structural visit's.
    Visit(Obj<VisitErrorContext>),
    /// What another language attached, which must stay.
    Other,
}

impl Context {
    fn of(error: &Error) -> Context {
        match error.extra_context().map(|context| context.downcast::<VisitErrorContext>()) {
            None => Context::Nothing,
            Some(Ok(visit)) if visit.prev_error_context.get().is_none() => Context::Visit(visit),
            Some(_) => Context::Other,
        }
    }

    /// The same in front of an exception. What outer visits note goes to the error's own context, too.
    fn before(self, carried: Obj<OpaqueObj>) -> Obj<Object> {
        match self {
            Context::Visit(visit) => {
                VisitErrorContext::new(visit.reverse_visit_pattern.clone(), carried.into_any()).upcast()
            }
            Context::Nothing | Context::Other => carried.upcast(),
        }
    }
}

/// An error that is this exception. Its frames are read when they are asked for: reading them at each native frame that the
/// exception passes would cost the square of their number. So would making an exception anew at each.
fn standing_for(kind: &str, message: &str, exception: &Bound<'_, PyBaseException>, context: Context) -> Error {
    match OpaqueObj::make(exception.as_any()) {
        Ok(carried) => Error::standing_for(kind, owned(message), context.before(carried)),
        // Without memory for it the error goes without its exception.
        Err(_) => Error::with_backtrace(kind, owned(message), &frames(exception)),
    }
}

/// The frames of the exception that is attached to an error.
fn frames_in(context: &Obj<Object>) -> Option<String> {
    let carried = carried(context.clone())?;
    attach::with_python(|py| {
        carried.payload(py).cast_into::<PyBaseException>().ok().map(|exception| frames(&exception))
    })
    .flatten()
}

/// Teaches the core to read frames.
pub fn install() {
    set_read_frames(frames_in);
}

/// The native error of a value that is an exception, if it is one.
///
/// # Errors
/// None at present.
pub fn of_exception(ob: &Bound<'_, PyAny>) -> PyResult<Option<Obj<ErrorObj>>> {
    let Ok(exception) = ob.cast::<PyBaseException>() else { return Ok(None) };
    if let Some(error) = error_in(exception) {
        error.update_backtrace(&frames(exception), Update::Replace);
        return Ok(Some(error.into_object()));
    }
    Ok(Some(from_python(ob.py(), PyErr::from_value(ob.clone())).into_object()))
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
    joined(lines, "")
}

fn frame(traceback: &Bound<'_, PyTraceback>) -> PyResult<String> {
    let py = traceback.py();
    let code = traceback.getattr(intern!(py, "tb_frame"))?.getattr(intern!(py, "f_code"))?;
    let (file, name) = (code.getattr(intern!(py, "co_filename"))?, code.getattr(intern!(py, "co_name"))?);
    let line = traceback.getattr(intern!(py, "tb_lineno"))?;
    Ok(format!("  File \"{file}\", line {line}, in {name}\n"))
}
