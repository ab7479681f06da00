//! Integers beyond 64 bits: objects with the words of a two's complement, the lowest first.
//! Upholds: what fits 64 bits is never such an object, and there is no word that only repeats the sign.

use super::tag;
use super::{Any, AnyView, IntoAny};
use crate::object::grow::{gathered, Grow, TextBuf};
use crate::object::{Header, Obj, Object, ObjectType};
use std::cmp::Ordering;
use std::fmt::Write;
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
        // SAFETY: a live `BigIntObj`. Makers leave the number of words and the words there.
        unsafe { std::slice::from_raw_parts((&raw const (*cell).first).cast(), (*cell).count) }
    }
}

/// The words of a value that is such an integer.
pub fn words_of(view: AnyView<'_>) -> Option<&[i64]> {
    let object = view.as_object().filter(|_| view.type_index() == tag::BIG_INT)?;
    // SAFETY: the type is checked; the view's lifetime is one in which the object is kept.
    Some(unsafe { BigIntObj::words(object) })
}

/// Which of two integers is less. Their words may be of any number.
pub fn compare(a: &[i64], b: &[i64]) -> Ordering {
    let sign = |words: &[i64]| words.last().copied().unwrap_or(0) >> 63;
    let word = |words: &[i64], at: usize| words.get(at).copied().unwrap_or_else(|| sign(words)) as u64;
    let places = (0..a.len().max(b.len())).rev();
    sign(a).cmp(&sign(b)).then_with(|| {
        places.map(|at| word(a, at).cmp(&word(b, at))).find(|found| found.is_ne()).unwrap_or(Ordering::Equal)
    })
}

/// How many digits of a decimal go into a word.
const DIGITS: usize = 18;
const BASE: u64 = 1_000_000_000_000_000_000;

/// Changes the sign of an integer.
fn negate(words: &mut [u64]) {
    let mut carry = true;
    for word in words {
        (*word, carry) = (!*word).overflowing_add(u64::from(carry));
    }
}

/// The digits of an integer.
pub fn to_decimal(words: &[i64]) -> String {
    let is_negative = words.last().is_some_and(|word| *word < 0);
    let mut rest = gathered(words.iter().map(|word| *word as u64));
    if is_negative {
        negate(&mut rest);
    }
    // The lowest first.
    let mut groups = Vec::new();
    while !rest.is_empty() {
        let mut over: u128 = 0;
        for word in rest.iter_mut().rev() {
            let whole = over << 64 | u128::from(*word);
            (*word, over) = ((whole / u128::from(BASE)) as u64, whole % u128::from(BASE));
        }
        groups.grow(1);
        groups.push(over as u64);
        while rest.last() == Some(&0) {
            rest.pop();
        }
    }
    let mut text = TextBuf::default();
    text.push_str(if is_negative { "-" } else { "" });
    let highest = groups.pop().unwrap_or(0);
    // Writing to a text does not fail.
    let _ = write!(text, "{highest}");
    for group in groups.into_iter().rev() {
        let _ = write!(text, "{group:0DIGITS$}");
    }
    text.into_string()
}

/// The integer with these digits; none if they are something else.
pub fn from_decimal(text: &str) -> Option<Any> {
    let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let mut words: Vec<u64> = Vec::new();
    // The first group is shorter.
    let (first, others) = digits.as_bytes().split_at(digits.len() % DIGITS);
    for group in [first].into_iter().chain(others.chunks(DIGITS)).filter(|group| !group.is_empty()) {
        let base = u128::from(10u64.pow(group.len() as u32));
        let mut over = group.iter().fold(0u128, |number, digit| number * 10 + u128::from(digit - b'0'));
        for word in &mut words {
            let whole = u128::from(*word) * base + over;
            (*word, over) = (whole as u64, whole >> 64);
        }
        if over > 0 {
            words.grow(1);
            words.push(over as u64);
        }
    }
    // Room for the sign.
    words.grow(1);
    words.push(0);
    if is_negative {
        negate(&mut words);
    }
    Some(integer(&gathered(words.into_iter().map(|word| word as i64))))
}

/// The integer with these words, of a two's complement, the lowest first. It is an object only where it does not fit 64
/// bits.
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
    fn digits() {
        for text in [
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            "1000000000000000000000000000000000000",
            "-340282366920938463463374607431768211456",
            "123456789012345678901234567890123456789012345678901234567890",
        ] {
            let read = from_decimal(text).expect("digits");
            assert_eq!(to_decimal(words(&read).expect("beyond 64 bits")), text);
        }
        assert_eq!(from_decimal("-00012").and_then(|value| value.view().as_int()), Some(-12));
        assert_eq!(to_decimal(&[0]), "0");
        assert_eq!(to_decimal(&[i64::MIN]), "-9223372036854775808");
        for wrong in ["", "-", "1 ", "+1", "1e3"] {
            assert!(from_decimal(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn order() {
        let rising: [&[i64]; 8] = [&[0, -2], &[5, -1, -1], &[i64::MIN], &[-1], &[0], &[i64::MAX], &[-1, 0], &[0, 1]];
        for (at, a) in rising.iter().enumerate() {
            for (other, b) in rising.iter().enumerate() {
                assert_eq!(compare(a, b), at.cmp(&other), "{a:?} {b:?}");
            }
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
