//! What the functions of the C ABI have in common.
//! Upholds: a panic becomes an error; null where something is needed, and text that is not UTF-8, are errors.
//!
//! Every function demands of its caller: pointers are null or lead to what their types say, for the time of the call, and what
//! is handed over is the caller's to give. `# Safety` here names that as the callers' contract.

use crate::function::Error;
use crate::object::{registry, Obj, Object, ObjectType};
use crate::value::ByteArray;
use std::ffi::{c_char, CStr};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

pub(super) use crate::function::boundary::{answer, catch};

/// An object, or null, as C passes it.
pub type Handle = *mut Object;

/// Runs the inside of a function that cannot fail. A failure ends the process, having said why.
pub(super) fn or_abort<T>(name: &str, inside: impl FnOnce() -> Result<T, Error>) -> T {
    catch(inside).unwrap_or_else(|error| {
        eprintln!("{name}: {error}");
        std::process::abort()
    })
}

#[cold]
fn null(what: &str) -> Error {
    Error::value_error(format!("expected {what}, got null"))
}

/// A pointer that is not null.
#[inline]
pub(super) fn expect<T>(pointer: *const T, what: &str) -> Result<NonNull<T>, Error> {
    NonNull::new(pointer.cast_mut()).ok_or_else(|| null(what))
}

/// The bytes of a `TVMFFIByteArray`.
///
/// # Safety
/// The caller's contract; the bytes stay for `'a`.
pub(super) unsafe fn bytes<'a>(array: *const ByteArray, what: &str) -> Result<&'a [u8], Error> {
    // SAFETY: a null or readable array, whose bytes stay for `'a`.
    unsafe { Ok(expect(array, what)?.as_ref().as_slice()) }
}

/// The text of a `TVMFFIByteArray`.
///
/// # Safety
/// As [`bytes`].
pub(super) unsafe fn text<'a>(array: *const ByteArray, what: &str) -> Result<&'a str, Error> {
    // SAFETY: a null or readable array, whose bytes stay for `'a`.
    let bytes = unsafe { bytes(array, what) }?;
    std::str::from_utf8(bytes).map_err(|error| Error::value_error(format!("{what} is not UTF-8: {error}")))
}

/// A C string as text; what is not UTF-8 is replaced. Null is empty.
///
/// # Safety
/// As [`bytes`].
pub(super) unsafe fn c_text(text: *const c_char) -> String {
    match text.is_null() {
        true => String::new(),
        // SAFETY: not null, and by the header a C string, which stays for the call.
        false => unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned(),
    }
}

/// A handle that the caller keeps, as one of a type.
///
/// # Safety
/// The caller's contract; the object lives as long as the result.
pub(super) unsafe fn borrow<T: ObjectType>(handle: Handle, what: &str) -> Result<ManuallyDrop<Obj<T>>, Error> {
    let object = expect(handle, what)?;
    // SAFETY: the handle names an object that lives as long as the result.
    let index = unsafe { object.as_ref() }.type_index();
    if !registry::is_instance(index, T::type_index()) {
        let found = registry::type_info(index).map_or("an unknown type", |info| info.key);
        return Err(Error::type_error(format!("expected {what}, got `{found}`")));
    }
    // SAFETY: the type is checked; the count stays the caller's, since the handle is not dropped.
    Ok(ManuallyDrop::new(unsafe { Obj::from_raw(object) }))
}

/// Writes a result.
///
/// # Safety
/// The caller's contract.
#[inline]
pub(super) unsafe fn give<T>(out: *mut T, value: impl FnOnce() -> Result<T, Error>) -> Result<(), Error> {
    let out = expect(out, "a place for the result")?;
    let value = value()?;
    // SAFETY: `out` is null or can be written; null was refused.
    unsafe { out.write(value) };
    Ok(())
}
