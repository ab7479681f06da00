//! A field as a parameter of construction. That is how its argument is converted, and what it starts with when there
//! is none.
//! Upholds: a default is converted for its field, or was when the field was declared.

use crate::from_python::convert;
use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::make;
use crate::interpreter::recursion::expect_stack;
use crate::interpreter::trampoline::counted;
use crate::to_python::error;
use crate::to_python::opaque::Payload;
use crate::types::field::spec;
use bowline::function::Function;
use bowline::reflect::{FieldDefault, FieldInfo, InitSignature};
use bowline::value::Any;
use pyo3::prelude::*;

/// What a field that was not passed starts with.
enum Start {
    /// It has to be passed.
    Required,
    /// What the blank object has.
    Blank,
    Value(Any),
    Native(&'static Function),
    Python(&'static Payload),
}

/// A field, as what constructs objects sees it.
pub struct Parameter {
    /// The field.
    pub field: &'static FieldInfo,
    /// Its name, interned.
    pub name: Payload,
    start: Start,
}

impl Parameter {
    /// The parameter for the field at a position.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new(py: Python<'_>, field: &'static FieldInfo, at: usize, signature: &InitSignature) -> PyResult<Parameter> {
        let factory = spec::written_default(field).and_then(|written| written.factory.as_ref());
        let start = match (&field.default, factory) {
            (FieldDefault::Value(value), _) => Start::Value(value.clone()),
            (FieldDefault::Factory(_), Some(factory)) => Start::Python(factory),
            (FieldDefault::Factory(function), None) => Start::Native(function),
            (FieldDefault::Required, _) if signature.is_required(at) => Start::Required,
            (FieldDefault::Required, _) => Start::Blank,
        };
        Ok(Parameter { field, name: Payload::new(make::interned(py, &field.name)?.as_any()), start })
    }

    /// Whether an argument has to be passed for it.
    pub fn is_required(&self) -> bool {
        matches!(self.start, Start::Required)
    }

    /// What the field starts with when it was not passed. None for what it has anyway. `key` is the type's, for
    /// errors.
    ///
    /// # Errors
    /// What the default's factory raises; `TypeError` for a value that is not the field's.
    pub fn start(&self, py: Python<'_>, key: &str) -> PyResult<Option<Any>> {
        Ok(Some(match &self.start {
            Start::Required | Start::Blank => return Ok(None),
            Start::Value(value) => value.clone(),
            Start::Python(factory) => {
                expect_stack()?;
                convert::for_field(&factory.get(py).call0()?, self.field)?
            }
            Start::Native(function) => {
                expect_stack()?;
                let value = function.call(&[]).map_err(|error| error::to_python(py, &error))?;
                self.field.accept(value).map_err(|error| {
                    PyTypeError::new_err(format!("default for field '{}' of {key}: {error}", self.field.name))
                })?
            }
        }))
    }

    /// An argument's value, for the field.
    ///
    /// # Errors
    /// `TypeError`; what converting raises.
    #[inline]
    pub fn convert(&self, given: &Bound<'_, PyAny>) -> PyResult<Any> {
        match convert::exact_for_field(given, self.field) {
            Some(value) => Ok(value),
            None => self.convert_slowly(given),
        }
    }

    /// As [`Parameter::convert`], of an argument that takes more than a look.
    ///
    /// # Errors
    /// As there.
    pub fn convert_slowly(&self, given: &Bound<'_, PyAny>) -> PyResult<Any> {
        counted(|_| convert::for_field(given, self.field))
    }
}
