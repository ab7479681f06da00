//! Rust types of every kind that reflection knows, as a Rust author writes them.
//! Upholds: keys, fields, defaults and methods are those that users of the object system test with.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "the keys say what they are for")]

use crate::enumerations::{TestCxxIntEnum, TestCxxStrEnum};
use crate::type_hooks::{compared_keys, convert_to, equal_keys, hashed_key};
use bowline::container::{Array, Map};
use bowline::function::{Error, Function};
use bowline::object::{Obj, ObjectType};
use bowline::reflect::attr;
use bowline::value::{Any, Mutable, Str};

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
        static fn __ffi_init__ = |a: i64, b: i64| TestIntPair::new(a, b);
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
    methods {
        static fn __ffi_init__ = |key: i64, name: Str, ignored: i64| TestCompare::new(key, name, ignored);
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
    methods {
        static fn __ffi_init__ = |key: i64, name: Str, ignored: i64| TestHash::new(key, name, ignored);
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
    #[key = "testing.TestCxxEnumHolder"]
    pub struct TestCxxEnumHolder {
        pub priority: Mutable<Obj<TestCxxIntEnum>>,
        pub opcode: Mutable<Obj<TestCxxStrEnum>>,
    }
}

/// Registers what they do by hooks.
///
/// # Errors
/// Those of registration.
pub fn install() -> Result<(), Error> {
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
