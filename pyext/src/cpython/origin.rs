//! Which library's tensors went into a call: what the call returns is shown as that library's, and what is later read of the
//! containers that it returned.
//! Imports `exchange`, the tie, `value`, arc-swap.
//! Upholds: costs nothing while no library shows an exchange API; keeps no container alive; no lock that a forked child
//! could find taken.

use super::exchange::Exchange;
use super::refcount;
use super::tie;
use super::value::{object_to_python, to_python};
use arc_swap::ArcSwap;
use bowline::object::{Obj, Object, WeakObj};
use bowline::stream;
use bowline::tensor::TensorObj;
use bowline::value::{tag, Any, Device};
use pyo3::ffi;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::LazyLock;

/// Containers that remember a library, by address. The weak handles keep addresses from being used again.
type Marks = HashMap<usize, (WeakObj<Object>, Exchange)>;

static MARKS: LazyLock<ArcSwap<Marks>> = LazyLock::new(ArcSwap::default);
/// Whether there ever was a mark.
static USED: AtomicBool = AtomicBool::new(false);

/// Whether any container may remember a library: then [`item`] has to show what is read of one.
#[inline(always)]
pub fn is_used() -> bool {
    // Relaxed: a thread that learns late of a mark has not got the container from the one who made it.
    USED.load(Ordering::Relaxed)
}

fn is_container(index: i32) -> bool {
    matches!(index, tag::ARRAY | tag::LIST | tag::MAP | tag::DICT)
}

/// Lets a container remember a library. Forgets those that are gone, which takes no longer than copying the table.
fn mark(container: &Obj<Object>, exchange: Exchange) {
    let at = container.as_raw().as_ptr() as usize;
    if MARKS.load().get(&at).is_some_and(|(_, known)| *known == exchange) {
        return;
    }
    MARKS.rcu(|now| {
        let mut next: Marks = living(now);
        next.insert(at, (container.downgrade(), exchange));
        next
    });
    // Relaxed: see `is_used`.
    USED.store(true, Ordering::Relaxed);
}

fn living(marks: &Marks) -> Marks {
    let alive = marks.iter().filter(|(_, (container, _))| container.strong_count() > 0);
    alive.map(|(at, mark)| (*at, mark.clone())).collect()
}

/// Forgets containers that are gone.
pub fn forget() {
    if is_used() && MARKS.load().values().any(|(container, _)| container.strong_count() == 0) {
        MARKS.rcu(|now| living(now));
    }
}

/// The library that a container remembers.
fn of(container: NonNull<Object>) -> Option<Exchange> {
    MARKS.load().get(&(container.as_ptr() as usize)).map(|(_, exchange)| *exchange)
}

/// Whether instances of a class may have an exchange API: not those of the interpreter's own classes that come often.
fn may_exchange(ob: &Bound<'_, PyAny>) -> bool {
    // SAFETY: a live object.
    let class = unsafe { refcount::class_of(ob.as_ptr()) };
    ![
        &raw mut ffi::PyLong_Type,
        &raw mut ffi::PyUnicode_Type,
        &raw mut ffi::PyFloat_Type,
        &raw mut ffi::PyBool_Type,
        &raw mut ffi::PyTuple_Type,
        &raw mut ffi::PyList_Type,
        &raw mut ffi::PyDict_Type,
        &raw mut ffi::PyFunction_Type,
    ]
    .contains(&class)
        && !ob.is_none()
}

/// The library of the first argument that has one: a tensor of its own, or a container that remembers it.
fn among(arguments: &[Bound<'_, PyAny>]) -> PyResult<Option<Exchange>> {
    for argument in arguments {
        let found = match tie::is_wrapper(argument) {
            true if is_used() => tie::object_of(argument).and_then(|object| of(object.as_raw())),
            false if may_exchange(argument) => Exchange::of(&argument.get_type())?,
            _ => None,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// A value as Python sees it, where a library's tensors are shown as that library's.
///
/// # Errors
/// What the library raises; those of making a wrapper.
pub fn show_as(py: Python<'_>, value: Any, exchange: Exchange) -> PyResult<Bound<'_, PyAny>> {
    let index = value.type_index();
    match value.into_object() {
        Ok(object) if index == tag::TENSOR => match object.downcast::<TensorObj>() {
            Ok(tensor) => exchange.show(py, tensor),
            Err(object) => object_to_python(py, object),
        },
        Ok(object) => {
            if is_container(index) {
                mark(&object, exchange);
            }
            object_to_python(py, object)
        }
        Err(plain) => to_python(py, plain),
    }
}

/// The result of a call with these arguments, as Python sees it.
///
/// # Errors
/// As for [`show_as`].
#[inline]
pub fn result<'py>(py: Python<'py>, value: Any, arguments: &[Bound<'py, PyAny>]) -> PyResult<Bound<'py, PyAny>> {
    let index = value.type_index();
    match index == tag::TENSOR || is_container(index) {
        false => to_python(py, value),
        true => result_of(py, value, arguments),
    }
}

#[inline(never)]
fn result_of<'py>(py: Python<'py>, value: Any, arguments: &[Bound<'py, PyAny>]) -> PyResult<Bound<'py, PyAny>> {
    match among(arguments)? {
        Some(exchange) => show_as(py, value, exchange),
        None => to_python(py, value),
    }
}

/// What was read of a container, as Python sees it.
///
/// # Errors
/// As for [`show_as`].
#[inline(always)]
pub fn item<'py>(py: Python<'py>, container: NonNull<Object>, value: Any) -> PyResult<Bound<'py, PyAny>> {
    match is_used() {
        false => to_python(py, value),
        true => marked_item(py, container, value),
    }
}

#[cold]
#[inline(never)]
fn marked_item(py: Python<'_>, container: NonNull<Object>, value: Any) -> PyResult<Bound<'_, PyAny>> {
    match of(container) {
        Some(exchange) => show_as(py, value, exchange),
        None => to_python(py, value),
    }
}

/// Puts a thread's stream back.
pub struct WorkStream {
    device: Device,
    former: *mut c_void,
}

impl Drop for WorkStream {
    fn drop(&mut self) {
        stream::set(self.device, self.former);
    }
}

/// Makes the stream on which a library works the thread's current one, for the device of the first of its tensors that is
/// not in the processor's memory.
///
/// # Errors
/// What the library raises.
#[inline(never)]
pub fn work_stream(arguments: &[Bound<'_, PyAny>], values: &[Any]) -> PyResult<Option<WorkStream>> {
    for (argument, value) in arguments.iter().zip(values) {
        let Some(tensor) = value.view().as_ref::<TensorObj>().filter(|tensor| !tensor.is_on_cpu()) else { continue };
        if tie::is_wrapper(argument) {
            continue;
        }
        if let Some(exchange) = Exchange::of(&argument.get_type())? {
            let device = tensor.device();
            let Some(stream) = exchange.work_stream(argument.py(), device)? else { return Ok(None) };
            return Ok(Some(WorkStream { device, former: stream::set(device, stream) }));
        }
    }
    Ok(None)
}
