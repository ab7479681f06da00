//! Methods and attributes of `FieldProperty`. They are those of a `property`, and what the field says
//! of itself.
//! Upholds: `get` and `set` are the field's own, whatever a class shows.

use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::make::Make;
use crate::interpreter::members;
use crate::interpreter::members::{Answer, Arguments, Attribute, Members, OneArgument};
use crate::interpreter::names::intern;
use crate::types::field::descriptor::FieldProperty;
use crate::types::schema;
use crate::wrapper::lookup;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// All of them.
pub fn all() -> Members {
    Members::new()
        .method(members::one_argument::<Get>())
        .method(members::arguments::<Set>())
        .attribute(members::attribute::<Name>())
        .attribute(members::attribute::<Doc>())
        .attribute(members::attribute::<Owner>())
        .attribute(members::attribute::<Frozen>())
        .attribute(members::attribute::<Fget>())
        .attribute(members::attribute::<Fset>())
        .attribute(members::attribute::<Fdel>())
        .attribute(members::attribute::<FieldSchema>())
        .attribute(members::attribute::<Offset>())
}

/// The property behind a method's receiver.
fn this<'a>(ob: &'a Bound<'_, PyAny>) -> &'a FieldProperty {
    // SAFETY: methods and attributes of the type are called by the interpreter with its instances only.
    unsafe { &*ob.as_ptr().cast::<FieldProperty>() }
}

/// What reads a field, as `property` names it.
struct Fget;
impl Attribute for Fget {
    const NAME: &'static std::ffi::CStr = c"fget";
    const DOC: &'static std::ffi::CStr = c"What reads the field of an object.";
    fn get<'py>(property: &Bound<'py, PyAny>) -> Answer<'py> {
        property.getattr(intern!(property.py(), "get"))
    }
}

/// What assignment calls, as `property` names it.
struct Fset;
impl Attribute for Fset {
    const NAME: &'static std::ffi::CStr = c"fset";
    const DOC: &'static std::ffi::CStr = c"What assignment to the field calls; None if it is refused.";
    fn get<'py>(property: &Bound<'py, PyAny>) -> Answer<'py> {
        match this(property).frozen {
            true => Ok(property.py().None().into_bound(property.py())),
            false => property.getattr(intern!(property.py(), "set")),
        }
    }
}

/// What deletion calls, as `property` names it.
struct Fdel;
impl Attribute for Fdel {
    const NAME: &'static std::ffi::CStr = c"fdel";
    const DOC: &'static std::ffi::CStr = c"None: a field cannot be deleted.";
    fn get<'py>(property: &Bound<'py, PyAny>) -> Answer<'py> {
        Ok(property.py().None().into_bound(property.py()))
    }
}

struct Get;
impl OneArgument for Get {
    const NAME: &'static std::ffi::CStr = c"get";
    const DOC: &'static std::ffi::CStr = c"get($self, obj, /)\n--\n\nThe field's value in an object.";
    fn call<'py>(property: &Bound<'py, PyAny>, ob: &Bound<'py, PyAny>) -> Answer<'py> {
        // SAFETY: both live.
        unsafe { this(property).read(ob.py(), ob.as_ptr()) }
    }
}

struct Set;
impl Arguments for Set {
    const NAME: &'static std::ffi::CStr = c"set";
    const DOC: &'static std::ffi::CStr =
        c"set($self, obj, value, /)\n--\n\nReplaces the field's value in an object, frozen or not.";
    fn call<'py>(
        property: &Bound<'py, PyAny>,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Answer<'py> {
        let py = property.py();
        if keywords.is_some_and(|keywords| !keywords.is_empty()) {
            return Err(PyTypeError::new_err("set() takes no keyword arguments"));
        }
        let (ob, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = arguments.extract()?;
        // SAFETY: all live.
        unsafe { this(property).write(py, ob.as_ptr(), value.as_ptr())? };
        Ok(py.None().into_bound(py))
    }
}

macro_rules! attribute {
    ($name:ident, $text:literal, $doc:literal, |$py:ident, $field:ident, $frozen:ident| $value:expr) => {
        struct $name;
        impl Attribute for $name {
            const NAME: &'static std::ffi::CStr = $text;
            const DOC: &'static std::ffi::CStr = $doc;
            fn get<'py>(property: &Bound<'py, PyAny>) -> Answer<'py> {
                let ($py, $field, $frozen) = (property.py(), this(property).field(), this(property).frozen);
                let _ = ($field, $frozen);
                $value
            }
        }
    };
}
attribute!(Name, c"__name__", c"The field's name.", |py, field, _frozen| (*field.name).make(py));
attribute!(Doc, c"__doc__", c"What the field is for.", |py, field, _frozen| match &*field.doc {
    "" => Ok(py.None().into_bound(py)),
    doc => doc.make(py),
});
attribute!(
    Owner,
    c"__objclass__",
    c"The class that declares the field; None while there is none.",
    |py, field, _frozen| {
        let class = lookup::registered_class(py, field.owner());
        Ok(class.map_or_else(|| py.None().into_bound(py), |class| class.into_any()))
    }
);
attribute!(Frozen, c"frozen", c"Whether assignment is refused.", |py, _field, frozen| frozen.make(py));
attribute!(FieldSchema, c"schema", c"What the field holds.", |py, field, _frozen| {
    Ok(Bound::new(py, schema::TypeSchema::from(field.schema().clone()))?.into_any())
});
attribute!(Offset, c"offset", c"Where the field lies in the native object, in bytes.", |py, field, _frozen| {
    let offset = field.offset() as i64;
    offset.make(py)
});
