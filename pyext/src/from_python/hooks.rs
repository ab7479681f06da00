//! What an object says about its native form through special methods and abstract base classes.
//! Upholds: hooks are looked up on the type, as Python does for special methods; what they raise propagates.
#![forbid(unsafe_code)]

use crate::from_python::classify::is_built_in;
use crate::from_python::fail::{describe, HookError};
use crate::from_python::scalar;
use crate::interpreter::exceptions::{PyTypeError, PyValueError};
use crate::interpreter::names::intern;
use crate::interpreter::{make, stdlib, take, type_lookup};
use crate::to_python::value;
use crate::wrapper::{lookup, tie};
use bowline::container::ShapeObj;
use bowline::object::grow::{owned, try_gathered};
use bowline::reflect::attr;
use bowline::value::{Any, DataType, Device, IntoAny, Schema};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};

/// How often a stand-in may have a stand-in.
const MAX_STAND_INS: usize = 64;

/// A type's attribute, as for a special method: not one of the instance.
///
/// # Errors
/// What the lookup raises.
pub fn special<'py>(ob: &Bound<'py, PyAny>, name: &Bound<'py, PyString>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match has_special(ob, name) {
        // Bound to the instance by its attribute access.
        true => ob.getattr(name).map(Some),
        false => Ok(None),
    }
}

/// Whether a type has an attribute for its instances. Most have none, and to find that out raises nothing.
pub fn has_special<'py>(ob: &Bound<'py, PyAny>, name: &Bound<'py, PyString>) -> bool {
    !is_built_in(ob) && type_lookup::of_class(&ob.get_type(), name).is_some()
}

/// Whether an object that is no `int` counts as one.
///
/// # Errors
/// What a metaclass's `__instancecheck__` raises.
pub fn is_integral(ob: &Bound<'_, PyAny>) -> PyResult<bool> {
    if is_built_in(ob) {
        return Ok(ob.is_instance_of::<PyInt>());
    }
    if tie::is_wrapper(ob) || ob.is_instance_of::<PyString>() {
        return Ok(false);
    }
    Ok(ob.is_instance(stdlib::INTEGRAL.get(ob.py())?)? && !is_of_numpy(ob, &["timedelta64"])?)
}

/// Whether an object is a bool of NumPy, which is no `int` there. It is `numpy.bool_`, which NumPy 2 calls `numpy.bool`.
///
/// # Errors
/// What the class's name or module raises.
pub fn is_numpy_bool(ob: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(!is_built_in(ob) && is_of_numpy(ob, &["bool", "bool_"])?)
}

/// Whether an object's class is one of NumPy's with these names. `timedelta64` derives from its integers, and is a time.
fn is_of_numpy(ob: &Bound<'_, PyAny>, names: &[&str]) -> PyResult<bool> {
    let class = ob.get_type();
    let name = class.name()?;
    Ok(names.iter().any(|known| name == *known) && class.module()? == "numpy")
}

/// The `int` behind an object that counts as one or offers `__tvm_ffi_int__`.
///
/// # Errors
/// What user code raises; `TypeError` when it gives something else.
pub fn as_int<'py>(ob: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = ob.py();
    if ob.is_instance_of::<PyInt>() {
        return Ok(Some(ob.clone()));
    }
    let number = match is_integral(ob)? {
        true => py.get_type::<PyInt>().call1((ob,))?,
        false if is_numpy_bool(ob)? => PyBool::new(py, ob.is_truthy()?).to_owned().into_any(),
        false => match special(ob, intern!(py, "__tvm_ffi_int__"))? {
            Some(hook) => hook.call0()?,
            None => return Ok(None),
        },
    };
    match number.is_instance_of::<PyInt>() {
        true => Ok(Some(number)),
        false => {
            Err(PyTypeError::new_err(format!("expected an int from __tvm_ffi_int__(), got {}", describe(&number))))
        }
    }
}

/// Whether an object counts as a real number.
///
/// # Errors
/// What a metaclass's `__instancecheck__` raises.
pub fn is_real(ob: &Bound<'_, PyAny>) -> PyResult<bool> {
    if is_built_in(ob) {
        return Ok(ob.is_instance_of::<PyInt>() || ob.is_instance_of::<PyFloat>());
    }
    if tie::is_wrapper(ob) || ob.is_instance_of::<PyString>() {
        return Ok(false);
    }
    Ok(ob.is_instance(stdlib::REAL.get(ob.py())?)? && !is_of_numpy(ob, &["timedelta64"])?)
}

/// The float behind an object that counts as a real number.
///
/// # Errors
/// What user code raises.
pub fn as_real(ob: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    if !is_real(ob)? {
        return Ok(None);
    }
    ob.py().get_type::<PyFloat>().call1((ob,))?.extract().map(Some)
}

/// The float behind an object. The object counts as a real number, or offers `__tvm_ffi_float__` or `__tvm_ffi_int__`.
///
/// # Errors
/// What user code raises.
pub fn as_float(ob: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    if let Some(number) = as_real(ob)? {
        return Ok(Some(number));
    }
    if let Some(hook) = special(ob, intern!(ob.py(), "__tvm_ffi_float__"))? {
        return hook.call0()?.extract().map(Some);
    }
    match as_int(ob)? {
        Some(number) => number.extract().map(Some),
        None => Ok(None),
    }
}

/// The number of an object that offers `__tvm_ffi_int__` or `__tvm_ffi_float__`.
///
/// # Errors
/// What user code raises.
pub fn ffi_number(ob: &Bound<'_, PyAny>) -> PyResult<Option<Any>> {
    if let Some(hook) = special(ob, intern!(ob.py(), "__tvm_ffi_int__"))? {
        return scalar::int(&hook.call0()?).map(Some);
    }
    if let Some(hook) = special(ob, intern!(ob.py(), "__tvm_ffi_float__"))? {
        return Ok(Some(hook.call0()?.extract::<f64>()?.into_any()));
    }
    Ok(None)
}

/// What stands for an object: `__tvm_ffi_object__`, `__tvm_ffi_value__`, or `asobject` of an `ObjectConvertible`.
///
/// # Errors
/// What user code raises; `ValueError` when stand-ins go round in a cycle.
pub fn stand_in<'py>(ob: &Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyAny>>, HookError> {
    if is_built_in(ob) || tie::is_wrapper(ob) {
        return Ok(None);
    }
    let mut found: Option<Bound<'py, PyAny>> = None;
    for _ in 0..MAX_STAND_INS {
        let at = found.as_ref().unwrap_or(ob);
        let Some(next) = stand_in_of(at)? else { return Ok(found) };
        if tie::is_wrapper(&next) {
            return Ok(Some(next));
        }
        if next.is(at) {
            break;
        }
        found = Some(next);
    }
    let name = ob.get_type().name()?;
    let error = PyValueError::new_err(format!("expected {VALUE_HOOK} of {name} to lead to a value, got a cycle"));
    Err(HookError { hook: VALUE_HOOK, error })
}

/// Whether an object has `__tvm_ffi_object__`.
pub fn stands_for_object(ob: &Bound<'_, PyAny>) -> bool {
    has_special(ob, intern!(ob.py(), "__tvm_ffi_object__"))
}

const VALUE_HOOK: &str = "__tvm_ffi_value__()";

fn stand_in_of<'py>(ob: &Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyAny>>, HookError> {
    let py = ob.py();
    let object = (intern!(py, "__tvm_ffi_object__"), "__tvm_ffi_object__()");
    for (name, hook) in [object, (intern!(py, "__tvm_ffi_value__"), VALUE_HOOK)] {
        if let Some(method) = special(ob, name)? {
            return method.call0().map(Some).map_err(|error| HookError { hook, error });
        }
    }
    match CONVERTIBLE.get(py) {
        Some(base) if ob.is_instance(base.bind(py))? => {
            let object = ob.call_method0(intern!(py, "asobject"));
            object.map(Some).map_err(|error| HookError { hook: "asobject()", error })
        }
        _ => Ok(None),
    }
}

static CONVERTIBLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Sets the package's `ObjectConvertible`, once.
pub fn set_convertible(py: Python<'_>, base: Py<PyAny>) {
    let _ = CONVERTIBLE.set(py, base);
}

/// An element type or device, for a schema that asks for one.
///
/// # Errors
/// What user code raises.
pub fn plain(ob: &Bound<'_, PyAny>, schema: &Schema) -> PyResult<Option<Any>> {
    let found = match plain_value(ob)? {
        Some(value) => Some(value),
        None => foreign_plain(ob)?,
    };
    if let Some(value) = found {
        return Ok(schema.check(value.view()).then_some(value));
    }
    let Ok(tuple) = ob.cast::<PyTuple>() else { return Ok(None) };
    Ok(match schema {
        Schema::DType => tuple.extract().ok().map(|(code, bits, lanes)| DataType { code, bits, lanes }.into_any()),
        _ => tuple.extract().ok().map(|(kind, id)| Device { kind, id }.into_any()),
    })
}

/// Finds the element type or device that an object of another library is. That is an element type of NumPy or torch, or what
/// the object says by `__dlpack_data_type__`, or by `__dlpack_device__` where it has no data.
///
/// # Errors
/// What user code raises.
pub fn foreign_plain(ob: &Bound<'_, PyAny>) -> PyResult<Option<Any>> {
    let py = ob.py();
    if let Some(name) = foreign_dtype(ob)? {
        return Ok(name.parse::<DataType>().ok().map(IntoAny::into_any));
    }
    if let Some(hook) = special(ob, intern!(py, "__dlpack_data_type__"))? {
        let (code, bits, lanes) = hook.call0()?.extract()?;
        return Ok(Some(DataType { code, bits, lanes }.into_any()));
    }
    if special(ob, intern!(py, "__dlpack__"))?.is_none() {
        if let Some(hook) = special(ob, intern!(py, "__dlpack_device__"))? {
            let (kind, id) = hook.call0()?.extract()?;
            return Ok(Some(Device { kind, id }.into_any()));
        }
    }
    Ok(None)
}

/// Whether a class or one of its bases is called so. Their texts are not asked for: that looks at signals, too.
fn is_called_dtype(class: &Bound<'_, PyType>) -> PyResult<bool> {
    for base in class.mro() {
        if base.cast::<PyType>().map_err(PyErr::from)?.name()? == "dtype" {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The name of an element type of a package that is loaded.
fn foreign_dtype(ob: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let py = ob.py();
    if !is_called_dtype(&ob.get_type())? {
        return Ok(None);
    }
    for package in ["numpy", "torch"] {
        let loaded = py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?;
        let Ok(module) = loaded.get_item(make::text(py, package)?) else { continue };
        let Some(Ok(dtype)) = module.getattr_opt(intern!(py, "dtype"))?.map(Bound::cast_into::<PyType>) else {
            continue;
        };
        if ob.is_instance(&dtype)? {
            let name = match package {
                "numpy" => take::shown(&ob.getattr(intern!(py, "name"))?.str()?),
                _ => owned(take::lent(&ob.str()?).trim_start_matches("torch.")),
            };
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The element type or device that a string names, where the schema asks for one.
///
/// # Errors
/// A text that names none, in the words that the conversion's error shall have.
pub fn named(text: &str, schema: &Schema) -> Option<Result<Any, String>> {
    Some(match schema {
        Schema::DType => text
            .parse::<DataType>()
            .map(IntoAny::into_any)
            .map_err(|_| format!("expected dtype, got invalid dtype string '{text}'")),
        Schema::Device => text
            .parse::<Device>()
            .map(IntoAny::into_any)
            .map_err(|_| format!("expected Device, got invalid device string '{text}'")),
        _ => return None,
    })
}

/// An element type, device or shape of a class of the package. The class has `__ffi_plain__()`, which gives a tuple of two or
/// three numbers, or for shapes a list of numbers.
///
/// # Errors
/// What user code raises.
pub fn plain_value(ob: &Bound<'_, PyAny>) -> PyResult<Option<Any>> {
    let Some(hook) = special(ob, intern!(ob.py(), "__ffi_plain__"))? else { return Ok(None) };
    let parts = hook.call0()?;
    if parts.is_instance_of::<PyList>() {
        // One by one: a class's own idea of its length is not to be believed.
        let parts = try_gathered::<i64, PyErr>(parts.try_iter()?.map(|part| part?.extract()))?;
        return Ok(Some(ShapeObj::make(&parts).into_any()));
    }
    if let Ok((kind, id)) = parts.extract::<(i32, i32)>() {
        return Ok(Some(Device { kind, id }.into_any()));
    }
    let (code, bits, lanes) = parts.extract()?;
    Ok(Some(DataType { code, bits, lanes }.into_any()))
}

/// What the type `target` makes of an object by its `__ffi_convert__`. That is the one of the class registered for it, or its
/// attribute of that name.
///
/// # Errors
/// What user code raises.
pub fn convert_hook<'py>(ob: &Bound<'py, PyAny>, target: i32) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = ob.py();
    if let Some(class) = lookup::registered_class(py, target) {
        if let Some(hook) = class.getattr_opt(intern!(py, "__ffi_convert__"))? {
            return hook.call1((ob,)).map(Some);
        }
    }
    match attr::get(target, "__ffi_convert__") {
        Some(hook) => value::to_python(py, hook)?.call1((ob,)).map(Some),
        None => Ok(None),
    }
}
