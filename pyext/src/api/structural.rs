//! Structural operations, for Python.
//! Upholds: long work lets other threads run and ends on a signal.
#![forbid(unsafe_code)]

use crate::api::content::run;
use crate::from_python::{convert, fail};
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::{PyTypeError, PyValueError};
use crate::interpreter::make::Make;
use crate::to_python::{error, value};
use crate::wrapper::{class_table, tie};
use bowline::function::Error;
use bowline::object::grow::try_gathered;
use bowline::object::{registry, Obj};
use bowline::reflect::structural::{
    self, Comparison, Flow, Options, Order, Region, StructuralHash, StructuralKey, VisitInterrupt,
};
use bowline::reflect::{self, StructuralKind};
use bowline::value::{tag, Any, AnyView};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyType};

fn two(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<(Any, Any)> {
    Ok((convert::any(a)?, convert::any(b)?))
}

/// Whether two values have the same structure.
#[pyfunction]
#[guarded]
#[pyo3(signature = (lhs, rhs, map_free_vars = false, skip_tensor_content = false))]
fn structural_equal(
    lhs: &Bound<'_, PyAny>,
    rhs: &Bound<'_, PyAny>,
    map_free_vars: bool,
    skip_tensor_content: bool,
) -> PyResult<bool> {
    let (a, b) = two(lhs, rhs)?;
    let options = Options { map_free_vars, skip_tensor_content };
    Ok(run(lhs.py(), Comparison::new(a.view(), b.view(), options))?.is_none())
}

/// The hash of a value's structure.
#[pyfunction]
#[guarded]
#[pyo3(signature = (value, map_free_vars = false, skip_tensor_content = false))]
fn structural_hash(value: &Bound<'_, PyAny>, map_free_vars: bool, skip_tensor_content: bool) -> PyResult<u64> {
    let options = Options { map_free_vars, skip_tensor_content };
    run(value.py(), StructuralHash::new(convert::any(value)?.view(), options))
}

/// A pair of wrappers.
type Two<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// The paths to where two values differ first.
#[pyfunction]
#[guarded]
#[pyo3(signature = (lhs, rhs, map_free_vars = false, skip_tensor_content = false))]
fn structural_mismatch<'py>(
    lhs: &Bound<'py, PyAny>,
    rhs: &Bound<'py, PyAny>,
    map_free_vars: bool,
    skip_tensor_content: bool,
) -> PyResult<Option<Two<'py>>> {
    let py = lhs.py();
    let (a, b) = two(lhs, rhs)?;
    let options = Options { map_free_vars, skip_tensor_content };
    let found = run(py, Comparison::new(a.view(), b.view(), options))?;
    let path = |path: Obj<structural::AccessPath>| value::object_to_python(py, path.upcast());
    found.map(|(left, right)| Ok((path(left)?, path(right)?))).transpose()
}

/// The structural key of a value.
#[pyfunction]
#[guarded]
fn structural_key<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let native = convert::any(value)?;
    let hash = run(py, StructuralHash::new(native.view(), Options::default()))?;
    value::object_to_python(py, StructuralKey::of_hashed(native, hash).upcast())
}

fn key_of(ob: &Bound<'_, PyAny>) -> PyResult<Obj<StructuralKey>> {
    let key = tie::object_of(ob).map(Obj::downcast::<StructuralKey>).and_then(Result::ok);
    key.ok_or_else(|| PyTypeError::new_err(format!("expected a StructuralKey, got {}", fail::describe(ob))))
}

/// Whether two structural keys are of values of the same structure.
#[pyfunction]
#[guarded]
fn structural_key_equal(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<bool> {
    let (one, other) = (key_of(a)?, key_of(b)?);
    if one.hash() != other.hash() {
        return Ok(false);
    }
    Ok(run(a.py(), Comparison::new(one.key.view(), other.key.view(), Options::default()))?.is_none())
}

/// Type indices of what instances of a class are natively.
fn indices_of(class: &Bound<'_, PyType>) -> PyResult<Vec<i32>> {
    let py = class.py();
    let known: [(Bound<'_, PyType>, &[i32]); 5] = [
        (py.get_type::<PyBool>(), &[tag::BOOL]),
        (py.get_type::<PyInt>(), &[tag::INT]),
        (py.get_type::<PyFloat>(), &[tag::FLOAT]),
        (py.get_type::<PyString>(), &[tag::SMALL_STR, tag::STR]),
        (py.get_type::<PyBytes>(), &[tag::SMALL_BYTES, tag::BYTES]),
    ];
    if let Some((_, indices)) = known.iter().find(|(known, _)| known.is(class)) {
        return Ok(indices.to_vec());
    }
    class_table::type_index_of(class).map(|index| vec![index]).ok_or_else(|| {
        PyTypeError::new_err(format!(
            "structural_walk cannot look for {class}: it is neither registered nor a plain type"
        ))
    })
}

/// What is called for values of some types.
struct Callback<'py> {
    /// None: for all.
    indices: Option<Vec<i32>>,
    call: Bound<'py, PyAny>,
    with_region: bool,
}

impl Callback<'_> {
    fn is_for(&self, view: AnyView<'_>) -> bool {
        let index = view.type_index();
        let fits = |wanted: &i32| *wanted == index || (index >= tag::OBJECT && registry::is_instance(index, *wanted));
        self.indices.as_ref().is_none_or(|indices| indices.iter().any(fits))
    }
}

/// `(types or None, callable, whether it gets the region)`.
type Row<'py> = (Option<Vec<Bound<'py, PyType>>>, Bound<'py, PyAny>, bool);

/// Visits a value and all its parts, each object once if asked to. Returns the interrupt that a callback returned.
#[pyfunction]
#[guarded]
#[pyo3(signature = (root, callbacks, order, once = false))]
fn structural_walk<'py>(
    root: &Bound<'py, PyAny>,
    callbacks: Vec<Row<'py>>,
    order: &str,
    once: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = root.py();
    let order = match order {
        "pre" => Order::Pre,
        "post" => Order::Post,
        other => return Err(PyValueError::new_err(format!("Unknown structural walk order: '{other}'"))),
    };
    let callbacks = callbacks.into_iter().map(|(types, call, with_region)| {
        let indices = match types {
            None => None,
            Some(types) => Some(types.iter().map(indices_of).collect::<PyResult<Vec<_>>>()?.concat()),
        };
        Ok(Callback { indices, call, with_region })
    });
    let callbacks = try_gathered::<_, PyErr>(callbacks)?;
    let mut raised = None;
    let visit = |view: AnyView<'_>, region: Region| {
        visit(py, &callbacks, view, region).map_err(|error| {
            let native = Error::runtime("a callback raised");
            raised = Some(error);
            native
        })
    };
    let root = convert::any(root)?;
    let walked = match once {
        true => structural::walk_once(root.view(), order, visit),
        false => structural::walk(root.view(), order, visit),
    };
    match (raised, walked) {
        (Some(raised), _) => Err(raised),
        (None, Err(error)) => Err(error::to_python(py, &error)),
        (None, Ok(None)) => Ok(None),
        (None, Ok(Some(interrupt))) => value::to_python(py, interrupt).map(Some),
    }
}

/// The first callback that suits a value is called.
fn visit(py: Python<'_>, callbacks: &[Callback<'_>], view: AnyView<'_>, region: Region) -> PyResult<Flow> {
    let Some(callback) = callbacks.iter().find(|callback| callback.is_for(view)) else { return Ok(Flow::Advance) };
    let value = value::to_python(py, AnyView::to_owned(view))?;
    let answer = match callback.with_region {
        true => callback.call.call1((value, (region as i64).make(py)?))?,
        false => callback.call.call1((value,))?,
    };
    if answer.is_none() {
        return Ok(Flow::Advance);
    }
    if let Some(object) = tie::object_of(&answer) {
        if object.clone().downcast::<VisitInterrupt>().is_ok() {
            return Ok(Flow::Interrupt(object.into()));
        }
    }
    match answer.extract::<i64>() {
        Ok(0) => Ok(Flow::Advance),
        Ok(1) => Ok(Flow::Skip),
        _ => Err(PyTypeError::new_err(format!(
            "expected None, a WalkResult or a VisitInterrupt from a callback of structural_walk, got {}",
            fail::describe(&answer)
        ))),
    }
}

/// How objects of a type are compared by structure, as a class says it. None if they are not.
#[pyfunction]
#[guarded]
fn structural_kind(index: i32) -> Option<&'static str> {
    match reflect::info(index)?.structural {
        StructuralKind::Unsupported => None,
        StructuralKind::Tree => Some("tree"),
        StructuralKind::FreeVar => Some("var"),
        StructuralKind::Dag => Some("dag"),
        StructuralKind::ConstTree => Some("const-tree"),
        StructuralKind::Unique => Some("singleton"),
    }
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    structural::declare();
    add_function!(module, structural_kind)?;
    add_function!(module, structural_equal)?;
    add_function!(module, structural_hash)?;
    add_function!(module, structural_mismatch)?;
    add_function!(module, structural_key)?;
    add_function!(module, structural_key_equal)?;
    add_function!(module, structural_walk)
}
