//! Where the fields of class objects are.
//! Upholds: `size` has said that class objects are as large as the build's; what is read lies within.

use crate::interpreter::layout::assumption::{place_of, Assumption, See};
use crate::interpreter::names::intern;
use crate::interpreter::{make, refcount, type_lookup};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::ffi::{c_int, c_ulong};
use std::mem::offset_of;

macro_rules! at {
    ($field:ident) => {
        (stringify!($field), offset_of!(ffi::PyTypeObject, $field))
    };
}

/// Fields of `type` that hold numbers, with the attributes by which Python shows them. The numbers are all different.
const NUMBERS: [((&str, usize), &str, &str); 4] = [
    (at!(tp_basicsize), "__basicsize__", "register.rs, storage.rs"),
    (at!(tp_itemsize), "__itemsize__", "register.rs"),
    (at!(tp_dictoffset), "__dictoffset__", "register.rs"),
    (at!(tp_weaklistoffset), "__weakrefoffset__", "register.rs"),
];

/// `Py_tp_vectorcall` in 3.14's Include/typeslots.h; before, no slot has the field.
#[cfg(Py_3_14)]
const VECTORCALL: Option<c_int> = Some(82);
#[cfg(not(Py_3_14))]
const VECTORCALL: Option<c_int> = None;

/// Fields of `type` that hold pointers, with the numbers of their slots. `PyType_GetSlot` answers for those.
const POINTERS: [((&str, usize), Option<c_int>, &str); 12] = [
    (at!(tp_dealloc), Some(ffi::Py_tp_dealloc), "register.rs, storage.rs"),
    (at!(tp_call), Some(ffi::Py_tp_call), "type_call.rs"),
    (at!(tp_getattro), Some(ffi::Py_tp_getattro), "getattro_backoff.rs"),
    (at!(tp_setattro), Some(ffi::Py_tp_setattro), "slots.rs"),
    (at!(tp_traverse), Some(ffi::Py_tp_traverse), "register.rs, slots.rs"),
    (at!(tp_clear), Some(ffi::Py_tp_clear), "register.rs, slots.rs"),
    (at!(tp_richcompare), Some(ffi::Py_tp_richcompare), "identity.rs"),
    (at!(tp_getset), Some(ffi::Py_tp_getset), "class_assignment.rs"),
    (at!(tp_base), Some(ffi::Py_tp_base), "PyO3"),
    (at!(tp_new), Some(ffi::Py_tp_new), "slots.rs, type_call.rs"),
    (at!(tp_free), Some(ffi::Py_tp_free), "register.rs"),
    (at!(tp_vectorcall), VECTORCALL, "type_call.rs"),
];

/// A bit that comes and goes: Py_TPFLAGS_VALID_VERSION_TAG.
const VALID_VERSION: usize = 1 << 19;

pub fn each(py: Python<'_>, see: See<'_>) -> PyResult<()> {
    let class = &raw mut ffi::PyType_Type;
    let shown = py.get_type::<PyType>();
    // SAFETY: `type` is of `type`, all of which `size` has compared.
    let place = |word, expected| unsafe {
        place_of(word, class.cast(), size_of::<ffi::PyHeapTypeObject>() / size_of::<usize>(), expected)
    };
    let mut offset = |(field, built_for): (&str, usize), word: usize, used_by| {
        let found = place(word, built_for);
        see(Assumption { what: format!("the offset of PyTypeObject.{field}"), used_by, built_for, found })
    };
    for (field, attribute, used_by) in NUMBERS {
        offset(field, shown.getattr(attribute)?.extract()?, used_by)?;
    }
    for (field, number, used_by) in POINTERS {
        let Some(number) = number else { continue };
        // SAFETY: attached; a type, static ones too since 3.10.
        let word = unsafe { ffi::PyType_GetSlot(class, number) } as usize;
        offset(field, word, used_by)?;
    }
    flags(py, see)?;
    finalizer(py, see)?;
    versions(py, see)
}

fn flags(py: Python<'_>, see: See<'_>) -> PyResult<()> {
    for (what, class) in [("type", py.get_type::<PyType>()), ("object", py.get_type::<PyAny>())] {
        let found = class.getattr("__flags__")?.extract::<usize>()? & !VALID_VERSION;
        // SAFETY: a live class.
        let read: c_ulong = unsafe { refcount::type_flags(class.as_type_ptr()) };
        let built_for = read as usize & !VALID_VERSION;
        see(Assumption {
            what: format!("{what}.__flags__"),
            used_by: "refcount/mod.rs, register.rs",
            built_for,
            found,
        })?;
    }
    let collected = |name| -> PyResult<usize> {
        Ok(py.import("builtins")?.getattr(name)?.getattr("__flags__")?.extract::<usize>()?
            & ffi::Py_TPFLAGS_HAVE_GC as usize)
    };
    let used_by = "register.rs";
    let (what, built_for) = ("the flag of collected classes, in list".to_owned(), ffi::Py_TPFLAGS_HAVE_GC as usize);
    see(Assumption { what, used_by, built_for, found: collected("list")? })?;
    let what = "the flag of collected classes, in int".to_owned();
    see(Assumption { what, used_by, built_for: 0, found: collected("int")? })
}

/// `type` has none; generators do.
fn finalizer(py: Python<'_>, see: See<'_>) -> PyResult<()> {
    let class = py.import("types")?.getattr("GeneratorType")?.cast_into::<PyType>()?;
    let (field, built_for) = at!(tp_finalize);
    let what = format!("the offset of PyTypeObject.{field}");
    // SAFETY: attached; a live class object, of which the first part is as large.
    let found = unsafe {
        let word = ffi::PyType_GetSlot(class.as_type_ptr(), ffi::Py_tp_finalize) as usize;
        let words = size_of::<ffi::PyTypeObject>() / size_of::<usize>();
        place_of(word, class.as_ptr().cast(), words, built_for)
    };
    see(Assumption { what, used_by: "register.rs", built_for, found })
}

/// The version that a lookup gives to a class, and that a change takes away.
fn versions(py: Python<'_>, see: See<'_>) -> PyResult<()> {
    let class = py.get_type::<PyType>().call1(("probe", (), make::dict(py)?))?.cast_into::<PyType>()?;
    let class = class.as_type_ptr();
    // SAFETY: attached; a live class.
    let is_set = || usize::from(unsafe { type_lookup::version(class) } != 0);
    let used_by = "getattro.rs, type_call.rs";
    let what = |when| format!("whether PyTypeObject.tp_version_tag is set {when}");
    // SAFETY: attached; the class is live, as above the look-up.
    drop(unsafe { type_lookup::lookup(py, class, intern!(py, "__init__")) });
    see(Assumption { what: what("after a lookup"), used_by, built_for: 1, found: is_set() })?;
    // SAFETY: attached; the class lives for the whole check.
    unsafe { ffi::PyType_Modified(class) };
    see(Assumption { what: what("after a change"), used_by, built_for: 0, found: is_set() })
}
