//! `Class(...)` in one step, for classes whose construction is `CObject.__new__` and `__ffi_init__` and nothing else.
//! Imports `construct`, `constructor`, `shortcut`, the tie.
//! Upholds: what the call does is what `type.__call__` would do: a class is called this way only while it has the version
//! for which that was found.

use super::construct::Plan;
use super::constructor;
use super::shortcut::Shortcut;
use super::trampoline::slot;
use super::{class, refcount, shortcut, slots};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;

/// Lets a class that is being registered be called by [`vectorcall`].
///
/// # Safety
/// Attached; a live class whose metaclass is ours.
pub unsafe fn install(class: *mut ffi::PyTypeObject) {
    // SAFETY: by contract. The metaclass, like `type`, looks for the function there.
    unsafe { (*class).tp_vectorcall = Some(vectorcall) };
}

/// Whether making an instance is [`construct::init`] on what [`slots::new`] makes.
///
/// # Safety
/// Attached; a live class whose metaclass is ours.
unsafe fn is_plain(py: Python<'_>, class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: by contract.
    unsafe {
        let metaclass = refcount::class_of(class.cast());
        let init = shortcut::lookup(py, class, intern!(py, "__init__"));
        (*class).tp_new.is_some_and(|new| new as usize == slots::new as *const () as usize)
            && (*metaclass).tp_call.map(|call| call as usize) == ffi::PyType_Type.tp_call.map(|call| call as usize)
            && refcount::type_flags(class) & ffi::Py_TPFLAGS_IS_ABSTRACT == 0
            && class::exact_type_index(class).is_some()
            && init.is_some_and(|init| constructor::is_ffi_init(&init))
    }
}

/// Finds out whether calls are plain, and notes it.
///
/// # Safety
/// As [`is_plain`].
#[cold]
unsafe fn find_out(class: *mut ffi::PyTypeObject, shortcut: &Shortcut) -> bool {
    // SAFETY: by contract. The first lookup gives the class a version; what is found is noted for that one, if it lasted.
    unsafe {
        let py = Python::assume_attached();
        is_plain(py, class);
        let version = shortcut::version(class);
        let plain = is_plain(py, class);
        if version != 0 && version == shortcut::version(class) {
            shortcut.calls.note(version, plain);
        }
        plain
    }
}

/// `tp_vectorcall` of registered classes.
unsafe extern "C" fn vectorcall(
    callable: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a class that has this function, and live arguments.
    unsafe {
        let class = callable.cast::<ffi::PyTypeObject>();
        let count = ffi::PyVectorcall_NARGS(count) as usize;
        let Some(shortcut) = shortcut::of(class) else { return by_type(callable, arguments, count, keywords) };
        let version = shortcut::version(class);
        if !shortcut.calls.is_plain(version).unwrap_or_else(|| find_out(class, shortcut)) {
            return by_type(callable, arguments, count, keywords);
        }
        slot(|py| {
            let plan = Plan::of(py, class)?;
            plan.make_instance(py, class, arguments, count, keywords)
        })
    }
}

/// What the metaclass's `__call__` does, which is that of `type` but for a user's own.
///
/// # Safety
/// As `vectorcall`.
#[inline(never)]
unsafe fn by_type(
    callable: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: by contract; attached.
    unsafe {
        ffi::_PyObject_MakeTpCall(ffi::PyThreadState_Get(), callable, arguments, count as ffi::Py_ssize_t, keywords)
    }
}
