//! Python callables as native functions.
//! Upholds: arguments are counted for as long as the callee has them; no exception and no error is lost between the two; a
//! function that is used again belongs to no call in between.

use crate::from_python::{convert, rvalue};
use crate::interpreter::attach::{attached, with_python};
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::trampoline::counted;
use crate::interpreter::{make, refcount};
use crate::to_python::dlpack_exchange::Exchange;
use crate::to_python::opaque::Payload;
use crate::to_python::value::view_to_python;
use crate::to_python::{error, tensor_library};
use crate::wrapper::tie;
use bowline::function::{serial, stack, Error, Function, FunctionObj};
use bowline::object::grow::try_gathered;
use bowline::object::Obj;
use bowline::sync::counter::{add, Event};
use bowline::value::{tag, Any, AnyView};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::cell::Cell;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};

/// More arguments than this go to the heap.
const INLINE_ARGS: usize = 8;

/// What a native function around a Python callable closes over (see `Function::from_state`).
pub struct PyCallable {
    /// None while the function is idle.
    payload: Option<Payload>,
    /// Whether the function is a thread's own, to be lent. It does not count as an object then.
    is_threads: AtomicBool,
}

impl PyCallable {
    /// The callable.
    pub fn payload(&self) -> Option<&Payload> {
        self.payload.as_ref()
    }
}

/// The same around a callable that wants a library's tensors.
pub struct PyCallableOf {
    /// The callable.
    pub payload: Payload,
    /// The class that shows the exchange API.
    pub class: Payload,
    exchange: Exchange,
}

/// A native function that calls `callable`. It is the function itself if `callable` is a wrapper of one.
pub fn from_callable(callable: &Bound<'_, PyAny>) -> Function {
    match tie::object_of(callable).map(Obj::downcast::<FunctionObj>) {
        Some(Ok(function)) => function,
        _ => of_payload(Payload::new(callable)),
    }
}

fn of_payload(payload: Payload) -> Function {
    Function::from_state(PyCallable { payload: Some(payload), is_threads: AtomicBool::new(false) }, call_python)
}

/// A native function that calls `callable`. It shows it tensors as those of a class with an exchange API.
///
/// # Errors
/// `TypeError` when the class has none, or one that is none.
pub fn from_callable_of(callable: &Bound<'_, PyAny>, class: &Bound<'_, PyAny>) -> PyResult<Function> {
    let found = class.cast::<PyType>().map_or(Ok(None), |class| Exchange::of(class))?;
    let exchange = found
        .ok_or_else(|| PyTypeError::new_err(format!("tensor_cls {class} must expose __dlpack_c_exchange_api__")))?;
    let (payload, class) = (Payload::new(callable), Payload::new(class));
    Ok(Function::from_state(PyCallableOf { payload, class, exchange }, call_python_of))
}

// ---- For the time of a call ------------------------------------------------------------------------------------------

/// The function that a thread lends, while it does not.
struct Idle(Function);

impl Idle {
    fn into_function(self) -> Function {
        let idle = ManuallyDrop::new(self);
        // SAFETY: taken this once.
        unsafe { std::ptr::read(&idle.0) }
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        // It ends now, as an object does.
        add(Event::Object, 1);
    }
}

// The last function that was taken back. Most callbacks are passed in one call after the other.
thread_local!(static IDLE: Cell<Option<Idle>> = const { Cell::new(None) });

/// A native function that calls `callable`, which is no wrapper. [`take_back`] makes the next one cheaper.
#[inline]
pub fn lend(callable: &Bound<'_, PyAny>) -> Function {
    let payload = Payload::new(callable);
    if let Some(mut function) = IDLE.try_with(Cell::take).ok().flatten().map(Idle::into_function) {
        if let Some(state) = function.state_mut::<PyCallable>() {
            state.payload = Some(payload);
            return function;
        }
    }
    of_payload(payload)
}

/// Drops an argument of a call. A function that was lent, and that the callee did not keep, will be used again.
#[inline]
pub fn take_back(py: Python<'_>, argument: Any) {
    if argument.type_index() != tag::FUNCTION {
        return;
    }
    let Some(mut function) = argument.into_object().ok().and_then(|object| object.downcast::<FunctionObj>().ok())
    else {
        return;
    };
    let Some(state) = function.state_mut::<PyCallable>() else { return part_with(&function) };
    let payload = state.payload.take();
    if !std::mem::replace(state.is_threads.get_mut(), true) {
        discount();
    }
    let _ = IDLE.try_with(|idle| idle.replace(Some(Idle(function))));
    // Last, since this may run Python code, which may pass callbacks, too.
    if let Some(payload) = payload {
        payload.give_back(py);
    }
}

/// A function becomes the thread's own. Once for many callbacks.
#[cold]
#[inline(never)]
fn discount() {
    add(Event::Object, -1);
}

/// The function is the callee's, too: it counts as an object again.
#[cold]
#[inline(never)]
fn part_with(function: &Function) {
    // Relaxed: says nothing of anything else; one thread lends a function at a time.
    if function.state::<PyCallable>().is_some_and(|state| state.is_threads.swap(false, Ordering::Relaxed)) {
        add(Event::Object, 1);
    }
}

// ---- Calls -----------------------------------------------------------------------------------------------------------

/// Calls a Python callable from native code, on any thread.
fn call_python(callable: &PyCallable, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
    let Some(payload) = callable.payload() else { return no_interpreter() };
    let _outside = serial::leave();
    if attached() {
        // SAFETY: just asked.
        return call_attached(unsafe { Python::assume_attached() }, payload, arguments);
    }
    with_python(|py| call_attached(py, payload, arguments)).unwrap_or_else(no_interpreter)
}

/// The same with tensors as those of a library.
fn call_python_of(callable: &PyCallableOf, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
    let _outside = serial::leave();
    if attached() {
        return counted(|py| call_attached_of(py, callable, arguments));
    }
    with_python(|py| call_attached_of(py, callable, arguments)).unwrap_or_else(no_interpreter)
}

#[cold]
fn no_interpreter() -> Result<Any, Error> {
    Err(Error::runtime("a Python function was called while there is no Python interpreter to run it"))
}

fn call_attached(py: Python<'_>, callable: &Payload, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
    stack::expect()?;
    let called = match arguments.len() <= INLINE_ARGS {
        true => call_few(py, callable, arguments),
        false => counted(|_| call_many(py, callable, arguments)),
    };
    match called {
        Ok(None) => Ok(Any::none()),
        Ok(Some(result)) => counted(|_| to_result(&result)).map_err(raise),
        Err(raised) => Err(raise(raised)),
    }
}

/// Counts of Python objects, given back by the attached thread that took them. CPython may write to the first place
/// (`PY_VECTORCALL_ARGUMENTS_OFFSET`).
struct Leases {
    places: [MaybeUninit<*mut ffi::PyObject>; 1 + INLINE_ARGS],
    count: usize,
}

impl Drop for Leases {
    #[inline]
    fn drop(&mut self) {
        for place in &self.places[1..=self.count] {
            // SAFETY: so many were written, each with a count. Leases stay on the stack of the call that made them, which is
            // attached.
            unsafe { refcount::decref(place.assume_init()) };
        }
    }
}

/// Calls with [`INLINE_ARGS`] arguments at most; `None` for `None`.
#[inline]
fn call_few<'py>(
    py: Python<'py>,
    callable: &Payload,
    arguments: &[AnyView<'_>],
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let mut leases = Leases { places: [const { MaybeUninit::uninit() }; 1 + INLINE_ARGS], count: 0 };
    for (place, argument) in leases.places[1..].iter_mut().zip(arguments) {
        // SAFETY: the caller of the function lends the arguments for the whole call.
        place.write(unsafe { view_to_python(py, *argument) }?.into_ptr());
        leases.count += 1;
    }
    // SAFETY: as many arguments as said, behind a place that may be written to; no keywords. The result is an owned reference,
    // or null with an exception set.
    unsafe {
        let first = leases.places.as_mut_ptr().cast::<*mut ffi::PyObject>().add(1);
        let count = leases.count | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
        let result = ffi::PyObject_Vectorcall(callable.as_ptr(), first, count, null_mut());
        drop(leases);
        if result == ffi::Py_None() {
            // From 3.12 on it is immortal.
            #[cfg(not(Py_3_12))]
            ffi::Py_DECREF(result);
            return Ok(None);
        }
        Bound::from_owned_ptr_or_err(py, result).map(Some)
    }
}

/// Calls with any number of arguments; `None` for `None`.
#[cold]
fn call_many<'py>(
    py: Python<'py>,
    callable: &Payload,
    arguments: &[AnyView<'_>],
) -> PyResult<Option<Bound<'py, PyAny>>> {
    // SAFETY: the caller of the function lends the arguments for the whole call.
    let arguments = arguments.iter().map(|argument| unsafe { view_to_python(py, *argument) });
    let arguments = make::tuple(py, try_gathered::<_, PyErr>(arguments)?)?;
    let result = callable.get(py).call1(arguments)?;
    Ok((!result.is_none()).then_some(result))
}

#[cold]
fn raise(raised: PyErr) -> Error {
    counted(|py| error::from_python(py, raised))
}

fn call_attached_of(py: Python<'_>, callable: &PyCallableOf, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
    stack::expect()?;
    let show = |argument: &AnyView<'_>| tensor_library::show_as(py, AnyView::to_owned(*argument), callable.exchange);
    let call = || -> PyResult<Any> {
        let arguments = try_gathered(arguments.iter().map(show))?;
        to_result(&callable.payload.get(py).call1(make::tuple(py, arguments)?)?)
    };
    error::guarded(py, call)
}

/// What a callable returned, as a native value.
#[inline]
fn to_result(result: &Bound<'_, PyAny>) -> PyResult<Any> {
    match rvalue::returned(result) {
        Some(moved) => moved.map_err(|fail| fail.raise(result.py())),
        None => convert::any(result),
    }
}
