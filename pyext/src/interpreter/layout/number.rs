//! What integers look like.
//! Upholds: asks with integers whose value is known.

use crate::interpreter::layout::assumption::{Assumption, See, NOWHERE};
use crate::interpreter::make::Make;
use crate::interpreter::small_int;
use pyo3::ffi;
use pyo3::prelude::*;

/// The largest integer of one digit.
const LARGEST: i64 = (1 << 30) - 1;

pub fn each(py: Python<'_>, see: See<'_>) -> PyResult<()> {
    let used_by = "small_int.rs";
    for value in [0, 1, -1, LARGEST, -LARGEST] {
        let number = value.make(py)?;
        // SAFETY: a live int.
        let found = unsafe { small_int::compact(number.as_ptr()) }.map_or(NOWHERE, |found| found as usize);
        see(Assumption { what: format!("the one digit of {value}"), used_by, built_for: value as usize, found })?;
    }
    let longer = (LARGEST + 1).make(py)?;
    // SAFETY: `longer` is a live int.
    let found = unsafe { small_int::compact(longer.as_ptr()) }.map_or(NOWHERE, |found| found as usize);
    let what = format!("the one digit of {}", LARGEST + 1);
    see(Assumption { what, used_by, built_for: NOWHERE, found })?;
    let found = small_int::smallest().take_while(|value| is_shared(*value)).count();
    let what = format!("how many integers from {} on are always the same objects", small_int::SMALLEST);
    see(Assumption { what, used_by, built_for: small_int::smallest().count(), found })
}

/// Whether there is one object of a value. From 3.12 on its count does not change, either.
fn is_shared(value: i64) -> bool {
    // SAFETY: attached; counts of our own are given back.
    unsafe {
        let (one, other) = (ffi::PyLong_FromLongLong(value), ffi::PyLong_FromLongLong(value));
        let immortal = if cfg!(Py_3_12) {
            let before = ffi::Py_REFCNT(one);
            ffi::Py_IncRef(one);
            let after = ffi::Py_REFCNT(one);
            ffi::Py_DecRef(one);
            before == after
        } else {
            true
        };
        ffi::Py_XDECREF(one);
        ffi::Py_XDECREF(other);
        one == other && !one.is_null() && immortal
    }
}
