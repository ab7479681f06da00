//! C types between `CObject` and the package's classes: they add slots to wrappers, no bytes.
//! Upholds: such a type has the size of its base, so that classes over it can be lean.

use crate::interpreter::members::Members;
use crate::types::object::slots::{make_type, type_slot};
use crate::wrapper::metaclass::base_type;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::CStr;
use std::ptr::null_mut;

/// Makes such a type and adds it to the module.
///
/// # Errors
/// Those of making a type.
pub fn add(
    module: &Bound<'_, PyModule>,
    name: &'static CStr,
    doc: &'static CStr,
    members: Members,
    more: &[ffi::PyType_Slot],
) -> PyResult<()> {
    let py = module.py();
    let [methods, attributes] = members.slots();
    let mut slots = vec![
        type_slot(ffi::Py_tp_base, base_type(py).cast()),
        type_slot(ffi::Py_tp_doc, doc.as_ptr().cast_mut().cast()),
        methods,
        attributes,
    ];
    slots.extend_from_slice(more);
    slots.push(type_slot(0, null_mut()));
    let flags = ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_BASETYPE | ffi::Py_TPFLAGS_IMMUTABLETYPE;
    let made = make_type(py, name, 0, flags, &mut slots)?;
    module.add(made.name()?, &made)
}
