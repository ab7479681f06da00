//! A type with a field of each kind, and methods that take and return containers.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "the keys say what they are for")]

use bowline::container::{Array, Map};
use bowline::function::Error;
use bowline::object::Obj;
use bowline::value::{AnyOf, Bytes, DataType, Device, FromAny, IntoAny, Mutable, OneOf, Str};

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
