//! Rust types of every kind that reflection knows, as a Rust author writes them.
//! Imports the core only.
//! Upholds: keys, fields, defaults and methods are those that users of the object system test with.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "the keys say what they are for")]

use bowline::container::{Array, Map};
use bowline::function::{Error, Function};
use bowline::object::{Obj, ObjectType};
use bowline::reflect::enumeration::{Enum, IntEnum, State, StrEnum};
use bowline::reflect::{self, attr, StructuralKind};
use bowline::value::{Any, AnyOf, AnyView, Bytes, DataType, Device, FromAny, IntoAny, Mutable, OneOf, Str};

bowline::object! {
    /// Two integers that never change.
    #[key = "testing.TestIntPair"]
    pub struct TestIntPair {
        /// Field `a`
        pub a: i64,
        /// Field `b`
        pub b: i64,
    }
    methods {
        /// Method to compute sum of a and b
        fn sum = |this: &TestIntPair| this.a + this.b;
    }
}

bowline::object! {
    /// For the examples of the documentation.
    #[key = "testing.DocPair"]
    pub struct DocPair {
        pub a: i64,
        pub b: i64,
    }
}

bowline::object! {
    /// For the examples of the documentation.
    #[key = "testing.DocPoint"]
    pub struct DocPoint {
        pub x: Mutable<i64>,
        pub y: Mutable<i64> = 0,
    }
}

bowline::object! {
    #[key = "testing.TestFrozenCxx"]
    pub struct TestFrozenCxx {
        pub value: i64,
        pub tag: Str,
    }
}

bowline::object! {
    /// Fields of three types, with defaults.
    #[key = "testing.TestObjectBase"]
    pub struct TestObjectBase {
        /// i64 field
        pub v_i64: Mutable<i64> = 10,
        pub v_f64: f64 = 10.0,
        pub v_str: Mutable<Str> = "hello",
    }
    methods {
        /// add_i64 method
        fn add_i64 = |this: &TestObjectBase, x: i64| this.v_i64.get() + x;
    }
}

bowline::object! {
    #[key = "testing.TestObjectDerived"]
    pub struct TestObjectDerived: TestObjectBase {
        pub v_map: Mutable<Map>,
        pub v_array: Mutable<Array>,
    }
}

bowline::object! {
    #[key = "testing.TestObjectPtrHolder"]
    pub struct TestObjectPtrHolder {
        pub value: Mutable<Obj<TestObjectBase>>,
        pub optional_value: Mutable<Option<Obj<TestObjectBase>>> = None::<Obj<TestObjectBase>>,
    }
}

bowline::object! {
    #[key = "testing.TestNonCopyable"]
    pub struct TestNonCopyable {
        pub value: i64,
    }
    options { copyable: false }
}

bowline::object! {
    #[key = "testing.TestCompare"]
    pub struct TestCompare {
        pub key: i64,
        pub name: Str,
        #[field(no_compare)]
        pub ignored_field: i64,
    }
}

bowline::object! {
    #[key = "testing.TestHash"]
    pub struct TestHash {
        pub key: i64,
        pub name: Str,
        #[field(no_hash)]
        pub hash_ignored: i64,
    }
}

bowline::object! {
    #[key = "testing.TestCustomHash"]
    pub struct TestCustomHash {
        pub key: i64,
        pub label: Str,
    }
}

bowline::object! {
    #[key = "testing.TestCustomCompare"]
    pub struct TestCustomCompare {
        pub key: i64,
        pub label: Str,
    }
}

bowline::object! {
    #[key = "testing.TestEqWithoutHash"]
    pub struct TestEqWithoutHash {
        pub key: i64,
        pub label: Str,
    }
}

bowline::object! {
    #[key = "testing.TestCxxClassBase"]
    pub struct TestCxxClassBase {
        #[field(no_repr)]
        pub v_i64: Mutable<i64>,
        #[field(no_repr)]
        pub v_i32: Mutable<i32>,
    }
}

bowline::object! {
    #[key = "testing.TestCxxClassDerived"]
    pub struct TestCxxClassDerived: TestCxxClassBase {
        pub v_f64: Mutable<f64>,
        pub v_f32: Mutable<f32> = 8.0,
    }
}

bowline::object! {
    #[key = "testing.TestCxxClassDerivedDerived"]
    pub struct TestCxxClassDerivedDerived: TestCxxClassDerived {
        pub v_str: Mutable<Str> = "default",
        pub v_bool: Mutable<bool>,
    }
}

bowline::object! {
    #[key = "testing.TestCxxInitSubset"]
    pub struct TestCxxInitSubset {
        pub required_field: Mutable<i64>,
        #[field(no_init)]
        pub optional_field: Mutable<i64> = -1,
        #[field(no_init)]
        pub note: Mutable<Str> = "default",
    }
}

bowline::object! {
    #[key = "testing.TestCxxKwOnly"]
    pub struct TestCxxKwOnly {
        #[field(kw_only)]
        pub x: Mutable<i64>,
        #[field(kw_only)]
        pub y: Mutable<i64>,
        #[field(kw_only)]
        pub z: Mutable<i64>,
        #[field(kw_only)]
        pub w: Mutable<i64> = 100,
    }
}

bowline::object! {
    #[key = "testing.TestCxxAutoInit"]
    pub struct TestCxxAutoInit {
        pub a: Mutable<i64>,
        #[field(no_init)]
        pub b: Mutable<i64> = 42,
        #[field(kw_only)]
        pub c: Mutable<i64>,
        pub d: Mutable<i64> = 99,
    }
}

bowline::object! {
    #[key = "testing.TestCxxAutoInitSimple"]
    pub struct TestCxxAutoInitSimple {
        pub x: Mutable<i64>,
        pub y: Mutable<i64>,
    }
}

bowline::object! {
    #[key = "testing.TestCxxAutoInitAllInitOff"]
    pub struct TestCxxAutoInitAllInitOff {
        #[field(no_init)]
        pub x: Mutable<i64> = 7,
        #[field(no_init)]
        pub y: Mutable<i64> = 9,
        #[field(no_init)]
        pub z: Mutable<i64>,
    }
    options {
        creator: Some(Function::from_typed("testing.TestCxxAutoInitAllInitOff", || {
            TestCxxAutoInitAllInitOff::new(0, 0, 1234)
        }))
    }
}

bowline::object! {
    #[key = "testing.TestCxxAutoInitKwOnlyDefaults"]
    pub struct TestCxxAutoInitKwOnlyDefaults {
        pub p_required: Mutable<i64>,
        pub p_default: Mutable<i64> = 11,
        #[field(kw_only)]
        pub k_required: Mutable<i64>,
        #[field(kw_only)]
        pub k_default: Mutable<i64> = 22,
        #[field(no_init)]
        pub hidden: Mutable<i64> = 33,
    }
}

bowline::object! {
    #[key = "testing.TestCxxNoAutoInit"]
    pub struct TestCxxNoAutoInit {
        pub x: Mutable<i64>,
        pub y: Mutable<i64>,
    }
    options { constructible: false }
}

bowline::object! {
    #[key = "testing.TestCxxAutoInitParent"]
    pub struct TestCxxAutoInitParent {
        pub parent_required: Mutable<i64>,
        pub parent_default: Mutable<i64> = 5,
    }
}

bowline::object! {
    #[key = "testing.TestCxxAutoInitChild"]
    pub struct TestCxxAutoInitChild: TestCxxAutoInitParent {
        pub child_required: Mutable<i64>,
        #[field(kw_only)]
        pub child_kw_only: Mutable<i64>,
    }
}

bowline::object! {
    #[key = "testing.TestDeepCopyEdges"]
    pub struct TestDeepCopyEdges {
        pub v_any: Mutable<Any>,
        pub v_obj: Mutable<Option<Obj<bowline::object::Object>>>,
    }
}

bowline::object! {
    /// A type that has no Python class.
    #[key = "testing.TestUnregisteredBaseObject"]
    pub struct TestUnregisteredBaseObject {
        pub v1: i64,
    }
    methods {
        /// Get (v1 + 1) from TestUnregisteredBaseObject
        fn get_v1_plus_one = |this: &TestUnregisteredBaseObject| this.v1 + 1;
    }
}

bowline::object! {
    /// Another type that has no Python class.
    #[key = "testing.TestUnregisteredObject"]
    pub struct TestUnregisteredObject: TestUnregisteredBaseObject {
        pub v2: i64,
    }
    methods {
        /// Get (v2 + 2) from TestUnregisteredObject
        fn get_v2_plus_two = |this: &TestUnregisteredObject| this.v2 + 2;
    }
}

bowline::object! {
    #[key = "testing.TestCxxIntEnum"]
    pub struct TestCxxIntEnum: IntEnum {}
    options { constructible: false, structural: StructuralKind::Unique, copyable: false }
}

bowline::object! {
    #[key = "testing.TestCxxStrEnum"]
    pub struct TestCxxStrEnum: StrEnum {}
    options { constructible: false, structural: StructuralKind::Unique, copyable: false }
}

bowline::object! {
    #[key = "testing.TestEnumVariant"]
    pub struct TestEnumVariant: Enum {}
    options { constructible: false, structural: StructuralKind::Unique, copyable: false }
}

bowline::object! {
    #[key = "testing.TestCxxEnumHolder"]
    pub struct TestCxxEnumHolder {
        pub priority: Mutable<Obj<TestCxxIntEnum>>,
        pub opcode: Mutable<Obj<TestCxxStrEnum>>,
    }
}

type Variant = OneOf<(Str, Array<i64>, Map<Str, i64>)>;

bowline::object! {
    /// A field of each type.
    #[key = "testing.SchemaAllTypes"]
    pub struct SchemaAllTypes {
        /// bool field
        #[metadata = "\"bool_attr\":true,\"int_attr\":1,\"str_attr\":\"hello\""]
        pub v_bool: Mutable<bool>,
        /// int field
        pub v_int: Mutable<i64> = 0,
        /// float field
        pub v_float: Mutable<f64> = 0.0,
        /// device field
        pub v_device: Mutable<Device>,
        /// dtype field
        pub v_dtype: Mutable<DataType>,
        /// string field
        pub v_string: Mutable<Str> = "s",
        /// bytes field
        pub v_bytes: Mutable<Bytes>,
        /// optional int
        pub v_opt_int: Mutable<AnyOf<Option<i64>>>,
        /// optional str
        pub v_opt_str: Mutable<AnyOf<Option<Str>>>,
        /// array<int>
        pub v_arr_int: Mutable<Array<i64>>,
        /// array<str>
        pub v_arr_str: Mutable<Array<Str>>,
        /// map<str,int>
        pub v_map_str_int: Mutable<Map<Str, i64>>,
        /// map<str,array<int>>
        pub v_map_str_arr_int: Mutable<Map<Str, Array<i64>>>,
        /// variant<str,array<int>,map<str,int>>
        pub v_variant: Mutable<Variant>,
        /// optional<array<variant<int,str>>>
        pub v_opt_arr_variant: Mutable<AnyOf<Option<Array<OneOf<(i64, Str)>>>>>,
    }
    methods {
        /// add int method
        #[metadata = "\"bool_attr\":true,\"int_attr\":1,\"str_attr\":\"hello\""]
        fn add_int = |this: &SchemaAllTypes, x: i64| this.v_int.get() + x;
        /// append int to array
        fn append_int = |_this: &SchemaAllTypes, items: Array<i64>, x: i64| -> Array<i64> {
            items.iter().chain([x]).collect()
        };
        /// optional concat
        fn maybe_concat = |_this: &SchemaAllTypes, a: Option<Str>, b: Option<Str>| -> Option<Str> {
            match (a, b) {
                (Some(a), Some(b)) => Some(Str::from([a.as_str(), b.as_str()].concat().as_str())),
                (a, b) => a.or(b),
            }
        };
        /// merge maps
        fn merge_map = |
            _this: &SchemaAllTypes,
            a: Map<Str, Array<i64>>,
            b: Map<Str, Array<i64>>,
        | -> Map<Str, Array<i64>> { a.iter().chain(b.iter()).collect() };
        /// Constructor with subset of fields
        static fn make_with = |v_int: i64, v_float: f64, v_string: Str| -> Result<Obj<SchemaAllTypes>, Error> {
            make_with(v_int, v_float, v_string)
        };
    }
}

fn make_with(v_int: i64, v_float: f64, v_string: Str) -> Result<Obj<SchemaAllTypes>, Error> {
    Ok(SchemaAllTypes::new(
        false,
        v_int,
        v_float,
        Device { kind: 1, id: 0 },
        DataType { code: 0, bits: 32, lanes: 1 },
        v_string,
        Bytes::default(),
        AnyOf::new(None),
        AnyOf::new(None),
        Array::default(),
        Array::default(),
        Map::default(),
        Map::default(),
        Variant::from_any("".into_any().view())?,
        AnyOf::new(None),
    ))
}

/// Two objects of one type, as a hook takes them.
fn two<'a, T: ObjectType>(arguments: &[AnyView<'a>]) -> Result<(&'a T, &'a T), Error> {
    match arguments {
        [a, b, ..] => a.as_ref().zip(b.as_ref()),
        _ => None,
    }
    .ok_or_else(|| Error::type_error("expected two objects of one type"))
}

fn equal_keys<T: ObjectType>(key: fn(&T) -> i64) -> Any {
    Function::from_packed(move |arguments| {
        let (a, b) = two::<T>(arguments)?;
        Ok((key(a) == key(b)).into_any())
    })
    .into_any()
}

fn hashed_key<T: ObjectType>(key: fn(&T) -> i64) -> Any {
    Function::from_packed(move |arguments| {
        let object = arguments.first().and_then(|view| view.as_ref::<T>());
        object.map(|object| key(object).into_any()).ok_or_else(|| Error::type_error("expected an object"))
    })
    .into_any()
}

fn compared_keys<T: ObjectType>(key: fn(&T) -> i64) -> Any {
    Function::from_packed(move |arguments| {
        let (a, b) = two::<T>(arguments)?;
        Ok((key(a).cmp(&key(b)) as i64).into_any())
    })
    .into_any()
}

/// What takes the place of an `__ffi_convert__`: an object of the type itself, or an error.
fn convert_to<T: ObjectType>() -> Any {
    Function::from_packed(|arguments| match arguments.first() {
        Some(view) if view.as_ref::<T>().is_some() => Ok(AnyView::to_owned(*view)),
        Some(view) => Err(Error::type_error(format!("Cannot cast from `{}` to `{}`", view.type_name(), T::TYPE_KEY))),
        None => Err(Error::type_error("expected a value")),
    })
    .into_any()
}

/// The `__ffi_convert__` of an enumeration whose variants stand for values: the variant of a value.
fn convert_to_variant<T: ObjectType>() -> Any {
    Function::from_packed(|arguments| {
        let Some(view) = arguments.first() else { return Err(Error::type_error("expected a value")) };
        if view.as_ref::<T>().is_some() {
            return Ok(AnyView::to_owned(*view));
        }
        let found = State::of(T::type_index())?.find(*view)?;
        found
            .map(IntoAny::into_any)
            .ok_or_else(|| Error::type_error(format!("Cannot cast from `{}` to `{}`", view.type_name(), T::TYPE_KEY)))
    })
    .into_any()
}

fn install_enumerations() -> Result<(), Error> {
    let integers = State::of(TestCxxIntEnum::type_index())?;
    for (name, value) in [("low", 10), ("high", 20)] {
        let variant = TestCxxIntEnum::new(IntEnum::value(Enum::value(value, name.into()), value));
        integers.add(&variant.upcast())?;
    }
    let strings = State::of(TestCxxStrEnum::type_index())?;
    for (number, value) in ["+", "*"].into_iter().enumerate() {
        let variant = TestCxxStrEnum::new(StrEnum::value(Enum::value(number as i64, value.into()), value.into()));
        strings.add(&variant.upcast())?;
    }
    let variants = State::of(TestEnumVariant::type_index())?;
    for (number, (name, code)) in [("Alpha", 10), ("Beta", 20)].into_iter().enumerate() {
        let variant = TestEnumVariant::new(Enum::value(number as i64, name.into())).upcast();
        variants.add(&variant)?;
        variants.describe(&variant, "code", code.into_any())?;
    }
    attr::set(TestCxxIntEnum::type_index(), "__ffi_convert__", convert_to_variant::<TestCxxIntEnum>())?;
    attr::set(TestCxxStrEnum::type_index(), "__ffi_convert__", convert_to_variant::<TestCxxStrEnum>())
}

/// A variant of `testing.TestEnumVariant` by name.
///
/// # Errors
/// Kind `ValueError` when there is none.
pub fn enum_variant(name: Str) -> Result<Obj<Enum>, Error> {
    let found = State::of(TestEnumVariant::type_index())?.find(name.clone().into_any().view())?;
    found.ok_or_else(|| Error::value_error(format!("testing.TestEnumVariant has no variant {name}")))
}

/// Registers all of them, and what they do by hooks.
///
/// # Errors
/// Those of registration.
pub fn install() -> Result<(), Error> {
    reflect::declare::<(TestIntPair, TestFrozenCxx, TestObjectDerived, TestObjectPtrHolder, TestNonCopyable)>();
    reflect::declare::<(TestCompare, TestHash, TestCustomHash, TestCustomCompare, TestEqWithoutHash)>();
    reflect::declare::<(TestCxxClassDerivedDerived, TestCxxInitSubset, TestCxxKwOnly, TestCxxAutoInit)>();
    reflect::declare::<(TestCxxAutoInitSimple, TestCxxAutoInitAllInitOff, TestCxxAutoInitKwOnlyDefaults)>();
    reflect::declare::<(TestCxxNoAutoInit, TestCxxAutoInitChild, TestDeepCopyEdges)>();
    reflect::declare::<(TestUnregisteredObject, SchemaAllTypes)>();
    reflect::declare::<(TestCxxEnumHolder, TestEnumVariant, DocPair, DocPoint)>();
    install_enumerations()?;
    attr::set(TestIntPair::type_index(), "__ffi_convert__", convert_to::<TestIntPair>())?;
    attr::set(TestCustomHash::type_index(), "__ffi_hash__", hashed_key::<TestCustomHash>(|object| object.key))?;
    attr::set(TestCustomCompare::type_index(), "__ffi_eq__", equal_keys::<TestCustomCompare>(|object| object.key))?;
    attr::set(
        TestCustomCompare::type_index(),
        "__ffi_compare__",
        compared_keys::<TestCustomCompare>(|object| object.key),
    )?;
    attr::set(TestCustomCompare::type_index(), "__ffi_hash__", hashed_key::<TestCustomCompare>(|object| object.key))?;
    attr::set(TestEqWithoutHash::type_index(), "__ffi_eq__", equal_keys::<TestEqWithoutHash>(|object| object.key))
}
