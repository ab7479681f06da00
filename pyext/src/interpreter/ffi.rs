//! The C symbols of CPython that pyo3-ffi does not declare. Each says where it is from.
//! Upholds: a symbol of CPython that pyo3-ffi lacks is declared here alone, as the interpreter that is built for has it.

use pyo3::ffi;
use std::ffi::c_int;
#[cfg(any(Py_GIL_DISABLED, Py_3_15))]
use std::ffi::c_void;

extern "C" {
    /// Sets a fresh object's header but for its class (Include/cpython/object.h).
    pub fn _Py_NewReference(op: *mut ffi::PyObject);

    /// Looks a name up in the classes of the MRO, and gives a new reference. It is declared in
    /// Include/internal/pycore_typeobject.h.
    #[cfg(Py_3_13)]
    pub fn _PyType_LookupRef(class: *mut ffi::PyTypeObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject;

    /// Looks a name up in the classes of the MRO, and gives a borrowed reference. It is declared in
    /// Include/cpython/object.h.
    #[cfg(not(Py_3_13))]
    pub fn _PyType_Lookup(class: *mut ffi::PyTypeObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject;

    /// Calls a callable by its class's `tp_call`, with arguments as for a vectorcall. It is declared in
    /// Include/internal/pycore_call.h.
    pub fn _PyObject_MakeTpCall(
        thread: *mut ffi::PyThreadState,
        callable: *mut ffi::PyObject,
        arguments: *const *mut ffi::PyObject,
        count: ffi::Py_ssize_t,
        keywords: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;

    /// Binds a function to an object, as reading a method does (Include/cpython/classobject.h).
    pub fn PyMethod_New(function: *mut ffi::PyObject, object: *mut ffi::PyObject) -> *mut ffi::PyObject;

    /// The type of bound methods (Include/cpython/classobject.h).
    pub static mut PyMethod_Type: ffi::PyTypeObject;

    /// Ends an object whose refcount became zero (Include/cpython/object.h).
    pub fn _Py_Dealloc(op: *mut ffi::PyObject);

    /// Clears the attributes of an instance whose dictionary the interpreter manages (Include/cpython/object.h).
    #[cfg(Py_3_13)]
    pub fn PyObject_ClearManagedDict(op: *mut ffi::PyObject);

    /// As the function without underscore that 3.13 has (Include/cpython/object.h).
    #[cfg(all(Py_3_12, not(Py_3_13)))]
    pub fn _PyObject_ClearManagedDict(op: *mut ffi::PyObject);

    /// The place of an instance's dictionary (Include/cpython/object.h).
    #[cfg(not(Py_3_12))]
    pub fn _PyObject_GetDictPtr(op: *mut ffi::PyObject) -> *mut *mut ffi::PyObject;

    /// Whether the interpreter is being finalized (Include/pylifecycle.h).
    #[cfg(threads_unwind_at_exit)]
    #[cfg_attr(not(Py_3_13), link_name = "_Py_IsFinalizing")]
    pub fn Py_IsFinalizing() -> c_int;

    /// Gives a reference back once every attached thread has passed a safe point (Include/internal/pycore_object.h,
    /// Python/qsbr.c).
    #[cfg(all(Py_GIL_DISABLED, Py_3_14))]
    pub fn _PyObject_XDecRefDelayed(op: *mut ffi::PyObject);

    /// A view of the interpreter that the thread is attached to. Null with an exception set without memory (PEP 788,
    /// Include/cpython/pystate.h).
    #[cfg(Py_3_15)]
    pub fn PyInterpreterView_FromCurrent() -> *mut c_void;

    /// Attaches a thread, and keeps the interpreter from ending until the token is given back. Null without memory, and
    /// once the interpreter ends (PEP 788, Include/cpython/pystate.h).
    #[cfg(Py_3_15)]
    pub fn PyThreadState_EnsureFromView(view: *mut c_void) -> *mut c_void;

    /// Gives the token back. The thread is attached or not as it was before (PEP 788, Include/cpython/pystate.h).
    #[cfg(Py_3_15)]
    pub fn PyThreadState_Release(token: *mut c_void);

    /// Visits every tracked object while the world is stopped (Include/objimpl.h).
    #[cfg(Py_GIL_DISABLED)]
    pub fn PyUnstable_GC_VisitObjects(
        callback: unsafe extern "C" fn(*mut ffi::PyObject, *mut c_void) -> c_int,
        argument: *mut c_void,
    );
}
