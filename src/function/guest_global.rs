//! The host's table of named functions, as a guest sees it.

use super::error::take_raised;
use super::{Error, Function, IntoTyped};
use crate::object::{Obj, Object};
use crate::runtime::{self, Text};
use std::ptr::NonNull;

/// Names a function.
///
/// # Errors
/// Kind `RuntimeError` when the name is taken and `override_` is false.
pub fn register(name: &str, function: Function, override_: bool) -> Result<(), Error> {
    register_described(name, function, "", override_)
}

/// Names a function over typed values, and lets its metadata say the types. `extra` is the inside of a JSON object with
/// whatever else it shall say.
///
/// # Errors
/// As [`register`].
pub fn register_typed<Args: 'static, F: IntoTyped<Args>>(name: &str, call: F, extra: &str) -> Result<(), Error> {
    let metadata = F::signature(name).to_schema().to_metadata(extra);
    register_described(name, Function::from_typed(name, call), &metadata, true)
}

/// Names a function and says more about it, as JSON text.
///
/// # Errors
/// As [`register`].
pub fn register_described(name: &str, function: Function, metadata: &str, override_: bool) -> Result<(), Error> {
    let raw = function.as_raw().as_ptr().cast();
    // SAFETY: the host's function; all is lent for the call.
    match unsafe { (runtime::get().name_function)(Text::of(name), raw, Text::of(metadata), override_) } {
        0 => Ok(()),
        _ => Err(take_raised().unwrap_or_else(|| Error::runtime(format!("`{name}` could not be named")))),
    }
}

/// The function of a name.
pub fn get(name: &str) -> Option<Function> {
    // SAFETY: null, or a function whose count is handed over.
    unsafe {
        NonNull::new((runtime::get().function)(Text::of(name))).map(|found| Obj::from_raw(found.cast::<Object>()))
    }
}
