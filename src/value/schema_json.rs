//! Schemas as JSON text: what metadata of fields and functions says of their types.
//! Upholds: types go by the keys under which native code registers them.

use super::{tag, Schema};
use crate::object::grow::{gathered, joined, TextBuf};
use crate::object::registry;

impl Schema {
    /// The schema as JSON: `{"type":"ffi.Array","args":[{"type":"int"}]}`.
    ///
    /// ```
    /// use bowline::value::Schema;
    /// let schema = Schema::Optional(Box::new(Schema::Str));
    /// assert_eq!(schema.to_json(), r#"{"type":"Optional","args":[{"type":"ffi.String"}]}"#);
    /// ```
    pub fn to_json(&self) -> String {
        let mut text = TextBuf::default();
        self.write_json(&mut text);
        text.into_string()
    }

    fn write_json(&self, text: &mut TextBuf) {
        let name = match self {
            Schema::Any => "Any",
            Schema::None => "None",
            Schema::Int => "int",
            Schema::Float => "float",
            Schema::Bool => "bool",
            Schema::Str => "ffi.String",
            Schema::Bytes => "ffi.Bytes",
            Schema::Pointer => "void*",
            Schema::DType => "DataType",
            Schema::Device => "Device",
            Schema::Object(index) if *index == tag::DL_TENSOR => "DLTensor*",
            Schema::Object(index) => registry::type_info(*index).map_or("?", |info| info.key),
            Schema::Optional(_) => "Optional",
            Schema::Union(_) => "Variant",
            Schema::Array(_) => "ffi.Array",
            Schema::List(_) => "ffi.List",
            Schema::Tuple(_) | Schema::AnyTuple => "Tuple",
            Schema::Map(..) => "ffi.Map",
            Schema::Dict(..) => "ffi.Dict",
            Schema::Callable(_) => "ffi.Function",
            Schema::Unknown(name, ..) => name,
        };
        text.push_str("{\"type\":\"");
        text.push_str(name);
        text.push('"');
        let args: Vec<&Schema> = match self {
            Schema::Optional(inner) | Schema::Array(inner) | Schema::List(inner) => vec![inner],
            Schema::Map(key, value) | Schema::Dict(key, value) => vec![key, value],
            Schema::Union(items) | Schema::Tuple(items) | Schema::Unknown(_, items, _) => gathered(items),
            _ => Vec::new(),
        };
        // Without arguments a tuple would be one of any length.
        if !args.is_empty() || matches!(self, Schema::Tuple(_)) {
            text.push_str(",\"args\":");
            write_list(args, text);
        }
        match self {
            Schema::Callable(Some((parameters, result))) => {
                text.push_str(",\"named_args\":{\"return\":");
                write_list([&**result], text);
                if let Some(parameters) = parameters {
                    text.push_str(",\"params\":");
                    write_list(parameters, text);
                }
                text.push('}');
            }
            Schema::Unknown(_, _, Some(shown)) => {
                text.push_str(",\"fallback\":");
                shown.write_json(text);
            }
            _ => {}
        }
        text.push('}');
    }

    /// Metadata that says this type. It is `{"type_schema":"…"}`, the schema's JSON as a string in it, and what
    /// `extra` (the inside of a JSON object) says besides.
    pub fn to_metadata(&self, extra: &str) -> String {
        let json = self.to_json();
        let schema = joined(json.split('"'), "\\\"");
        let comma = if extra.is_empty() { "" } else { "," };
        format!("{{\"type_schema\":\"{schema}\"{comma}{extra}}}")
    }
}

fn write_list<'a>(schemas: impl IntoIterator<Item = &'a Schema>, text: &mut TextBuf) {
    text.push('[');
    for (at, schema) in schemas.into_iter().enumerate() {
        text.push_str(if at == 0 { "" } else { "," });
        schema.write_json(text);
    }
    text.push(']');
}
