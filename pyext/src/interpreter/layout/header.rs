//! What comes first in every object: its counts and its class.
//! Upholds: `size` has said that headers are as large as the build's; only objects made here are written to.

use crate::interpreter::layout::assumption::{place_of, Assumption, See};
use crate::interpreter::{make, refcount};
use pyo3::ffi;
use pyo3::prelude::*;
use std::mem::offset_of;

const WORDS: usize = size_of::<ffi::PyObject>() / size_of::<usize>();

/// A fresh object, which no other code knows.
fn fresh(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.get_type::<PyAny>().call0()
}

pub fn each(py: Python<'_>, see: See<'_>) -> PyResult<()> {
    let object = fresh(py)?;
    let built_for = offset_of!(ffi::PyObject, ob_type);
    let class = (&raw const ffi::PyBaseObject_Type) as usize;
    // SAFETY: a live object of so many words.
    let found = unsafe { place_of(class, object.as_ptr().cast(), WORDS, built_for) };
    let what = "the offset of PyObject.ob_type".to_owned();
    see(Assumption { what, used_by: "refcount/mod.rs, storage.rs", built_for, found })?;
    counts(py, &object, see)?;
    collector(py, see)
}

/// A row of this file; all are `refcount.rs`'s.
fn row(what: &str, built_for: usize, found: usize) -> Assumption {
    Assumption { what: what.to_owned(), used_by: "refcount/mod.rs", built_for, found }
}

#[cfg(not(Py_GIL_DISABLED))]
fn counts(_: Python<'_>, object: &Bound<'_, PyAny>, see: See<'_>) -> PyResult<()> {
    let op = object.as_ptr();
    // SAFETY: a live object; the count is given back.
    unsafe {
        let count = || *refcount::count(op) as usize;
        see(row("the count of a fresh object", 1, count()))?;
        ffi::Py_IncRef(op);
        let found = count();
        ffi::Py_DecRef(op);
        see(row("the count of an object with two", 2, found))
    }
}

/// In front of an object, whether the collector knows it. The first of two words is 0 if not.
#[cfg(not(Py_GIL_DISABLED))]
fn collector(py: Python<'_>, see: See<'_>) -> PyResult<()> {
    let list = make::list(py)?;
    // SAFETY: a live list, which has two words in front, as `size` has said. No other code knows it.
    unsafe {
        let known = || usize::from(*list.as_ptr().cast::<usize>().sub(2) != 0);
        see(row("whether PyGC_Head says that a list is tracked", 1, known()))?;
        ffi::PyObject_GC_UnTrack(list.as_ptr().cast());
        see(row("whether PyGC_Head says that a list is tracked that is not", 0, known()))
    }
}

#[cfg(Py_GIL_DISABLED)]
fn counts(py: Python<'_>, object: &Bound<'_, PyAny>, see: See<'_>) -> PyResult<()> {
    use std::sync::atomic::Ordering::Relaxed; // this thread alone has the objects
    let op = object.as_ptr();
    // SAFETY: a live object, whose header is as large; what is changed is put back. None is immortal.
    unsafe {
        let built_for = offset_of!(ffi::PyObject, ob_tid);
        let found = place_of(refcount::thread_id(), op.cast(), WORDS, built_for);
        see(row("the offset of PyObject.ob_tid", built_for, found))?;
        let (tid, local, shared) = (refcount::tid(op), refcount::local(op), refcount::shared(op));
        see(row("PyObject.ob_ref_local of a fresh object", 1, local.load(Relaxed) as usize))?;
        see(row("PyObject.ob_ref_shared of a fresh object", 0, shared.load(Relaxed) as usize))?;
        ffi::Py_IncRef(op);
        let found = local.load(Relaxed) as usize;
        ffi::Py_DecRef(op);
        see(row("PyObject.ob_ref_local of an object with two counts", 2, found))?;
        // As another thread counts it.
        tid.store(0, Relaxed);
        ffi::Py_IncRef(op);
        let found = shared.swap(0, Relaxed) as usize;
        tid.store(refcount::thread_id(), Relaxed);
        see(row("one count in PyObject.ob_ref_shared", refcount::ONE as usize, found))?;
        let immortal = refcount::local(ffi::Py_None()).load(Relaxed) as usize;
        see(row("PyObject.ob_ref_local of None", u32::MAX as usize, immortal))?;
    }
    let referent = py.import("builtins")?.getattr("set")?.call0()?;
    let _reference = py.import("weakref")?.getattr("ref")?.call1((&referent,))?;
    // SAFETY: a live object.
    let found = unsafe { refcount::shared(referent.as_ptr()) }.load(Relaxed) as usize;
    see(row("PyObject.ob_ref_shared of an object with a weak reference", refcount::MAYBE_WEAKREF as usize, found))?;
    see(row("PyObject.ob_ref_shared of a dying object", refcount::MERGED as usize, death::shared(py)?))
}

/// Whether the collector knows it: the lowest bit.
#[cfg(Py_GIL_DISABLED)]
fn collector(py: Python<'_>, see: See<'_>) -> PyResult<()> {
    let list = make::list(py)?;
    // SAFETY: a live list that no other code knows.
    unsafe {
        let known = || usize::from((&raw const (*list.as_ptr()).ob_gc_bits).read_volatile() & 1);
        see(row("whether PyObject.ob_gc_bits says that a list is tracked", 1, known()))?;
        ffi::PyObject_GC_UnTrack(list.as_ptr().cast());
        see(row("whether PyObject.ob_gc_bits says that a list is tracked that is not", 0, known()))
    }
}

/// What a dying object says of its counts.
#[cfg(Py_GIL_DISABLED)]
mod death {
    use crate::interpreter::layout::header::{ffi, refcount};
    use pyo3::prelude::*;
    use std::ffi::{c_int, c_void};
    use std::ptr::null_mut;
    use std::sync::atomic::AtomicIsize;
    use std::sync::atomic::Ordering::Relaxed;

    static SHARED: AtomicIsize = AtomicIsize::new(-1);

    unsafe extern "C" fn dealloc(op: *mut ffi::PyObject) {
        // SAFETY: called by the interpreter with an instance, which owns a count of its class.
        unsafe {
            SHARED.store(refcount::shared(op).load(Relaxed), Relaxed);
            let class = refcount::class_of(op);
            ffi::PyObject_Free(op.cast());
            ffi::Py_DecRef(class.cast());
        }
    }

    /// Lets an instance of a class made for that die.
    pub fn shared(py: Python<'_>) -> PyResult<usize> {
        let mut slots = [
            ffi::PyType_Slot { slot: ffi::Py_tp_dealloc, pfunc: dealloc as *mut c_void },
            ffi::PyType_Slot { slot: 0, pfunc: null_mut() },
        ];
        let mut spec = ffi::PyType_Spec {
            name: c"bowline._core.Probe".as_ptr(),
            basicsize: size_of::<ffi::PyObject>() as c_int,
            itemsize: 0,
            flags: ffi::Py_TPFLAGS_DEFAULT as _,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: attached; a complete spec. The instance is ours alone, and so armed before others can know it.
        unsafe {
            let class = Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&mut spec))?;
            let instance = class.call0()?;
            refcount::arm(instance.as_ptr(), false);
        }
        Ok(SHARED.load(Relaxed) as usize)
    }
}
