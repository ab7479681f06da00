//! `FieldSpec` and `FieldInfo`: fields as Python declares them, and as it sees them.
//! Imports `schema`, `convert`, `sentinel`, the core's reflection.
//! Upholds: a default is converted when the field is declared, so that a bad one is an error there and not later.
#![forbid(unsafe_code)]

use crate::convert::{self, Fail};
use crate::cpython::opaque::Payload;
use crate::cpython::value;
use crate::error;
use crate::schema::TypeSchema;
use crate::sentinel::{is_missing, missing};
use bowline::function::{Error, Function};
use bowline::object::table::IndexTable;
use bowline::reflect::{FieldDefault, FieldFlags, FieldInfo, FieldRole};
use bowline::value::{Schema, Storage};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// A field, as a class declares it.
#[pyclass(frozen, get_all, module = "bowline._core")]
pub struct FieldSpec {
    name: String,
    schema: Py<TypeSchema>,
    doc: Option<String>,
    frozen: bool,
    init: bool,
    repr: bool,
    hash: bool,
    compare: bool,
    kw_only: bool,
    structural: Option<String>,
    default: Py<PyAny>,
    default_factory: Py<PyAny>,
}

#[pymethods]
impl FieldSpec {
    #[new]
    #[pyo3(signature = (name, schema, *, doc=None, frozen=false, init=true, repr=true, hash=true, compare=true,
                        kw_only=false, structural=None, default=None, default_factory=None))]
    #[allow(clippy::too_many_arguments, reason = "keywords")]
    fn new(
        py: Python<'_>,
        name: String,
        schema: Py<TypeSchema>,
        doc: Option<String>,
        frozen: bool,
        init: bool,
        repr: bool,
        hash: bool,
        compare: bool,
        kw_only: bool,
        structural: Option<String>,
        #[pyo3(from_py_with = given)] default: Option<Py<PyAny>>,
        #[pyo3(from_py_with = given)] default_factory: Option<Py<PyAny>>,
    ) -> PyResult<FieldSpec> {
        role(structural.as_deref())?;
        let missing = || missing(py).map(|missing| missing.clone().into_any().unbind());
        let default = default.map_or_else(missing, Ok)?;
        let default_factory = default_factory.map_or_else(missing, Ok)?;
        if !is_missing(default_factory.bind(py)) {
            if !is_missing(default.bind(py)) {
                return Err(PyValueError::new_err(format!("field '{name}' has both a default and a default_factory")));
            }
            if !default_factory.bind(py).is_callable() {
                let found = convert::describe(default_factory.bind(py));
                return Err(PyTypeError::new_err(format!(
                    "default_factory of field '{name}' must be a callable, got {found}"
                )));
            }
        }
        Ok(FieldSpec {
            name,
            schema,
            doc,
            frozen,
            init,
            repr,
            hash,
            compare,
            kw_only,
            structural,
            default,
            default_factory,
        })
    }

    fn __repr__(&self) -> String {
        format!("FieldSpec({:?}, {})", self.name, self.schema.get().schema())
    }
}

/// An argument that was given, `None` included.
fn given(ob: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
    Ok(Some(ob.clone().unbind()))
}

fn role(name: Option<&str>) -> PyResult<FieldRole> {
    Ok(match name {
        None => FieldRole::Compared,
        Some("ignore") => FieldRole::Ignored,
        Some("def" | "def-recursive") => FieldRole::Defines,
        Some("def-non-recursive") => FieldRole::DefinesFlat,
        Some(other) => {
            return Err(PyValueError::new_err(format!(
                "structural must be None, 'ignore', 'def', 'def-recursive' or 'def-non-recursive', got '{other}'"
            )))
        }
    })
}

fn role_name(role: FieldRole) -> Option<&'static str> {
    match role {
        FieldRole::Compared => None,
        FieldRole::Ignored => Some("ignore"),
        FieldRole::Defines => Some("def-recursive"),
        FieldRole::DefinesFlat => Some("def-non-recursive"),
    }
}

/// What only Python knows of a field that it declared.
pub struct Origin {
    /// The default as it was written.
    pub default: Option<Payload>,
    /// The factory.
    pub factory: Option<Payload>,
}

/// By type index, of the fields that a type adds to its parent's.
static ORIGINS: IndexTable<Vec<Origin>> = IndexTable::new();

/// What only Python knows of a field; none of a field that Rust declared.
pub fn origin(field: &FieldInfo) -> Option<&'static Origin> {
    let own = bowline::reflect::info(field.owner())?.own_fields();
    let at = own.iter().position(|other| other.name == field.name)?;
    ORIGINS.get(field.owner())?.get(at)
}

/// Notes what only Python knows of a type's fields; once.
pub fn set_origins(index: i32, origins: Vec<Origin>) {
    ORIGINS.replace(index, Box::new(origins));
}

impl FieldSpec {
    /// The field as the core registers it.
    ///
    /// # Errors
    /// What converting the default raises; `ValueError` for an unknown structural role.
    pub fn declare(&self, py: Python<'_>) -> PyResult<(FieldInfo, Origin)> {
        let flags = FieldFlags {
            frozen: self.frozen,
            init: self.init,
            repr: self.repr,
            hash: self.hash,
            compare: self.compare,
            kw_only: self.kw_only,
            structural: role(self.structural.as_deref())?,
        };
        let mut field = FieldInfo::new(&self.name, self.schema.get().schema().clone()).with_flags(flags);
        field.doc = self.doc.clone().unwrap_or_default();
        let mut origin = Origin { default: None, factory: None };
        let (default, factory) = (self.default.bind(py), self.default_factory.bind(py));
        if !is_missing(default) {
            let value = convert::to_native(default, field.schema());
            let value = value
                .map_err(|fail: Fail| fail.inside(&format!("default of field '{}'", self.name)).raise_cause(py))?;
            field.default = FieldDefault::Value(value);
            origin.default = Some(Payload::new(default));
        } else if !is_missing(factory) {
            field.default = FieldDefault::Factory(self.native_factory(factory, field.schema().clone()));
            origin.factory = Some(Payload::new(factory));
        }
        Ok((field, origin))
    }

    /// The default factory for native code: what it gives is converted for the field.
    fn native_factory(&self, factory: &Bound<'_, PyAny>, schema: Schema) -> Function {
        let (factory, place) = (Payload::new(factory), format!("default of field '{}'", self.name));
        Function::from_packed(move |_| {
            let make = |py: Python<'_>| {
                let value = factory.get(py).call0()?;
                convert::to_native(&value, &schema).map_err(|fail: Fail| fail.inside(&place).raise_cause(py))
            };
            let made = Python::try_attach(|py| make(py).map_err(|raised| error::from_python(py, raised)));
            made.unwrap_or_else(|| {
                Err(Error::runtime(format!("{place} takes Python, of which there is none any more")))
            })
        })
    }
}

/// A field of a registered type.
#[pyclass(frozen, module = "bowline._core", name = "FieldInfo")]
pub struct PyFieldInfo {
    field: &'static FieldInfo,
}

impl PyFieldInfo {
    /// Shows a field.
    pub fn new(field: &'static FieldInfo) -> PyFieldInfo {
        PyFieldInfo { field }
    }

    fn property<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        crate::cpython::field::make(py, self.field, false)
    }
}

#[pymethods]
impl PyFieldInfo {
    #[getter]
    fn name(&self) -> &str {
        &self.field.name
    }
    #[getter]
    fn schema(&self) -> TypeSchema {
        self.field.schema().clone().into()
    }
    #[getter]
    fn doc(&self) -> Option<&str> {
        Some(&*self.field.doc).filter(|doc| !doc.is_empty())
    }
    #[getter]
    fn frozen(&self) -> bool {
        self.field.flags().frozen
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
    fn structural(&self) -> Option<&'static str> {
        role_name(self.field.flags().structural)
    }
    #[getter]
    fn has_default(&self) -> bool {
        !matches!(self.field.default, FieldDefault::Required)
    }
    #[getter]
    fn default<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match (&self.field.default, origin(self.field).and_then(|origin| origin.default.as_ref())) {
            (FieldDefault::Value(_), Some(written)) => Ok(written.get(py)),
            (FieldDefault::Value(value), None) => value::to_python(py, value.clone()),
            _ => Ok(missing(py)?.clone().into_any()),
        }
    }
    #[getter]
    fn default_factory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match (&self.field.default, origin(self.field).and_then(|origin| origin.factory.as_ref())) {
            (FieldDefault::Factory(_), Some(written)) => Ok(written.get(py)),
            (FieldDefault::Factory(function), None) => value::object_to_python(py, function.clone().upcast()),
            _ => Ok(missing(py)?.clone().into_any()),
        }
    }
    #[getter]
    fn offset(&self) -> usize {
        self.field.offset()
    }
    #[getter]
    fn size(&self) -> usize {
        self.field.size()
    }
    #[getter]
    fn owner(&self) -> i32 {
        self.field.owner()
    }
    /// What else is known; `type_schema` is the JSON text of its type.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (&self.field.metadata,))
    }
    #[getter]
    fn ty(&self) -> TypeSchema {
        self.schema()
    }
    #[getter]
    fn alignment(&self) -> usize {
        self.field.storage().align()
    }
    /// The index of the values' type; -1 when it differs from value to value.
    #[getter]
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
    fn c_default<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.default(py)
    }
    #[getter]
    fn c_default_factory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
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
    fn c_structural_eq(&self) -> Option<&'static str> {
        self.structural()
    }
    /// What reads the field of an object.
    #[getter]
    fn getter<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.property(py)?.getattr("get")
    }
    /// What sets the field of an object, frozen or not.
    #[getter]
    fn setter<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.property(py)?.getattr("set")
    }
    /// The `Field` that says the same for `fields`.
    #[getter]
    fn dataclass_field<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        this.py().import("bowline.dataclasses._tools")?.call_method1("field_of", (this,))
    }
    /// The property that a class shows.
    fn as_property<'py>(&self, cls: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.property(cls.py())
    }
    fn __repr__(&self) -> String {
        format!("FieldInfo({:?}, {})", self.field.name, self.field.schema())
    }
}
