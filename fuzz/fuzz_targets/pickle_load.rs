//! Hostile pickles, states and arguments of the functions that pickles name. They run in an interpreter that this process
//! holds.
//! Upholds: an error or a whole object, never a crash, never something half-bound; `find_class` gives bowline's names only.
#![no_main]

// For its `PyInit__core`.
extern crate _core;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::ffi::CString;
use std::sync::OnceLock;

extern "C" {
    fn PyInit__core() -> *mut ffi::PyObject;
}

// In the order in which they import each other.
const SOURCES: [(&str, &str); 3] = [
    ("harness", include_str!("../python/harness.py")),
    ("oracle", include_str!("../python/oracle.py")),
    ("ways", include_str!("../python/ways.py")),
];

static RUN: OnceLock<Py<PyAny>> = OnceLock::new();

fn start() {
    // SAFETY: before the interpreter is initialised; a static name and the module's initialiser.
    let added = unsafe { ffi::PyImport_AppendInittab(c"bowline._core".as_ptr(), Some(PyInit__core)) };
    assert_eq!(added, 0);
    // By hand: PyO3's feature for it refuses a static libpython.
    Python::initialize();
    Python::attach(|py| {
        let modules = SOURCES.map(|(name, source)| {
            let text = |text: String| CString::new(text).expect("no null inside");
            let (file, name) = (text(format!("{name}.py")), text(name.into()));
            PyModule::from_code(py, &text(source.into()), &file, &name).unwrap_or_else(|error| fail(py, error))
        });
        let [.., ways] = modules;
        let run = ways.getattr("run").unwrap_or_else(|error| fail(py, error));
        let _ = RUN.set(run.unbind());
    });
}

fn fail(py: Python<'_>, error: PyErr) -> ! {
    error.print(py);
    std::process::abort();
}

libfuzzer_sys::fuzz_target!(init: start(), |bytes: &[u8]| {
    Python::attach(|py| {
        let run = RUN.get().expect("started").bind(py);
        if let Err(error) = run.call1((PyBytes::new(py, bytes),)) {
            fail(py, error);
        }
    });
});
