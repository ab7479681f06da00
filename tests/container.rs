//! Sequences and mappings from outside: against models, under threads, with destructors that come back.
//! Uses the crate's public interface only.
//! A stress test fails on a lost or doubled item, a use after the end (the canary) or a count that is off.
#![cfg(not(any(bowline_loom, bowline_shuttle)))]

use bowline::container::slice::{place, Slice};
use bowline::container::{Array, ArrayObj, Dict, DictObj, List, ListObj, Map, MapObj};
use bowline::function::Error;
use bowline::object::registry::CachedIndex;
use bowline::object::{Header, Obj, Object, ObjectType};
use bowline::value::{convert, Any, AnyView, FromAny, IntoAny, Schema, Str};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::Arc;

#[path = "container/threads.rs"]
mod threads;

/// An object that runs something when it is destroyed. It knows whether it still is one.
#[repr(C)]
struct Probe {
    header: Header,
    alive: Arc<AtomicI64>,
    canary: AtomicUsize,
    number: i64,
    end: Option<fn(i64)>,
}

/// How often a stress test does what it does; Miri looks closer instead.
const ROUNDS: i64 = if cfg!(miri) { 20 } else { 4_000 };

const CANARY: usize = 0x5EED_CAFE;

// SAFETY: repr(C), starts with a header; the key is this type's.
unsafe impl ObjectType for Probe {
    const TYPE_KEY: &'static str = "test.container.Probe";
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
        if let Some(end) = self.end {
            end(self.number);
        }
    }
}

fn probe_with(alive: &Arc<AtomicI64>, number: i64, end: Option<fn(i64)>) -> Obj<Probe> {
    alive.fetch_add(1, Ordering::Relaxed);
    let header = Header::placeholder();
    Obj::new(Probe { header, alive: alive.clone(), canary: AtomicUsize::new(CANARY), number, end })
}

fn probe(alive: &Arc<AtomicI64>, number: i64) -> Any {
    probe_with(alive, number, None).into_any()
}
fn number(value: &Any) -> i64 {
    let view = value.view();
    let probe = view.as_ref::<Probe>().expect("a probe");
    assert_eq!(probe.canary.load(Ordering::Relaxed), CANARY, "used after its end");
    probe.number
}

/// Every `step`-th place.
fn every(step: isize) -> Slice {
    Slice { start: 0, stop: isize::MAX, step: NonZero::new(step).unwrap() }
}

fn ints(values: &[Any]) -> Vec<i64> {
    values.iter().map(|value| value.view().as_int().unwrap()).collect()
}

#[test]
fn arrays_hold_their_items() {
    let alive = Arc::new(AtomicI64::new(0));
    let array: Array = (0..3).map(|n| probe(&alive, n)).collect();
    assert_eq!((array.len(), number(&array.get(2).unwrap().to_owned())), (3, 2));
    assert!(array.get(3).is_none() && Array::<Any>::default().is_empty());
    assert_eq!(array.as_object().type_info().key, "ffi.Array");
    drop(array);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
    let typed: Array<Str> = ["a", "a string of some length"].map(Str::from).into_iter().collect();
    assert_eq!(typed.iter().rev().map(|s| s.len()).collect::<Vec<_>>(), [23, 1]);
    assert_eq!(format!("{typed:?}"), "[\"a\", \"a string of some length\"]");
}

#[test]
fn a_panicking_iterator_leaves_nothing_behind() {
    let alive = Arc::new(AtomicI64::new(0));
    let items = || (0..5).map(|n| if n == 3 { panic!("in the middle") } else { probe(&alive, n) });
    for attempt in [
        Box::new(|| drop(Array::<Any>::from_iter(items()))) as Box<dyn Fn()>,
        Box::new(|| drop(List::<Any>::from_iter(items()))),
        Box::new(|| drop(MapObj::make(items().map(|item| (item, Any::none()))))),
        Box::new(|| drop(DictObj::make(items().map(|item| (item, Any::none()))))),
    ] {
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(attempt)).is_err());
        assert_eq!(alive.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn an_error_between_items_leaves_nothing_behind() {
    let alive = Arc::new(AtomicI64::new(0));
    let items = || (0..5_i32).map(|n| if n == 3 { Err(Error::value_error("no")) } else { Ok(probe(&alive, n.into())) });
    let entries = || items().map(|item| item.map(|item| (item, Any::none())));
    let failed = [
        ArrayObj::try_make(items()).map(drop),
        ListObj::try_make(items()).map(drop),
        MapObj::try_make(entries()).map(drop),
        DictObj::try_make(entries()).map(drop),
    ];
    assert_eq!((failed.iter().all(Result::is_err), alive.load(Ordering::Relaxed)), (true, 0));
}

#[test]
fn typed_conversions_keep_what_suits() {
    let ints: Array<i64> = [1, 2].into_iter().collect();
    let value = ints.clone().into_any();
    assert!(convert::<Array<i64>>(value.view()).unwrap().as_object().ptr_eq(ints.as_object()), "kept as it is");
    let floats: Array<f64> = convert(value.view()).unwrap();
    assert_eq!(floats.iter().collect::<Vec<_>>(), [1.0, 2.0]);
    let list: List<i64> = convert(value.view()).unwrap();
    assert_eq!(list.at(1), Some(2));
    let value = list.clone().into_any();
    assert!(convert::<List<i64>>(value.view()).unwrap().as_object().ptr_eq(list.as_object()));
    assert!(!convert::<List<f64>>(value.view()).unwrap().as_object().ptr_eq(list.as_object()));
    list.push("x".into_any());
    assert_eq!(list.at(2), None);
    let error = convert::<Array<i64>>(value.view()).unwrap_err();
    assert_eq!(error.to_string(), "Expected `Array[int]` but got `ffi.List[index 2: str]`");
    let nested = vec![vec![1_i64], vec![2, 3]].into_any();
    assert_eq!(convert::<Vec<Vec<i64>>>(nested.view()).unwrap(), [vec![1], vec![2, 3]]);
    let error = convert::<Vec<Vec<Str>>>(nested.view()).unwrap_err();
    assert_eq!(error.to_string(), "Expected `Array[Array[str]]` but got `ffi.Array[index 0: ffi.Array[index 0: int]]`");
    let map: Map<Str, i64> = [("a", 1), ("b", 2)].map(|(k, v)| (Str::from(k), v)).into_iter().collect();
    let dict: Dict<Str, f64> = convert(map.into_any().view()).unwrap();
    assert_eq!(dict.at(Str::from("b")).unwrap(), Some(2.0));
    let error = convert::<Map<i64, i64>>(dict.into_any().view()).unwrap_err();
    assert_eq!(error.to_string(), "Expected `Map[int, int]` but got `ffi.Dict[key: str]`");
}

#[test]
fn checks_look_inside() {
    let of = |inner: Schema| Box::new(inner);
    let array = vec![1_i64, 2].into_any();
    let mixed = vec![1.into_any(), "a".into_any()].into_any();
    let list = List::<i64>::from_iter([1]).into_any();
    let map = Map::<Str, i64>::from_iter([(Str::from("a"), 1)]).into_any();
    for (schema, value, suits) in [
        (Schema::Array(of(Schema::Int)), &array, true),
        (Schema::Array(of(Schema::Any)), &mixed, true),
        (Schema::Array(of(Schema::Int)), &mixed, false),
        (Schema::Tuple(vec![Schema::Int, Schema::Str]), &mixed, true),
        (Schema::Tuple(vec![Schema::Int]), &mixed, false),
        (Schema::Array(of(Schema::Union(vec![Schema::Int, Schema::Str]))), &mixed, true),
        (Schema::List(of(Schema::Int)), &list, true),
        (Schema::List(of(Schema::Str)), &list, false),
        (Schema::Array(of(Schema::Int)), &list, false),
        (Schema::Map(of(Schema::Str), of(Schema::Int)), &map, true),
        (Schema::Map(of(Schema::Int), of(Schema::Int)), &map, false),
        (Schema::Dict(of(Schema::Any), of(Schema::Any)), &map, false),
        (Schema::Object(64), &map, true),
        (Schema::Object(71), &map, false),
        (Schema::Optional(of(Schema::Int)), &Any::none(), true),
    ] {
        assert_eq!(schema.check(value.view()), suits, "{schema} of {value:?}");
    }
}

#[test]
fn chains_of_a_million_are_dropped() {
    let mut chain = Any::none();
    for n in 0..if cfg!(miri) { 500 } else { 1_000_000 } {
        chain = match n % 3 {
            0 => vec![chain].into_any(),
            1 => List::<Any>::from_iter([chain]).into_any(),
            _ => MapObj::make([(1.into_any(), chain)]).unwrap().into_any(),
        };
    }
    std::thread::Builder::new().stack_size(512 << 10).spawn(move || drop(chain)).unwrap().join().unwrap();
}

#[derive(Clone, Debug)]
enum Step {
    Push(i64),
    Insert(usize, i64),
    Set(usize, i64),
    Pop,
    Remove(usize),
    Replace(usize, usize, Vec<i64>),
    InsertItem(isize, i64),
    SetItem(isize, i64),
    RemoveItem(isize),
    ReplaceSlice(Slice, Vec<i64>),
    RemoveSlice(Slice),
    Reverse,
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = 0..12_usize;
    let either = -12..12_isize;
    let slice = (either.clone(), either.clone(), -3..4_isize).prop_map(|(start, stop, step)| Slice {
        start,
        stop,
        step: NonZero::new(step).unwrap_or(NonZero::<isize>::MIN),
    });
    let step = prop_oneof![
        6 => any::<i64>().prop_map(Step::Push),
        2 => (at.clone(), any::<i64>()).prop_map(|(i, v)| Step::Insert(i, v)),
        2 => (at.clone(), any::<i64>()).prop_map(|(i, v)| Step::Set(i, v)),
        2 => Just(Step::Pop),
        2 => at.clone().prop_map(Step::Remove),
        2 => (at.clone(), at.clone(), prop::collection::vec(any::<i64>(), 0..6))
            .prop_map(|(a, b, v)| Step::Replace(a, b, v)),
        1 => (either.clone(), any::<i64>()).prop_map(|(i, v)| Step::InsertItem(i, v)),
        1 => (either.clone(), any::<i64>()).prop_map(|(i, v)| Step::SetItem(i, v)),
        1 => either.clone().prop_map(Step::RemoveItem),
        1 => (slice.clone(), prop::collection::vec(any::<i64>(), 0..4)).prop_map(|(s, v)| Step::ReplaceSlice(s, v)),
        1 => slice.prop_map(Step::RemoveSlice),
        1 => Just(Step::Reverse),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #[test]
    fn lists_do_what_vectors_do(steps in steps()) {
        let alive = Arc::new(AtomicI64::new(0));
        let list = ListObj::make([]);
        let mut model: Vec<i64> = Vec::new();
        let make = |n: i64| probe(&alive, n);
        for step in steps {
            match step {
                Step::Push(v) => { list.push(make(v)); model.push(v); }
                Step::Insert(i, v) => { list.insert(i, make(v)); model.insert(i.min(model.len()), v); }
                Step::Set(i, v) => {
                    prop_assert_eq!(list.set(i, make(v)), i < model.len());
                    if let Some(place) = model.get_mut(i) { *place = v; }
                }
                Step::Pop => prop_assert_eq!(list.pop().as_ref().map(number), model.pop()),
                Step::Remove(i) => {
                    let expected = (i < model.len()).then(|| model.remove(i));
                    prop_assert_eq!(list.remove(i).as_ref().map(number), expected);
                }
                Step::Replace(a, b, values) => {
                    list.replace_range(a..b, values.iter().map(|v| make(*v)));
                    let start = a.min(model.len());
                    model.splice(start..b.clamp(start, model.len()), values);
                }
                Step::InsertItem(i, v) => {
                    list.insert_item(i, make(v));
                    let at = if i < 0 { (model.len() as isize + i).max(0) } else { i };
                    model.insert((at as usize).min(model.len()), v);
                }
                Step::SetItem(i, v) => {
                    let at = place(i, model.len());
                    prop_assert_eq!(list.item(i).as_ref().map(number), at.map(|at| model[at]));
                    prop_assert_eq!(list.set_item(i, make(v)).is_ok(), at.is_some());
                    if let Some(at) = at { model[at] = v; }
                }
                Step::RemoveItem(i) => {
                    let expected = place(i, model.len()).map(|at| model.remove(at));
                    match list.item(i) {
                        Some(item) if number(&item) % 2 == 0 => {
                            prop_assert!(!list.remove_if(i, 0.into_any().view()));
                            prop_assert!(list.remove_if(i, item.view()));
                        }
                        _ => prop_assert_eq!(list.remove_item(i).as_ref().map(number), expected),
                    }
                }
                Step::ReplaceSlice(slice, values) => {
                    let span = slice.span(model.len());
                    let suits = slice.step.get() == 1 || span.count() == values.len();
                    let done = list.replace_slice(slice, values.iter().map(|v| make(*v)));
                    prop_assert_eq!(done, if suits { Ok(()) } else { Err(span.count()) });
                    if slice.step.get() == 1 {
                        model.splice(span.start()..span.start() + span.count(), values);
                    } else if suits {
                        span.places().zip(values).for_each(|(at, v)| model[at] = v);
                    }
                }
                Step::RemoveSlice(slice) => {
                    list.remove_slice(slice);
                    let places: BTreeSet<usize> = slice.span(model.len()).places().collect();
                    places.into_iter().rev().for_each(|at| _ = model.remove(at));
                }
                Step::Reverse => { list.reverse(); model.reverse(); }
                Step::Clear => { list.clear(); model.clear(); }
            }
            prop_assert_eq!(list.snapshot().iter().map(number).collect::<Vec<_>>(), model.clone());
            prop_assert_eq!(alive.load(Ordering::Relaxed), model.len() as i64);
        }
        drop(list);
        prop_assert_eq!(alive.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn dicts_do_what_ordered_maps_do(steps in prop::collection::vec((0..4_u8, 0..20_i64, any::<i64>()), 0..120)) {
        let dict = DictObj::empty();
        let mut model: Vec<(i64, i64)> = Vec::new();
        for (what, key, value) in steps {
            let at = model.iter().position(|(k, _)| *k == key);
            let old = at.map(|at| model[at].1);
            let int = |value: Option<Any>| value.map(|value| value.view().as_int().unwrap());
            match what {
                0 => {
                    prop_assert_eq!(int(dict.set(key.into_any(), value.into_any()).unwrap()), old);
                    match at { Some(at) => model[at].1 = value, None => model.push((key, value)) }
                }
                1 => {
                    prop_assert_eq!(int(dict.remove(key.into_any().view()).unwrap()), old);
                    at.map(|at| model.remove(at));
                }
                2 => {
                    let got = dict.get_or_set(key.into_any(), value.into_any()).unwrap();
                    prop_assert_eq!(int(Some(got)), Some(old.unwrap_or(value)));
                    if at.is_none() { model.push((key, value)); }
                }
                _ => prop_assert_eq!(dict.pop().map(|(k, v)| (int(Some(k)).unwrap(), int(Some(v)).unwrap())), model.pop()),
            }
            prop_assert_eq!(int(dict.get(key.into_any().view()).unwrap()), model.iter().find(|(k, _)| *k == key).map(|e| e.1));
            let (keys, values): (Vec<Any>, Vec<Any>) = dict.snapshot().into_iter().unzip();
            prop_assert_eq!(ints(&keys).into_iter().zip(ints(&values)).collect::<Vec<_>>(), model.clone());
        }
    }
}

#[test]
fn keys_are_told_apart_by_type_and_content() {
    let (object, other) = (Obj::new(Object::placeholder()), Obj::new(Object::placeholder()));
    let keys = [
        Any::none(),
        0.into_any(),
        1.into_any(),
        false.into_any(),
        true.into_any(),
        0.0.into_any(),
        1.0.into_any(),
        f64::NAN.into_any(),
        "".into_any(),
        "1".into_any(),
        "a key of more than seven bytes".into_any(),
        b"1".as_slice().into_any(),
        object.clone().into_any(),
        other.into_any(),
    ];
    let map = MapObj::make(keys.iter().cloned().zip((0..).map(|n: i64| n.into_any()))).unwrap();
    assert_eq!(map.len(), keys.len());
    let at = |key: Any| map.get(key.view()).unwrap().and_then(|value| value.as_int());
    for (place, key) in keys.iter().enumerate() {
        assert_eq!(at(key.clone()), Some(place as i64));
    }
    // Floats by their bits, as C++ tells them apart.
    assert_eq!((at((-0.0).into_any()), at((-f64::NAN).into_any())), (None, None));
    assert_eq!(
        (at(String::from("a key of more than seven bytes").into_any()), at(object.into_any())),
        (Some(10), Some(12))
    );
    let twice =
        MapObj::make([(1.into_any(), 1.into_any()), (2.into_any(), 2.into_any()), (1.into_any(), 3.into_any())])
            .unwrap();
    let entries: Vec<_> = twice.entries().map(|(k, v)| (k.as_int().unwrap(), v.as_int().unwrap())).collect();
    assert_eq!(entries, [(1, 3), (2, 2)]);
}

/// Every part of every container is found once, from wherever the search goes on.
#[test]
fn a_collector_comes_to_all_parts() {
    fn parts(mut next: impl FnMut(usize) -> Option<(usize, i64)>) -> Vec<i64> {
        let (mut from, mut found) = (0, Vec::new());
        while let Some((then, number)) = next(from) {
            (from, found) = (then, [found, vec![number]].concat());
        }
        found
    }
    fn odd(view: AnyView<'_>) -> Option<i64> {
        view.as_int().filter(|number| number % 2 == 1)
    }
    let entries = || (0..6).map(|n| (i64::into_any(n), i64::into_any(n + 10)));
    let list: List = (0..6).map(i64::into_any).collect();
    assert_eq!(parts(|from| list.as_object().find_from(from, odd)), [1, 3, 5]);
    assert_eq!(list.as_object().find_from(6, odd), None);
    let dict = DictObj::make(entries()).unwrap();
    assert_eq!(parts(|from| dict.find_from(from, odd)), [1, 11, 3, 13, 5, 15]);
    dict.remove(3_i64.into_any().view()).unwrap();
    assert_eq!(parts(|from| dict.find_from(from, odd)), [1, 11, 5, 15]);
    let map = MapObj::make(entries()).unwrap();
    assert_eq!(parts(|from| map.find_from(from, |view| view.as_int())), [0, 10, 1, 11, 2, 12, 3, 13, 4, 14, 5, 15]);
}
