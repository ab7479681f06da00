//! The thread's error, errors as objects, backtraces.

use super::boundary::{borrow, bytes, c_text, catch, expect, Handle};
use crate::function::error::{raise, take_raised, ErrorObj};
use crate::function::Error;
use crate::object::{Obj, Object};
use crate::value::ByteArray;
use std::cell::RefCell;
use std::ffi::c_char;
use std::ptr::{null_mut, NonNull};

/// Leaves an error in the thread's slot; whatever goes wrong meanwhile is that error instead.
fn set_raised(make: impl FnOnce() -> Result<Error, Error>) {
    raise(catch(make).unwrap_or_else(|error| error));
}

/// Moves the thread's error out of its slot; null if there is none.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIErrorMoveFromRaised(out: *mut Handle) {
    let Some(out) = NonNull::new(out) else { return };
    let error = take_raised().map_or(null_mut(), |error| error.into_object().into_raw().as_ptr());
    // SAFETY: by the header `out` can be written.
    unsafe { out.write(error) };
}

/// Leaves an error, which the caller keeps, in the thread's slot. Null empties the slot.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIErrorSetRaised(error: Handle) {
    if error.is_null() {
        // An end may run code, which may panic.
        let _ = catch(|| {
            drop(take_raised());
            Ok(())
        });
        return;
    }
    // SAFETY: by the header `error` is an error that the caller keeps alive.
    set_raised(|| unsafe { borrow::<ErrorObj>(error, "an error").map(|error| Error::from(Obj::clone(&error))) });
}

/// Leaves an error of a kind with a message in the thread's slot.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIErrorSetRaisedFromCStr(kind: *const c_char, message: *const c_char) {
    // SAFETY: by the header kind and message are C strings.
    set_raised(|| unsafe { Ok(Error::new(&c_text(kind), c_text(message))) });
}

/// As [`TVMFFIErrorSetRaisedFromCStr`], of a message in parts. Null is no part.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIErrorSetRaisedFromCStrParts(
    kind: *const c_char,
    parts: *const *const c_char,
    count: i32,
) {
    // SAFETY: by the header kind is a C string; `parts` has `count` strings or nulls.
    set_raised(|| unsafe {
        let count = usize::try_from(count).unwrap_or(0);
        let parts = if count == 0 { &[] } else { std::slice::from_raw_parts(expect(parts, "parts")?.as_ptr(), count) };
        let message: String = parts.iter().map(|part| c_text(*part)).collect();
        Ok(Error::new(&c_text(kind), message))
    });
}

/// Makes an error. A failure, which is a lack of memory, leaves the thread's slot as it is.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIErrorCreate(
    kind: *const ByteArray,
    message: *const ByteArray,
    backtrace: *const ByteArray,
    out: *mut Handle,
) -> i32 {
    // SAFETY: the strings can be read and `out` be written, as the header says.
    unsafe { create(kind, message, backtrace, [null_mut(); 2], out) }
}

/// As [`TVMFFIErrorCreate`], with what led to the error and what goes with it. Either may be null; the caller keeps both.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIErrorCreateWithCauseAndExtraContext(
    kind: *const ByteArray,
    message: *const ByteArray,
    backtrace: *const ByteArray,
    cause_chain: Handle,
    extra_context: Handle,
    out: *mut Handle,
) -> i32 {
    // SAFETY: the strings can be read, `out` be written, and both objects are the caller's.
    unsafe { create(kind, message, backtrace, [cause_chain, extra_context], out) }
}

/// # Safety
/// The caller's contract.
unsafe fn create(
    kind: *const ByteArray,
    message: *const ByteArray,
    backtrace: *const ByteArray,
    attached: [Handle; 2],
    out: *mut Handle,
) -> i32 {
    let make = || {
        // SAFETY: by the header the texts can be read.
        let [kind, message, backtrace] = unsafe {
            [bytes(kind, "a kind")?, bytes(message, "a message")?, bytes(backtrace, "a backtrace")?]
                .map(String::from_utf8_lossy)
        };
        let error = Error::with_backtrace(&kind, message, &backtrace);
        let counted = |handle: Handle| {
            // SAFETY: the caller keeps its count, so this is one more.
            NonNull::new(handle).map(|object| unsafe { Obj::<Object>::from_borrowed(object) })
        };
        let [cause, context] = attached.map(counted);
        error.set_cause(cause);
        error.set_extra_context(context);
        let out = expect(out, "a place for the result")?;
        // SAFETY: `out` can be written.
        unsafe { out.write(error.into_object().into_raw().as_ptr()) };
        Ok(())
    };
    match catch(make) {
        Ok(()) => 0,
        Err(_) => -1,
    }
}

thread_local! {
    /// What this thread's last backtrace reads, and the text.
    static BACKTRACE: RefCell<(ByteArray, String)> = const { RefCell::new((ByteArray::new(&[]), String::new())) };
}

static NO_BACKTRACE: ByteArray = ByteArray::new(&[]);

/// Describes the place of a call as a frame. The text is the thread's until the next call. Frames of the native stack are
/// not read.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIBacktrace(
    file: *const c_char,
    line: i32,
    function: *const c_char,
    _cross_ffi_boundary: i32,
) -> *const ByteArray {
    let made = catch(|| {
        let text = match file.is_null() || function.is_null() {
            true => String::new(),
            // SAFETY: file and function are not null, so by the header they are C strings.
            false => unsafe { format!("  File \"{}\", line {line}, in {}\n", c_text(file), c_text(function)) },
        };
        let keep = |slot: &RefCell<(ByteArray, String)>| {
            let mut slot = slot.borrow_mut();
            *slot = (ByteArray::new(text.as_bytes()), text);
            &raw const slot.0
        };
        // A thread that is past its locals has none.
        Ok(BACKTRACE.try_with(keep).unwrap_or(&raw const NO_BACKTRACE))
    });
    made.unwrap_or(&raw const NO_BACKTRACE)
}
