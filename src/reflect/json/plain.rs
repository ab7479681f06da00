//! Values without identity between JSON and native form.
//! Upholds: a number that JSON cannot write is text: `"nan"`, `"inf"`, `"-inf"`.

use super::tree::Tree;
use crate::container::{Array, ArrayObj, DictObj, ListObj, Map, MapObj};
use crate::function::Error;
use crate::object::grow::{gathered, owned, try_gathered, with_room, Grow, TextBuf};
use crate::value::{tag, Any, AnyView, Bytes, DataType, Device, IntoAny, Str};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use serde_json::{json, Value};
use std::borrow::Cow;
use std::fmt::Write;

/// A float.
pub(super) fn of_float(float: f64) -> Value {
    match serde_json::Number::from_f64(float) {
        Some(number) => Value::Number(number),
        None if float.is_nan() => json!("nan"),
        None => json!(if float > 0.0 { "inf" } else { "-inf" }),
    }
}

/// The float behind its JSON form.
pub(super) fn to_float(data: &Tree<'_>) -> Option<f64> {
    match data.as_str() {
        Some("nan") => Some(f64::NAN),
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => data.as_f64(),
    }
}

/// Type name and data of plain data, of a string, or of bytes. None for other values.
pub(super) fn node_of(view: AnyView<'_>) -> Option<(&'static str, Value)> {
    if let Some(text) = view.as_str() {
        return Some(("ffi.String", Value::String(owned(text))));
    }
    if let Some(bytes) = view.as_bytes() {
        let mut text = String::new();
        text.grow(base64::encoded_len(bytes.len(), true).unwrap_or(usize::MAX));
        STANDARD.encode_string(bytes, &mut text);
        return Some(("ffi.Bytes", Value::String(text)));
    }
    Some(match view.type_index() {
        tag::NONE => ("None", Value::Null),
        tag::INT => ("int", json!(view.as_int()?)),
        tag::BOOL => ("bool", json!(view.as_bool()?)),
        tag::FLOAT => ("float", of_float(view.as_float()?)),
        tag::DTYPE => ("DataType", Value::String(format!("{}", view.as_dtype()?))),
        tag::DEVICE => {
            let Device { kind, id } = view.as_device()?;
            ("Device", json!([kind, id]))
        }
        _ => return None,
    })
}

/// The value behind a node that [`node_of`] may have made; none for other types.
pub(super) fn value_of(name: &str, data: &Tree<'_>) -> Option<Result<Any, Error>> {
    let value = match name {
        "None" => Some(Any::none()),
        "int" => data.as_i64().map(IntoAny::into_any),
        "bool" => data.as_bool().map(IntoAny::into_any),
        "float" => to_float(data).map(IntoAny::into_any),
        "ffi.String" => data.as_str().map(|text| Str::from(text).into_any()),
        "ffi.Bytes" => {
            let bytes = data.as_str().and_then(|text| {
                let mut bytes = Vec::new();
                bytes.grow(base64::decoded_len_estimate(text.len()));
                STANDARD.decode_vec(text, &mut bytes).is_ok().then_some(bytes)
            });
            bytes.map(|bytes| Bytes::from(bytes).into_any())
        }
        "DataType" => data.as_str().and_then(|text| text.parse::<DataType>().ok()).map(IntoAny::into_any),
        "Device" => device(data).map(IntoAny::into_any),
        _ => return None,
    };
    Some(value.ok_or_else(|| Error::value_error(format!("Invalid JSON Object Graph: {data} is no data of a {name}"))))
}

fn device(data: &Tree<'_>) -> Option<Device> {
    let [kind, id] = data.as_items()? else { return None };
    Some(Device { kind: kind.as_i64()?.try_into().ok()?, id: id.as_i64()?.try_into().ok()? })
}

/// A native value as JSON, for what a type's own hook says. Containers are written as they are.
pub(super) fn json_of(view: AnyView<'_>) -> Result<Value, Error> {
    let sequence = |items: &[Any]| try_gathered(items.iter().map(|item| json_of(item.view())));
    let mapping = |entries: Vec<(Any, Any)>| {
        let mut made = with_room(ENTRY.saturating_mul(entries.len()), || serde_json::Map::with_capacity(entries.len()));
        for (key, value) in entries {
            match key.view().as_str() {
                Some(key) => made.insert(owned(key), json_of(value.view())?),
                None => {
                    let found = key.view().type_name();
                    return Err(Error::type_error(format!("a key of JSON must be str, got {found}")));
                }
            };
        }
        Ok(Value::Object(made))
    };
    if let Some(array) = view.as_ref::<ArrayObj>() {
        return sequence(array.as_slice()).map(Value::Array);
    }
    if let Some(list) = view.as_ref::<ListObj>() {
        return sequence(&list.snapshot()).map(Value::Array);
    }
    if let Some(map) = view.as_ref::<MapObj>() {
        return mapping(gathered(map.entries().map(|(k, v)| (AnyView::to_owned(k), AnyView::to_owned(v)))));
    }
    if let Some(dict) = view.as_ref::<DictObj>() {
        return mapping(dict.snapshot());
    }
    match node_of(view) {
        Some(("None" | "int" | "bool" | "float" | "ffi.String", data)) => Ok(data),
        _ => Err(Error::type_error(format!("`{}` cannot be written as JSON", view.type_name()))),
    }
}

/// JSON as a native value: arrays and maps of strings.
pub(super) fn native_of(data: &Tree<'_>) -> Any {
    match data {
        Tree::Null => Any::none(),
        Tree::Bool(truth) => truth.into_any(),
        Tree::Int(number) => number.into_any(),
        Tree::Unsigned(number) => (*number as f64).into_any(),
        Tree::Float(number) => number.into_any(),
        Tree::Text(text) => Str::from(&**text).into_any(),
        Tree::Items(items) => items.iter().map(native_of).collect::<Array>().into_any(),
        Tree::Fields(fields) => {
            let entry = |(key, value): &(Cow<'_, str>, Tree<'_>)| (Str::from(&**key).into_any(), native_of(value));
            fields.iter().map(entry).collect::<Map>().into_any()
        }
    }
}

/// How many bytes an entry of a table takes at most. Its place in the table's index is included.
const ENTRY: usize = 256;

/// The value that JSON text is: arrays, and maps of strings.
///
/// # Errors
/// Kind `ValueError` for text that is no JSON.
pub fn parse(text: &str) -> Result<Any, Error> {
    Tree::of(text).map(|data| native_of(&data))
}

/// A value as JSON text, in one line or in indented ones. `indent` is how many more spaces each level deeper has.
///
/// # Errors
/// Kind `TypeError` for values that JSON does not have.
pub fn stringify(value: AnyView<'_>, indent: Option<usize>) -> Result<String, Error> {
    let data = json_of(value)?;
    let Some(indent) = indent else { return Ok(format!("{data}")) };
    // A line begins with two spaces for each level. Within strings there are no line breaks.
    let pretty = format!("{data:#}");
    let mut text = TextBuf::default();
    for (at, line) in pretty.lines().enumerate() {
        text.push_str(if at == 0 { "" } else { "\n" });
        let content = line.trim_start_matches(' ');
        // Writing to a text does not fail.
        let _ = write!(text, "{:1$}{content}", "", (line.len() - content.len()) / 2 * indent);
    }
    Ok(text.into_string())
}
