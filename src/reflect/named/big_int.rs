//! What is done with integers beyond 64 bits as with others. They are compared, hashed, shown, written as JSON, used
//! as keys.
//! Upholds: what counts of such an integer is its words.

use crate::function::{Error, Function};
use crate::object::ObjectType;
use crate::reflect::attr;
use crate::value::big_int::{self, BigIntObj};
use crate::value::{convert, Any, AnyView, IntoAny, Str};
use std::sync::Once;

static DECLARED: Once = Once::new();

/// The words of an argument.
fn words<'a>(arguments: &[AnyView<'a>], at: usize) -> Result<&'a [i64], Error> {
    let found = arguments.get(at).and_then(|view| big_int::words_of(*view));
    found.ok_or_else(|| Error::type_error("expected an integer beyond 64 bits"))
}

/// A number for words, from another one.
fn hash(start: u64, words: &[i64]) -> i64 {
    let mix = |hash: u64, word: &i64| (hash ^ *word as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    words.iter().fold(start ^ words.len() as u64, mix) as i64
}

/// Says all of it to native code, in attributes of the type.
pub(super) fn declare() {
    DECLARED.call_once(|| {
        let say = |name: &str, function: fn(&[AnyView<'_>]) -> Result<Any, Error>| {
            let function = Function::from_packed(function).into_any();
            attr::set(BigIntObj::type_index(), name, function).expect("a type that is registered");
        };
        say("__any_hash__", |given| Ok(hash(0, words(given, 0)?).into_any()));
        say("__any_equal__", |given| Ok((words(given, 0)? == words(given, 1)?).into_any()));
        say("__ffi_hash__", |given| Ok(hash(0, words(given, 0)?).into_any()));
        say("__ffi_compare__", |given| Ok((big_int::compare(words(given, 0)?, words(given, 1)?) as i64).into_any()));
        say("__ffi_repr__", |given| Ok(Str::from(big_int::to_decimal(words(given, 0)?)).into_any()));
        say("__s_equal__", |given| Ok((words(given, 0)? == words(given, 1)?).into_any()));
        say("__s_hash__", |given| {
            let start = given.get(1).copied().map_or(Ok(0), convert::<i64>)?;
            Ok(hash(start as u64, words(given, 0)?).into_any())
        });
        say("__data_to_json__", |given| Ok(Str::from(big_int::to_decimal(words(given, 0)?)).into_any()));
        say("__data_from_json__", |given| {
            let read = given.first().and_then(|text| big_int::from_decimal(text.as_str()?));
            read.ok_or_else(|| Error::value_error("expected the decimal digits of an integer"))
        });
    });
}
