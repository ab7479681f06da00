//! How large objects are.
//! Upholds: asks by attributes only.

use crate::interpreter::layout::assumption::{Assumption, See};
use crate::interpreter::small_int;
use pyo3::ffi;
use pyo3::prelude::*;
use std::mem::offset_of;

/// What comes before the items of an object of variable size, or all of it.
#[rustfmt::skip]
const SIZES: [(&str, usize, &str); 7] = [
    ("object", size_of::<ffi::PyObject>(), "refcount/mod.rs, wrapper/layout.rs"),
    ("type", size_of::<ffi::PyHeapTypeObject>(), "class_object.rs"),
    ("int", small_int::AT_DIGITS, "small_int.rs"),
    ("float", size_of::<ffi::PyFloatObject>(), "scalar.rs, raw_fields.rs"),
    ("tuple", offset_of!(ffi::PyTupleObject, ob_item), "arguments.rs, function.rs"),
    ("list", size_of::<ffi::PyListObject>(), "PyO3's iterators"),
    // Its last byte is a NUL.
    ("bytes", offset_of!(ffi::PyBytesObject, ob_sval) + 1, "scalar.rs"),
];

/// What the collector has in front of an object.
const IN_FRONT: usize = if cfg!(Py_GIL_DISABLED) { 0 } else { 2 * size_of::<usize>() };

pub fn each(py: Python<'_>, see: See<'_>) -> PyResult<()> {
    let builtins = py.import("builtins")?;
    for (class, built_for, used_by) in SIZES {
        let found = builtins.getattr(class)?.getattr("__basicsize__")?.extract()?;
        see(Assumption { what: format!("{class}.__basicsize__"), used_by, built_for, found })?;
    }
    let sys = py.import("sys")?;
    let list = builtins.getattr("list")?.call0()?;
    let whole: usize = sys.call_method1("getsizeof", (&list,))?.extract()?;
    let found = whole - list.call_method0("__sizeof__")?.extract::<usize>()?;
    let what = "the size of what the collector has in front of an object".to_owned();
    see(Assumption { what, used_by: "refcount/mod.rs", built_for: IN_FRONT, found })?;
    let found = sys.getattr("int_info")?.getattr("bits_per_digit")?.extract()?;
    see(Assumption { what: "sys.int_info.bits_per_digit".to_owned(), used_by: "small_int.rs", built_for: 30, found })
}
