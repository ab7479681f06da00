//! Schemas from JSON text, as libraries of others describe their fields.
//! Upholds: what is not understood is a schema that allows anything.

use super::{tag, Schema};
use crate::object::grow::gathered;
use crate::object::registry;
use serde_json::Value;

impl Schema {
    /// The schema that metadata say: `{"type_schema":"…"}`, with the schema's JSON as a string in it. None if they say none.
    ///
    /// ```
    /// use bowline::value::Schema;
    /// let schema = Schema::Array(Box::new(Schema::Optional(Box::new(Schema::Int))));
    /// assert_eq!(Schema::from_metadata(&schema.to_metadata("")), Some(schema));
    /// assert_eq!(Schema::from_metadata("{}"), None);
    /// ```
    pub fn from_metadata(metadata: &str) -> Option<Schema> {
        let metadata: Value = serde_json::from_str(metadata).ok()?;
        let schema = serde_json::from_str(metadata.get("type_schema")?.as_str()?).ok()?;
        parse(&schema)
    }
}

/// What a JSON value describes. The parser that it came from has limited how deep it is.
fn parse(value: &Value) -> Option<Schema> {
    let name = value.get("type")?.as_str()?;
    let arguments = value.get("args").and_then(Value::as_array).map_or(&[][..], |all| all);
    let nth = |at: usize| arguments.get(at).and_then(parse).unwrap_or(Schema::Any);
    let boxed = |at: usize| Box::new(nth(at));
    let all = |from: usize| gathered((from..arguments.len().max(from)).map(nth));
    Some(match name {
        "Any" => Schema::Any,
        "None" => Schema::None,
        "int" => Schema::Int,
        "float" => Schema::Float,
        "bool" => Schema::Bool,
        "ffi.String" | "std::string" | "const char*" => Schema::Str,
        "ffi.Bytes" | "TVMFFIByteArray*" => Schema::Bytes,
        "void*" => Schema::Pointer,
        "DataType" => Schema::DType,
        "Device" => Schema::Device,
        "DLTensor*" => Schema::Object(tag::DL_TENSOR),
        "Optional" | "std::optional" => Schema::Optional(boxed(0)),
        "Variant" | "Union" | "std::variant" => Schema::Union(all(0)),
        "Tuple" | "tuple" if value.get("args").is_none() => Schema::AnyTuple,
        "Tuple" | "tuple" => Schema::Tuple(all(0)),
        "ffi.Array" => Schema::Array(boxed(0)),
        "ffi.List" => Schema::List(boxed(0)),
        "ffi.Map" => Schema::Map(boxed(0), boxed(1)),
        "ffi.Dict" => Schema::Dict(boxed(0), boxed(1)),
        "ffi.Function" if arguments.is_empty() => Schema::Callable(None),
        "ffi.Function" => Schema::Callable(Some((Some(all(1)).filter(|parameters| !parameters.is_empty()), boxed(0)))),
        key => match registry::type_index_of(key) {
            Some(index) => Schema::of_index(index),
            None => Schema::Unknown(key.into(), all(0), None),
        },
    })
}
