//! Values to JSON text.
//! Upholds: parts come before what they are parts of; equal plain values share a node, and an object has one.

use super::plain::{json_of, node_of, of_float};
use crate::container::ShapeObj;
use crate::function::{Error, Function};
use crate::object::grow::{gathered, owned, Grow, TextBuf};
use crate::object::registry;
use crate::reflect::checkpoint::Checkpoints;
use crate::reflect::children::{children, field, Children};
use crate::reflect::enumeration::{Enum, IntEnum};
use crate::reflect::number_map::NumberMap;
use crate::reflect::{attr, Reflection};
use crate::value::{address, Any, AnyView, Schema};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::fmt::{Display, Write};

/// A graph as JSON text. `metadata` is JSON text, too, and goes along.
///
/// # Errors
/// Kind `TypeError` for values that cannot be written, `ValueError` for graphs with cycles; what hooks end in.
pub fn write(value: AnyView<'_>, metadata: Option<&str>) -> Result<String, Error> {
    let mut writer = Writer::default();
    let root = writer.run(AnyView::to_owned(value))?;
    let mut text = TextBuf::default();
    // Writing to a text does not fail.
    let _ = write!(text, "{{\"root_index\":{root},\"nodes\":[{}]", writer.text);
    if let Some(metadata) = metadata {
        let _ = write!(text, ",\"metadata\":{metadata}");
    }
    text.push('}');
    Ok(text.into_string())
}

/// An object whose parts are being written.
struct Frame {
    object: Any,
    parts: Vec<Any>,
    /// The nodes of the parts that are written.
    nodes: Vec<usize>,
}

#[derive(Default)]
struct Writer {
    text: TextBuf,
    count: usize,
    plain: HashMap<TextBuf, usize>,
    /// By address; none while the object's parts are being written.
    objects: NumberMap<usize, Option<usize>>,
    /// Objects whose addresses are known above.
    kept: Vec<Any>,
    frames: Vec<Frame>,
    checkpoints: Checkpoints,
}

impl Writer {
    fn run(&mut self, root: Any) -> Result<usize, Error> {
        let mut next = Some(root);
        loop {
            self.checkpoints.step()?;
            let done = match next.take() {
                Some(value) => self.begin(value)?,
                None => {
                    let frame = self.frames.last_mut().expect("a frame that waits");
                    match frame.parts.get(frame.nodes.len()) {
                        Some(part) => {
                            next = Some(part.clone());
                            None
                        }
                        None => Some(self.end()?),
                    }
                }
            };
            if let Some(node) = done {
                match self.frames.last_mut() {
                    Some(frame) => {
                        frame.nodes.grow(1);
                        frame.nodes.push(node);
                    }
                    None => return Ok(node),
                }
            }
        }
    }

    /// The node of a value if it needs no others. Otherwise a frame is begun for it.
    fn begin(&mut self, value: Any) -> Result<Option<usize>, Error> {
        let view = value.view();
        if let Some((name, data)) = node_of(view) {
            let node = node(name, unless_null(&data));
            if let Some(known) = self.plain.get(&node) {
                return Ok(Some(*known));
            }
            let at = self.add(&node);
            self.plain.grow(1);
            self.plain.insert(node, at);
            return Ok(Some(at));
        }
        let at = address(view);
        match self.objects.get(&at) {
            Some(Some(node)) => return Ok(Some(*node)),
            Some(None) if at != 0 => {
                let key = view.type_name();
                return Err(Error::value_error(format!(
                    "Cycle detected during serialization: a {key} contains itself"
                )));
            }
            _ => {}
        }
        if let Some(data) = whole(view)? {
            let text = node(&view.type_name(), unless_null(&data));
            let number = self.add(&text);
            self.finish(at, number, value);
            return Ok(Some(number));
        }
        let parts = match children(view) {
            Children::Items(items) => items,
            Children::Entries(entries) => gathered(entries.into_iter().flat_map(|(key, value)| [key, value])),
            Children::Fields(reflection) if reflection.is_remakeable() => {
                let Some(object) = view.as_object() else { return Err(unsupported(view)) };
                let apart = |at: &usize| inline_schema(reflection, *at).is_none();
                (0..reflection.fields.len()).filter(apart).map(|at| field(reflection, at, object)).collect()
            }
            _ => return Err(unsupported(view)),
        };
        self.objects.grow(1);
        self.objects.insert(at, None);
        self.frames.grow(1);
        self.frames.push(Frame { object: value, parts, nodes: Vec::new() });
        Ok(None)
    }

    fn end(&mut self) -> Result<usize, Error> {
        let frame = self.frames.pop().expect("a frame that is at its end");
        let view = frame.object.view();
        // Writing to a text does not fail.
        let mut data = TextBuf::default();
        match (parts_kind(view), view.as_object()) {
            (Some(reflection), Some(object)) => {
                let mut apart = frame.nodes.iter();
                for (at, info) in reflection.fields.iter().enumerate() {
                    let _ = write!(data, "{}{}:", if at == 0 { '{' } else { ',' }, Value::String(owned(&info.name)));
                    let _ = match inline_schema(reflection, at) {
                        Some(_) => write!(data, "{}", inline(field(reflection, at, object).view())),
                        None => write!(data, "{}", json!(apart.next())),
                    };
                }
                data.push_str(if reflection.fields.is_empty() { "{}" } else { "}" });
            }
            _ => {
                data.push('[');
                for (at, node) in frame.nodes.iter().enumerate() {
                    let _ = write!(data, "{}{node}", if at == 0 { "" } else { "," });
                }
                data.push(']');
            }
        };
        let number = self.add(&node(&view.type_name(), Some(&data)));
        self.finish(address(view), number, frame.object.clone());
        Ok(number)
    }

    /// Notes the node of an object, which stays.
    fn finish(&mut self, at: usize, node: usize, object: Any) {
        self.objects.grow(1);
        self.objects.insert(at, Some(node));
        self.kept.grow(1);
        self.kept.push(object);
    }

    fn add(&mut self, node: &str) -> usize {
        if self.count > 0 {
            self.text.push(',');
        }
        self.text.push_str(node);
        self.count += 1;
        self.count - 1
    }
}

fn parts_kind(view: AnyView<'_>) -> Option<&'static Reflection> {
    match children(view) {
        Children::Fields(reflection) => Some(reflection),
        _ => None,
    }
}

/// The schema of a field whose value is written in the object's own node.
pub(super) fn inline_schema(reflection: &'static Reflection, at: usize) -> Option<&'static Schema> {
    let schema = reflection.fields[at].schema();
    matches!(schema, Schema::Int | Schema::Float | Schema::Bool).then_some(schema)
}

fn inline(view: AnyView<'_>) -> Value {
    match view.as_float() {
        Some(float) => of_float(float),
        None => node_of(view).map_or(Value::Null, |(_, data)| data),
    }
}

fn unless_null(data: &Value) -> Option<&dyn Display> {
    (!data.is_null()).then_some(data as &dyn Display)
}

fn node(name: &str, data: Option<&dyn Display>) -> TextBuf {
    let mut text = TextBuf::default();
    // Writing to a text does not fail.
    let _ = write!(text, "{{\"type\":{}", Value::String(owned(name)));
    let _ = match data {
        None => write!(text, "}}"),
        Some(data) => write!(text, ",\"data\":{data}}}"),
    };
    text
}

/// The data of an object that needs no other nodes. That is of shapes, of variants, and what a type's own hook
/// says.
fn whole(view: AnyView<'_>) -> Result<Option<Value>, Error> {
    if let Some(shape) = ShapeObj::of(view) {
        return Ok(Some(Value::Array(gathered(shape.iter().map(|size| json!(size))))));
    }
    if let Some(variant) = view.as_ref::<IntEnum>() {
        return Ok(Some(json!(variant.value)));
    }
    if let Some(variant) = view.as_ref::<Enum>() {
        return Ok(Some(Value::String(owned(&variant._str_index))));
    }
    match attr::DATA_TO_JSON.get(view.type_index()) {
        Some(hook) => json_of(Function::call_view(hook.view(), &[view])?.view()).map(Some),
        None => Ok(None),
    }
}

fn unsupported(view: AnyView<'_>) -> Error {
    let key = registry::type_info(view.type_index()).map_or_else(|| view.type_name(), |info| owned(info.key));
    Error::type_error(format!(
        "Type `{key}` does not support ToJSONGraph: its objects cannot be made from field values"
    ))
}
