//! What tests ask of the extension's inside: foreign threads, failures on demand, panics.
//! The types and functions of `bowline.testing` are a library of their own, pyext/testing.
//! Upholds: nothing here is registered under a name outside `testing.`.
//!
//! | file | one job |
//! |---|---|
//! | `borrower` | Native threads that borrow objects: they hold counts for a while, and read and write fields and items |
//! | `panics` | What panics, to show where panics end |

mod borrower;
mod panics;

use crate::from_python::fail;
use crate::interpreter::attach::attached;
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use crate::interpreter::layout::Assumption;
use crate::interpreter::{layout, nomemory, reserve};
use crate::wrapper::tie;
use bowline::container::ListObj;
use bowline::function::global::register_described;
use bowline::function::Function;
use bowline::object::{Obj, Object};
use bowline::value::{Any, IntoAny};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use std::time::{Duration, Instant};

fn object_of(ob: &Bound<'_, PyAny>) -> PyResult<Obj<Object>> {
    tie::object_of(ob).ok_or_else(|| PyTypeError::new_err(format!("expected an object, got {}", fail::describe(ob))))
}

/// Lets native threads take and give back counts of an object for some time. Returns how often they did.
#[pyfunction]
#[guarded]
fn testing_hammer(py: Python<'_>, ob: &Bound<'_, PyAny>, threads: usize, seconds: f64) -> PyResult<u64> {
    let object = object_of(ob)?;
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let hammer = || {
        let mut rounds = 0;
        while Instant::now() < end {
            (0..64).for_each(|_| drop(object.clone()));
            rounds += 64;
        }
        rounds
    };
    let run = || {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(hammer)).collect();
            threads.into_iter().map(|thread| thread.join()).sum_or_panic()
        })
    };
    let rounds = py.detach(run);
    py.detach(|| drop(object));
    rounds.ok_or_else(|| PyRuntimeError::new_err("a native thread panicked"))
}

/// Lets a native thread store numbers in item 0 of a list for some time. Returns how many.
#[pyfunction]
#[guarded]
fn testing_store_items(py: Python<'_>, list: &Bound<'_, PyAny>, seconds: f64) -> PyResult<u64> {
    let list = object_of(list)?;
    let list = list.downcast::<ListObj>().map_err(|_| PyTypeError::new_err("expected a List"))?;
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let store = || {
        let mut stores = 0;
        while Instant::now() < end {
            for n in 0..64_i64 {
                list.set(0, Any::from(n));
            }
            stores += 64;
        }
        stores
    };
    let stores = py.detach(|| std::thread::scope(|scope| scope.spawn(store).join()));
    stores.map_err(|_| PyRuntimeError::new_err("the native thread panicked"))
}

trait SumOrPanic {
    fn sum_or_panic(self) -> Option<u64>;
}
impl<I: Iterator<Item = std::thread::Result<u64>>> SumOrPanic for I {
    fn sum_or_panic(self) -> Option<u64> {
        self.map(Result::ok).sum()
    }
}

/// Moves an object out of its wrapper and drops that count on a native thread. With `attached` this thread keeps the
/// interpreter to itself meanwhile, as one does that waits for a native lock.
#[pyfunction]
#[guarded]
#[pyo3(signature = (ob, attached = false))]
fn testing_release_on_thread(py: Python<'_>, ob: &Bound<'_, PyAny>, attached: bool) -> PyResult<()> {
    let taken = tie::move_out(ob);
    let object =
        taken.ok_or_else(|| PyTypeError::new_err(format!("expected an object, got {}", fail::describe(ob))))?;
    let release = || std::thread::spawn(move || drop(object)).join();
    let released = if attached { release() } else { py.detach(release) };
    released.map_err(|_| PyRuntimeError::new_err("the native thread panicked"))
}

/// Moves an object out of its wrapper and drops it on a native thread later. There may be no interpreter then.
#[pyfunction]
#[guarded]
fn testing_release_later(ob: &Bound<'_, PyAny>, seconds: f64) -> PyResult<()> {
    let taken = tie::move_out(ob);
    let object =
        taken.ok_or_else(|| PyTypeError::new_err(format!("expected an object, got {}", fail::describe(ob))))?;
    let pause = Duration::from_secs_f64(seconds);
    std::thread::spawn(move || {
        std::thread::sleep(pause);
        drop(object);
    });
    Ok(())
}

/// Calls `callable()` while the `nth` allocation, of Python objects and native ones, fails. If `lasting`, those behind it
/// fail, too. Gives whether it returned, the result or the exception, and how many allocations were asked for.
#[pyfunction]
#[guarded]
#[pyo3(signature = (callable, nth, lasting = false))]
fn testing_nomemory<'py>(
    callable: &Bound<'py, PyAny>,
    nth: usize,
    lasting: bool,
) -> PyResult<(bool, Bound<'py, PyAny>, usize)> {
    let (outcome, seen) = nomemory::call(callable, nth, lasting);
    Ok(match outcome {
        Ok(result) => (true, result, seen),
        Err(error) => (false, error.into_value(callable.py()).into_bound(callable.py()).into_any(), seen),
    })
}

/// Lends an object to a native thread, which drops it after a time. False when too many loans wait already.
#[pyfunction]
#[guarded]
fn testing_lend(ob: &Bound<'_, PyAny>, seconds: f64) -> PyResult<bool> {
    let time = Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(borrower::lend(object_of(ob)?, borrower::Use::Keep(time)))
}

/// Lends an object to a native thread. It takes values out of it so many times. A value is an item of a list or dict, else
/// the field `value`; now and then one is put back. False when too many loans wait already.
#[pyfunction]
#[guarded]
fn testing_stir(ob: &Bound<'_, PyAny>, rounds: u32) -> PyResult<bool> {
    Ok(borrower::lend(object_of(ob)?, borrower::Use::Stir(rounds)))
}

/// How many blocks of the reserve of Rust's allocator are given away.
#[pyfunction]
#[guarded]
fn testing_reserve_used() -> u32 {
    reserve::given_away()
}

/// Calls `callable()` amid a read of shared fields, where no user code runs otherwise.
#[pyfunction]
#[guarded]
fn testing_pinned<'py>(callable: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let guard = bowline::reclaim::pin();
    let result = callable.call0();
    drop(guard);
    result
}

/// Loses a native object that never had a wrapper. A search for leaks must find it.
#[pyfunction]
#[guarded]
fn testing_lose() {
    std::mem::forget(ListObj::make(Vec::new()));
}

/// What is taken for granted of the interpreter's memory. Each has what it is, what relies on it, the number built in and the
/// one found.
#[pyfunction]
#[guarded]
fn testing_layout(py: Python<'_>) -> PyResult<Vec<(String, &'static str, usize, usize)>> {
    let mut rows = Vec::new();
    layout::each(py, &mut |row| {
        rows.push((row.what, row.used_by, row.built_for, row.found));
        Ok(())
    })?;
    Ok(rows)
}

/// Compares two numbers as an import does.
#[pyfunction]
#[guarded]
fn testing_layout_check(what: String, built_for: usize, found: usize) -> PyResult<()> {
    Assumption { what, used_by: "a test", built_for, found }.check()
}

/// A weak handle of a wrapper's object. It is a function that returns a wrapper of what it leads to, or None.
#[pyfunction]
#[guarded]
fn testing_weak_handle<'py>(py: Python<'py>, ob: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyCFunction>> {
    let handle = object_of(ob)?.downgrade();
    let upgrade = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        let object = handle.upgrade();
        object.map(|object| tie::wrap(arguments.py(), object).map(Bound::unbind)).transpose()
    };
    PyCFunction::new_closure(py, None, None, upgrade)
}

/// Adds what is here to the module, and registers types and functions.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // A hook that tells whether its caller has left the interpreter to others.
    let is_attached = Function::from_packed(|_| Ok(attached().into_any())).short();
    let packed = "{\"type_schema\":\"{\\\"type\\\":\\\"ffi.Function\\\"}\"}";
    register_described("testing.is_attached", is_attached, packed, true)
        .map_err(|error| crate::to_python::error::to_python(module.py(), &error))?;
    panics::install(module)?;
    add_function!(module, testing_hammer)?;
    add_function!(module, testing_store_items)?;
    add_function!(module, testing_nomemory)?;
    add_function!(module, testing_release_later)?;
    add_function!(module, testing_lend)?;
    add_function!(module, testing_stir)?;
    add_function!(module, testing_reserve_used)?;
    add_function!(module, testing_pinned)?;
    add_function!(module, testing_lose)?;
    add_function!(module, testing_layout)?;
    add_function!(module, testing_layout_check)?;
    add_function!(module, testing_weak_handle)?;
    add_function!(module, testing_release_on_thread)
}
