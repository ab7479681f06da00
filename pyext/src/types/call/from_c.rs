//! Functions of other languages that Python knows by their address.
//! Upholds: what keeps the code of such a function loaded lives as long as the function.

use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::PyValueError;
use crate::to_python::opaque::Payload;
use crate::to_python::value;
use bowline::function::{Error, Function, SafeCall};
use bowline::value::{Any, AnyView, RawAny};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use std::ffi::c_void;
use std::ptr::null_mut;

/// The C entry point at an address.
fn entry(address: usize) -> PyResult<*mut c_void> {
    match address {
        0 => Err(PyValueError::new_err("expected the address of a function, got 0")),
        address => Ok(address as *mut c_void),
    }
}

fn kept_alive<'py>(
    py: Python<'py>,
    function: Function,
    keep_alive_object: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let Some(kept) = keep_alive_object.map(Payload::new) else {
        return value::object_to_python(py, function.upcast());
    };
    let call = |state: &(Function, Payload), args: &[AnyView<'_>]| state.0.call(args);
    value::object_to_python(py, Function::from_state((function, kept), call).upcast())
}

/// A Function that calls the C function at an address. The call is by the calling convention of the C ABI.
///
/// The caller answers for what is at the address: `int (void*, const Any*, int32_t, Any*)`, callable on any thread.
#[pyfunction]
#[guarded]
#[pyo3(signature = (c_symbol, *, keep_alive_object = None))]
fn function_from_extern_c<'py>(
    py: Python<'py>,
    c_symbol: usize,
    keep_alive_object: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let entry = entry(c_symbol)?;
    // SAFETY: the caller's word, as documented: there is no way to check an address.
    let function = unsafe { Function::from_c(null_mut(), std::mem::transmute::<*mut c_void, SafeCall>(entry), None) };
    kept_alive(py, function, keep_alive_object)
}

/// A call by MLIR's packed convention. It takes pointers to handle, arguments, count, result pointer and return code.
type PackedCall = unsafe extern "C" fn(*mut *mut c_void);

fn call_packed(entry: PackedCall, args: &[AnyView<'_>]) -> Result<Any, Error> {
    let mut handle: *mut c_void = null_mut();
    let mut first: *const RawAny = args.as_ptr().cast();
    let mut count = args.len() as i32;
    let mut result = RawAny::NONE;
    let mut place: *mut RawAny = &mut result;
    let mut code: i32 = 0;
    let mut packed: [*mut c_void; 5] = [
        (&raw mut handle).cast(),
        (&raw mut first).cast(),
        (&raw mut count).cast(),
        (&raw mut place).cast(),
        (&raw mut code).cast(),
    ];
    // SAFETY: the caller's word for the address; all five pointers are valid for the call. On success the callee wrote
    // an owned value, or left no value.
    unsafe {
        entry(packed.as_mut_ptr());
        match code {
            0 => Ok(Any::from_raw(result)),
            code => Err(bowline::function::error::take_raised()
                .unwrap_or_else(|| Error::runtime(format!("a function returned {code} without an error")))),
        }
    }
}

/// A Function that calls the function at an address by MLIR's packed convention.
#[pyfunction]
#[guarded]
#[pyo3(signature = (c_symbol, *, keep_alive_object = None))]
fn function_from_mlir_packed<'py>(
    py: Python<'py>,
    c_symbol: usize,
    keep_alive_object: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the caller's word, as for `function_from_extern_c`.
    let entry = unsafe { std::mem::transmute::<*mut c_void, PackedCall>(entry(c_symbol)?) };
    kept_alive(py, Function::from_packed(move |args| call_packed(entry, args)), keep_alive_object)
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function!(module, function_from_extern_c)?;
    add_function!(module, function_from_mlir_packed)
}
