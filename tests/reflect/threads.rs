//! Fields and registrations under several threads.

use super::*;

#[test]
fn frozen_fields_keep_what_they_held() {
    let frozen = || FieldFlags { frozen: true, ..FieldFlags::default() };
    let optional = Schema::Optional(Box::new(Schema::Object(64)));
    let ty = define(
        "test.reflect.Frozen",
        registry::OBJECT,
        vec![
            FieldInfo::new("any", optional).with_flags(frozen()),
            FieldInfo::new("object", Schema::Object(64)).with_flags(frozen()),
        ],
    );
    let held: Vec<Obj<Node>> = (0..4).map(|n| node(&n.to_string())).collect();
    let (object, other) = (instance::new_zeroed(ty.index).unwrap(), instance::new_zeroed(ty.index).unwrap());
    for field in &ty.fields {
        assert_eq!(field.set(&object, held[0].clone().into_any()).unwrap_err().kind(), "AttributeError");
        assert!(field.set_frozen(&object, 1.into_any()).is_err());
        for node in &held {
            field.set_frozen(&object, node.clone().into_any()).unwrap();
            field.set_frozen(&other, node.clone().into_any()).unwrap();
        }
    }
    assert!(held.iter().all(|node| node.strong_count() == 5), "a reader may still look at what was replaced");
    // SAFETY: alive, of the type, frozen.
    let peeked = unsafe { ty.fields[0].peek_frozen_raw(object.as_raw()) };
    assert_eq!(peeked, Some(held[3].as_raw()));
    drop(object);
    assert!(held.iter().all(|node| node.strong_count() == 3));
    drop(other);
    assert!(held.iter().all(|node| node.strong_count() == 1));
}

#[test]
fn set_frozen_vs_get() {
    let flags = FieldFlags { frozen: true, ..FieldFlags::default() };
    let ty = define(
        "test.reflect.FrozenRace",
        registry::OBJECT,
        vec![
            FieldInfo::new("any", Schema::Any).with_flags(flags),
            FieldInfo::new("o", Schema::Object(64)).with_flags(flags),
        ],
    );
    let object = instance::new_zeroed(ty.index).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let object = &object;
            scope.spawn(move || {
                for n in 0..ROUNDS {
                    let value = node(&format!("a name of number {writer}.{n}"));
                    ty.fields[1].set_frozen(object, value.clone().into_any()).unwrap();
                    ty.fields[0].set_frozen(object, if n % 3 == 0 { n.into_any() } else { value.into_any() }).unwrap();
                }
            });
            scope.spawn(move || {
                for n in 0..2 * ROUNDS as usize {
                    let value = ty.fields[n % 2].get(object).unwrap();
                    match value.view().as_ref::<Node>() {
                        Some(node) => assert!(node.name.starts_with("a name of number ")),
                        None => assert!(value.is_none() || value.view().as_int().unwrap() % 3 == 0),
                    }
                }
            });
        }
    });
}

#[test]
fn stores_vs_loads_vs_copies() {
    let ty = define(
        "test.reflect.Race",
        registry::OBJECT,
        vec![
            FieldInfo::new("any", Schema::Any),
            FieldInfo::new("object", Schema::Optional(Box::new(Schema::Object(64)))),
            FieldInfo::new("list", Schema::List(Box::new(Schema::Any))),
        ],
    );
    let object = instance::new_zeroed(ty.index).unwrap();
    let shared = node("shared");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for n in 0..ROUNDS {
                    let values = [n.into_any(), shared.clone().into_any(), "a string of some length".into_any()];
                    ty.fields[0].set(&object, values[n as usize % 3].clone()).unwrap();
                    ty.fields[1]
                        .set(&object, if n % 2 == 0 { Any::none() } else { shared.clone().into_any() })
                        .unwrap();
                    let list = bowline::container::List::<Any>::from_iter([shared.clone().into_any()]);
                    ty.fields[2].set(&object, list.into_any()).unwrap();
                }
            });
            scope.spawn(|| {
                for _ in 0..ROUNDS / 2 {
                    let copy = instance::copy_shallow(&object);
                    let values = ty.fields.iter().map(|field| field.get(copy.as_ref().unwrap()).unwrap());
                    for value in values {
                        assert!(
                            value.type_index() >= 0 && value.view().as_ref::<Node>().is_none_or(|n| n.name == "shared")
                        );
                    }
                }
            });
        }
    });
    drop(object);
    until(|| shared.strong_count() == 1);
}

/// Types that refer to each other are registered by several threads at once.
#[test]
fn declare_vs_declare() {
    bowline::object! {
        #[key = "test.reflect.Chicken"]
        struct Chicken { egg: Option<Obj<Egg>>, own: Option<Obj<Chicken>>, }
    }
    bowline::object! {
        #[key = "test.reflect.Egg"]
        struct Egg { chicken: Option<Obj<Chicken>>, other: Option<Obj<Yolk>>, }
    }
    bowline::object! {
        #[key = "test.reflect.Yolk"]
        struct Yolk: Egg { eggs: bowline::container::List<Obj<Egg>>, }
    }
    let start = Barrier::new(6);
    std::thread::scope(|scope| {
        for n in 0..6 {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                match n % 3 {
                    0 => assert!(reflect::info(Chicken::type_index()).is_some()),
                    1 => assert!(reflect::info(Egg::type_index()).is_some()),
                    _ => assert!(reflect::info(Yolk::type_index()).is_some()),
                }
                reflect::declare::<(Chicken, Egg, Yolk)>();
                let fields = &reflect::info(Yolk::type_index()).unwrap().fields;
                assert_eq!(fields[2].schema().to_string(), "List[test.reflect.Egg]");
                assert_eq!(fields[1].schema(), &Schema::Optional(Box::new(Schema::Object(Yolk::type_index()))));
            });
        }
    });
    let yolk = Yolk::new(Egg::value(None, None), Default::default());
    yolk.eggs.push(Egg::new(Some(Chicken::new(None, None)), Some(yolk.clone())).into_any());
    yolk.eggs.clear();
    assert_eq!((yolk.strong_count(), yolk.chicken.is_none(), yolk.other.is_none()), (1, true, true));
    let egg = Egg::new(None, None);
    assert!(egg.other.is_none() && Chicken::new(Some(egg), None).own.is_none());
}
