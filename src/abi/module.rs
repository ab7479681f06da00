//! Symbols of libraries. Some this process has for a library; others are a library of this process.

use super::boundary::{answer, borrow, c_text, expect, give, Handle};
use super::start;
use crate::function::{Error, Function, SafeCall};
use crate::module::cxx::Virtual;
use crate::module::{answer_as_base, context, look_up_in_imports, system, ModuleObj, SYMBOL_PREFIX};
use crate::value::{AnyView, RawAny};
use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

/// Symbols of the system library that are data.
const DATA: [&str; 2] = ["_library_ctx", "_library_bin"];

/// Makes a symbol one of the system library. It is a function of the calling convention if its name begins as theirs do. Of other
/// symbols nothing here makes use.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvModRegisterSystemLibSymbol(name: *const c_char, symbol: *mut c_void) -> i32 {
    start();
    answer(|| {
        // SAFETY: by the header `name` is a C string.
        let name = unsafe { c_text(name) };
        match name.strip_prefix(SYMBOL_PREFIX) {
            Some(function) if !symbol.is_null() && !DATA.contains(&function) => {
                // SAFETY: a symbol with this prefix is a function of the convention. It needs no handle, and stays.
                let made =
                    unsafe { Function::from_c(null_mut(), std::mem::transmute::<*mut c_void, SafeCall>(symbol), None) };
                drop(system::register(function, made));
            }
            _ => {}
        }
        Ok(())
    })
}

/// Gives libraries that are loaded from now on a symbol. They have it in their variable of this name.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvModRegisterContextSymbol(name: *const c_char, symbol: *mut c_void) -> i32 {
    answer(|| {
        // SAFETY: by the header `name` is a C string.
        context::register(unsafe { &c_text(name) }, symbol);
        Ok(())
    })
}

/// Finds a function for the code of a library. It looks in what the library's module imports, then among the global ones. The
/// context is what the library has as `__tvm_ffi__library_ctx`. The module keeps the function; the caller gets no count.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvModLookupFromImports(context: Handle, name: *const c_char, out: *mut Handle) -> i32 {
    start();
    answer(|| {
        // C++ takes the address of the pointer in front of its header for a module's.
        let context = expect(context, "the module of a library")?.as_ptr().cast::<*const c_void>().wrapping_add(1);
        // SAFETY: by the header the context is a live module's, and `name` a C string.
        let (module, name) = unsafe { (borrow::<ModuleObj>(context.cast(), "the module of a library")?, c_text(name)) };
        // SAFETY: by the header `out` can be written; the module keeps the function.
        unsafe { give(out, || Ok(look_up_in_imports(&module, &name)?.as_raw().as_ptr())) }
    })
}

/// Calls a virtual function of a module that was made here, for C++. Of any module it imports and clears imports as the base
/// class does. Its place, the module, as many arguments as it takes.
#[no_mangle]
pub unsafe extern "C" fn BowlineModuleCall(
    which: i32,
    module: Handle,
    args: *const AnyView<'_>,
    out: *mut RawAny,
) -> i32 {
    start();
    answer(|| {
        let known = usize::try_from(which).ok().and_then(|which| Virtual::ALL.get(which).copied());
        let which = known.ok_or_else(|| Error::value_error("there is no such function of modules"))?;
        let args = match which.arguments() {
            0 => &[],
            // SAFETY: `args` has as many values as the virtual function takes.
            count => unsafe { std::slice::from_raw_parts(args, count) },
        };
        // SAFETY: the module is alive, and `out` can be written.
        unsafe {
            let module = borrow::<ModuleObj>(module, "a module")?;
            give(out, || Ok(answer_as_base(&module, which, args)?.into_raw()))
        }
    })
}
