//! `__ffi_init__`: makes a wrapper's native object from the values of its fields.
//! Upholds: an error leaves the wrapper as it was.

use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::trampoline::slot;
use crate::interpreter::{refcount, take};
use crate::types::init::plan::Plan;
use crate::types::suggest;
use crate::wrapper::{class_table, lookup, tie};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// `__ffi_init__(*args, **kwargs)`.
///
/// # Safety
/// Called by the interpreter as a METH_FASTCALL | METH_KEYWORDS method of wrappers.
pub unsafe extern "C" fn init(
    this: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a live wrapper, so many live arguments, and names. The names are a
    // tuple or null.
    unsafe {
        slot(|py| {
            let plan = Plan::for_class(py, refcount::class_of(this))?;
            run(plan, &Bound::from_borrowed_ptr(py, this), arguments, count as usize, keywords)?;
            Ok(ffi::Py_NewRef(ffi::Py_None()))
        })
    }
}

/// The definition of `__ffi_init__`.
pub fn method() -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: c"__ffi_init__".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: init },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: c"__ffi_init__($self, /, *args, **kwargs)\n--\n\nMakes the native object from values of its fields."
            .as_ptr(),
    }
}

/// Makes an object of the arguments and binds it to the wrapper.
///
/// # Safety
/// As [`Plan::object`].
unsafe fn run(
    plan: &Plan,
    this: &Bound<'_, PyAny>,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> PyResult<()> {
    // SAFETY: the arguments are live, as `Plan::object` asks.
    let object = unsafe { plan.object(this.py(), arguments, count, keywords) };
    let object = object.map_err(|raised| explain(plan, &this.get_type(), raised))?;
    tie::bind(this, object).map(drop)
}

/// What making an object for a wrapper of a class raised. If it says that the arguments do not fit, and the class
/// declares fields without being registered, that is why.
#[cold]
fn explain(plan: &Plan, class: &Bound<'_, PyType>, raised: PyErr) -> PyErr {
    let py = class.py();
    if lookup::exact_index(class).is_some() || !raised.is_instance_of::<PyTypeError>(py) {
        return raised;
    }
    let said = raised.value(py).str().map(|said| take::shown(&said)).unwrap_or_default();
    let about_arguments = said.starts_with(&format!("{}.__init__() ", plan.key));
    match about_arguments.then(|| suggest::has_annotations(class)) {
        Some(Ok(true)) => {
            let name = class_table::name_of(class);
            let hint = format!("{said}. {name} is not registered; decorate it with @py_class");
            let told = PyTypeError::new_err(hint);
            told.set_cause(py, Some(raised));
            told
        }
        Some(Err(other)) => other,
        _ => raised,
    }
}
