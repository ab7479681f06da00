//! Values: owned ones of borrowed ones, strings, bytes, element types as text.

use super::boundary::{answer, bytes, expect, give, text};
use crate::function::Error;
use crate::object::grow::gathered;
use crate::value::big_int::{self, BigIntObj};
use crate::value::{tag, Any, AnyView, ByteArray, Bytes, DataType, IntoAny, RawAny};

/// Makes an owned value of a borrowed one. Raw strings are copied, an object is moved out of a slot.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIAnyViewToOwnedAny(view: *const RawAny, out: *mut RawAny) -> i32 {
    // SAFETY: by the header the view is a valid value, lent, and `out` can be written.
    answer(|| unsafe {
        let view: AnyView<'_> = AnyView::from_raw(expect(view, "a value")?.read());
        give(out, || Ok(view.to_owned().into_raw()))
    })
}

/// Makes a string of bytes, UTF-8 or not.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIStringFromByteArray(input: *const ByteArray, out: *mut RawAny) -> i32 {
    // SAFETY: by the header the bytes can be read and `out` be written.
    answer(|| unsafe {
        let content = bytes(input, "bytes")?;
        give(out, || Ok(Any::text(content).into_raw()))
    })
}

/// Makes bytes of bytes.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIBytesFromByteArray(input: *const ByteArray, out: *mut RawAny) -> i32 {
    // SAFETY: by the header the bytes can be read and `out` be written.
    answer(|| unsafe {
        let content = bytes(input, "bytes")?;
        give(out, || Ok(Bytes::from(content).into_any().into_raw()))
    })
}

/// Reads the name of an element type.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIDataTypeFromString(name: *const ByteArray, out: *mut DataType) -> i32 {
    // SAFETY: by the header the name can be read and `out` be written.
    answer(|| unsafe {
        let name = text(name, "the name of a dtype")?;
        give(out, || name.parse().map_err(|error| Error::value_error(format!("{error}"))))
    })
}

/// Writes the name of an element type, as a string value.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIDataTypeToString(dtype: *const DataType, out: *mut RawAny) -> i32 {
    // SAFETY: by the header the element type can be read and `out` be written.
    answer(|| unsafe {
        let dtype = expect(dtype, "a dtype")?.read();
        give(out, || Ok(Any::text(format!("{dtype}").as_bytes()).into_raw()))
    })
}

/// Makes an integer of the words of a two's complement, the lowest first. They need not be aligned.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIBigIntFromByteArray(input: *const ByteArray, out: *mut RawAny) -> i32 {
    // SAFETY: by the header the words can be read and `out` be written.
    answer(|| unsafe {
        let content = bytes(input, "the words of an integer")?;
        let (words, rest) = content.as_chunks::<8>();
        if !rest.is_empty() {
            let given = content.len();
            return Err(Error::value_error(format!(
                "an integer takes whole 64-bit words, of 8 bytes each, got {given} bytes"
            )));
        }
        let words = gathered(words.iter().map(|word| i64::from_ne_bytes(*word)));
        give(out, || Ok(big_int::integer(&words).into_raw()))
    })
}

/// Lends the words of an integer; of a value that is none, nothing.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIBigIntGetContentByteArray(value: *const RawAny) -> ByteArray {
    let none = ByteArray::new(&[]);
    // SAFETY: by the header the value stays while the words are used.
    let Some(value) = (unsafe { value.cast::<AnyView<'_>>().as_ref() }) else { return none };
    match (value.as_int(), value.as_object()) {
        // The word is in the value, behind the tag.
        (Some(_), _) => ByteArray { data: std::ptr::from_ref(value).cast::<u8>().wrapping_add(8), size: 8 },
        (_, Some(object)) if value.type_index() == tag::BIG_INT => {
            // SAFETY: the type is checked; the value keeps the object.
            let words = unsafe { BigIntObj::words(object) };
            ByteArray { data: words.as_ptr().cast(), size: size_of_val(words) }
        }
        _ => none,
    }
}
