//! Functions, and the names under which the process knows them.

use super::boundary::{answer, borrow, expect, give, text, Handle};
use super::start;
use crate::function::{global, serial, Error, Function, FunctionObj, SafeCall};
use crate::object::Obj;
use crate::reflect::record::MethodRecord;
use crate::value::{convert, AnyView, ByteArray, RawAny};
use std::ffi::c_void;
use std::ptr::{null_mut, NonNull};

/// Makes a function of a C function and the handle that it is called with. The handle ends with the function.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIFunctionCreate(
    handle: *mut c_void,
    safe_call: Option<SafeCall>,
    deleter: Option<unsafe extern "C" fn(*mut c_void)>,
    out: *mut Handle,
) -> i32 {
    answer(|| {
        let safe_call = safe_call.ok_or_else(|| Error::value_error("expected a function, got null"))?;
        // SAFETY: by the header both functions are for this handle, on any thread.
        unsafe { give(out, || Ok(Function::from_c(handle, safe_call, deleter).into_raw().as_ptr())) }
    })
}

/// Calls a function; the result's place holds no value before. Gives what the function answers.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIFunctionCall(
    function: Handle,
    args: *const RawAny,
    count: i32,
    result: *mut RawAny,
) -> i32 {
    let mut code = 0;
    let called = answer(|| {
        // SAFETY: by the header the handle is that of a live function.
        let function = unsafe { borrow::<FunctionObj>(function, "a function") }?;
        // SAFETY: the arguments are `count` valid values. The entry point is the object's own, and does not
        // unwind.
        code = unsafe { (function.safe_call())(function.as_raw().as_ptr().cast(), args, count, result) };
        Ok(())
    });
    if called != 0 {
        called
    } else {
        code
    }
}

/// Finds the function of a name; null if there is none.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIFunctionGetGlobal(name: *const ByteArray, out: *mut Handle) -> i32 {
    start();
    // SAFETY: by the header the name can be read and `out` be written.
    answer(|| unsafe {
        let name = text(name, "a name")?;
        give(out, || Ok(global::get(name).map_or(null_mut(), |function| function.into_raw().as_ptr())))
    })
}

/// Names a function, which the caller keeps.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIFunctionSetGlobal(name: *const ByteArray, function: Handle, allow_override: i32) -> i32 {
    start();
    // SAFETY: by the header the function is alive and the name can be read.
    answer(|| unsafe {
        let function = borrow::<FunctionObj>(function, "a function")?;
        global::register(text(name, "a name")?, serial::registered(Obj::clone(&function)), allow_override != 0)
    })
}

/// Names a function and keeps the metadata that it comes with. What it does (`doc`) nothing asks for.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIFunctionSetGlobalFromMethodInfo(
    method: *const MethodRecord,
    allow_override: i32,
) -> i32 {
    start();
    // SAFETY: by the header the method's record can be read, with its name and function.
    answer(|| unsafe {
        let method: NonNull<MethodRecord> = expect(method, "a method")?;
        let method = method.as_ref();
        let view: AnyView<'_> = AnyView::from_raw(method.method);
        let function: Function = convert(view)?;
        let (name, metadata) = (text(&method.name, "a name")?, text(&method.metadata, "metadata")?);
        global::register_described(name, serial::registered(function), metadata, allow_override != 0)
    })
}
