//! Structural operations without Python.

use bowline::container::{Array, Dict, List, Map};
use bowline::object::Obj;
use bowline::reflect::structural::{self, AccessPath, Flow, Options, Order, Region, StructuralKey};
use bowline::reflect::StructuralKind;
use bowline::value::{Any, IntoAny, Str};

bowline::object! {
    #[key = "test.structural.Var"]
    struct Var {
        #[field(ignored)]
        name: Str,
    }
    options { structural: StructuralKind::FreeVar }
}

bowline::object! {
    #[key = "test.structural.Function"]
    struct Function {
        #[field(defines)]
        params: Array<Obj<Var>>,
        body: Any,
    }
}

bowline::object! {
    #[key = "test.structural.Node"]
    struct Node {
        a: Any,
        #[field(ignored)]
        note: Any,
    }
}

fn equal(a: &Any, b: &Any) -> bool {
    let found = structural::equal(a.view(), b.view(), Options::default()).unwrap();
    assert_eq!(found, structural::mismatch(a.view(), b.view(), Options::default()).unwrap().is_none());
    if found {
        assert_eq!(hash(a), hash(b));
    }
    found
}

fn hash(value: &Any) -> u64 {
    structural::hash(value.view(), Options::default()).unwrap()
}

fn function(params: &[&Obj<Var>], body: impl IntoAny) -> Any {
    Function::new(params.iter().map(|param| (*param).clone()).collect(), body.into_any()).into_any()
}

#[test]
fn defined_variables_may_have_other_names() {
    let (x, y) = (Var::new("x".into()), Var::new("y".into()));
    assert!(!equal(&x.clone().into_any(), &y.clone().into_any()));
    assert!(equal(&function(&[&x], x.clone()), &function(&[&y], y.clone())));
    assert!(!equal(&function(&[&x], x.clone()), &function(&[&y], x.clone())));
    assert!(!equal(&function(&[&x, &y], x.clone()), &function(&[&x, &y], y.clone())));
    let free = Options { map_free_vars: true, ..Options::default() };
    let (x, y) = (x.into_any(), y.into_any());
    assert!(structural::equal(x.view(), y.view(), free).unwrap());
    assert_eq!(structural::hash(x.view(), free).unwrap(), structural::hash(y.view(), free).unwrap());
}

#[test]
fn content_counts_and_order_of_keys_does_not() {
    let items = |items: &[i64]| items.iter().copied().collect::<Array<i64>>().into_any();
    assert!(equal(&items(&[1, 2]), &items(&[1, 2])));
    assert!(!equal(&items(&[1, 2]), &items(&[1, 3])));
    let list: List<i64> = List::from_iter([1, 2]);
    assert!(!equal(&items(&[1, 2]), &list.into_any()));
    let map = |keys: &[i64]| keys.iter().map(|key| (*key, key + 1)).collect::<Map<i64, i64>>().into_any();
    assert!(equal(&map(&[1, 2, 3]), &map(&[3, 1, 2])));
    assert!(!equal(&map(&[1, 2, 3]), &map(&[1, 2, 4])));
    let noted = |note: i64| Node::new(1.into_any(), note.into_any()).into_any();
    assert!(equal(&noted(1), &noted(2)));
    assert!(equal(&f64::NAN.into_any(), &(-f64::NAN).into_any()));
}

#[test]
fn the_first_difference_is_named() {
    let inner = |x: i64| Node::new(Dict::<Str, i64>::from_iter([("k".into(), x)]).into_any(), Any::none());
    let (a, b): (Array<Obj<Node>>, Array<Obj<Node>>) =
        ([inner(1), inner(2)].into_iter().collect(), [inner(1), inner(3)].into_iter().collect());
    let found = structural::mismatch(a.into_any().view(), b.into_any().view(), Options::default()).unwrap().unwrap();
    assert_eq!(found.0.text(), "<root>[1].a[\"k\"]");
    assert!(found.0.same(&found.1));
    assert!(AccessPath::root().is_prefix_of(&found.0));
}

#[test]
fn types_that_do_not_say_how_are_refused() {
    let function = bowline::function::Function::from_typed("f", || 1_i64).into_any();
    let error = structural::hash(function.view(), Options::default()).unwrap_err();
    assert_eq!(error.kind(), "TypeError");
}

#[test]
fn depth_is_no_limit() {
    let deep = || (0..200_000).fold(Any::none(), |inner, _| Node::new(inner, Any::none()).into_any());
    assert!(equal(&deep(), &deep()));
}

#[test]
fn what_is_shared_is_walked_once() {
    // Between two shared objects lies one that has a place alone. 2^200 ways lead to the last one.
    let chain = || {
        (0..200).fold(1.into_any(), |below, _| {
            let shared = Node::new(below, Any::none()).into_any();
            let pair: Array<Any> = [shared.clone(), shared].into_iter().collect();
            Node::new(pair.into_any(), Any::none()).into_any()
        })
    };
    assert!(equal(&chain(), &chain()));
    // One side shares what the other has twice.
    let leaf = || Node::new(1.into_any(), Any::none()).into_any();
    let shared = leaf();
    let (one, two): (Array<Any>, Array<Any>) =
        ([shared.clone(), shared].into_iter().collect(), [leaf(), leaf()].into_iter().collect());
    assert!(equal(&one.clone().into_any(), &two.clone().into_any()));
    assert!(equal(&two.into_any(), &one.into_any()));
}

#[test]
fn cycles_of_objects_with_one_place_each_end() {
    let cycle = |length: usize| {
        let list: List<Any> = List::from_iter([]);
        list.push((0..length).fold(list.clone().into_any(), |inner, _| Node::new(inner, Any::none()).into_any()));
        list
    };
    let (one, two, other) = (cycle(3), cycle(3), cycle(4));
    let outer = |list: &List<Any>| Node::new(list.clone().into_any(), Any::none()).into_any();
    assert!(equal(&one.clone().into_any(), &two.clone().into_any()));
    assert!(equal(&outer(&one), &outer(&two)));
    let _ = equal(&outer(&one), &outer(&other));
    [one, two, other].iter().for_each(|list| list.clear());
}

#[test]
fn who_else_holds_an_object_does_not_count() {
    let inner = Node::new(Str::from("a text that is an object of its own").into_any(), Any::none());
    let tree = |inner: &Obj<Node>| Node::new(Node::new(inner.a.clone(), Any::none()).into_any(), Any::none());
    let (held, free) = (tree(&inner), tree(&inner));
    let holder = held.a.clone();
    assert!(equal(&held.clone().into_any(), &free.clone().into_any()));
    let x = Var::new("x".into());
    let (y, z) = (Var::new("y".into()), Var::new("z".into()));
    let nested = |var: &Obj<Var>| function(&[var], Node::new(function(&[&x], var.clone()), Any::none()));
    let (first, second) = (nested(&y), nested(&z));
    assert!(equal(&first, &second));
    drop(holder);
    assert_eq!(hash(&held.into_any()), hash(&free.into_any()));
}

#[test]
fn keys_are_equal_by_structure() {
    let key = |x: i64| StructuralKey::of([x].into_iter().collect::<Array<i64>>().into_any().view()).unwrap();
    assert!(key(1).same(&key(1)).unwrap());
    assert!(!key(1).same(&key(2)).unwrap());
}

#[test]
fn walks_visit_parts_with_their_region() {
    let x = Var::new("x".into());
    let mut seen = Vec::new();
    let root = function(&[&x], 5_i64);
    let ended = structural::walk(root.view(), Order::Post, |view, region| {
        seen.push((view.type_name(), region));
        Ok(if view.as_int() == Some(5) { Flow::Interrupt(6.into_any()) } else { Flow::Advance })
    });
    assert_eq!(ended.unwrap().unwrap().view().as_int(), Some(6));
    assert_eq!(
        seen,
        [
            ("test.structural.Var".to_owned(), Region::Define),
            ("ffi.Array".to_owned(), Region::Define),
            ("int".to_owned(), Region::Use)
        ]
    );
}

#[test]
fn a_walk_that_visits_each_object_once() {
    // As a tree it has 2**60 leaves.
    let wide = (0..60).fold(Any::none(), |inner, _| [inner.clone(), inner].into_iter().collect::<List>().into_any());
    for order in [Order::Pre, Order::Post] {
        let mut seen = 0;
        let ended = structural::walk_once(wide.view(), order, |_, _| {
            seen += 1;
            Ok(Flow::Advance)
        });
        assert!(ended.unwrap().is_none());
        assert_eq!(seen, 60);
    }
}

mod error_context {
    use super::*;
    use bowline::container::{Array, Dict};
    use bowline::function::Error;
    use bowline::reflect::structural::VisitErrorContext;
    use bowline::value::Mutable;

    bowline::object! {
        #[key = "structural.context.Node"]
        struct Node {
            left: Any,
            right: Mutable<Any>,
        }
    }

    /// The ways of an error that came up in the first of these values. The value is inside of the
    /// others.
    fn ways(root: &Any, inside: &[&Any], prefixes: bool) -> Vec<String> {
        let error = Error::value_error("here");
        for value in inside {
            VisitErrorContext::note(&error, (*value).clone());
        }
        let context = VisitErrorContext::of_error(&error).unwrap();
        let paths = context.find_access_paths(root.view(), prefixes).unwrap();
        paths.as_object().as_slice().iter().map(|path| path.view().as_ref::<AccessPath>().unwrap().text()).collect()
    }

    fn node(left: impl IntoAny, right: impl IntoAny) -> Any {
        Node::new(left.into_any(), right.into_any()).into_any()
    }

    #[test]
    fn through_fields_items_and_keys() {
        let leaf = node(1, 2);
        let items = Array::<Any>::from_iter([Any::none(), leaf.clone()]).into_any();
        let dict = Dict::<Any, Any>::from_iter([("key".into_any(), items.clone())]).into_any();
        let root = node(dict, 3);
        assert_eq!(ways(&root, &[&leaf], false), ["<root>.left[\"key\"][1]"]);
        assert_eq!(ways(&root, &[&leaf, &leaf, &items, &root], false), ["<root>.left[\"key\"][1]"]);
        assert_eq!(ways(&root, &[&root], false), ["<root>"]);
        assert!(ways(&root, &[&items, &leaf], false).is_empty());
    }

    #[test]
    fn a_shared_value_has_several_ways() {
        let leaf = node(1, 2);
        let (a, b) = (node(leaf.clone(), 0), node(0, leaf.clone()));
        let root = node(a.clone(), b.clone());
        assert_eq!(ways(&root, &[&leaf, &root], false), ["<root>.left.left", "<root>.right.right"]);
        assert_eq!(ways(&root, &[&leaf, &b], false), ["<root>.right.right"]);
    }

    #[test]
    fn prefixes_end_at_the_last_that_is_found() {
        let (leaf, stranger) = (node(1, 2), node(3, 4));
        let (a, b) = (node(leaf.clone(), 0), node(0, leaf.clone()));
        let root = node(a.clone(), b);
        assert!(ways(&root, &[&stranger, &leaf, &a], false).is_empty());
        assert_eq!(ways(&root, &[&stranger, &leaf, &a], true), ["<root>.left.left"]);
        assert_eq!(ways(&root, &[&stranger, &a], true), ["<root>.left"]);
        assert_eq!(ways(&root, &[&leaf, &a], true), ["<root>.left.left"]);
    }

    #[test]
    fn sharing_and_cycles_end() {
        // 2^64 ways, none of which leads to the stranger.
        let mut shared = node(1, 2);
        for _ in 0..64 {
            shared = node(shared.clone(), shared);
        }
        assert!(ways(&shared, &[&node(3, 4)], false).is_empty());
        let cycle = node(1, 2);
        cycle.view().as_ref::<Node>().unwrap().right.set(cycle.clone());
        assert!(ways(&cycle, &[&shared], false).is_empty());
        assert_eq!(ways(&cycle, &[&cycle], false), ["<root>"]);
        cycle.view().as_ref::<Node>().unwrap().right.set(Any::none());
    }

    #[test]
    fn what_the_error_had_before_stays() {
        let error = Error::value_error("here");
        let before = Node::new(1.into_any(), 2.into_any());
        error.set_extra_context(Some(before.clone().upcast()));
        assert!(VisitErrorContext::of_error(&error).is_none());
        VisitErrorContext::note(&error, node(3, 4));
        VisitErrorContext::note(&error, before.clone().into_any());
        let context = VisitErrorContext::of_error(&error).unwrap();
        assert!(context.prev_error_context.get().view().same(&before.into_any().view()));
        assert_eq!(context.reverse_visit_pattern.as_object().len(), 2);
    }
}
