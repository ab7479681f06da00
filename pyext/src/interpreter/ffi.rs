//! The C symbols of CPython that pyo3-ffi does not declare. Each says where it is from.
//! Upholds: a symbol of CPython that pyo3-ffi lacks is declared here alone, as the interpreter that is built for has it.

use pyo3::ffi;
use std::ffi::c_int;
#[cfg(Py_GIL_DISABLED)]
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

    /// Visits every tracked object while the world is stopped (Include/objimpl.h).
    #[cfg(Py_GIL_DISABLED)]
    pub fn PyUnstable_GC_VisitObjects(
        callback: unsafe extern "C" fn(*mut ffi::PyObject, *mut c_void) -> c_int,
        argument: *mut c_void,
    );
}
