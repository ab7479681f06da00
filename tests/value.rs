//! Dynamic values from outside: layout, conversions, counts, fields under threads.
//! Uses the crate's public interface only.
//! A stress test fails on a torn value, a use after the end (the canary) or a count that is off.
#![cfg(not(any(bowline_loom, bowline_shuttle)))]

use bowline::object::registry::CachedIndex;
use bowline::object::{Header, Obj, Object, ObjectType};
use bowline::value::{
    cell, convert, convert_owned, tag, Any, AnyOf, AnyView, ByteArray, Bytes, DataType, Device, FromAny, IntoAny,
    Mutable, RvalueSlot, Schema, Storage, Str, Typed,
};
use proptest::prelude::*;
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, OnceLock};

#[path = "value/cells.rs"]
mod cells;

/// An object that says so when it is destroyed. It knows whether it still is one.
#[repr(C)]
struct Probe {
    header: Header,
    alive: Arc<AtomicI64>,
    canary: AtomicUsize,
    number: i64,
}

/// How often a stress test does what it does; Miri looks closer instead.
const ROUNDS: i64 = if cfg!(miri) { 20 } else { 4_000 };

const CANARY: usize = 0x5EED_CAFE;

// SAFETY: repr(C), starts with a header; the key is this type's.
unsafe impl ObjectType for Probe {
    const TYPE_KEY: &'static str = "test.value.Probe";
    type Parent = Object;
    fn type_index() -> i32 {
        static INDEX: CachedIndex = CachedIndex::new();
        INDEX.get_or_register::<Probe>()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        assert_eq!(self.canary.swap(0, Ordering::Relaxed), CANARY, "destroyed twice");
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

fn probe(alive: &Arc<AtomicI64>, number: i64) -> Obj<Probe> {
    alive.fetch_add(1, Ordering::Relaxed);
    Obj::new(Probe { header: Header::placeholder(), alive: alive.clone(), canary: AtomicUsize::new(CANARY), number })
}

fn check(probe: &Probe) {
    assert_eq!(probe.canary.load(Ordering::Relaxed), CANARY, "used after its end");
}

#[test]
fn bytes_are_those_of_the_abi() {
    assert_eq!((size_of::<Any>(), align_of::<Any>(), size_of::<AnyView>()), (16, 8, 16));
    let raw = (-2_i64).into_any().into_raw();
    assert_eq!((raw.type_index(), raw.small_len(), raw.to_bits()), (tag::INT, 0, -2_i64 as u64));
    let small = Str::from("abc").into_any();
    let raw = small.view().to_raw();
    assert_eq!((raw.type_index(), raw.small_len()), (tag::SMALL_STR, 3));
    assert_eq!(raw.to_bits().to_ne_bytes(), *b"abc\0\0\0\0\0");
    let dtype = DataType { code: 2, bits: 32, lanes: 4 }.into_any().into_raw();
    assert_eq!(dtype.to_bits().to_ne_bytes(), [2, 32, 4, 0, 0, 0, 0, 0]);
    assert_eq!((size_of::<Option<Obj<Probe>>>(), size_of::<Str>(), size_of::<Mutable<Str>>()), (8, 16, 16));
}

#[test]
fn short_strings_are_inline_and_long_ones_are_objects() {
    for length in 0..20 {
        let text = "\0bcdefghijklmnopqrstuvw"[..length].to_owned();
        let value = text.as_str().into_any();
        assert_eq!(value.type_index(), if length <= 7 { tag::SMALL_STR } else { tag::STR }, "length {length}");
        assert_eq!(value.view().as_str(), Some(text.as_str()));
        assert_eq!(value.view().as_bytes(), None);
        assert!(value.view().same(&text.clone().into_any().view()));
        let bytes = text.as_bytes().into_any();
        assert_eq!(bytes.view().as_bytes(), Some(text.as_bytes()));
        assert!(!bytes.view().same(&value.view()), "bytes are no text");
        assert_eq!(convert::<Bytes>(bytes.view()).unwrap(), *text.as_bytes());
        let array = ByteArray::new(text.as_bytes());
        assert!(AnyView::of_byte_array(&array).to_owned().view().same(&bytes.view()));
    }
    let raw = AnyView::of_c_str(c"a raw string of a foreign caller");
    assert_eq!(convert::<Str>(raw).unwrap(), "a raw string of a foreign caller");
    assert_eq!((raw.to_owned().type_index(), raw.type_name().as_str()), (tag::STR, "str"));
}

#[test]
fn conversions_accept_what_annotations_say() {
    fn shows<T: FromAny + std::fmt::Debug>(value: impl IntoAny) -> String {
        match convert::<T>(value.into_any().view()) {
            Ok(value) => format!("{value:?}"),
            Err(error) => format!("{error:?}"),
        }
    }
    assert_eq!(shows::<i64>(true), "1");
    assert_eq!(shows::<i64>(1.5), "TypeError: Expected `int` but got `float`");
    assert_eq!(shows::<i8>(-128), "-128");
    assert_eq!(shows::<u8>(256), "ValueError: Expected `int` but got `256, which is no u8`");
    assert_eq!(shows::<u64>(u64::MAX), u64::MAX.to_string());
    assert_eq!(shows::<f64>(3), "3.0");
    assert_eq!(shows::<f64>("3"), "TypeError: Expected `float` but got `str`");
    assert_eq!(shows::<bool>(2), "true");
    assert_eq!(shows::<bool>(Any::none()), "TypeError: Expected `bool` but got `None`");
    assert_eq!(shows::<Option<i64>>(Any::none()), "None");
    assert_eq!(shows::<Option<i64>>("x"), "TypeError: Expected `int | None` but got `str`");
    assert_eq!(shows::<Str>(Bytes::from(b"x".as_slice())), "TypeError: Expected `str` but got `bytes`");
    assert_eq!(shows::<String>("text"), "\"text\"");
    assert_eq!(shows::<Device>(Device { kind: 2, id: 1 }), "Device { kind: 2, id: 1 }");
    assert_eq!(shows::<()>(1), "TypeError: Expected `None` but got `int`");
    assert_eq!(shows::<Obj<Probe>>(Any::none()), "TypeError: Expected `test.value.Probe` but got `None`");
    let other = Obj::new(Object::placeholder());
    assert_eq!(shows::<Obj<Probe>>(other), "TypeError: Expected `test.value.Probe` but got `ffi.Object`");
    assert_eq!(AnyOf::<Option<i64>>::new(Some(3)).get().unwrap(), Some(3));
    assert_eq!(AnyOf::<Option<i64>>::schema().to_string(), "int | None");
}

#[test]
fn schemas_read_as_annotations() {
    let boxed = Box::new;
    for (schema, text) in [
        (Schema::Array(boxed(Schema::Int)), "Array[int]"),
        (Schema::Tuple(vec![Schema::Int, Schema::Str]), "tuple[int, str]"),
        (Schema::Tuple(vec![]), "tuple[()]"),
        (Schema::List(boxed(Schema::Any)), "List[Any]"),
        (Schema::Map(boxed(Schema::Str), boxed(Schema::Float)), "Map[str, float]"),
        (Schema::Dict(boxed(Schema::Str), boxed(Schema::Bytes)), "Dict[str, bytes]"),
        (Schema::Union(vec![Schema::Bool, Schema::None]), "bool | None"),
        (Schema::Callable(None), "Callable[..., Any]"),
        (Schema::Callable(Some((Some(vec![Schema::Int]), boxed(Schema::DType)))), "Callable[[int], dtype]"),
        (Schema::Callable(Some((None, boxed(Schema::Int)))), "Callable[..., int]"),
        (Schema::AnyTuple, "tuple"),
        (Schema::Object(Probe::type_index()), "test.value.Probe"),
        (Schema::Optional(boxed(Schema::Pointer)), "ctypes.c_void_p | None"),
    ] {
        assert_eq!(schema.to_string(), text);
    }
}

#[test]
fn counts_are_exact() {
    let alive = Arc::new(AtomicI64::new(0));
    let object = probe(&alive, 1);
    let value = object.clone().into_any();
    assert_eq!(object.strong_count(), 2);
    let copy = value.clone();
    assert_eq!(object.strong_count(), 3);
    let typed = convert_owned::<Obj<Probe>>(copy).unwrap();
    assert_eq!((object.strong_count(), typed.number), (3, 1));
    drop(typed);
    let borrowed = convert::<Obj<Probe>>(value.view()).unwrap();
    assert_eq!(object.strong_count(), 3);
    drop((borrowed, value.view().to_owned()));
    assert_eq!(object.strong_count(), 2);
    assert!(convert_owned::<Str>(value.clone()).is_err());
    assert!(value.view().as_ref::<Probe>().is_some() && value.view().as_ref::<Object>().is_some());
    let back = value.into_object().unwrap();
    assert_eq!((object.strong_count(), back.is::<Probe>()), (2, true));
    assert!(1.into_any().into_object().is_err());
    drop((object, back));
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn rvalue_moves_once() {
    let alive = Arc::new(AtomicI64::new(0));
    let slot = RvalueSlot::new(probe(&alive, 1));
    let error = convert::<Str>(AnyView::of_rvalue(&slot)).unwrap_err();
    assert_eq!(error.to_string(), "Expected `str` but got `test.value.Probe`");
    assert!(!slot.is_empty(), "what does not suit is put back");
    let moved = convert::<Obj<Probe>>(AnyView::of_rvalue(&slot)).unwrap();
    assert_eq!((moved.strong_count(), slot.is_empty()), (1, true));
    let error = convert::<Obj<Probe>>(AnyView::of_rvalue(&slot)).unwrap_err();
    assert_eq!(error.kind(), "ValueError");
    assert!(AnyView::of_rvalue(&slot).to_owned().is_none());
    drop(moved);
    drop(RvalueSlot::new(probe(&alive, 2)));
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

proptest! {
    #[test]
    fn text_round_trips(text in "\\PC{0,12}") {
        let value = text.as_str().into_any();
        prop_assert_eq!(value.as_view().as_str(), Some(text.as_str()));
        prop_assert!(value.view().same(&Str::from(text.clone()).view()));
        prop_assert_eq!(convert::<String>(value.view()).unwrap(), text);
    }

    #[test]
    fn different_bytes_are_not_the_same(a: Vec<u8>, b: Vec<u8>) {
        let (x, y) = (a.as_slice().into_any(), b.as_slice().into_any());
        prop_assert_eq!(x.view().same(&y.view()), a == b);
    }

    #[test]
    fn numbers_round_trip(int: i64, bits: u64) {
        prop_assert_eq!(convert::<i64>(int.into_any().view()).unwrap(), int);
        let float = f64::from_bits(bits);
        prop_assert_eq!(convert::<f64>(float.into_any().view()).unwrap().to_bits(), bits);
        prop_assert_eq!(convert::<i32>(int.into_any().view()).ok(), i32::try_from(int).ok());
    }
}
