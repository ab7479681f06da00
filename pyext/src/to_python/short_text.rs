//! Short texts, one `str` each as far as there is room.
//! Upholds: a `str` from here equals what the interpreter makes of the text; what is kept here is bounded.
//!
//! Names of variables and operators come over and over. A native text of at most seven bytes is a word, so that its
//! `str` is found by that word. Longer ones are objects.

use bowline::sync::global::once_table::OnceTable;
use bowline::value::{AnyView, RawAny};
use pyo3::ffi;
use std::num::NonZeroU64;
use std::ptr::NonNull;

/// How many texts there is room for. They stay as long as the process: 80 bytes each.
const PLACES: usize = 4096;

static TEXTS: OnceTable<ffi::PyObject, PLACES> = OnceTable::new();

/// The length of the longest text that is kept here.
const LONGEST: u32 = 7;

/// A new reference to the `str` of a small string. It is null with an exception set without memory, or for what is no UTF-8.
///
/// # Safety
/// Attached; the value is a small string.
#[inline(always)]
pub unsafe fn new(raw: RawAny) -> *mut ffi::PyObject {
    let key = key(raw);
    // SAFETY: a count of what is found is never given back; attached, and a small string.
    unsafe {
        match key.map(|key| TEXTS.find(key)) {
            Some(Ok(text)) => ffi::Py_NewRef(text.as_ptr()),
            Some(Err(true)) => make(raw, key),
            _ => make(raw, None),
        }
    }
}

/// The text and its length in one word.
#[inline(always)]
fn key(raw: RawAny) -> Option<NonZeroU64> {
    let length = raw.small_len();
    if length > LONGEST {
        return None;
    }
    // What is behind a text that other code made may be anything.
    let content = raw.to_bits().to_le() & ((1_u64 << (8 * length)) - 1);
    NonZeroU64::new(content | u64::from(length + 1) << 56)
}

/// Makes the `str`, and keeps it if there is a key.
///
/// # Safety
/// As [`new`].
#[inline(never)]
unsafe fn make(raw: RawAny, key: Option<NonZeroU64>) -> *mut ffi::PyObject {
    // SAFETY: attached; the bytes of a small string are in the value. `made` is a reference of ours; a kept one gets another.
    unsafe {
        let view: AnyView<'_> = AnyView::from_raw(raw);
        let content = view.as_text().unwrap_or_default();
        let mut made = ffi::PyUnicode_FromStringAndSize(content.as_ptr().cast(), content.len() as isize);
        if let (Some(key), false) = (key, made.is_null()) {
            // Free-threaded builds do not count references to interned strings.
            ffi::PyUnicode_InternInPlace(&mut made);
            if let Some(text) = NonNull::new(made) {
                if TEXTS.put(key, text) {
                    ffi::Py_INCREF(made);
                }
            }
        }
        made
    }
}
