//! Integers beyond 64 bits: objects with the words of a two's complement, the lowest first.
//! Upholds: what fits 64 bits is never such an object, and there is no word that only repeats the sign.

use super::tag;
use super::{Any, IntoAny};
use crate::object::{Header, Obj, Object, ObjectType};
use std::ptr::NonNull;

/// An integer beyond 64 bits. Its words follow, as C++ has them: their number, then the words.
#[repr(C)]
pub struct BigIntObj {
    header: Header,
}

// SAFETY: repr(C), starts with the header; nothing else is in it, and what follows never changes.
unsafe impl ObjectType for BigIntObj {
    const TYPE_KEY: &'static str = "ffi.BigInt";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::BIG_INT
    }
}

/// What C++ reads.
#[repr(C)]
struct Cell {
    object: BigIntObj,
    count: usize,
    first: [i64; 1],
}

// A model's atomics are larger.
#[cfg(not(any(bowline_loom, bowline_shuttle)))]
const _: () =
    assert!(std::mem::offset_of!(Cell, count) == 24 && std::mem::offset_of!(Cell, first) == 32, "the layout of C++");

impl BigIntObj {
    /// The words of an integer.
    ///
    /// # Safety
    /// The object is a `BigIntObj`, of any maker, and alive for `'a`.
    pub unsafe fn words<'a>(object: NonNull<Object>) -> &'a [i64] {
        let cell = object.cast::<Cell>().as_ptr();
        // SAFETY: the caller's contract: makers leave the number of words and the words there.
        unsafe { std::slice::from_raw_parts((&raw const (*cell).first).cast(), (*cell).count) }
    }
}

/// The integer with these words, of a two's complement, the lowest first: an object only where it does not fit 64 bits.
pub fn integer(words: &[i64]) -> Any {
    let mut words = words;
    while let [rest @ .., below, last] = words {
        if *last != below >> 63 {
            break;
        }
        words = &words[..rest.len() + 1];
    }
    match words {
        [] => 0i64.into_any(),
        [word] => word.into_any(),
        words => {
            Obj::new_with_extra_items(BigIntObj { header: Header::placeholder() }, words.iter().copied()).into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(value: &Any) -> Option<&[i64]> {
        let object = value.view().as_object()?;
        assert_eq!(value.type_index(), tag::BIG_INT);
        // SAFETY: its type is checked, and the value keeps it.
        Some(unsafe { BigIntObj::words(object) })
    }

    #[test]
    fn what_fits_is_no_object() {
        for (given, expected) in [
            (&[][..], 0),
            (&[5], 5),
            (&[5, 0, 0], 5),
            (&[-5, -1, -1, -1], -5),
            (&[i64::MIN, -1], i64::MIN),
            (&[i64::MAX, 0], i64::MAX),
            (&[0, 0], 0),
        ] {
            assert_eq!(integer(given).view().as_int(), Some(expected), "{given:?}");
        }
    }

    #[test]
    fn no_word_repeats_the_sign() {
        for (given, expected) in [
            (&[i64::MIN, 0][..], &[i64::MIN, 0][..]),
            (&[i64::MAX, -1], &[i64::MAX, -1]),
            (&[1, 2, 0, 0], &[1, 2]),
            (&[1, -2, -1], &[1, -2]),
            (&[0, i64::MIN, 0, 0], &[0, i64::MIN, 0]),
        ] {
            assert_eq!(words(&integer(given)), Some(expected), "{given:?}");
        }
    }
}
