//! Constructors by reflection: arguments by position, by name behind KWARGS, and left out.

use bowline::function::{Error, Function};
use bowline::object::{registry, Obj, ObjectType};
use bowline::reflect::{self, attr, constructor, sentinel, Definition, FieldDefault, FieldFlags, FieldInfo};
use bowline::value::{Any, AnyView, IntoAny, Mutable, Schema, Str};

bowline::object! {
    #[key = "constructor.Child"]
    struct Child {
        a: i64,
        b: i64 = 4,
        #[field(kw_only)]
        c: i64 = 9,
        #[field(no_init)]
        hidden: i64 = 7,
        owner: Mutable<Option<Obj<Child>>>,
    }
}

fn make(arguments: &[Any]) -> Result<Obj<Child>, Error> {
    let function = reflect::init_of(Child::type_index()).expect("a type that is constructible");
    let views: Vec<AnyView<'_>> = arguments.iter().map(Any::view).collect();
    Function::call_view(function.view(), &views).map(|made| made.into_object().unwrap().downcast().unwrap())
}

fn kwargs() -> Any {
    sentinel::kwargs().clone().into_any()
}

fn missing() -> Any {
    sentinel::missing().clone().into_any()
}

fn refusal(arguments: &[Any]) -> String {
    let error = make(arguments).map(drop).unwrap_err();
    assert_eq!(error.kind(), "TypeError");
    error.message().to_owned()
}

#[test]
fn by_position_by_name_and_by_default() {
    let parts = |made: Obj<Child>| (made.a, made.b, made.c, made.hidden);
    // Required ones come first: `owner` has no default.
    assert_eq!(parts(make(&[1.into_any(), Any::none()]).unwrap()), (1, 4, 9, 7));
    let all = [1.into_any(), Any::none(), 2.into_any(), kwargs(), "c".into_any(), 3.into_any()];
    assert_eq!(parts(make(&all).unwrap()), (1, 2, 3, 7));
    let named = [kwargs(), "owner".into_any(), Any::none(), "a".into_any(), 5.into_any()];
    assert_eq!(parts(make(&named).unwrap()), (5, 4, 9, 7));
    let left_out = [1.into_any(), Any::none(), missing(), kwargs(), "c".into_any(), missing()];
    assert_eq!(parts(make(&left_out).unwrap()), (1, 4, 9, 7));
}

#[test]
fn what_does_not_suit() {
    let key = "constructor.Child.__init__()";
    let one = || 1.into_any();
    let none = Any::none;
    assert_eq!(refusal(&[]), format!("{key} missing required arguments: 'a' and 'owner'"));
    assert_eq!(refusal(&[missing(), none()]), format!("{key} missing required argument: 'a'"));
    let many = refusal(&[one(), none(), one(), one()]);
    assert_eq!(many, format!("{key} takes 3 positional arguments but 4 were given"));
    let twice = refusal(&[one(), none(), kwargs(), "a".into_any(), one()]);
    assert_eq!(twice, format!("{key} got multiple values for argument 'a'"));
    let c = || "c".into_any();
    assert_eq!(
        refusal(&[one(), none(), kwargs(), c(), one(), c(), one()]),
        format!("{key} got multiple values for argument 'c'")
    );
    for name in ["hidden", "d"] {
        let unexpected = refusal(&[one(), none(), kwargs(), name.into_any(), one()]);
        assert_eq!(unexpected, format!("{key} got an unexpected keyword argument '{name}'"));
    }
    let unpaired = refusal(&[one(), none(), kwargs(), c()]);
    assert_eq!(unpaired, format!("{key} takes names and values by turns behind KWARGS, got 1"));
    let no_name = refusal(&[one(), none(), kwargs(), one(), one()]);
    assert_eq!(no_name, format!("{key} takes a str as a name behind KWARGS, got int"));
    assert!(refusal(&["x".into_any(), none()]).starts_with("field `a` of `constructor.Child`: "));
}

#[test]
fn nothing_is_kept_of_what_failed() {
    let child = make(&[1.into_any(), Any::none()]).unwrap();
    let bad = [1.into_any(), child.clone().into_any(), "x".into_any()];
    make(&bad).map(drop).unwrap_err();
    drop(bad);
    assert_eq!(child.strong_count(), 1);
}

#[test]
fn makers_and_factories() {
    let declare = |key: &str, definition: Definition| {
        let index = registry::register_type(key, registry::OBJECT).unwrap().index;
        reflect::register(index, definition).unwrap()
    };
    let failing = || Function::from_typed("fail", || -> Result<i64, Error> { Err(Error::value_error("no value")) });
    let field = FieldInfo::new("a", Schema::Int).with_default(FieldDefault::Factory(failing()));
    let with_factory = declare("constructor.Factory", Definition { fields: vec![field], ..Definition::default() });
    let error = constructor(with_factory).call(&[]).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.message()), ("ValueError", "no value"));
    let made = constructor(with_factory).call(&[3.into_any().view()]).unwrap().into_object().unwrap();
    assert_eq!(with_factory.field("a").unwrap().get(&made).unwrap().view().as_int(), Some(3));

    let flags = FieldFlags { init: false, ..FieldFlags::default() };
    let fields = vec![FieldInfo::new("a", Schema::Int).with_flags(flags)];
    let creator = Some(Function::from_typed("wrong", || Str::from("no object")));
    let strange = declare("constructor.Maker", Definition { fields, creator, ..Definition::default() });
    let error = constructor(strange).call(&[]).map(drop).unwrap_err();
    assert_eq!(error.message(), "the native maker of constructor.Maker made a str");

    let sealed = Definition { constructible: false, ..Definition::default() };
    let sealed = declare("constructor.Sealed", sealed);
    assert!(reflect::init_of(sealed.index).is_none());
    let own = Function::from_typed("own", || 7).into_any();
    attr::set(sealed.index, "__ffi_init__", own.clone()).unwrap();
    assert!(reflect::init_of(sealed.index).unwrap().view().same(&own.view()));
}

#[test]
fn sentinels_are_the_only_ones() {
    use bowline::reflect::content;
    let text = content::text(kwargs().view()).unwrap();
    assert_eq!(text, "<KWARGS>");
    for (value, is_it) in [(missing(), true), (kwargs(), false), (Any::none(), false), (1.into_any(), false)] {
        assert_eq!(sentinel::is_missing(value.view()), is_it);
    }
    let copy = content::deep_copy(bowline::container::Array::<Any>::from_iter([missing()]).into_any().view()).unwrap();
    let copy: bowline::container::Array<Any> = bowline::value::convert(copy.view()).unwrap();
    assert!(sentinel::is_missing(copy.as_object().as_slice()[0].view()));
}
