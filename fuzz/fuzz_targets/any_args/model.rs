//! What a value is, as plain Rust data. It is the reference beside the values that the fuzzer makes.
//! Upholds: nothing here asks a conversion of the core for its opinion.

use bowline::container::{ArrayObj, DictObj, ListObj, MapObj};
use bowline::object::Object;
use bowline::value::{tag, Any, AnyView, DataType, Device};
use std::cell::RefCell;
use std::ptr::NonNull;
use std::rc::Rc;

/// The object of a container: none when a conversion is to make a new one.
pub type Address = Option<NonNull<Object>>;
pub type Items = Rc<RefCell<Vec<Model>>>;
pub type Entries = Rc<RefCell<Vec<(Model, Model)>>>;

/// A value.
#[derive(Clone)]
pub enum Model {
    None,
    Int(i64),
    Bool(bool),
    Float(f64),
    Pointer(usize),
    DType(DataType),
    Device(Device),
    Str(String),
    /// A string that is no UTF-8.
    LooseStr(Vec<u8>),
    Bytes(Vec<u8>),
    /// A borrowed C string; not always UTF-8.
    RawStr(Vec<u8>),
    /// A borrowed description of bytes.
    RawBytes(Vec<u8>),
    /// An object without content: its address and type index.
    Object(NonNull<Object>, i32),
    Array(Address, Items),
    List(Address, Items),
    Map(Address, Entries),
    Dict(Address, Entries),
}

impl Model {
    /// The address of a container or other object; of strings none, they compare by content.
    fn address(&self) -> Address {
        match self {
            Model::Object(object, _) => Some(*object),
            Model::Array(at, _) | Model::List(at, _) => *at,
            Model::Map(at, _) | Model::Dict(at, _) => *at,
            _ => None,
        }
    }

    /// Whether the value is stored as an object. Then it converts to any handle of the root type.
    pub fn is_object(&self) -> bool {
        match self {
            Model::Str(text) => text.len() > 7,
            Model::Bytes(bytes) | Model::LooseStr(bytes) => bytes.len() > 7,
            other => other.address().is_some(),
        }
    }

    /// Whether a conversion that gave `other` left this value as it was. It also says whether both are one key of a mapping.
    pub fn same(&self, other: &Model) -> bool {
        match (self, other) {
            (Model::None, Model::None) => true,
            (Model::Int(a), Model::Int(b)) => a == b,
            (Model::Bool(a), Model::Bool(b)) => a == b,
            (Model::Float(a), Model::Float(b)) => a.to_bits() == b.to_bits(),
            (Model::Pointer(a), Model::Pointer(b)) => a == b,
            (Model::DType(a), Model::DType(b)) => a == b,
            (Model::Device(a), Model::Device(b)) => a == b,
            (Model::Str(a), Model::Str(b)) => a == b,
            (Model::Bytes(a), Model::Bytes(b)) | (Model::LooseStr(a), Model::LooseStr(b)) => a == b,
            (a, b) => a.address().is_some() && a.address() == b.address(),
        }
    }

    /// Asserts that `view` is this value.
    pub fn expect(&self, view: AnyView<'_>) {
        let index = view.type_index();
        let bits = view.to_raw().to_bits();
        match self {
            Model::None => assert!(view.is_none()),
            Model::Int(int) => assert_eq!(view.as_int(), Some(*int)),
            Model::Bool(bool) => assert_eq!(view.as_bool(), Some(*bool)),
            Model::Float(float) => assert_eq!(view.as_float().map(f64::to_bits), Some(float.to_bits())),
            Model::Pointer(address) => assert_eq!(view.as_pointer().map(|at| at as usize), Some(*address)),
            Model::DType(dtype) => assert_eq!(view.as_dtype(), Some(*dtype)),
            Model::Device(device) => assert_eq!(view.as_device(), Some(*device)),
            Model::Str(text) => {
                assert_eq!(view.as_str(), Some(text.as_str()));
                assert_eq!(index, if text.len() <= 7 { tag::SMALL_STR } else { tag::STR });
            }
            Model::LooseStr(bytes) => {
                assert_eq!((view.as_str(), view.as_text()), (None, Some(bytes.as_slice())));
                assert_eq!(index, if bytes.len() <= 7 { tag::SMALL_STR } else { tag::STR });
            }
            Model::Bytes(bytes) => {
                assert_eq!(view.as_bytes(), Some(bytes.as_slice()));
                assert_eq!(index, if bytes.len() <= 7 { tag::SMALL_BYTES } else { tag::BYTES });
            }
            Model::RawStr(text) => assert_eq!((index, view.as_str()), (tag::RAW_STR, std::str::from_utf8(text).ok())),
            Model::RawBytes(bytes) => {
                assert_eq!((index, view.as_bytes()), (tag::BYTE_ARRAY, Some(bytes.as_slice())))
            }
            Model::Object(object, kind) => assert_eq!((view.as_object(), index), (Some(*object), *kind)),
            Model::Array(at, items) => {
                let array = view.as_ref::<ArrayObj>().expect("an array");
                if !self.known(*at, view) {
                    expect_all(&items.borrow(), array.as_slice());
                }
            }
            Model::List(at, items) => {
                let list = view.as_ref::<ListObj>().expect("a list");
                if !self.known(*at, view) {
                    expect_all(&items.borrow(), &list.snapshot());
                }
            }
            Model::Map(at, entries) => {
                let map = view.as_ref::<MapObj>().expect("a map");
                if !self.known(*at, view) {
                    let found: Vec<_> = map.entries().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
                    expect_entries(&entries.borrow(), &found);
                }
            }
            Model::Dict(at, entries) => {
                let dict = view.as_ref::<DictObj>().expect("a dict");
                if !self.known(*at, view) {
                    expect_entries(&entries.borrow(), &dict.snapshot());
                }
            }
        }
        let inline = index < tag::OBJECT && !matches!(index, tag::SMALL_STR | tag::SMALL_BYTES);
        assert!(!inline || view.to_raw().small_len() == 0, "unused bytes are zero: {index} {bits:#x}");
    }

    /// Whether it is to be an object that was there before, and is it. Then its content was not made by a conversion.
    fn known(&self, at: Address, view: AnyView<'_>) -> bool {
        match at {
            Some(at) => assert_eq!(view.as_object(), Some(at), "the object that was there is kept"),
            None => assert!(view.as_object().is_some()),
        }
        at.is_some()
    }
}

fn expect_all(models: &[Model], found: &[Any]) {
    assert_eq!(models.len(), found.len());
    models.iter().zip(found).for_each(|(model, value)| model.expect(value.view()));
}

fn expect_entries(models: &[(Model, Model)], found: &[(Any, Any)]) {
    assert_eq!(models.len(), found.len());
    for ((key, value), (found_key, found_value)) in models.iter().zip(found) {
        key.expect(found_key.view());
        value.expect(found_value.view());
    }
}

/// Sets the value of a key as a mapping does. The key that came first stays.
pub fn insert(entries: &mut Vec<(Model, Model)>, key: Model, value: Model) {
    match entries.iter_mut().find(|(known, _)| known.same(&key)) {
        Some(entry) => entry.1 = value,
        None => entries.push((key, value)),
    }
}
