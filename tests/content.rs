//! Equality, order, hash, text and copies by content, without Python.

use bowline::container::{Array, ArrayObj, Dict, DictObj, List, ListObj, Map, ShapeObj};
use bowline::function::Function;
use bowline::object::Obj;
use bowline::reflect::checkpoint::Work;
use bowline::reflect::content::{self, DeepCopy, Memo};
use bowline::reflect::enumeration::Enum;
use bowline::value::{convert, Any, DataType, Device, IntoAny, Mutable};
use std::cmp::Ordering;
use std::sync::Arc;

#[path = "content/depth.rs"]
mod depth;
#[path = "content/hooks.rs"]
mod hooks;

bowline::object! {
    #[key = "test.content.Node"]
    struct Node {
        value: Any,
        next: Mutable<Any>,
    }
}

bowline::object! {
    #[key = "test.content.Fixed"]
    struct Fixed {
        part: Any,
    }
}

bowline::object! {
    #[key = "test.content.Rigid"]
    struct Rigid {
        part: Any,
    }
    options { copyable: false }
}

bowline::object! {
    #[key = "test.content.Hooked"]
    struct Hooked {
        part: Mutable<Any>,
    }
}

fn array(items: impl IntoIterator<Item = Any>) -> Any {
    items.into_iter().collect::<Array>().into_any()
}

fn list(items: impl IntoIterator<Item = Any>) -> Any {
    items.into_iter().collect::<List>().into_any()
}

fn node(value: impl IntoAny, next: Any) -> Any {
    Node::new(value.into_any(), next).into_any()
}

fn equal(a: &Any, b: &Any) -> bool {
    let found = content::equal(a.view(), b.view()).unwrap();
    assert_eq!(found, content::equal(b.view(), a.view()).unwrap());
    if found {
        assert_eq!(content::hash(a.view()).unwrap(), content::hash(b.view()).unwrap());
    }
    found
}

fn order(a: &Any, b: &Any) -> Result<Ordering, String> {
    let found = content::order(a.view(), b.view()).map_err(|error| error.kind().to_owned());
    let back = content::order(b.view(), a.view()).map_err(|error| error.kind().to_owned());
    assert_eq!(found, back.map(Ordering::reverse));
    found
}

fn text(value: &Any) -> String {
    content::text(value.view()).unwrap()
}

fn deep_copy(value: &Any) -> Any {
    content::deep_copy(value.view()).unwrap()
}

fn item(value: &Any, at: usize) -> Any {
    match value.view().as_ref::<ArrayObj>() {
        Some(array) => array.as_slice()[at].clone(),
        None => value.view().as_ref::<ListObj>().unwrap().get(at).unwrap(),
    }
}

fn same(a: &Any, b: &Any) -> bool {
    a.view().same(&b.view())
}

/// Values of which no two are equal. None has an order with one of another row.
fn different() -> Vec<Vec<Any>> {
    let ints = |items: &[i64]| array(items.iter().map(|item| item.into_any()));
    vec![
        vec![1.into_any(), 2.into_any()],
        vec![1.5.into_any(), 2.5.into_any()],
        vec![false.into_any(), true.into_any()],
        vec!["a".into_any(), "a text of some length".into_any(), "b".into_any()],
        vec![bowline::value::Bytes::from(&b"a"[..]).into_any(), bowline::value::Bytes::from(&b"b"[..]).into_any()],
        vec![ints(&[]), ints(&[1]), ints(&[1, 2]), ints(&[2])],
        vec![list([]), list([1.into_any()])],
        vec![node(1, Any::none()), node(1, 1.into_any()), node(2, Any::none())],
        vec![ShapeObj::make(&[1]).into_any(), ShapeObj::make(&[1, 2]).into_any(), ShapeObj::make(&[2]).into_any()],
        vec![DataType { code: 0, bits: 8, lanes: 1 }.into_any(), DataType { code: 0, bits: 16, lanes: 1 }.into_any()],
        vec![Device { kind: 1, id: 0 }.into_any(), Device { kind: 2, id: 0 }.into_any()],
    ]
}

#[test]
fn values_of_different_types_are_unequal_and_have_no_order() {
    let (rows, again) = (different(), different());
    for (i, row) in rows.iter().enumerate() {
        for (k, other) in again.iter().enumerate() {
            for (x, a) in row.iter().enumerate() {
                for (y, b) in other.iter().enumerate() {
                    assert_eq!(equal(a, b), i == k && x == y, "{} and {}", text(a), text(b));
                    let expected = if i == k { Ok(x.cmp(&y)) } else { Err("TypeError".to_owned()) };
                    assert_eq!(order(a, b), expected, "{} and {}", text(a), text(b));
                }
                assert_eq!(order(a, &Any::none()), Ok(Ordering::Greater));
                assert!(!equal(a, &Any::none()));
            }
        }
    }
}

#[test]
fn floats_by_value() {
    let (nan, other) = (f64::NAN.into_any(), (-f64::NAN).into_any());
    assert!(equal(&nan, &other));
    assert!(equal(&array([0.0.into_any()]), &array([(-0.0).into_any()])));
    assert_eq!(order(&0.0.into_any(), &(-0.0).into_any()), Ok(Ordering::Equal));
    assert_eq!(order(&array([nan.clone()]), &array([other])), Err("TypeError".to_owned()));
    assert!(!equal(&nan, &1.0.into_any()));
}

#[test]
fn the_order_of_entries_does_not_count() {
    let map = |keys: &[i64]| keys.iter().map(|key| (*key, key + 1)).collect::<Map<i64, i64>>().into_any();
    let dict = |keys: &[i64]| keys.iter().map(|key| (*key, key + 1)).collect::<Dict<i64, i64>>().into_any();
    assert!(equal(&map(&[1, 2, 3]), &map(&[3, 1, 2])));
    assert!(equal(&dict(&[1, 2, 3]), &dict(&[3, 1, 2])));
    assert!(!equal(&map(&[1]), &dict(&[1])));
    assert!(!equal(&map(&[1, 2]), &map(&[1, 3])));
    assert!(!equal(&map(&[1, 2]), &map(&[1])));
    assert_eq!(order(&map(&[1, 2]), &map(&[2, 1])), Ok(Ordering::Equal));
    assert_eq!(order(&map(&[1]), &map(&[2])), Err("TypeError".to_owned()));
}

#[test]
fn cycles_end() {
    let ring = |length: usize| {
        let first = list([]);
        let mut last = first.clone();
        for _ in 1..length {
            last = list([last]);
        }
        first.view().as_ref::<ListObj>().unwrap().push(last);
        first
    };
    let (one, two) = (ring(1), ring(2));
    assert!(equal(&one, &two));
    assert_eq!(order(&one, &two), Err("ValueError".to_owned()));
    assert_eq!(text(&two), "[[...]]");
    let copy = deep_copy(&two);
    assert!(!same(&copy, &two));
    assert!(same(&copy, &item(&item(&copy, 0), 0)));
    for ring in [one, two, copy] {
        ring.view().as_ref::<ListObj>().unwrap().clear();
    }
}

#[test]
fn texts() {
    let cases = [
        (Any::none(), "None"),
        (true.into_any(), "True"),
        (2.75.into_any(), "2.75"),
        ("\"\\\n\u{e9}".into_any(), "\"\\\"\\\\\\n\u{e9}\""),
        (bowline::value::Bytes::from(&b"a\0\""[..]).into_any(), "b\"a\\x00\\\"\""),
        (array([]), "()"),
        (array([42.into_any()]), "(42,)"),
        (list([1.into_any(), array([1.into_any(), 2.into_any()])]), "[1, (1, 2)]"),
        ([(1, 2), (3, 4)].into_iter().collect::<Map<i64, i64>>().into_any(), "{1: 2, 3: 4}"),
        (ShapeObj::make(&[5, 6]).into_any(), "Shape(5, 6)"),
        (Device { kind: 2, id: 1 }.into_any(), "cuda:1"),
        (DataType { code: 0, bits: 32, lanes: 1 }.into_any(), "int32"),
        (node(1, Any::none()), "test.content.Node(value=1, next=None)"),
        (Function::nothing().into_any(), "ffi.Function"),
        (Enum::new(3, "plus".into()).into_any(), "ffi.Enum.plus"),
    ];
    for (value, expected) in &cases {
        assert_eq!(text(value), *expected);
    }
    let twice = node(1, Any::none());
    let shown = text(&twice);
    assert_eq!(text(&array([twice.clone(), twice.clone()])), format!("({shown}, {shown})"));
    let holder = node(2, twice);
    let marked = text(&holder).replacen("Node", "Node#1", 1);
    assert_eq!(text(&array([holder.clone(), holder])), format!("({marked}, test.content.Node#1(...))"));
}

#[test]
fn a_text_is_linear_in_the_nodes() {
    let wide = |depth| (0..depth).fold(array([]), |inner, _| array([inner.clone(), inner]));
    let lengths = [20, 40, 60].map(|depth| text(&wide(depth)).len());
    assert!(lengths[2] - lengths[1] <= lengths[1] - lengths[0] + 20, "{lengths:?}");
}

#[test]
fn mappings_in_cycles_have_no_order() {
    let ring = || {
        let dict = DictObj::make(Vec::new()).unwrap();
        dict.set("self".into_any(), dict.clone().into_any()).unwrap();
        dict
    };
    let (a, b) = (ring(), ring());
    let (one, other) = (a.clone().into_any(), b.clone().into_any());
    for _ in 0..2 {
        assert_eq!(order(&one, &other), Err("ValueError".to_owned()));
    }
    assert!(equal(&one, &other));
    a.clear();
    b.clear();
}

#[test]
fn a_deep_copy_keeps_sharing_and_shares_what_never_changes() {
    let (shared, function) = (node(1, Any::none()), Function::nothing().into_any());
    let variant = Enum::new(1, "one".into()).into_any();
    let shape = ShapeObj::make(&[1]).into_any();
    let long: Any = "a text of some length".into_any();
    let original = list([shared.clone(), array([shared.clone()]), function, variant, shape, long]);
    let copy = deep_copy(&original);
    assert!(equal(&original, &copy));
    assert!(!same(&item(&copy, 0), &shared));
    assert!(same(&item(&copy, 0), &item(&item(&copy, 1), 0)));
    for at in 2..6 {
        assert!(same(&item(&copy, at), &item(&original, at)));
    }
}

#[test]
fn cycles_through_what_needs_its_parts_first() {
    let inner = list([]);
    let fixed = Fixed::new(array([inner.clone()])).into_any();
    let original = array([fixed.clone()]);
    inner.view().as_ref::<ListObj>().unwrap().push(original.clone());
    for root in [&original, &inner, &fixed] {
        let copy = deep_copy(root);
        let found = text(&copy);
        assert_eq!(found, text(root));
        assert!(found.contains("..."));
        let inner = match convert::<Obj<Fixed>>(copy.view()) {
            Ok(fixed) => item(&fixed.part, 0),
            Err(_) if copy.view().as_ref::<ListObj>().is_some() => copy.clone(),
            Err(_) => item(&convert::<Obj<Fixed>>(item(&copy, 0).view()).unwrap().part, 0),
        };
        inner.view().as_ref::<ListObj>().unwrap().clear();
    }
    inner.view().as_ref::<ListObj>().unwrap().clear();
}

#[test]
fn what_cannot_be_copied() {
    let rigid = Rigid::new(Any::none()).into_any();
    assert_eq!(content::deep_copy(array([rigid.clone()]).view()).unwrap_err().kind(), "RuntimeError");
    assert_eq!(content::copy_shallow(rigid.view()).unwrap_err().kind(), "TypeError");
}

#[test]
fn one_memo_for_several_copies() {
    let shared = list([]);
    let memo = Arc::<Memo>::default();
    let copy = |value: &Any| {
        let work = DeepCopy::new(value.view(), memo.clone(), Box::new(|_| Ok(None)));
        bowline::reflect::checkpoint::finish(work).unwrap()
    };
    let (a, b) = (copy(&array([shared.clone()])), copy(&array([shared.clone()])));
    assert!(same(&item(&a, 0), &item(&b, 0)));
    assert!(!same(&item(&a, 0), &shared));
}
