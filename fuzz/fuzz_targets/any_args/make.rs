//! Values of every kind from bytes, each with its model.
//! Upholds: what is made here is legal; only its combination is the fuzzer's choice.

use super::model::{insert, Model};
use super::probe::{Base, Derived, Other};
use bowline::container::{ArrayObj, DictObj, ListObj, MapObj};
use bowline::function::{Error, Function};
use bowline::object::{Obj, Object};
use bowline::value::{tag, Any, DataType, Device, IntoAny, Pointer};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use std::cell::RefCell;
use std::ffi::CString;
use std::rc::Rc;

/// A value that is owned, and what it is.
pub type Made = (Any, Model);

/// Texts at the edges of the inline form, with what tends to be mistaken.
fn text(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(match u.int_in_range(0..=5)? {
        0 => u.arbitrary::<&str>()?.to_owned(),
        1 => "\0".repeat(u.int_in_range(6..=9)?),
        2 => "a".repeat(u.int_in_range(6..=9)?),
        3 => "ä".repeat(u.int_in_range(3..=4)?),
        4 => String::new(),
        _ => "a text that does not fit".to_owned(),
    })
}

fn integer(u: &mut Unstructured<'_>) -> Result<i64> {
    const EDGES: [i64; 14] =
        [0, 1, -1, 2, 127, 128, -128, -129, 255, 256, i32::MAX as i64 + 1, u32::MAX as i64 + 1, i64::MAX, i64::MIN];
    Ok(if u.ratio(3, 4)? { *u.choose(&EDGES)? } else { u.arbitrary()? })
}

fn float(u: &mut Unstructured<'_>) -> Result<f64> {
    const EDGES: [f64; 7] = [0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, 1e300, f64::MIN_POSITIVE];
    Ok(if u.ratio(3, 4)? { *u.choose(&EDGES)? } else { u.arbitrary()? })
}

/// The model of an object without content.
pub fn opaque(object: &Any) -> Model {
    Model::Object(object.view().as_object().expect("an object"), object.type_index())
}

/// One more value; containers take their parts from `pool`.
pub fn value(u: &mut Unstructured<'_>, pool: &[Made]) -> Result<Made> {
    let simple = |any: Any, model| Ok((any, model));
    let object = |any: Any| {
        let model = opaque(&any);
        Ok((any, model))
    };
    match u.int_in_range(0..=17)? {
        0 => simple(Any::none(), Model::None),
        1 | 2 => integer(u).and_then(|int| simple(int.into_any(), Model::Int(int))),
        3 => u.arbitrary().and_then(|bool: bool| simple(bool.into_any(), Model::Bool(bool))),
        4 => float(u).and_then(|float| simple(float.into_any(), Model::Float(float))),
        5 | 6 => text(u).and_then(|text| simple(text.as_str().into_any(), Model::Str(text))),
        7 => text(u).and_then(|text| simple(text.as_bytes().into_any(), Model::Bytes(text.into_bytes()))),
        8 => {
            let address: usize = u.arbitrary()?;
            simple(Pointer(address as *mut _).into_any(), Model::Pointer(address))
        }
        9 => {
            let dtype = DataType { code: u.arbitrary()?, bits: u.arbitrary()?, lanes: u.arbitrary()? };
            simple(dtype.into_any(), Model::DType(dtype))
        }
        10 => {
            let device = Device { kind: u.arbitrary()?, id: u.arbitrary()? };
            simple(device.into_any(), Model::Device(device))
        }
        11 => match u.int_in_range(0..=3)? {
            0 => object(Base::make().into_any()),
            1 => object(Derived::make().into_any()),
            2 => object(Other::make().into_any()),
            _ => object(Obj::new(Object::placeholder()).into_any()),
        },
        12 => object(Error::new("ValueError", "kept").into_any()),
        13 => object(Function::from_packed(|args| Ok(args.len().into_any())).into_any()),
        14 => {
            let (items, models) = several(u, pool)?;
            let array = ArrayObj::make(items.into_iter()).into_any();
            let at = array.view().as_object();
            simple(array, Model::Array(at, Rc::new(RefCell::new(models))))
        }
        15 => {
            let (items, models) = several(u, pool)?;
            let list = ListObj::make(items).into_any();
            let at = list.view().as_object();
            simple(list, Model::List(at, Rc::new(RefCell::new(models))))
        }
        kind => {
            let (keys, key_models) = several(u, pool)?;
            let (mut entries, mut models) = (Vec::new(), Vec::new());
            for (key, key_model) in keys.into_iter().zip(key_models) {
                let (value, model) = u.choose(pool)?.clone();
                entries.push((key, value));
                insert(&mut models, key_model, model);
            }
            let models = Rc::new(RefCell::new(models));
            match kind {
                16 => {
                    let map = MapObj::make(entries).expect("keys by value or identity").into_any();
                    let at = map.view().as_object();
                    simple(map, Model::Map(at, models))
                }
                _ => {
                    let dict = DictObj::make(entries).expect("keys by value or identity").into_any();
                    let at = dict.view().as_object();
                    simple(dict, Model::Dict(at, models))
                }
            }
        }
    }
}

fn several(u: &mut Unstructured<'_>, pool: &[Made]) -> Result<(Vec<Any>, Vec<Model>)> {
    let count = if pool.is_empty() { 0 } else { u.int_in_range(0..=6)? };
    (0..count).map(|_| u.choose(pool).cloned()).collect::<Result<Vec<Made>>>().map(|made| made.into_iter().unzip())
}

/// Puts a value of the pool into a list or dict of the pool. It may go into itself.
pub fn mutate(u: &mut Unstructured<'_>, pool: &[Made]) -> Result<()> {
    if pool.is_empty() {
        return Ok(());
    }
    let (into, model) = u.choose(pool)?;
    let (value, value_model) = u.choose(pool)?.clone();
    if let (Some(list), Model::List(_, items)) = (into.view().as_ref::<ListObj>(), model) {
        list.push(value);
        items.borrow_mut().push(value_model);
    } else if let (Some(dict), Model::Dict(_, entries)) = (into.view().as_ref::<DictObj>(), model) {
        let (key, key_model) = u.choose(pool)?.clone();
        dict.set(key, value).expect("a key by value or identity");
        insert(&mut entries.borrow_mut(), key_model, value_model);
    }
    Ok(())
}

/// Opens the cycles that [`mutate`] may have made.
pub fn untangle(pool: &[Made]) {
    for (value, model) in pool {
        if let (Some(list), Model::List(_, items)) = (value.view().as_ref::<ListObj>(), model) {
            list.clear();
            items.take();
        } else if let (Some(dict), Model::Dict(_, entries)) = (value.view().as_ref::<DictObj>(), model) {
            dict.clear();
            entries.take();
        }
    }
}

/// A C string of any bytes but null ones.
pub fn c_string(u: &mut Unstructured<'_>) -> Result<CString> {
    let length = u.int_in_range(0..=12)?;
    let bytes = u.bytes(length)?.iter().copied().filter(|byte| *byte != 0).collect::<Vec<_>>();
    Ok(CString::new(bytes).expect("no null inside"))
}

/// Whether the value is a function.
pub fn is_function(value: &Any) -> bool {
    value.type_index() == tag::FUNCTION
}
