//! Functions that are called by address, as code of other languages is.
//! Upholds: both follow their calling convention to the letter.

use bowline::function::error::raise;
use bowline::function::Error;
use bowline::value::{AnyView, IntoAny, RawAny};
use std::ffi::c_void;

/// One more than an integer, by the C convention.
///
/// # Safety
/// `arguments` are `count` valid values, `result` can be written and holds no value.
pub unsafe extern "C" fn add_one(_: *mut c_void, arguments: *const RawAny, count: i32, result: *mut RawAny) -> i32 {
    // SAFETY: `arguments` are `count` values, as `# Safety` says; there is one.
    let argument = (count == 1).then(|| unsafe { AnyView::from_raw(*arguments) });
    let Some(x) = argument.and_then(AnyView::as_int) else {
        raise(Error::type_error("Expects a single int argument"));
        return -1;
    };
    // SAFETY: `result` can be written and holds no value, as `# Safety` says.
    unsafe { result.write(x.wrapping_add(1).into_any().into_raw()) };
    0
}

/// The same by MLIR's packed convention.
///
/// # Safety
/// `packed` are five pointers: to the handle, the arguments, their count, the result's place, and the code to return.
pub unsafe extern "C" fn mlir_add_one(packed: *mut *mut c_void) {
    // SAFETY: `packed` are five pointers, as `# Safety` says.
    unsafe {
        let arguments = *(*packed.add(1)).cast::<*const RawAny>();
        let count = *(*packed.add(2)).cast::<i32>();
        let result = *(*packed.add(3)).cast::<*mut RawAny>();
        let code = add_one(std::ptr::null_mut(), arguments, count, result);
        (*packed.add(4)).cast::<i32>().write(code);
    }
}
