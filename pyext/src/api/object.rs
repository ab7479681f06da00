//! The methods of every wrapper.
//! Upholds: each change of a handle goes through the tie; a wrapper is bound last, once nothing can fail any more.
#![forbid(unsafe_code)]

use crate::api::{copy, pickle};
use crate::from_python::rvalue::Rvalue;
use crate::from_python::{callable, fail};
use crate::interpreter::exceptions::{PyTypeError, PyValueError};
use crate::interpreter::make::Make;
use crate::interpreter::members;
use crate::interpreter::members::{Answer, Arguments, Attribute, Members, NoArguments, OneArgument};
use crate::interpreter::names::intern;
use crate::types::call::function;
use crate::types::init::{ffi_init, without_call};
use crate::wrapper::tie;
use bowline::object::grow::try_gathered;
use bowline::value::Any;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::ffi::CStr;

/// All of them.
pub fn members() -> Members {
    Members::new()
        .method(ffi_init::method())
        .method(members::no_arguments::<Chandle>())
        .method(members::no_arguments::<Move>())
        .method(members::no_arguments::<Alloc>())
        .method(members::arguments::<SameAs>())
        .method(members::one_argument::<Is>())
        .method(members::one_argument::<MoveFrom>())
        .method(members::arguments::<InitByConstructor>())
        .method(members::no_arguments::<pickle::GetState>())
        .method(members::one_argument::<pickle::SetState>())
        .method(members::one_argument::<pickle::ReduceEx>())
        .method(members::no_arguments::<pickle::Reduce>())
        .method(members::no_arguments::<copy::Copy>())
        .method(members::one_argument::<copy::DeepCopy>())
        .method(members::arguments::<copy::Replace>())
        .attribute(members::attribute::<Id>())
}

/// The address of a wrapper's object; 0 when it is empty.
pub fn address(ob: &Bound<'_, PyAny>) -> usize {
    tie::handle(ob).map_or(0, |object| object.as_ptr() as usize)
}

struct Chandle;
impl NoArguments for Chandle {
    const NAME: &'static CStr = c"__chandle__";
    const DOC: &'static CStr = c"__chandle__($self, /)\n--\n\nAddress of the native object; 0 when there is none.";
    fn call<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        address(this).make(this.py())
    }
}

struct Id;
impl Attribute for Id {
    const NAME: &'static CStr = c"id_";
    const DOC: &'static CStr = c"Address of the native object; 0 when there is none.";
    fn get<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        Chandle::call(this)
    }
}

/// Whether both are wrappers of one object.
fn same<'py>(this: &Bound<'py, PyAny>, other: &Bound<'py, PyAny>) -> Answer<'py> {
    (tie::is_wrapper(other) && address(this) == address(other)).make(this.py())
}

struct SameAs;
impl Arguments for SameAs {
    const NAME: &'static CStr = c"same_as";
    const DOC: &'static CStr = c"same_as($self, /, other)\n--\n\nWhether both hold the same native object.";
    fn call<'py>(
        this: &Bound<'py, PyAny>,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Answer<'py> {
        let named = keywords.map(|keywords| (keywords.len(), keywords.get_item(intern!(this.py(), "other"))));
        match (arguments.len(), named) {
            (1, None | Some((0, _))) => same(this, &arguments.get_item(0)?),
            (0, Some((1, Ok(Some(other))))) => same(this, &other),
            _ => Err(PyTypeError::new_err("same_as() takes one argument: other")),
        }
    }
}

struct Is;
impl OneArgument for Is {
    const NAME: &'static CStr = c"is_";
    const DOC: &'static CStr = c"is_($self, other, /)\n--\n\nWhether both hold the same native object.";
    fn call<'py>(this: &Bound<'py, PyAny>, other: &Bound<'py, PyAny>) -> Answer<'py> {
        same(this, other)
    }
}

struct Move;
impl NoArguments for Move {
    const NAME: &'static CStr = c"_move";
    const DOC: &'static CStr =
        c"_move($self, /)\n--\n\nAn argument that lets the receiver take the object away from this wrapper, unless others hold it, too.";
    fn call<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        Rvalue::offer(this)
    }
}

struct MoveFrom;
impl OneArgument for MoveFrom {
    const NAME: &'static CStr = c"__move_handle_from__";
    const DOC: &'static CStr =
        c"__move_handle_from__($self, other, /)\n--\n\nTakes the object of another wrapper, which is empty then.";
    fn call<'py>(this: &Bound<'py, PyAny>, other: &Bound<'py, PyAny>) -> Answer<'py> {
        let py = this.py();
        if !tie::is_wrapper(other) {
            return Err(PyTypeError::new_err(format!("expected an Object, got {}", fail::describe(other))));
        }
        if !this.is(other) {
            if let Some(object) = tie::object_of(other) {
                tie::expect_fit(this, object.type_index())?;
            }
            match tie::move_out(other) {
                Some(object) => drop(tie::bind(this, object)?),
                // Nothing to move: this one is empty then, too.
                None => drop(tie::move_out(this)),
            }
        }
        Ok(py.None().into_bound(py))
    }
}

struct Alloc;
impl NoArguments for Alloc {
    const NAME: &'static CStr = c"__ffi_alloc__";
    const DOC: &'static CStr =
        c"__ffi_alloc__($self, /)\n--\n\nMakes a native object whose fields have their defaults or are blank.";
    fn call<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        let py = this.py();
        let object = without_call::blank(py, &this.get_type(), true)?;
        tie::bind(this, object)?;
        Ok(py.None().into_bound(py))
    }
}

struct InitByConstructor;
impl Arguments for InitByConstructor {
    const NAME: &'static CStr = c"__init_handle_by_constructor__";
    const DOC: &'static CStr =
        c"__init_handle_by_constructor__($self, function, /, *args)\n--\n\nHolds what a native function returns.";
    fn call<'py>(
        this: &Bound<'py, PyAny>,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Answer<'py> {
        let py = this.py();
        if keywords.is_some_and(|keywords| !keywords.is_empty()) {
            return Err(PyTypeError::new_err("__init_handle_by_constructor__() takes no keyword arguments"));
        }
        let (callable, rest) = match arguments.len() {
            0 => return Err(PyTypeError::new_err("__init_handle_by_constructor__() needs a function")),
            count => (arguments.get_item(0)?, (1..count).map(|at| arguments.get_item(at))),
        };
        let rest = try_gathered::<_, PyErr>(rest)?;
        let function = match function::function_of(&callable) {
            Ok(function) => function,
            Err(_) if callable.is_callable() => callable::from_callable(&callable),
            Err(error) => return Err(error),
        };
        let made: Any = function::call_native_raw(py, &function, &rest, true)?;
        match made.into_object() {
            Ok(object) => tie::bind(this, object)?,
            Err(other) => {
                let found = other.view().type_name();
                return Err(PyValueError::new_err(format!("expected an object from the constructor, got {found}")));
            }
        };
        Ok(py.None().into_bound(py))
    }
}
