//! What a conversion has to give: the rules of the annotations, written a second time.
//! Upholds: the error that is expected is the first one, items and entries taken in order.

use super::model::{insert, Entries, Items, Model};
use bowline::object::registry;
use bowline::value::{tag, Schema};
use std::cell::RefCell;
use std::rc::Rc;

/// The type of a conversion's result: a schema, where that does not say it all.
#[derive(Clone)]
pub enum Type {
    /// Everything, as it is.
    Any,
    None,
    /// An integer within these bounds.
    Int(i64, i64),
    Float,
    /// A float of four bytes.
    Single,
    Bool,
    Str,
    Bytes,
    Pointer,
    DType,
    Device,
    /// An object of this type index or below.
    Object(i32),
    Optional(Box<Type>),
    /// `fresh` when the Rust type holds the items and not the array.
    Array(Box<Type>, bool),
    List(Box<Type>),
    Map(Box<Type>, Box<Type>),
    Dict(Box<Type>, Box<Type>),
}

/// Kinds of errors.
pub const MISMATCH: &str = "TypeError";
pub const RANGE: &str = "ValueError";

fn number(value: &Model) -> Option<i64> {
    match value {
        Model::Int(int) => Some(*int),
        Model::Bool(bool) => Some(i64::from(*bool)),
        _ => None,
    }
}

fn float(value: &Model) -> Option<f64> {
    match value {
        Model::Float(float) => Some(*float),
        other => number(other).map(|int| int as f64),
    }
}

fn text(value: &Model) -> Option<String> {
    match value {
        Model::Str(text) => Some(text.clone()),
        Model::RawStr(text) => String::from_utf8(text.clone()).ok(),
        _ => None,
    }
}

impl Type {
    /// What `value` becomes, or the kind of the error.
    pub fn convert(&self, value: &Model) -> Result<Model, &'static str> {
        let found = match (self, value) {
            (Type::Any, Model::RawStr(text)) => Some(match String::from_utf8(text.clone()) {
                Ok(text) => Model::Str(text),
                Err(_) => Model::LooseStr(text.clone()),
            }),
            (Type::Any, Model::RawBytes(bytes)) => Some(Model::Bytes(bytes.clone())),
            (Type::Any, value) => Some(value.clone()),
            (Type::None, Model::None) => Some(Model::None),
            (Type::Int(low, high), value) => match number(value) {
                Some(int) if (*low..=*high).contains(&int) => Some(Model::Int(int)),
                Some(_) => return Err(RANGE),
                None => None,
            },
            (Type::Float, value) => float(value).map(Model::Float),
            (Type::Single, value) => float(value).map(|float| Model::Float(f64::from(float as f32))),
            (Type::Bool, value) => number(value).map(|int| Model::Bool(int != 0)),
            (Type::Str, Model::Str(text)) => Some(Model::Str(text.clone())),
            (Type::Str, Model::RawStr(text)) => String::from_utf8(text.clone()).ok().map(Model::Str),
            (Type::Bytes, Model::Bytes(bytes) | Model::RawBytes(bytes)) => Some(Model::Bytes(bytes.clone())),
            (Type::Pointer, Model::Pointer(address)) => Some(Model::Pointer(*address)),
            (Type::Pointer, Model::None) => Some(Model::Pointer(0)),
            (Type::DType, Model::DType(_)) | (Type::Device, Model::Device(_)) => Some(value.clone()),
            (Type::DType, value) => text(value).and_then(|text| text.parse().ok()).map(Model::DType),
            (Type::Device, value) => text(value).and_then(|text| text.parse().ok()).map(Model::Device),
            (Type::Object(target), value) => is_instance(value, *target).then(|| value.clone()),
            (Type::Optional(_), Model::None) => Some(Model::None),
            (Type::Optional(inner), value) => return inner.convert(value),
            (Type::Array(item, fresh), Model::Array(at, items)) => Some(match all(item, items)? {
                None if !fresh => Model::Array(*at, items.clone()),
                None => Model::Array(None, items.clone()),
                Some(items) => Model::Array(None, items),
            }),
            (Type::Array(item, _), Model::List(_, items)) => {
                Some(Model::Array(None, all(item, items)?.unwrap_or_else(|| items.clone())))
            }
            (Type::List(item), Model::List(at, items)) => Some(match all(item, items)? {
                None => Model::List(*at, items.clone()),
                Some(items) => Model::List(None, items),
            }),
            (Type::List(item), Model::Array(_, items)) => {
                Some(Model::List(None, all(item, items)?.unwrap_or_else(|| items.clone())))
            }
            (Type::Map(key, item), Model::Map(at, entries)) => Some(match pairs(key, item, entries)? {
                None => Model::Map(*at, entries.clone()),
                Some(entries) => Model::Map(None, entries),
            }),
            (Type::Map(key, item), Model::Dict(_, entries)) => {
                Some(Model::Map(None, pairs(key, item, entries)?.unwrap_or_else(|| entries.clone())))
            }
            (Type::Dict(key, item), Model::Dict(at, entries)) => Some(match pairs(key, item, entries)? {
                None => Model::Dict(*at, entries.clone()),
                Some(entries) => Model::Dict(None, entries),
            }),
            (Type::Dict(key, item), Model::Map(_, entries)) => {
                Some(Model::Dict(None, pairs(key, item, entries)?.unwrap_or_else(|| entries.clone())))
            }
            _ => None,
        };
        found.ok_or(MISMATCH)
    }
}

/// The type index of a value that is an object.
fn index(value: &Model) -> Option<i32> {
    Some(match value {
        Model::Object(_, index) => *index,
        Model::Str(_) | Model::LooseStr(_) => tag::STR,
        Model::Bytes(_) => tag::BYTES,
        Model::Array(..) => tag::ARRAY,
        Model::List(..) => tag::LIST,
        Model::Map(..) => tag::MAP,
        Model::Dict(..) => tag::DICT,
        _ => return None,
    })
}

fn is_instance(value: &Model, target: i32) -> bool {
    // Asked of the table of ancestors, which has a target of its own.
    let ancestors = |index: i32| registry::type_info(index).map(|info| info.ancestors).unwrap_or_default();
    value.is_object() && index(value).is_some_and(|index| index == target || ancestors(index).contains(&target))
}

/// The items after conversion; none when all stay as they are.
fn all(item: &Type, items: &Items) -> Result<Option<Items>, &'static str> {
    let items = items.borrow();
    let made = items.iter().map(|value| item.convert(value)).collect::<Result<Vec<_>, _>>()?;
    let same = items.iter().zip(&made).all(|(before, after)| before.same(after));
    Ok((!same).then(|| Rc::new(RefCell::new(made))))
}

fn pairs(key: &Type, item: &Type, entries: &Entries) -> Result<Option<Entries>, &'static str> {
    let (mut made, mut same) = (Vec::new(), true);
    for (k, v) in entries.borrow().iter() {
        let (new_k, new_v) = (key.convert(k)?, item.convert(v)?);
        same &= k.same(&new_k) && v.same(&new_v);
        insert(&mut made, new_k, new_v);
    }
    Ok((!same).then(|| Rc::new(RefCell::new(made))))
}

/// Whether a schema's check may say yes to a value that does not convert. The check allows no conversion, and the
/// narrow types of Rust have the schema of the wide ones.
pub fn is_narrow(schema: &Schema, kind: &str) -> bool {
    kind == RANGE && format!("{schema}").contains("int")
}
