//! Members of a type that are no fields, and methods as Rust has them.

use bowline::object::{Obj, Object, ObjectType};
use bowline::reflect::{self, instance};
use bowline::value::{IntoAny, Mutable, Str};
use std::collections::HashMap;
use std::sync::Mutex;

bowline::object! {
    /// A base with a member.
    #[key = "test.native.Base"]
    struct Base {
        pub name: Str,
    }
    native {
        /// What was seen.
        seen: Mutex<Vec<String>> = Mutex::new(vec!["begun".to_owned()]),
    }
    methods {
        /// Adds a line.
        fn see(&self, line: Str) -> i64 {
            let mut seen = self.seen.lock().unwrap();
            seen.push(line.to_string());
            seen.len() as i64
        }
        static fn named(name: Str) -> Obj<Base> {
            Base::new(name)
        }
        fn length = |this: &Base| this.name.len() as i64;
    }
}

bowline::object! {
    /// One of two levels, whose field cannot be blank.
    #[key = "test.native.Derived"]
    struct Derived: Base {
        pub other: Obj<Object>,
        pub count: Mutable<i64> = 3,
    }
    native {
        table: Mutex<HashMap<i64, Obj<Object>>> = Mutex::default(),
    }
}

fn seen(base: &Base) -> Vec<String> {
    base.seen.lock().unwrap().clone()
}

#[test]
fn members_begin_however_an_object_is_made() {
    let base = Base::named("made by Rust".into());
    let derived = Derived::new(Base::value("derived".into()), base.clone().upcast(), 4);
    assert_eq!((seen(&base), seen(&derived), derived.count.get()), (vec!["begun".into()], vec!["begun".into()], 4));
    let values = || ["by values".into_any(), base.clone().into_any(), 5.into_any()];
    let made = instance::make(Derived::type_index(), values()).unwrap().downcast::<Derived>().unwrap();
    assert_eq!((seen(&made), made.count.get(), &*made.name), (vec!["begun".into()], 5, "by values"));
    made.table.lock().unwrap().insert(1, made.other.clone());
    let blank = instance::new_zeroed(Base::type_index()).unwrap().downcast::<Base>().unwrap();
    assert_eq!(seen(&blank), ["begun"]);
    // A field without blank value: nothing is left of the attempt.
    assert_eq!(instance::new_zeroed(Derived::type_index()).unwrap_err().kind(), "TypeError");
    assert_eq!(instance::copy_shallow(&made).unwrap_err().kind(), "TypeError");
    assert!(!reflect::info(Derived::type_index()).unwrap().copyable);
    // All ends with its last handle, members among it.
    let weak = base.downgrade();
    drop((base, derived, blank));
    assert!(weak.upgrade().is_some());
    drop(made);
    assert!(weak.upgrade().is_none());
}

#[test]
fn methods_are_those_of_rust() {
    let base = Base::named("seven".into());
    assert_eq!(base.see("by Rust".into()), 2);
    let info = reflect::info(Base::type_index()).unwrap();
    let see = info.method("see").unwrap();
    let seen_now = see.function.call(&[base.clone().into_any().view(), "by reflection".into_any().view()]).unwrap();
    assert_eq!(seen_now.view().as_int(), Some(3));
    assert_eq!((&*see.doc, see.is_static, info.method("named").unwrap().is_static), ("Adds a line.", false, true));
    let wrong = see.function.call(&[1.into_any().view(), "x".into_any().view()]).unwrap_err();
    assert!(wrong.message().contains("test.native.Base.see(0: test.native.Base, 1: str) -> int"), "{wrong}");
    let length = info.method("length").unwrap().function.call(&[base.into_any().view()]).unwrap();
    assert_eq!(length.view().as_int(), Some(5));
}
