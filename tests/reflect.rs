//! Reflected types from outside. They are declared in Rust, declared at run time, one derived from
//! the other.
//! Uses the crate's public interface only.
//! Counts are checked exactly: what a field owned is released with its object, once.
#![cfg(not(any(bowline_loom, bowline_shuttle)))]

use bowline::function::Function;
use bowline::object::{registry, Obj, Object, ObjectType};
use bowline::reflect::{self, attr, instance, Definition, FieldDefault, FieldFlags, FieldInfo, MethodInfo};
use bowline::value::{convert, Any, AnyOf, AnyView, IntoAny, Mutable, Schema, Storage, Str};
use std::sync::Barrier;

#[path = "reflect/native.rs"]
mod native;
#[path = "reflect/threads.rs"]
mod threads;

/// How often a stress test does what it does; Miri looks closer instead.
const ROUNDS: i64 = if cfg!(miri) { 20 } else { 2_000 };

bowline::object! {
    /// A node.
    ///
    /// With a second paragraph.
    #[key = "test.reflect.Node"]
    struct Node {
        /// Its name.
        pub name: Str = "nameless",
        pub weight: Mutable<f32> = 1.5,
        pub next: Mutable<Option<Obj<Node>>>,
        pub leaf: Option<Obj<Leaf>>,
    }
    methods {
        /// How long the name is.
        fn length = |this: &Node| this.name.len();
        static fn named = |name: Str| Node::new(name, 0.0, None, None);
    }
}

bowline::object! {
    #[key = "test.reflect.Leaf"]
    struct Leaf: Node {
        pub owner: Mutable<Option<Obj<Node>>>,
        pub tag: u8,
        pub variant: Mutable<AnyOf<Option<i64>>>,
    }
}

bowline::object! {
    #[key = "test.reflect.Strict"]
    struct Strict { inner: Obj<Node>, }
}

bowline::object! {
    #[key = "test.reflect.Empty"]
    struct Empty {}
}

fn node(name: &str) -> Obj<Node> {
    Node::new(Str::from(name), 0.0, None, None)
}

#[test]
fn declared_types_know_their_fields() {
    let node = reflect::info(Node::type_index()).unwrap();
    assert_eq!(node.doc, "A node.\n\nWith a second paragraph.");
    let facts: Vec<_> = node
        .fields
        .iter()
        .map(|f| (&*f.name, f.schema().to_string(), f.storage(), f.offset(), f.flags().frozen))
        .collect();
    assert_eq!(
        facts,
        [
            ("name", "str".to_owned(), Storage::Any, 24, true),
            ("weight", "float".to_owned(), Storage::F32, 40, false),
            ("next", "test.reflect.Node | None".to_owned(), Storage::Object, 48, false),
            ("leaf", "test.reflect.Leaf | None".to_owned(), Storage::Object, 56, true),
        ]
    );
    assert_eq!((&*node.fields[0].doc, node.total_size), ("Its name.", 64));
    assert!(matches!(&node.fields[0].default, FieldDefault::Value(v) if v.view().as_str() == Some("nameless")));
    assert!(matches!(node.fields[2].default, FieldDefault::Required));
    let leaf = reflect::info(Leaf::type_index()).unwrap();
    assert_eq!((leaf.fields.len(), leaf.inherited, &*leaf.own_fields()[0].name), (7, 4, "owner"));
    assert!(leaf.parent.is_some_and(|parent| std::ptr::eq(parent, node)));
    assert_eq!((leaf.field("tag").unwrap().owner(), leaf.field("name").unwrap().owner()), (leaf.index, node.index));
    assert_eq!(reflect::info(Empty::type_index()).unwrap().total_size, 24);
    assert_eq!(Empty::new().type_info().key, "test.reflect.Empty");
    assert!(reflect::info(registry::OBJECT).is_none() && reflect::info(-5).is_none());
}

#[test]
fn methods_are_inherited() {
    let leaf = reflect::info(Leaf::type_index()).unwrap();
    let length = leaf.method("length").unwrap();
    assert_eq!((&*length.doc, length.is_static), ("How long the name is.", false));
    let object = Leaf::new(Node::value(Str::from("four"), 0.0, None, None), None, 0, AnyOf::new(None));
    assert_eq!(length.function.call(&[AnyView::of_object(&object)]).unwrap().view().as_int(), Some(4));
    let named = leaf.method("named").unwrap();
    let made = named.function.call(&["x".into_any().view()]).unwrap();
    assert_eq!((named.is_static, made.view().as_ref::<Node>().unwrap().name.as_str()), (true, "x"));
    let error = length.function.call(&[1.into_any().view()]).unwrap_err();
    assert!(error.message().starts_with("Mismatched type on argument #0 when calling: `test.reflect.Node.length(0: "));
    assert!(leaf.method("absent").is_none());
}

#[test]
fn fields_of_rust_types_are_read_and_written() {
    let (a, b) = (node("a"), node("b"));
    let object = Leaf::new(Node::value(Str::from("leaf"), 2.0, Some(a.clone()), None), None, 7, AnyOf::new(Some(3)));
    let leaf = reflect::info(Leaf::type_index()).unwrap();
    let get = |name: &str| leaf.field(name).unwrap().get(&object).unwrap();
    assert_eq!((get("name").view().as_str(), get("tag").view().as_int()), (Some("leaf"), Some(7)));
    assert_eq!((get("weight").view().as_float(), get("variant").view().as_int()), (Some(2.0), Some(3)));
    assert!(get("leaf").is_none() && convert::<Obj<Node>>(get("next").view()).unwrap().ptr_eq(&a));
    let set = |name: &str, value: Any| leaf.field(name).unwrap().set(&object, value).map_err(|error| error.to_string());
    set("next", b.clone().into_any()).unwrap();
    assert!(object.next.get().unwrap().ptr_eq(&b));
    set("next", Any::none()).unwrap();
    set("weight", 5.into_any()).unwrap();
    set("variant", Any::none()).unwrap();
    assert_eq!((object.weight.get(), object.variant.get().get().unwrap()), (5.0, None));
    assert_eq!(
        set("next", "x".into_any()).unwrap_err(),
        "TypeError: field `next` of `test.reflect.Node`: Expected `test.reflect.Node | None` but got `str`"
    );
    assert_eq!(
        set("variant", "x".into_any()).unwrap_err(),
        "TypeError: field `variant` of `test.reflect.Leaf`: Expected `int | None` but got `str`"
    );
    let frozen = "AttributeError: field `name` of `test.reflect.Node` is frozen";
    assert_eq!(set("name", "y".into_any()).unwrap_err(), frozen);
    let name = leaf.field("name").unwrap();
    assert_eq!(name.set_frozen(&object, "y".into_any()).unwrap_err().to_string(), frozen, "Rust reads it plainly");
    let thawed = name.clone().with_flags(FieldFlags::default());
    assert!(thawed.set(&object, "y".into_any()).is_err(), "a copy is of no type");
    let tag = leaf.field("tag").unwrap();
    assert_eq!(tag.accept(256.into_any()).unwrap_err().kind(), "ValueError");
    let foreign = Obj::new(Object::placeholder());
    assert_eq!(
        tag.get(&foreign).unwrap_err().to_string(),
        "TypeError: field `tag` belongs to `test.reflect.Leaf`, not to `ffi.Object`"
    );
}

#[test]
fn rust_types_can_be_made_by_reflection() {
    let blank = instance::new_zeroed(Leaf::type_index()).unwrap().downcast::<Leaf>().unwrap();
    assert_eq!((blank.name.as_str(), blank.weight.get(), blank.tag), ("nameless", 1.5, 0));
    assert!(blank.next.get().is_none() && blank.variant.get().get().unwrap().is_none());
    assert!(reflect::info(Leaf::type_index()).unwrap().can_be_blank());
    assert!(!reflect::info(Strict::type_index()).unwrap().can_be_blank());
    let error = instance::new_zeroed(Strict::type_index()).unwrap_err();
    assert_eq!(error.to_string(), "TypeError: `test.reflect.Strict` has fields that cannot be left without a value");
    let inner = node("inner");
    let strict = instance::make(Strict::type_index(), [inner.clone().into_any()]).unwrap();
    assert_eq!((inner.strong_count(), strict.is::<Strict>()), (2, true));
    let copy = instance::copy_shallow(&strict).unwrap().downcast::<Strict>().unwrap();
    assert!(copy.inner.ptr_eq(&inner) && inner.strong_count() == 3);
    drop((strict, copy));
    assert_eq!(inner.strong_count(), 1);
    for values in [vec![], vec![1.into_any()], vec![Any::none()]] {
        assert_eq!(instance::make(Strict::type_index(), values).unwrap_err().kind(), "TypeError");
    }
    assert_eq!(instance::new_zeroed(64).unwrap_err().kind(), "TypeError");
}

fn define(key: &str, parent: i32, fields: Vec<FieldInfo>) -> &'static reflect::Reflection {
    let index = registry::register_type(key, parent).unwrap().index;
    reflect::register(index, Definition { fields, ..Definition::default() }).unwrap()
}

#[test]
fn run_time_types_lay_their_fields_out() {
    let boxed = |schema| Box::new(schema);
    let parent = define(
        "test.reflect.Laid",
        registry::OBJECT,
        vec![FieldInfo::new("i", Schema::Int), FieldInfo::new("b", Schema::Bool)],
    );
    assert_eq!((parent.end, parent.total_size), (33, 40));
    let child = define(
        "test.reflect.LaidChild",
        parent.index,
        vec![
            FieldInfo::new("c", Schema::Bool),
            FieldInfo::new("d", Schema::DType),
            FieldInfo::new("s", Schema::Str),
            FieldInfo::new("l", Schema::List(boxed(Schema::Int))),
            FieldInfo::new("o", Schema::Optional(boxed(Schema::Object(64)))),
        ],
    );
    let offsets: Vec<isize> = child.fields.iter().map(|field| field.offset()).collect();
    assert_eq!((offsets, child.total_size), (vec![24, 32, 33, 34, 40, 56, 64], 80));
    let object = instance::new_zeroed(child.index).unwrap();
    for (name, blank) in [("i", "0"), ("b", "False"), ("s", "None"), ("l", "None"), ("o", "None")] {
        assert_eq!(format!("{:?}", child.field(name).unwrap().get(&object).unwrap()), blank);
    }
    assert_eq!((object.type_info().key, object.strong_count()), ("test.reflect.LaidChild", 1));
}

#[test]
fn registration_refuses_what_cannot_be() {
    let known = define("test.reflect.Known", registry::OBJECT, vec![]);
    let again = reflect::register(known.index, Definition::default()).unwrap_err();
    assert_eq!(again.to_string(), "ValueError: the fields of `test.reflect.Known` are registered already");
    let bare = registry::register_type("test.reflect.Bare", registry::OBJECT).unwrap().index;
    let child = registry::register_type("test.reflect.BareChild", bare).unwrap().index;
    let error = reflect::register(child, Definition::default()).unwrap_err();
    let expected = "TypeError: `test.reflect.BareChild` cannot extend `test.reflect.Bare`, whose fields are not known";
    assert_eq!(error.to_string(), expected);
    assert_eq!(reflect::register(1 << 20, Definition::default()).unwrap_err().kind(), "TypeError");
    // SAFETY: never becomes a field of any type: that is what is tested.
    let stray = unsafe { FieldInfo::of_rust::<i64>("stray", 0) };
    let error = reflect::register(bare, Definition { fields: vec![stray], ..Definition::default() }).unwrap_err();
    assert_eq!(error.kind(), "TypeError");
    assert!(reflect::info(bare).is_none(), "a refused registration leaves nothing");
    reflect::register(bare, Definition::default()).unwrap();
    reflect::register(child, Definition::default()).unwrap();
}

#[test]
fn run_time_types_derive_from_rust_types() {
    let held = node("held");
    let child = define(
        "test.reflect.Below",
        Leaf::type_index(),
        vec![FieldInfo::new("more", Schema::Any), FieldInfo::new("node", Schema::Object(Node::type_index()))],
    );
    assert_eq!(child.fields.len(), 9);
    let object = instance::new_zeroed(child.index).unwrap();
    let leaf = object.clone().downcast::<Leaf>().unwrap();
    assert_eq!(leaf.name, "nameless");
    for name in ["next", "owner", "more", "node"] {
        child.field(name).unwrap().set(&object, held.clone().into_any()).unwrap();
    }
    assert_eq!((held.strong_count(), leaf.next.get().unwrap().name.as_str()), (5, "held"));
    let copy = instance::copy_shallow(&object).unwrap();
    assert_eq!((held.strong_count(), copy.type_index()), (9, child.index));
    let mut seen = 0;
    // SAFETY: alive, and of the type.
    unsafe {
        let mut from = 0;
        while let Some((next, is_node)) =
            instance::find_from(child, object.as_raw(), from, |value| Some(value.as_ref::<Node>().is_some()))
        {
            (from, seen) = (next, seen + i32::from(is_node));
        }
        instance::clear(child, object.as_raw());
    }
    assert_eq!(seen, 4);
    until(|| held.strong_count() == 5);
    drop((copy, object, leaf));
    assert_eq!(held.strong_count(), 1);
    let strict = registry::register_type("test.reflect.BelowStrict", Strict::type_index()).unwrap().index;
    let strict = reflect::register(strict, Definition::default()).unwrap();
    assert!(instance::new_zeroed(strict.index).is_err() && !strict.can_be_blank());
    drop(instance::make(strict.index, [held.clone().into_any()]).unwrap());
    assert_eq!(held.strong_count(), 1);
}

/// Other tests of the process may hold a pin for a moment.
#[test]
fn attributes_belong_to_one_type() {
    let (node, leaf) = (Node::type_index(), Leaf::type_index());
    assert!(attr::get(node, "__test__").is_none());
    attr::set(node, "__test__", 1.into_any()).unwrap();
    attr::set(node, "__test__", 2.into_any()).unwrap();
    assert_eq!(attr::get(node, "__test__").unwrap().view().as_int(), Some(2));
    assert!(attr::get(leaf, "__test__").is_none(), "not inherited");
    attr::set(node, "__test__", Any::none()).unwrap();
    assert!(attr::get(node, "__test__").is_none() && attr::names().contains(&"__test__".to_owned()));
    assert!(attr::set(1 << 20, "__test__", Any::none()).is_err());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for n in 0..if cfg!(miri) { 5 } else { 50 } {
                    attr::set(node, &format!("__race_{n}__"), thread.into_any()).unwrap();
                    assert!(attr::get(node, &format!("__race_{n}__")).unwrap().view().as_int().unwrap() < 4);
                }
            });
        }
    });
}

/// Attributes that walks ask for have a place of their own. It is not seen from outside.
#[test]
fn an_attribute_that_walks_ask_for_is_one_as_others() {
    let (node, name) = (Node::type_index(), "__ffi_compare__");
    assert!(attr::column(name).is_none() && !attr::names().contains(&name.to_owned()));
    assert!(attr::get(node, name).is_none());
    attr::set(node, name, 1.into_any()).unwrap();
    assert_eq!(attr::get(node, name).unwrap().view().as_int(), Some(1));
    assert!(std::ptr::eq(attr::make(name), attr::column(name).unwrap()));
    assert_eq!(attr::names().iter().filter(|known| *known == name).count(), 1);
    attr::set(node, name, Any::none()).unwrap();
    assert!(attr::get(node, name).is_none());
}

#[test]
fn the_type_right_below_the_root() {
    let base = registry::register_type("test.Base", registry::OBJECT).unwrap().index;
    let middle = registry::register_type("test.Middle", base).unwrap().index;
    let last = registry::register_type("test.Last", middle).unwrap().index;
    assert_eq!([base, middle, last].map(registry::below_root), [base; 3]);
    assert_eq!(registry::below_root(registry::OBJECT), registry::OBJECT);
    assert!(registry::is_instance(last, base) && registry::is_instance(last, registry::OBJECT));
    assert!(!registry::is_instance(base, last) && !registry::is_instance(last, Node::type_index()));
}

#[test]
fn run_time_types_have_methods_and_creators() {
    let index = registry::register_type("test.reflect.Made", registry::OBJECT).unwrap().index;
    let definition = Definition {
        doc: "made".into(),
        fields: vec![FieldInfo::new("n", Schema::Int).with_default(FieldDefault::Value(3.into_any())).with_doc("n")],
        methods: vec![MethodInfo::new_static("answer", Function::from_typed("answer", || 42))],
        creator: Some(Function::from_packed(move |_| Ok(instance::make(index, [7.into_any()])?.into_any()))),
        copyable: false,
        ..Definition::default()
    };
    let made = reflect::register(index, definition).unwrap();
    let object = made.creator.as_ref().unwrap().call(&[]).unwrap().into_object().unwrap();
    assert_eq!(made.fields[0].get(&object).unwrap().view().as_int(), Some(7));
    assert_eq!(made.method("answer").unwrap().function.call(&[]).unwrap().view().as_int(), Some(42));
    assert_eq!(
        instance::copy_shallow(&object).unwrap_err().to_string(),
        "TypeError: `test.reflect.Made` does not support copying"
    );
}

fn until(mut done: impl FnMut() -> bool) {
    for _ in 0..100_000 {
        if done() {
            return;
        }
        bowline::reclaim::settle();
        std::thread::yield_now();
    }
    panic!("it never happened");
}
