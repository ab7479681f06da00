//! What this extension takes for granted of CPython's memory. It asks the interpreter when it is imported.
//! Upholds: no field of CPython's is read or written by our own account of it before the interpreter confirmed that.
//!
//! A wheel is for one version and kind of CPython, but PyO3 builds for versions that it knows only in outline, and a later
//! release may move what no header promises. Each file here is a list of rows: what, who relies on it, the number that was
//! built in, and the number as the interpreter has it. That is found without the account in question: by attributes and
//! functions of the C API, and by objects whose state is known.
//!
//! | file | one job |
//! |---|---|
//! | `assumption` | One thing that is taken for granted of CPython's memory, and the search for a word |
//! | `class` | Where the fields of class objects are |
//! | `header` | What comes first in every object: its counts and its class |
//! | `number` | What integers look like |
//! | `size` | How large objects are |

mod assumption;
mod class;
mod header;
mod number;
mod size;

pub use assumption::Assumption;
use assumption::{See, BUILT_FOR};
use pyo3::ffi;
use pyo3::prelude::*;

/// Shows all assumptions, those first that others need to be looked at.
///
/// # Errors
/// Those of `see`, which ends it; what the interpreter raises.
pub fn each(py: Python<'_>, see: See<'_>) -> PyResult<()> {
    version(see)?;
    size::each(py, see)?;
    class::each(py, see)?;
    header::each(py, see)?;
    number::each(py, see)
}

/// Refuses an interpreter for which this build is wrong.
///
/// # Errors
/// `ImportError`.
pub fn expect(py: Python<'_>) -> PyResult<()> {
    each(py, &mut |assumption| assumption.check())
}

fn version(see: See<'_>) -> PyResult<()> {
    // SAFETY: a constant of the interpreter (Include/pylifecycle.h), since 3.11.
    let version = unsafe { ffi::Py_Version };
    let built_for = BUILT_FOR.split('.').map(|part| part.parse::<usize>().expect("a number"));
    let found = [version >> 24 & 0xff, version >> 16 & 0xff];
    for ((what, built_for), found) in ["the major version", "the minor version"].into_iter().zip(built_for).zip(found) {
        see(Assumption { what: what.to_owned(), used_by: "build.rs", built_for, found: found as usize })?;
    }
    Ok(())
}
