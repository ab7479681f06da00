//! `FieldInfo`: a field of a registered type, as Python sees it.
#![forbid(unsafe_code)]

use crate::interpreter::make;
use crate::interpreter::make::Made;
use crate::interpreter::names::intern;
use crate::interpreter::trampoline::guard;
use crate::to_python::value;
use crate::types::field::spec::written_default;
use crate::types::schema::TypeSchema;
use crate::types::sentinel::missing;
use bowline::reflect::{FieldDefault, FieldInfo, FieldRole};
use bowline::value::Storage;
use bowline_python_macros::{guarded, pymethods};
use pyo3::prelude::*;

fn role_name(role: FieldRole) -> Option<&'static str> {
    match role {
        FieldRole::Compared => None,
        FieldRole::Ignored => Some("ignore"),
        FieldRole::Defines => Some("def-recursive"),
        FieldRole::DefinesFlat => Some("def-non-recursive"),
    }
}

/// A field of a registered type.
#[pyclass(frozen, module = "bowline._core", name = "FieldInfo")]
pub struct PyFieldInfo {
    field: &'static FieldInfo,
}

crate::interpreter::make::make_instance!(PyFieldInfo);

impl PyFieldInfo {
    /// Shows a field.
    pub fn new(field: &'static FieldInfo) -> PyFieldInfo {
        PyFieldInfo { field }
    }

    fn property<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        crate::types::field::descriptor::make(py, self.field, false)
    }
}

#[pymethods]
impl PyFieldInfo {
    #[getter]
    #[guarded]
    fn name(&self) -> &str {
        &self.field.name
    }
    #[getter]
    #[guarded]
    fn schema(&self) -> TypeSchema {
        self.field.schema().clone().into()
    }
    #[getter]
    #[guarded]
    fn doc(&self) -> Option<&str> {
        Some(&*self.field.doc).filter(|doc| !doc.is_empty())
    }
    #[getter]
    fn frozen(&self) -> bool {
        self.field.is_read_only()
    }
    #[getter]
    fn init(&self) -> bool {
        self.field.flags().init
    }
    #[getter]
    fn repr(&self) -> bool {
        self.field.flags().repr
    }
    #[getter]
    fn hash(&self) -> bool {
        self.field.flags().hash
    }
    #[getter]
    fn compare(&self) -> bool {
        self.field.flags().compare
    }
    #[getter]
    fn kw_only(&self) -> bool {
        self.field.flags().kw_only
    }
    #[getter]
    #[guarded]
    fn structural(&self) -> Option<&'static str> {
        role_name(self.field.flags().structural)
    }
    #[getter]
    fn has_default(&self) -> bool {
        !matches!(self.field.default, FieldDefault::Required)
    }
    #[getter]
    #[guarded]
    fn default<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match (&self.field.default, written_default(self.field).and_then(|written| written.default.as_ref())) {
            (FieldDefault::Value(_) | FieldDefault::Factory(_), Some(written)) => Ok(written.get(py)),
            (FieldDefault::Value(value), None) => value::to_python(py, value.clone()),
            _ => Ok(missing(py)?.clone().into_any()),
        }
    }
    #[getter]
    #[guarded]
    fn default_factory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let written = written_default(self.field);
        match (&self.field.default, written.and_then(|written| written.factory.as_ref())) {
            (FieldDefault::Factory(_), Some(written)) => Ok(written.get(py)),
            // A value that is not the field's.
            (FieldDefault::Factory(_), None) if written.is_some_and(|written| written.default.is_some()) => {
                Ok(missing(py)?.clone().into_any())
            }
            (FieldDefault::Factory(function), None) => value::object_to_python(py, function.clone().upcast()),
            _ => Ok(missing(py)?.clone().into_any()),
        }
    }
    #[getter]
    #[guarded]
    fn offset(&self) -> i64 {
        self.field.offset() as i64
    }
    #[getter]
    #[guarded]
    fn size(&self) -> usize {
        self.field.size()
    }
    #[getter]
    #[guarded]
    fn owner(&self) -> i32 {
        self.field.owner()
    }
    /// What else is known; `type_schema` is the JSON text of its type.
    #[getter]
    #[guarded]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import(intern!(py, "json"))?.call_method1(intern!(py, "loads"), (make::text(py, &self.field.metadata)?,))
    }
    #[getter]
    #[guarded]
    fn ty(&self) -> TypeSchema {
        self.field.schema().clone().into()
    }
    #[getter]
    #[guarded]
    fn alignment(&self) -> usize {
        self.field.align()
    }
    /// The index of the values' type; -1 when it differs from value to value.
    #[getter]
    #[guarded]
    fn field_static_type_index(&self) -> i32 {
        match self.field.storage() {
            Storage::Any => -1,
            _ => self.field.schema().index().unwrap_or(-1),
        }
    }
    #[getter]
    fn c_init(&self) -> bool {
        self.init()
    }
    #[getter]
    fn c_kw_only(&self) -> bool {
        self.kw_only()
    }
    #[getter]
    fn c_has_default(&self) -> bool {
        self.has_default()
    }
    #[getter]
    fn c_default<'py>(&self, py: Python<'py>) -> PyResult<Made<Bound<'py, PyAny>>> {
        self.default(py)
    }
    #[getter]
    fn c_default_factory<'py>(&self, py: Python<'py>) -> PyResult<Made<Bound<'py, PyAny>>> {
        self.default_factory(py)
    }
    #[getter]
    fn c_repr(&self) -> bool {
        self.repr()
    }
    #[getter]
    fn c_compare(&self) -> bool {
        self.compare()
    }
    #[getter]
    fn c_hash(&self) -> bool {
        self.hash()
    }
    #[getter]
    fn c_structural_eq(&self) -> PyResult<Made<Option<&'static str>>> {
        self.structural()
    }
    /// What reads the field of an object.
    #[getter]
    #[guarded]
    fn getter<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.property(py)?.getattr(intern!(py, "get"))
    }
    /// What sets the field of an object, frozen or not.
    #[getter]
    #[guarded]
    fn setter<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.property(py)?.getattr(intern!(py, "set"))
    }
    /// The `Field` that says the same for `fields`.
    #[getter]
    #[guarded]
    fn dataclass_field<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        py.import(intern!(py, "bowline.dataclasses._tools"))?.call_method1(intern!(py, "field_of"), (this,))
    }
    #[setter]
    fn set_dataclass_field(this: &Bound<'_, Self>, field: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = this.py();
        let set = || {
            py.import(intern!(py, "bowline.dataclasses._tools"))?.call_method1(intern!(py, "set_field"), (this, field))
        };
        guard(set).map(drop)
    }
    /// The property that a class shows.
    #[guarded]
    fn as_property<'py>(&self, cls: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.property(cls.py())
    }
    #[guarded]
    fn __repr__(&self) -> String {
        format!("FieldInfo({:?}, {})", self.field.name, self.field.schema())
    }
}
