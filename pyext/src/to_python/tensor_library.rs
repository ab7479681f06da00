//! Which library's tensors went into a call. What the call returns is shown as that library's, and what is later read of the
//! containers that it returned.
//! Upholds: a container that remembers no library costs nothing, whatever others do; keeps no container alive; nothing is
//! released and no Python code runs under the lock, so that no forked child finds it taken.

use crate::to_python::dlpack_exchange::Exchange;
use crate::to_python::value::{object_to_python, to_python};
use bowline::object::header::FLAG_REMEMBERS;
use bowline::object::{Obj, Object, ObjectType, WeakObj};
use bowline::tensor::TensorObj;
use bowline::value::{tag, Any};
use pyo3::prelude::*;
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

type Mark = (WeakObj<Object>, Exchange);

/// Containers that remember a library, by address. The weak handles keep addresses from being used again.
#[derive(Default)]
struct Marks {
    marks: HashMap<usize, Mark>,
    /// So many make it worth looking for those that are gone. Each of them takes its share of that.
    look_at: usize,
}

/// Locked by attached threads that do not let go of the interpreter meanwhile. So it is not locked amid a fork.
static MARKS: LazyLock<Mutex<Marks>> = LazyLock::new(Mutex::default);

fn marks() -> MutexGuard<'static, Marks> {
    MARKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So few are not worth looking through.
const FEWEST_TO_LOOK: usize = 64;

impl Marks {
    /// Takes those out that are gone.
    fn gone(&mut self) -> Vec<Mark> {
        let gone = self.marks.extract_if(|_, (container, _)| container.strong_count() == 0);
        let gone = gone.map(|(_, mark)| mark).collect();
        self.look_at = FEWEST_TO_LOOK.max(self.marks.len() * 2);
        gone
    }
}

/// The library that an object remembers, if it is a container that does.
pub fn remembered(object: &Obj<Object>) -> Option<Exchange> {
    // SAFETY: the handle keeps it alive.
    unsafe { library_of(object.as_raw()) }
}

/// Whether a container remembers a library. Then [`item`] has to show what is read of it.
///
/// # Safety
/// The container is alive.
#[inline(always)]
pub unsafe fn is_marked(container: NonNull<Object>) -> bool {
    // SAFETY: the container is alive, as `# Safety` says.
    unsafe { container.as_ref() }.header().flags() & FLAG_REMEMBERS != 0
}

/// Whether an object remembers a library.
#[inline]
pub fn remembers(object: &Obj<Object>) -> bool {
    // SAFETY: the handle keeps it alive.
    unsafe { is_marked(object.as_raw()) }
}

/// Whether values of a type are containers, which can remember a library.
pub fn is_container(index: i32) -> bool {
    matches!(index, tag::ARRAY | tag::LIST | tag::MAP | tag::DICT)
}

/// Lets a container remember a library.
fn mark(container: &Obj<Object>, exchange: Exchange) {
    let at = container.as_raw().as_ptr() as usize;
    let former = {
        let mut marks = marks();
        if marks.marks.get(&at).is_some_and(|(_, known)| *known == exchange) {
            return;
        }
        let gone = if marks.marks.len() >= marks.look_at { marks.gone() } else { Vec::new() };
        (marks.marks.insert(at, (container.downgrade(), exchange)), gone)
    };
    drop(former);
    // Only now: who sees it finds the mark.
    container.header().set_remembers();
}

/// Forgets containers that are gone.
pub fn forget() {
    let gone = marks().gone();
    drop(gone);
}

/// The library that a container remembers.
///
/// # Safety
/// The container is alive.
unsafe fn library_of(container: NonNull<Object>) -> Option<Exchange> {
    // SAFETY: the container is alive, as `is_marked` asks.
    if !unsafe { is_marked(container) } {
        return None;
    }
    marks().marks.get(&(container.as_ptr() as usize)).map(|(_, exchange)| *exchange)
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

/// What was read of a container, as Python sees it.
///
/// # Errors
/// As for [`show_as`].
///
/// # Safety
/// The container is alive; it may be gone afterwards.
#[inline(always)]
pub unsafe fn item<'py>(py: Python<'py>, container: NonNull<Object>, value: Any) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the container is alive.
    match unsafe { is_marked(container) } {
        false => to_python(py, value),
        // SAFETY: the container is alive; `value` is owned, so that it may go afterwards.
        true => unsafe { marked_item(py, container, value) },
    }
}

/// As [`item`], of a handle.
///
/// # Errors
/// As for [`show_as`].
pub fn item_of<'py, T: ObjectType>(py: Python<'py>, container: &Obj<T>, value: Any) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the handle keeps it alive.
    unsafe { item(py, container.as_raw(), value) }
}

/// # Safety
/// As for [`item`].
#[cold]
#[inline(never)]
unsafe fn marked_item(py: Python<'_>, container: NonNull<Object>, value: Any) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: the container is alive.
    match unsafe { library_of(container) } {
        Some(exchange) => show_as(py, value, exchange),
        None => to_python(py, value),
    }
}
