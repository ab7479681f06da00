//! Values without identity between JSON and native form.
//! Imports serde_json, base64, `value`, `container`.
//! Upholds: a number that JSON cannot write is text: `"nan"`, `"inf"`, `"-inf"`.

use crate::container::{Array, ArrayObj, DictObj, ListObj, Map, MapObj};
use crate::function::Error;
use crate::value::{tag, Any, AnyView, Bytes, DataType, Device, IntoAny, Str};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use serde_json::{json, Value};

/// A float.
pub(super) fn of_float(float: f64) -> Value {
    match serde_json::Number::from_f64(float) {
        Some(number) => Value::Number(number),
        None if float.is_nan() => json!("nan"),
        None => json!(if float > 0.0 { "inf" } else { "-inf" }),
    }
}

/// The float behind its JSON form.
pub(super) fn to_float(data: &Value) -> Option<f64> {
    match data.as_str() {
        Some("nan") => Some(f64::NAN),
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => data.as_f64(),
    }
}

/// Type name and data of plain data, of a string, or of bytes; none for other values.
pub(super) fn node_of(view: AnyView<'_>) -> Option<(&'static str, Value)> {
    if let Some(text) = view.as_str() {
        return Some(("ffi.String", json!(text)));
    }
    if let Some(bytes) = view.as_bytes() {
        return Some(("ffi.Bytes", json!(STANDARD.encode(bytes))));
    }
    Some(match view.type_index() {
        tag::NONE => ("None", Value::Null),
        tag::INT => ("int", json!(view.as_int()?)),
        tag::BOOL => ("bool", json!(view.as_bool()?)),
        tag::FLOAT => ("float", of_float(view.as_float()?)),
        tag::DTYPE => ("DataType", json!(view.as_dtype()?.to_string())),
        tag::DEVICE => {
            let Device { kind, id } = view.as_device()?;
            ("Device", json!([kind, id]))
        }
        _ => return None,
    })
}

/// The value behind a node that [`node_of`] may have made; none for other types.
pub(super) fn value_of(name: &str, data: &Value) -> Option<Result<Any, Error>> {
    let value = match name {
        "None" => Some(Any::none()),
        "int" => data.as_i64().map(IntoAny::into_any),
        "bool" => data.as_bool().map(IntoAny::into_any),
        "float" => to_float(data).map(IntoAny::into_any),
        "ffi.String" => data.as_str().map(|text| Str::from(text).into_any()),
        "ffi.Bytes" => {
            data.as_str().and_then(|text| STANDARD.decode(text).ok()).map(|bytes| Bytes::from(bytes).into_any())
        }
        "DataType" => data.as_str().and_then(|text| text.parse::<DataType>().ok()).map(IntoAny::into_any),
        "Device" => device(data).map(IntoAny::into_any),
        _ => return None,
    };
    Some(value.ok_or_else(|| Error::value_error(format!("Invalid JSON Object Graph: {data} is no data of a {name}"))))
}

fn device(data: &Value) -> Option<Device> {
    let [kind, id] = data.as_array()?.as_slice() else { return None };
    Some(Device { kind: kind.as_i64()?.try_into().ok()?, id: id.as_i64()?.try_into().ok()? })
}

/// A native value as JSON, for what a type's own hook says; containers are written as they are.
pub(super) fn json_of(view: AnyView<'_>) -> Result<Value, Error> {
    let sequence = |items: &[Any]| items.iter().map(|item| json_of(item.view())).collect::<Result<_, _>>();
    let mapping = |entries: Vec<(Any, Any)>| {
        let entry = |(key, value): (Any, Any)| match key.view().as_str() {
            Some(key) => Ok((key.to_owned(), json_of(value.view())?)),
            None => Err(Error::type_error(format!("a key of JSON must be str, got {}", key.view().type_name()))),
        };
        entries.into_iter().map(entry).collect::<Result<_, Error>>().map(Value::Object)
    };
    if let Some(array) = view.as_ref::<ArrayObj>() {
        return sequence(array.as_slice()).map(Value::Array);
    }
    if let Some(list) = view.as_ref::<ListObj>() {
        return sequence(&list.snapshot()).map(Value::Array);
    }
    if let Some(map) = view.as_ref::<MapObj>() {
        return mapping(map.entries().map(|(k, v)| (AnyView::to_owned(k), AnyView::to_owned(v))).collect());
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
pub(super) fn native_of(data: &Value) -> Any {
    match data {
        Value::Null => Any::none(),
        Value::Bool(truth) => truth.into_any(),
        Value::Number(number) => match number.as_i64() {
            Some(int) => int.into_any(),
            None => number.as_f64().unwrap_or(f64::NAN).into_any(),
        },
        Value::String(text) => Str::from(text.as_str()).into_any(),
        Value::Array(items) => items.iter().map(native_of).collect::<Array>().into_any(),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| (Str::from(key.as_str()).into_any(), native_of(value));
            entries.iter().map(entry).collect::<Map>().into_any()
        }
    }
}

/// The value that JSON text is: arrays, and maps of strings.
///
/// # Errors
/// Kind `ValueError` for text that is no JSON.
pub fn parse(text: &str) -> Result<Any, Error> {
    serde_json::from_str(text).map(|data| native_of(&data)).map_err(|error| Error::value_error(error.to_string()))
}

/// A value as JSON text, in one line or with lines of so many more spaces each level deeper.
///
/// # Errors
/// Kind `TypeError` for values that JSON does not have.
pub fn stringify(value: AnyView<'_>, indent: Option<usize>) -> Result<String, Error> {
    let data = json_of(value)?;
    let Some(indent) = indent else { return Ok(data.to_string()) };
    // A line begins with two spaces for each level; within strings there are no line breaks.
    let pretty = format!("{data:#}");
    let lines = pretty.lines().map(|line| {
        let content = line.trim_start_matches(' ');
        format!("{:1$}{content}", "", (line.len() - content.len()) / 2 * indent)
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}
