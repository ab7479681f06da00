//! Symbols of libraries: those that this process has for a library, and those that are a library of this process.

use super::boundary::{answer, c_text};
use super::start;
use crate::function::{Function, SafeCall};
use crate::module::{context, system, SYMBOL_PREFIX};
use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

/// Symbols of the system library that are data.
const DATA: [&str; 2] = ["_library_ctx", "_library_bin"];

/// Makes a symbol one of the system library: a function of the calling convention if its name begins as theirs do. Of other
/// symbols nothing here makes use.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvModRegisterSystemLibSymbol(name: *const c_char, symbol: *mut c_void) -> i32 {
    start();
    answer(|| {
        // SAFETY: the caller's contract.
        let name = unsafe { c_text(name) };
        match name.strip_prefix(SYMBOL_PREFIX) {
            Some(function) if !symbol.is_null() && !DATA.contains(&function) => {
                // SAFETY: a symbol with this prefix is a function of the convention; it needs no handle, and stays.
                let made =
                    unsafe { Function::from_c(null_mut(), std::mem::transmute::<*mut c_void, SafeCall>(symbol), None) };
                drop(system::register(function, made));
            }
            _ => {}
        }
        Ok(())
    })
}

/// Lets libraries that are loaded from now on have a symbol in their variable of this name.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvModRegisterContextSymbol(name: *const c_char, symbol: *mut c_void) -> i32 {
    answer(|| {
        // SAFETY: the caller's contract.
        context::register(unsafe { &c_text(name) }, symbol);
        Ok(())
    })
}
