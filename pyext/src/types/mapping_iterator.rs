//! Iterators over the keys, values and entries of native mappings.
//! Upholds: an iterator shows the mapping as it was when it was made, and the first step costs what any other does; nothing
//! is shown under its lock.

use crate::from_python::mapping::Mapping;
use crate::interpreter::entry::add_function;
use crate::interpreter::make;
use crate::interpreter::make::Make;
use crate::interpreter::names::intern;
use crate::interpreter::trampoline::{or_memory_error, slot};
use crate::to_python::{tensor_library, value};
use bowline::container::{DictEntries, MapEntries};
use bowline::object::{Obj, Object};
use bowline::value::Any;
use bowline_python_macros::{guarded, pyfunction, pymethods};
use pyo3::prelude::*;
use pyo3::{ffi, Borrowed};
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

/// Which part of an entry is shown.
#[derive(Clone, Copy)]
enum Part {
    Key,
    Value,
    Entry,
}

#[derive(Clone)]
enum Entries {
    Map(MapEntries),
    Dict(DictEntries),
}

impl Iterator for Entries {
    type Item = (Any, Any);

    fn next(&mut self) -> Option<(Any, Any)> {
        match self {
            Entries::Map(entries) => entries.next(),
            Entries::Dict(entries) => entries.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Entries::Map(entries) => entries.size_hint(),
            Entries::Dict(entries) => entries.size_hint(),
        }
    }
}

/// The way that is left, and the mapping, as which its items are shown.
type Way = (Entries, Obj<Object>);

#[pyclass(frozen, module = "bowline._core")]
struct MappingIterator {
    /// None once it is exhausted.
    way: Mutex<Option<Way>>,
    part: Part,
}

impl MappingIterator {
    fn over<'py>(ob: &Bound<'py, PyAny>, part: Part) -> PyResult<Bound<'py, MappingIterator>> {
        let way = match Mapping::of(ob)? {
            Mapping::Map(map) => (Entries::Map(MapEntries::of(map.clone())), map.upcast()),
            Mapping::Dict(dict) => (Entries::Dict(DictEntries::of(dict.clone())), dict.upcast()),
        };
        Bound::new(ob.py(), MappingIterator { way: Mutex::new(Some(way)), part })
    }

    fn way<R>(&self, look: impl FnOnce(&mut Option<Way>) -> R) -> R {
        look(&mut self.way.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows an entry; `marked` is the mapping, if it remembers a library.
    fn show<'py>(
        &self,
        py: Python<'py>,
        (key, item): (Any, Any),
        marked: Option<&Obj<Object>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let shown = |item| match marked {
            Some(mapping) => tensor_library::item_of(py, mapping, item),
            None => value::to_python(py, item),
        };
        match self.part {
            Part::Key => value::to_python(py, key),
            Part::Value => shown(item),
            Part::Entry => (value::to_python(py, key)?, shown(item)?).make(py),
        }
    }
}

#[pymethods]
impl MappingIterator {
    fn __iter__(this: Bound<'_, MappingIterator>) -> Bound<'_, MappingIterator> {
        this
    }

    // Not `#[guarded]`: PyO3 has to see that None is the end. A loop comes by `next`.
    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        or_memory_error(py, || self.step(py))
    }

    #[guarded]
    fn __length_hint__(&self) -> usize {
        self.way(|way| way.as_ref().map_or(0, |(entries, _)| entries.size_hint().0))
    }

    /// What is left, as a list's iterator: for copies and pickles.
    #[guarded]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyAny>,))> {
        let left = make::list(py)?;
        if let Some((entries, mapping)) = self.way(|way| way.clone()) {
            for entry in entries {
                left.append(self.show(py, entry, Some(&mapping))?)?;
            }
        }
        Ok((py.import(intern!(py, "builtins"))?.getattr(intern!(py, "iter"))?, (left.into_any(),)))
    }
}

impl MappingIterator {
    fn step<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let step = self.way(|way| {
            let (entries, mapping) = way.as_mut()?;
            Some((entries.next()?, tensor_library::remembers(mapping).then(|| mapping.clone())))
        });
        match step {
            Some((entry, marked)) => self.show(py, entry, marked.as_ref()).map(Some),
            None => {
                // What was kept goes now, after the lock.
                drop(self.way(Option::take));
                Ok(None)
            }
        }
    }
}

/// `tp_iternext`, without what PyO3 does before and after. A step of a loop is as much.
unsafe extern "C" fn next(op: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter, attached, with an instance: the class has no subclasses.
    unsafe {
        slot(|py| {
            let this = Borrowed::from_ptr(py, op);
            let found = this.cast_unchecked::<MappingIterator>().get().step(py)?;
            Ok(found.map_or(null_mut(), Bound::into_ptr))
        })
    }
}

/// `iter(mapping)`.
///
/// # Errors
/// `TypeError`, `MemoryError`.
pub fn keys<'py>(mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    MappingIterator::over(mapping, Part::Key).map(Bound::into_any)
}

/// An iterator over the keys of a mapping, as they are now.
#[pyfunction]
#[guarded]
fn map_keys<'py>(mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    keys(mapping)
}

/// An iterator over the values of a mapping, as they are now.
#[pyfunction]
#[guarded]
fn map_values<'py>(mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    MappingIterator::over(mapping, Part::Value).map(Bound::into_any)
}

/// An iterator over the entries of a mapping, as they are now. They are shown as
/// [`shown_of`](crate::from_python::mapping::shown_of) does.
#[pyfunction]
#[guarded]
fn map_shown_items<'py>(mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    MappingIterator::over(mapping, Part::Entry).map(Bound::into_any)
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let class = module.py().get_type::<MappingIterator>();
    // SAFETY: a live type that no other thread has seen; its instances are what `next` takes.
    unsafe { (*class.as_type_ptr()).tp_iternext = Some(next) };
    add_function!(module, map_keys)?;
    add_function!(module, map_values)?;
    add_function!(module, map_shown_items)
}
