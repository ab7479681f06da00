//! Pickling of wrappers.
//! Upholds: children go as wrappers, so that a pickler's or copier's memo keeps sharing and cycles, also between wrappers
//! that are pickled one by one. A state is converted as a whole before any of it is stored: a hostile one changes nothing.
#![forbid(unsafe_code)]

use crate::api::extras::{extras, set_extras};
use crate::api::mapping;
use crate::from_python::{convert, fail};
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::{PyLookupError, PyTypeError, PyValueError};
use crate::interpreter::make;
use crate::interpreter::make::Make;
use crate::interpreter::members::{Answer, NoArguments, OneArgument};
use crate::interpreter::names::intern;
use crate::interpreter::trampoline::{no_memory, or_memory_error};
use crate::interpreter::{take, type_lookup};
use crate::to_python::{error, value};
use crate::types::init::fast::INLINE_FIELDS;
use crate::types::init::without_call;
use crate::types::tensor;
use crate::wrapper::{class_table, metaclass, tie};
use bowline::container::{ArrayObj, ListObj};
use bowline::function::error::ErrorObj;
use bowline::function::{global, Error, FunctionObj};
use bowline::object::grow::gathered;
use bowline::object::{registry, Obj, Object};
use bowline::reflect::{self, instance, FieldInfo, Reflection};
use bowline::tensor::Tensor;
use bowline::value::{tag, Any, Storage};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};
use smallvec::SmallVec;
use std::ffi::CStr;

fn class_name(ob: &Bound<'_, PyAny>) -> String {
    ob.get_type().qualname().map_or_else(|_| "?".to_owned(), |name| take::shown(&name))
}

/// Whether objects can be made blank and have their fields set afterwards.
fn takes_state(reflection: &Reflection) -> bool {
    reflection.can_be_blank() && !reflection.fields.iter().any(FieldInfo::is_plain)
}

/// The values of an object's fields.
fn field_values<'py>(py: Python<'py>, reflection: &Reflection, object: &Obj<Object>) -> PyResult<Bound<'py, PyTuple>> {
    let mut values: SmallVec<[Bound<'py, PyAny>; INLINE_FIELDS]> = SmallVec::new();
    values.try_reserve(reflection.fields.len()).map_err(|_| no_memory(py))?;
    for field in &reflection.fields {
        let value = field.get(object).map_err(|error| error::to_python(py, &error))?;
        values.push(value::to_python(py, value)?);
    }
    // Only now: the collector shows a tuple to those who ask it for all objects.
    make::tuple(py, values)
}

/// A field's value from a state. Null, which a blank object has where its type says otherwise, comes back as such.
fn value_in_state(value: &Bound<'_, PyAny>, field: &FieldInfo) -> PyResult<Any> {
    match field.storage() {
        Storage::Object if value.is_none() && !field.is_foreign() => Ok(Any::none()),
        _ => convert::for_field(value, field),
    }
}

fn values_in_state(reflection: &Reflection, state: &Bound<'_, PyAny>) -> PyResult<Vec<Any>> {
    let key = registry::type_info(reflection.index).map_or("?", |info| info.key);
    let wrong = |found: String| {
        PyValueError::new_err(format!("expected the {} field values of {key}, got {found}", reflection.fields.len()))
    };
    let state = state.cast::<PyTuple>().map_err(|_| wrong(fail::describe(state)))?;
    if state.len() != reflection.fields.len() {
        return Err(wrong(state.len().to_string()));
    }
    state.iter().zip(&reflection.fields).map(|(value, field)| value_in_state(&value, field)).collect()
}

/// `(values or None, dict or None, slots or None)`, cut short where nothing follows.
fn state_with<'py>(this: &Bound<'py, PyAny>, values: Option<Bound<'py, PyTuple>>) -> Answer<'py> {
    let py = this.py();
    let [dict, slots] = extras(this)?;
    Ok(match (values, dict, slots) {
        (None, None, None) => py.None().into_bound(py),
        (values, None, None) => (values,).make(py)?,
        (values, dict, slots) => (values, dict, slots).make(py)?,
    })
}

/// What an object's wrapper is, for the choice of a form.
enum Form {
    Empty,
    Fields(Obj<Object>, &'static Reflection),
    Array(Obj<ArrayObj>),
    List(Obj<ListObj>),
    Map,
    Dict,
    Function(Obj<FunctionObj>),
    Error(Error),
    Tensor(Tensor),
    Other(Obj<Object>),
}

fn form(this: &Bound<'_, PyAny>) -> Form {
    let Some(object) = tie::object_of(this) else { return Form::Empty };
    let index = object.type_index();
    match index {
        tag::MAP => return Form::Map,
        tag::DICT => return Form::Dict,
        _ => {}
    }
    // One look at the ancestors tells which of the built-in types it may be.
    let found = match registry::below_root(index) {
        tag::ARRAY => object.downcast().map(Form::Array),
        tag::LIST => object.downcast().map(Form::List),
        tag::FUNCTION => object.downcast().map(Form::Function),
        tag::ERROR => object.downcast::<ErrorObj>().map(|error| Form::Error(error.into())),
        tag::TENSOR => object.downcast().map(Form::Tensor),
        _ => Err(object),
    };
    found.unwrap_or_else(|object| match reflect::info(index) {
        Some(reflection) => Form::Fields(object, reflection),
        None => Form::Other(object),
    })
}

fn python_items<'py>(py: Python<'py>, items: Vec<Any>) -> PyResult<Bound<'py, PyList>> {
    let list = make::list(py)?;
    for item in items {
        list.append(value::to_python(py, item)?)?;
    }
    Ok(list)
}

// ---- pickling --------------------------------------------------------------------------------------------------------

/// `__getstate__()`.
pub struct GetState;
impl NoArguments for GetState {
    const NAME: &'static CStr = c"__getstate__";
    const DOC: &'static CStr = c"__getstate__($self, /)\n--\n\nThe field values, and the wrapper's own attributes.";
    fn call<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        state(this, &form(this))
    }
}

/// The field values and the wrapper's own attributes. The values are those of a form that takes them as its state.
fn state<'py>(this: &Bound<'py, PyAny>, form: &Form) -> Answer<'py> {
    let values = match form {
        Form::Fields(object, reflection) if takes_state(reflection) => {
            Some(field_values(this.py(), reflection, object)?)
        }
        _ => None,
    };
    state_with(this, values)
}

/// `__setstate__(state)`.
pub struct SetState;
impl OneArgument for SetState {
    const NAME: &'static CStr = c"__setstate__";
    const DOC: &'static CStr = c"__setstate__($self, state, /)\n--\n\nSets the field values, all or none.";
    fn call<'py>(this: &Bound<'py, PyAny>, state: &Bound<'py, PyAny>) -> Answer<'py> {
        let py = this.py();
        let wrong = || {
            let found = fail::describe(state);
            PyTypeError::new_err(format!("expected the state of a {}, got {found}", class_name(this)))
        };
        let parts = state.cast::<PyTuple>().map_err(|_| wrong())?;
        let part = |at: usize| parts.get_item(at).ok().filter(|part| !part.is_none());
        let dict = |at: usize| part(at).map(|part| part.cast_into::<PyDict>().map_err(|_| wrong())).transpose();
        if !matches!(parts.len(), 1 | 3) {
            return Err(wrong());
        }
        let (dict, slots) = (dict(1)?, dict(2)?);
        if dict.is_some() && this.getattr_opt(intern!(py, "__dict__"))?.is_none() {
            return Err(PyTypeError::new_err(format!("a {} has no attributes beside its fields", class_name(this))));
        }
        if let Some(values) = part(0) {
            set_values(this, &values)?;
        }
        set_extras(this, dict.as_ref(), slots.as_ref())?;
        Ok(py.None().into_bound(py))
    }
}

fn set_values(this: &Bound<'_, PyAny>, values: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = this.py();
    let (object, fresh) = match tie::object_of(this) {
        Some(object) => (object, false),
        None => (without_call::blank(py, &this.get_type(), false)?, true),
    };
    let reflection = reflect::info(object.type_index()).filter(|reflection| takes_state(reflection));
    let reflection = reflection.ok_or_else(|| {
        let key = object.type_info().key;
        PyTypeError::new_err(format!("the fields of {key} cannot be set from a state"))
    })?;
    let values = values_in_state(reflection, values)?;
    for (field, value) in reflection.fields.iter().zip(values) {
        // Null fits a blank field that its schema does not allow to be null.
        if value.is_none() && field.get(&object).is_ok_and(|value| value.is_none()) {
            continue;
        }
        field.set_frozen(&object, value).map_err(|error| error::to_python(py, &error))?;
    }
    match fresh {
        true => tie::bind(this, object).map(drop),
        false => Ok(()),
    }
}

/// `__reduce_ex__(protocol)`.
pub struct ReduceEx;
impl OneArgument for ReduceEx {
    const NAME: &'static CStr = c"__reduce_ex__";
    const DOC: &'static CStr = c"__reduce_ex__($self, protocol, /)\n--\n\nHow to pickle or copy the object.";
    fn call<'py>(this: &Bound<'py, PyAny>, protocol: &Bound<'py, PyAny>) -> Answer<'py> {
        let py = this.py();
        // A reducer that a class defines wins, as with `object`.
        let name = intern!(py, "__reduce__");
        match type_lookup::is_inherited(&this.get_type(), &metaclass::base_class(py), name) {
            // From this protocol on a pickler knows buffers.
            true => reduce(this, protocol.extract::<i64>()? >= 5),
            false => this.call_method0(name),
        }
    }
}

/// `__reduce__()`.
pub struct Reduce;
impl NoArguments for Reduce {
    const NAME: &'static CStr = c"__reduce__";
    const DOC: &'static CStr = c"__reduce__($self, /)\n--\n\nHow to pickle or copy the object.";
    fn call<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        reduce(this, false)
    }
}

/// How to pickle or copy an object. Buffers go out of band, if the pickler knows them.
fn reduce<'py>(this: &Bound<'py, PyAny>, out_of_band: bool) -> Answer<'py> {
    let py = this.py();
    let class = this.get_type();
    let own = |name: &str| py.import(intern!(py, "bowline._core"))?.getattr(make::text(py, name)?);
    let form = form(this);
    let state = || state_of(this, &form);
    Ok(match &form {
        Form::Empty => {
            let new = py.import(intern!(py, "copyreg"))?.getattr(intern!(py, "__newobj__"))?;
            (new, (class,), state()?).make(py)?
        }
        Form::Fields(object, reflection) if !reflection.is_remakeable() => {
            let key = object.type_info().key;
            return Err(PyTypeError::new_err(format!(
                "'{}' object of {key} cannot be copied or pickled",
                class_name(this)
            )));
        }
        Form::Fields(object, reflection) => match takes_state(reflection) {
            true => {
                let empty = EMPTY.get(py).expect("set with the module").bind(py);
                (empty, (class,), state()?).make(py)?
            }
            false => {
                let values = field_values(py, reflection, object)?;
                (own("_rebuild")?, (class, values), state()?).make(py)?
            }
        },
        Form::Array(array) => {
            let items = python_items(py, gathered(array.as_slice().iter().cloned()))?;
            (class, (items,), state()?).make(py)?
        }
        Form::List(list) => {
            let items = python_items(py, list.snapshot())?;
            (class, PyTuple::empty(py), state()?, items.try_iter()?).make(py)?
        }
        Form::Map => (own("_map_of")?, (class, mapping::items(this)?), state()?).make(py)?,
        Form::Dict => {
            let items = mapping::items(this)?.0.try_iter()?;
            let nothing = py.None();
            (class, PyTuple::empty(py), state()?, nothing, items).make(py)?
        }
        Form::Tensor(tensor) => {
            let (dtype, shape, content) = tensor::parts(this, tensor, out_of_band)?;
            (own("_tensor_of")?, (class, dtype, shape, content), state()?).make(py)?
        }
        Form::Error(error) => {
            let parts = (error.kind(), error.message(), &*error.backtrace());
            (own("make_error")?, parts).make(py)?
        }
        Form::Function(function) => {
            let named = |name: &String| global::get(name).is_some_and(|other| other.ptr_eq(function));
            if let Some(name) = global::names().into_iter().find(named) {
                return (own("_global_func")?, (name,)).make(py);
            }
            let (key, name) = method_named(function).ok_or_else(|| {
                PyTypeError::new_err("cannot pickle a Function that is not registered as a global function")
            })?;
            (own("_method_func")?, (key, name)).make(py)?
        }
        Form::Other(object) => {
            let key = object.type_info().key;
            return Err(PyTypeError::new_err(format!("cannot pickle '{}' object of {key}", class_name(this))));
        }
    })
}

/// What `__getstate__` gives. It is called if the class has one of its own or the wrapper may.
fn state_of<'py>(this: &Bound<'py, PyAny>, form: &Form) -> Answer<'py> {
    let (py, class) = (this.py(), this.get_type());
    let name = intern!(py, "__getstate__");
    match class_table::is_lean(&class) && type_lookup::is_inherited(&class, &metaclass::base_class(py), name) {
        true => state(this, form),
        false => this.call_method0(name),
    }
}

/// `_empty`, for each object that is pickled.
static EMPTY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The type and the name under which a function is registered as a method.
fn method_named(function: &Obj<FunctionObj>) -> Option<(&'static str, &'static str)> {
    registry::types().find_map(|info| {
        let methods = &reflect::info(info.index)?.methods;
        let found = methods.iter().find(|method| method.function.ptr_eq(function))?;
        Some((info.key, &*found.name))
    })
}

/// A wrapper of a class that holds a blank object: what pickles begin with.
#[pyfunction]
#[guarded]
fn _empty<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(class.py(), || {
        let object = without_call::blank(class.py(), class, false)?;
        let made = tie::empty(class)?;
        tie::bind(&made, object)?;
        Ok(made)
    })
}

/// A wrapper of a class that holds an object with these field values.
#[pyfunction]
#[guarded]
fn _rebuild<'py>(class: &Bound<'py, PyType>, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    or_memory_error(class.py(), || {
        let py = class.py();
        let reflection = crate::wrapper::class_table::type_index_of(class).and_then(reflect::info);
        let reflection = reflection.ok_or_else(|| PyTypeError::new_err(format!("{class} has no fields")))?;
        let values = values_in_state(reflection, values)?;
        let object = instance::make(reflection.index, values).map_err(|error| error::to_python(py, &error))?;
        let made = tie::empty(class)?;
        tie::bind(&made, object)?;
        Ok(made)
    })
}

/// The global function of a name: what pickles of functions say.
#[pyfunction]
#[guarded]
fn _global_func<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let function = global::get(name);
    let function = function.ok_or_else(|| PyLookupError::new_err(format!("there is no global function '{name}'")))?;
    value::object_to_python(py, function.upcast())
}

/// The function that is registered as a method of a type. Pickles of such functions call this.
#[pyfunction]
#[guarded]
fn _method_func<'py>(py: Python<'py>, key: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let methods = registry::type_index_of(key).and_then(reflect::info).map_or(&[][..], |known| &known.methods);
    let method = methods.iter().find(|method| *method.name == *name);
    let method = method.ok_or_else(|| PyLookupError::new_err(format!("there is no method '{name}' of '{key}'")))?;
    value::object_to_python(py, method.function.clone().upcast())
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, _empty)?;
    let _ = EMPTY.set(module.py(), module.getattr(intern!(module.py(), "_empty"))?.unbind());
    add_function!(module, _rebuild)?;
    add_function!(module, _method_func)?;
    add_function!(module, _global_func)
}
