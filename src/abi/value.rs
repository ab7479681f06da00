//! Values: owned ones of borrowed ones, strings, bytes, element types as text.

use super::boundary::{answer, bytes, expect, give, text};
use crate::function::Error;
use crate::value::{Any, AnyView, ByteArray, Bytes, DataType, IntoAny, RawAny};

/// Makes an owned value of a borrowed one: raw strings are copied, an object is moved out of a slot.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIAnyViewToOwnedAny(view: *const RawAny, out: *mut RawAny) -> i32 {
    // SAFETY: the caller's contract.
    answer(|| unsafe {
        let view: AnyView<'_> = AnyView::from_raw(expect(view, "a value")?.read());
        give(out, || Ok(view.to_owned().into_raw()))
    })
}

/// Makes a string of bytes, UTF-8 or not.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIStringFromByteArray(input: *const ByteArray, out: *mut RawAny) -> i32 {
    // SAFETY: the caller's contract.
    answer(|| unsafe {
        let content = bytes(input, "bytes")?;
        give(out, || Ok(Any::text(content).into_raw()))
    })
}

/// Makes bytes of bytes.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIBytesFromByteArray(input: *const ByteArray, out: *mut RawAny) -> i32 {
    // SAFETY: the caller's contract.
    answer(|| unsafe {
        let content = bytes(input, "bytes")?;
        give(out, || Ok(Bytes::from(content).into_any().into_raw()))
    })
}

/// Reads the name of an element type.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIDataTypeFromString(name: *const ByteArray, out: *mut DataType) -> i32 {
    // SAFETY: the caller's contract.
    answer(|| unsafe {
        let name = text(name, "the name of a dtype")?;
        give(out, || name.parse().map_err(|error| Error::value_error(format!("{error}"))))
    })
}

/// Writes the name of an element type, as a string value.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIDataTypeToString(dtype: *const DataType, out: *mut RawAny) -> i32 {
    // SAFETY: the caller's contract.
    answer(|| unsafe {
        let dtype = expect(dtype, "a dtype")?.read();
        give(out, || Ok(Any::text(format!("{dtype}").as_bytes()).into_raw()))
    })
}
