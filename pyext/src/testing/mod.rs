//! What tests need of the native side: threads that Python does not know, Rust types and functions.
//! Imports `cpython::{tie, scarcity}`, this folder, the core.
//! Upholds: nothing here is registered under a name outside `testing.`.

mod borrower;
mod functions;
mod symbol;
mod tensors;
mod types;

use crate::convert;
use crate::cpython::{scarcity, tie};
use bowline::container::ListObj;
use bowline::object::{Obj, Object};
use bowline::value::Any;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::time::{Duration, Instant};

fn object_of(ob: &Bound<'_, PyAny>) -> PyResult<Obj<Object>> {
    tie::object_of(ob).ok_or_else(|| PyTypeError::new_err(format!("expected an object, got {}", convert::describe(ob))))
}

/// Lets native threads take and give back counts of an object for some time; returns how often they did.
#[pyfunction]
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

/// Lets a native thread store numbers in item 0 of a list for some time; returns how many.
#[pyfunction]
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
#[pyo3(signature = (ob, attached = false))]
fn testing_release_on_thread(py: Python<'_>, ob: &Bound<'_, PyAny>, attached: bool) -> PyResult<()> {
    let taken = tie::take(ob);
    let object =
        taken.ok_or_else(|| PyTypeError::new_err(format!("expected an object, got {}", convert::describe(ob))))?;
    let release = || std::thread::spawn(move || drop(object)).join();
    let released = if attached { release() } else { py.detach(release) };
    released.map_err(|_| PyRuntimeError::new_err("the native thread panicked"))
}

/// Moves an object out of its wrapper and drops that count on a native thread after some time, whether there is an
/// interpreter then or not.
#[pyfunction]
fn testing_release_later(ob: &Bound<'_, PyAny>, seconds: f64) -> PyResult<()> {
    let taken = tie::take(ob);
    let object =
        taken.ok_or_else(|| PyTypeError::new_err(format!("expected an object, got {}", convert::describe(ob))))?;
    let pause = Duration::from_secs_f64(seconds);
    std::thread::spawn(move || {
        std::thread::sleep(pause);
        drop(object);
    });
    Ok(())
}

/// Calls `callable()` while the `nth` allocation, of Python objects and native ones, fails, and those behind it too if
/// `lasting`. Gives whether it returned, the result or the exception, and how many allocations were asked for.
#[pyfunction]
#[pyo3(signature = (callable, nth, lasting = false))]
fn testing_scarce<'py>(
    callable: &Bound<'py, PyAny>,
    nth: usize,
    lasting: bool,
) -> PyResult<(bool, Bound<'py, PyAny>, usize)> {
    let (outcome, seen) = scarcity::call(callable, nth, lasting);
    Ok(match outcome {
        Ok(result) => (true, result, seen),
        Err(error) => (false, error.into_value(callable.py()).into_bound(callable.py()).into_any(), seen),
    })
}

/// Lends an object to a native thread, which keeps it for a time and drops it; False when too many loans wait already.
#[pyfunction]
fn testing_lend(ob: &Bound<'_, PyAny>, seconds: f64) -> PyResult<bool> {
    let time = Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(borrower::lend(object_of(ob)?, borrower::Use::Keep(time)))
}

/// Lends an object to a native thread, which so many times takes a value out of it (an item of a list or dict, else the
/// field `value`) and now and then puts one back; False when too many loans wait already.
#[pyfunction]
fn testing_stir(ob: &Bound<'_, PyAny>, rounds: u32) -> PyResult<bool> {
    Ok(borrower::lend(object_of(ob)?, borrower::Use::Stir(rounds)))
}

/// Loses a native object that never had a wrapper: what a search for leaks must find.
#[pyfunction]
fn testing_lose() {
    std::mem::forget(ListObj::make(Vec::new()));
}

/// Adds what is here to the module, and registers types and functions.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    types::install()
        .and_then(|()| functions::install())
        .and_then(|()| tensors::install())
        .map_err(|error| crate::error::to_python(module.py(), &error))?;
    module.add_function(wrap_pyfunction!(testing_hammer, module)?)?;
    module.add_function(wrap_pyfunction!(testing_store_items, module)?)?;
    module.add_function(wrap_pyfunction!(testing_scarce, module)?)?;
    module.add_function(wrap_pyfunction!(testing_release_later, module)?)?;
    module.add_function(wrap_pyfunction!(testing_lend, module)?)?;
    module.add_function(wrap_pyfunction!(testing_stir, module)?)?;
    module.add_function(wrap_pyfunction!(testing_lose, module)?)?;
    module.add_function(wrap_pyfunction!(testing_release_on_thread, module)?)
}
