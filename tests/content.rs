//! Equality, order, hash, text and copies by content, without Python.

use bowline::container::{Array, ArrayObj, Dict, List, ListObj, Map, ShapeObj};
use bowline::function::{Error, Function};
use bowline::object::{Obj, ObjectType};
use bowline::reflect::attr;
use bowline::reflect::content::{self, DeepCopy, Memo};
use bowline::reflect::enumeration::Enum;
use bowline::reflect::pulse::Work;
use bowline::value::{convert, Any, AnyView, DataType, Device, IntoAny, Mutable, Str};
use std::cmp::Ordering;
use std::sync::atomic::{self, AtomicU32};
use std::sync::Arc;

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

/// Values of which no two are equal, and none has an order with one of another row.
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
    assert_eq!(text(&array([twice.clone(), twice])), format!("({shown}, {shown})"));
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
        bowline::reflect::pulse::finish(work).unwrap()
    };
    let (a, b) = (copy(&array([shared.clone()])), copy(&array([shared.clone()])));
    assert!(same(&item(&a, 0), &item(&b, 0)));
    assert!(!same(&item(&a, 0), &shared));
}

fn hook(call: impl Fn(&[AnyView<'_>]) -> Result<Any, Error> + Send + Sync + 'static) -> Any {
    Function::from_packed(call).into_any()
}

fn part(view: AnyView<'_>) -> Any {
    view.as_ref::<Hooked>().unwrap().part.get()
}

/// Hooks belong to the type, so one test has them all.
#[test]
fn hooks() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let index = Hooked::type_index();
    let hooked = |part: Any| Hooked::new(part).into_any();
    let (a, b) = (hooked(list([1.into_any()])), hooked(array([1.into_any()])));
    assert!(!equal(&a, &b));

    // Equal when the parts are, or when they are both `1`.
    let equal_parts = hook(|arguments| {
        CALLS.fetch_add(1, atomic::Ordering::Relaxed);
        let ask = |a: &Any, b: &Any| Function::call_view(arguments[2], &[a.view(), b.view()]);
        let (a, b) = (part(arguments[0]), part(arguments[1]));
        // What was found unequal on the way is not equal later.
        let other = ask(&a, &b)?;
        assert!(same(&other, &ask(&a, &b)?));
        Ok(other)
    });
    attr::set(index, "__ffi_eq__", equal_parts).unwrap();
    assert_eq!(content::hash(a.view()).unwrap_err().kind(), "ValueError");
    let parts = hook(|arguments| Function::call_view(arguments[1], &[part(arguments[0]).view()]));
    attr::set(index, "__ffi_hash__", parts).unwrap();
    assert!(!equal(&a, &b));
    let again = hooked(list([1.into_any()]));
    assert!(equal(&a, &again));
    assert!(equal(&array([a.clone(), a.clone()]), &array([again.clone(), again])));
    assert!(CALLS.load(atomic::Ordering::Relaxed) >= 2);

    // A cycle through the hook.
    a.view().as_ref::<Hooked>().unwrap().part.set(list([a.clone()]));
    let other = hooked(list([a.clone()]));
    assert!(equal(&a, &other));
    a.view().as_ref::<Hooked>().unwrap().part.set(1.into_any());

    let compare =
        hook(|arguments| Function::call_view(arguments[2], &[part(arguments[0]).view(), part(arguments[1]).view()]));
    attr::set(index, "__ffi_compare__", compare).unwrap();
    assert_eq!(order(&array([hooked(1.into_any())]), &array([hooked(2.into_any())])), Ok(Ordering::Less));
    assert_eq!(order(&hooked(1.into_any()), &hooked("1".into_any())), Err("TypeError".to_owned()));

    let show = hook(|arguments| {
        let inner = Function::call_view(arguments[1], &[part(arguments[0]).view()])?;
        Ok(Str::from(format!("<{}>", inner.view().as_str().unwrap()).as_str()).into_any())
    });
    attr::set(index, "__ffi_repr__", show).unwrap();
    assert_eq!(text(&array([hooked(1.into_any()), hooked("a".into_any())])), "(<1>, <\"a\">)");
    let holder = hooked(Any::none());
    holder.view().as_ref::<Hooked>().unwrap().part.set(list([holder.clone()]));
    assert_eq!(text(&holder), "<[...]>");
    holder.view().as_ref::<Hooked>().unwrap().part.set(Any::none());

    // Hooks within hooks end before the stack does.
    let mut deep = hooked(Any::none());
    for _ in 0..100_000 {
        deep = hooked(deep);
    }
    assert_eq!(content::text(deep.view()).unwrap_err().kind(), "RecursionError");
    assert_eq!(content::hash(deep.view()).unwrap_err().kind(), "RecursionError");
    let other = deep_copy(&deep);
    assert_eq!(content::equal(deep.view(), other.view()).unwrap_err().kind(), "RecursionError");
    assert_eq!(content::order(deep.view(), other.view()).unwrap_err().kind(), "RecursionError");

    // Another hook hands its function to a thread, which comes too late.
    static KEPT: std::sync::Mutex<Option<Any>> = std::sync::Mutex::new(None);
    let keep = hook(|arguments| {
        *KEPT.lock().unwrap() = Some(AnyView::to_owned(arguments[1]));
        Ok("kept".into_any())
    });
    attr::set(index, "__ffi_repr__", keep).unwrap();
    assert_eq!(text(&hooked(Any::none())), "kept");
    let late = KEPT.lock().unwrap().take().unwrap();
    let error = std::thread::spawn(move || Function::call_view(late.view(), &[Any::none().view()]).unwrap_err());
    assert_eq!(error.join().unwrap().kind(), "RuntimeError");

    let copy = hook(|arguments| Ok(Hooked::new(part(arguments[0])).into_any()));
    attr::set(index, "__ffi_shallow_copy__", copy).unwrap();
    let original = hooked(list([]));
    let shallow = content::copy_shallow(original.view()).unwrap();
    assert!(same(&part(shallow.view()), &part(original.view())));
    assert!(!same(&part(deep_copy(&original).view()), &part(original.view())));
    attr::set(index, "__ffi_shallow_copy__", hook(|_| Ok(Any::none()))).unwrap();
    assert_eq!(content::deep_copy(original.view()).unwrap_err().kind(), "TypeError");
}

/// Runs on a stack that recursion would leave at once.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(128 * 1024).spawn(work).unwrap().join().unwrap();
}

fn nested(make: fn(Any) -> Any, depth: usize) -> Any {
    (0..depth).fold(Any::none(), |inner, _| make(inner))
}

#[test]
fn a_million_within_each_other() {
    on_a_small_stack(|| {
        let deep = nested(|inner| array([inner]), 1_000_000);
        let copy = deep_copy(&deep);
        assert!(!same(&copy, &deep));
        assert!(content::equal(deep.view(), copy.view()).unwrap());
        assert_eq!(content::order(deep.view(), copy.view()).unwrap(), Ordering::Equal);
        assert_eq!(content::hash(deep.view()).unwrap(), content::hash(copy.view()).unwrap());
        assert!(text(&deep).len() > 3_000_000);
    });
}

#[test]
fn objects_and_containers_of_any_depth() {
    on_a_small_stack(|| {
        let makers: [fn(Any) -> Any; 3] = [
            |inner| node(1, inner),
            |inner| list([inner]),
            |inner| [(1.into_any(), inner)].into_iter().collect::<Map>().into_any(),
        ];
        for make in makers {
            let deep = nested(make, 50_000);
            assert!(equal(&deep, &deep_copy(&deep)));
            assert!(text(&deep).len() >= 100_000);
        }
    });
}

#[test]
fn sharing_costs_nothing() {
    // As a tree it has 2**60 leaves.
    let wide = |leaf: i64| (0..60).fold(array([leaf.into_any()]), |inner, _| array([inner.clone(), inner]));
    let (a, b) = (wide(1), wide(1));
    assert!(equal(&a, &b));
    assert_eq!(order(&a, &wide(2)), Ok(Ordering::Less));
    assert_eq!(order(&a, &b), Ok(Ordering::Equal));
    assert!(equal(&a, &deep_copy(&a)));
}

#[test]
fn work_goes_piece_by_piece() {
    let items = || list((0..100).map(|n| list([n.into_any()])));
    let (a, b) = (items(), items());
    let mut work = content::Equality::new(a.view(), b.view());
    let mut pieces = 0;
    while work.work(7).unwrap().is_none() {
        pieces += 1;
    }
    assert!(pieces > 10);
}
