//! `Class(...)` in one step, for classes whose construction is `CObject.__new__` and `__ffi_init__` and nothing else.
//! Upholds: what the call does is what `type.__call__` would do: a class is called this way only while it has the version
//! for which that was found.

use crate::interpreter::ffi::_PyObject_MakeTpCall;
use crate::interpreter::names::intern;
use crate::interpreter::recursion::expect_stack;
use crate::interpreter::trampoline::slot;
use crate::interpreter::{refcount, type_lookup};
use crate::types::field::field_cache::FieldCache;
use crate::types::init::method;
use crate::types::init::plan::Plan;
use crate::types::object::slots;
use crate::wrapper::class_table;
use bowline::function::stack;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::null_mut;

/// Lets a class that is being registered be called by [`vectorcall`].
///
/// # Safety
/// Attached; a live class whose metaclass is ours.
pub unsafe fn install(class: *mut ffi::PyTypeObject) {
    // SAFETY: the class is live and its metaclass ours, as `# Safety` says. The metaclass, like `type`, looks for the function there.
    unsafe { (*class).tp_vectorcall = Some(vectorcall) };
}

/// Whether making an instance is [`crate::types::init::ffi_init::init`] on what [`slots::new`] makes.
///
/// # Safety
/// Attached; a live class whose metaclass is ours.
unsafe fn is_plain(py: Python<'_>, class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: attached; the class is live, as `# Safety` says, and so its metaclass.
    unsafe {
        let metaclass = refcount::class_of(class.cast());
        let init = type_lookup::lookup(py, class, intern!(py, "__init__"));
        (*class).tp_new.is_some_and(|new| new as usize == slots::new as *const () as usize)
            && (*metaclass).tp_call.map(|call| call as usize) == ffi::PyType_Type.tp_call.map(|call| call as usize)
            && refcount::type_flags(class) & ffi::Py_TPFLAGS_IS_ABSTRACT == 0
            && class_table::exact_type_index(class)
                .is_some_and(|index| init.is_some_and(|init| method::is_ffi_init(&init, index)))
    }
}

/// Finds out whether calls are plain, and notes it.
///
/// # Safety
/// As [`is_plain`].
#[cold]
unsafe fn find_out(class: *mut ffi::PyTypeObject, cache: &FieldCache) -> bool {
    // SAFETY: attached, and a live class, as `# Safety` says. The first lookup gives the class a version; what is found is noted for that one, if it lasted.
    unsafe {
        let py = Python::assume_attached();
        is_plain(py, class);
        let version = type_lookup::version(class);
        let plain = is_plain(py, class);
        if version != 0 && version == type_lookup::version(class) {
            cache.calls.note(version, plain);
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
        let Some(cache) = FieldCache::of_class(class) else { return by_type(callable, arguments, count, keywords) };
        let version = type_lookup::version(class);
        if !cache.calls.is_plain(version).unwrap_or_else(|| find_out(class, cache)) {
            return by_type(callable, arguments, count, keywords);
        }
        slot(|py| {
            let plan = Plan::for_class(py, class)?;
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
    // SAFETY: attached; the interpreter's arguments, as `vectorcall` got them.
    unsafe {
        if stack::is_short() {
            return slot(|_| expect_stack().map(|()| null_mut()));
        }
        _PyObject_MakeTpCall(ffi::PyThreadState_Get(), callable, arguments, count as ffi::Py_ssize_t, keywords)
    }
}
