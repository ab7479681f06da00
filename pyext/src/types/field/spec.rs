//! `FieldSpec`: a field as Python declares it.
//! Upholds: a default is converted once, when the field is declared; one that is not the field's is an error of each construction that needs it.
#![forbid(unsafe_code)]

use crate::from_python::fail::Fail;
use crate::from_python::{convert, fail};
use crate::interpreter::attach;
use crate::interpreter::exceptions::{PyTypeError, PyValueError};
use crate::interpreter::trampoline::guard;
use crate::to_python::error;
use crate::to_python::opaque::Payload;
use crate::types::schema::TypeSchema;
use crate::types::sentinel::{is_missing, missing};
use bowline::function::{Error, Function};
use bowline::object::grow::owned;
use bowline::object::shared_text::SharedText;
use bowline::object::table::IndexTable;
use bowline::reflect::{FieldDefault, FieldFlags, FieldInfo, FieldRole};
use bowline::value::Schema;
use bowline_python_macros::{guarded, pymethods};
use pyo3::prelude::*;

/// A field, as a class declares it.
#[pyclass(frozen, module = "bowline._core")]
pub struct FieldSpec {
    name: String,
    #[pyo3(get)]
    schema: Py<TypeSchema>,
    doc: Option<SharedText>,
    #[pyo3(get)]
    frozen: bool,
    #[pyo3(get)]
    init: bool,
    #[pyo3(get)]
    repr: bool,
    #[pyo3(get)]
    hash: bool,
    #[pyo3(get)]
    compare: bool,
    #[pyo3(get)]
    kw_only: bool,
    structural: Option<String>,
    #[pyo3(get)]
    default: Py<PyAny>,
    #[pyo3(get)]
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
        name: &str,
        schema: Py<TypeSchema>,
        doc: Option<&str>,
        frozen: bool,
        init: bool,
        repr: bool,
        hash: bool,
        compare: bool,
        kw_only: bool,
        structural: Option<&str>,
        #[pyo3(from_py_with = given)] default: Option<Py<PyAny>>,
        #[pyo3(from_py_with = given)] default_factory: Option<Py<PyAny>>,
    ) -> PyResult<FieldSpec> {
        guard(move || {
            role(structural)?;
            let missing = || missing(py).map(|missing| missing.clone().into_any().unbind());
            let default = default.map_or_else(missing, Ok)?;
            let default_factory = default_factory.map_or_else(missing, Ok)?;
            if !is_missing(default_factory.bind(py)) {
                if !is_missing(default.bind(py)) {
                    return Err(PyValueError::new_err(format!(
                        "field '{name}' has both a default and a default_factory"
                    )));
                }
                if !default_factory.bind(py).is_callable() {
                    let found = fail::describe(default_factory.bind(py));
                    return Err(PyTypeError::new_err(format!(
                        "default_factory of field '{name}' must be a callable, got {found}"
                    )));
                }
            }
            Ok(FieldSpec {
                name: owned(name),
                schema,
                doc: doc.map(SharedText::from),
                frozen,
                init,
                repr,
                hash,
                compare,
                kw_only,
                structural: structural.map(owned),
                default,
                default_factory,
            })
        })
        .map(|made| made.0)
    }

    #[getter]
    #[guarded]
    fn name(&self) -> &str {
        &self.name
    }
    #[getter]
    #[guarded]
    fn doc(&self) -> Option<&str> {
        self.doc.as_deref()
    }
    #[getter]
    #[guarded]
    fn structural(&self) -> Option<&str> {
        self.structural.as_deref()
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
        Some("def" | "def-recursive" | "def-pattern") => FieldRole::Defines,
        Some("def-non-recursive" | "def-simple") => FieldRole::DefinesFlat,
        Some(other) => {
            return Err(PyValueError::new_err(format!(
                "structural must be None, 'ignore', 'def', 'def-recursive' or 'def-non-recursive', got '{other}'"
            )))
        }
    })
}

/// A default as Python wrote it. Only Python knows it, of a field that it declared.
pub struct WrittenDefault {
    /// The default as it was written.
    pub default: Option<Payload>,
    /// The factory.
    pub factory: Option<Payload>,
}

/// By type index, of the fields that a type adds to its parent's.
static WRITTEN_DEFAULTS: IndexTable<Vec<WrittenDefault>> = IndexTable::new();

/// What only Python knows of a field; none of a field that Rust declared.
pub fn written_default(field: &FieldInfo) -> Option<&'static WrittenDefault> {
    let own = bowline::reflect::info(field.owner())?.own_fields();
    let at = own.iter().position(|other| other.name == field.name)?;
    WRITTEN_DEFAULTS.get(field.owner())?.get(at)
}

/// Notes what only Python knows of a type's fields; once.
pub fn set_written_defaults(index: i32, written: Vec<WrittenDefault>) {
    WRITTEN_DEFAULTS.replace(index, Box::new(written));
}

impl FieldSpec {
    /// The field as the core registers it.
    ///
    /// # Errors
    /// What converting the default raises; `ValueError` for an unknown structural role.
    pub fn declare(&self, py: Python<'_>) -> PyResult<(FieldInfo, WrittenDefault)> {
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
        let mut written = WrittenDefault { default: None, factory: None };
        let (default, factory) = (self.default.bind(py), self.default_factory.bind(py));
        if !is_missing(default) {
            field.default = match convert::to_native(default, field.schema()) {
                Ok(value) => FieldDefault::Value(value),
                // As `None` says that there is none yet. It is refused where an object is made without the field.
                Err(Fail::Mismatch(_)) => {
                    FieldDefault::Factory(self.native_default(default, false, field.schema().clone()))
                }
                Err(fail) => {
                    return Err(fail.inside(&format!("default for field '{}'", self.name)).raise_cause(py));
                }
            };
            written.default = Some(Payload::new(default));
        } else if !is_missing(factory) {
            field.default = FieldDefault::Factory(self.native_default(factory, true, field.schema().clone()));
            written.factory = Some(Payload::new(factory));
        }
        Ok((field, written))
    }

    /// A default for native code, of a factory or of a value. It is converted for the field.
    fn native_default(&self, written: &Bound<'_, PyAny>, is_factory: bool, schema: Schema) -> Function {
        let (written, place) = (Payload::new(written), format!("default for field '{}'", self.name));
        Function::from_packed(move |_| {
            let make = |py: Python<'_>| {
                let value = written.get(py);
                let value = if is_factory { value.call0()? } else { value };
                convert::to_native(&value, &schema).map_err(|fail: Fail| fail.inside(&place).raise_cause(py))
            };
            let made = attach::with_python(|py| error::guarded(py, || make(py)));
            made.unwrap_or_else(|| {
                Err(Error::runtime(format!("{place} cannot be made: it needs Python, whose interpreter has ended")))
            })
        })
    }
}
