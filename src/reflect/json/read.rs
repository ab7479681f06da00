//! Values from JSON text.
//! Upholds: text that is no graph is an error, whatever it is; a node becomes one object.

use super::plain::{native_of, to_float, value_of};
use super::tree::Tree;
use super::write::inline_schema;
use crate::container::{Array, Dict, DictObj, List, MapObj, ShapeObj};
use crate::function::{Error, Function};
use crate::object::grow::{gathered, try_gathered, Grow};
use crate::object::registry;
use crate::reflect::checkpoint::Checkpoints;
use crate::reflect::enumeration::EnumState;
use crate::reflect::structural::StructuralKey;
use crate::reflect::{attr, info, instance, FieldDefault, Reflection};
use crate::value::{convert, Any, IntoAny, Schema};

/// The value that JSON text describes.
///
/// # Errors
/// Kind `ValueError` for text that is no graph, or for types that are not known; `TypeError` for values that do not suit
/// their fields; what hooks end in.
pub fn read(text: &str) -> Result<Any, Error> {
    let graph = Tree::of(text)?;
    let root = graph.get("root_index").and_then(Tree::as_u64);
    let root = root.ok_or_else(|| invalid("expected `root_index` integer field"))? as usize;
    let nodes = graph.get("nodes").and_then(Tree::as_items).ok_or_else(|| invalid("expected `nodes` array field"))?;
    let mut reader =
        Reader { nodes, made: gathered((0..nodes.len()).map(|_| Made::Not)), checkpoints: Checkpoints::default() };
    reader.run(root)
}

#[cold]
fn invalid(what: impl std::fmt::Display) -> Error {
    Error::value_error(format!("Invalid JSON Object Graph, {what}"))
}

enum Made {
    Not,
    /// Its parts are being made.
    Begun,
    Done(Any),
}

struct Reader<'a> {
    nodes: &'a [Tree<'a>],
    made: Vec<Made>,
    checkpoints: Checkpoints,
}

impl<'a> Reader<'a> {
    fn run(&mut self, root: usize) -> Result<Any, Error> {
        let mut todo = vec![root];
        while let Some(at) = todo.last().copied() {
            self.checkpoints.step()?;
            let made = self.made.get_mut(at).ok_or_else(|| invalid(format!("invalid node index {at}")))?;
            let parts = match made {
                Made::Done(_) => {
                    todo.pop();
                    continue;
                }
                Made::Begun => Vec::new(),
                Made::Not => {
                    *made = Made::Begun;
                    self.parts(at)?
                }
            };
            let before = todo.len();
            for part in parts {
                match self.made.get(part) {
                    Some(Made::Done(_)) => {}
                    Some(Made::Begun) => return Err(invalid(format!("node {part} is a part of itself"))),
                    _ => {
                        todo.grow(1);
                        todo.push(part);
                    }
                }
            }
            if todo.len() == before {
                self.made[at] = Made::Done(self.make(at)?);
                todo.pop();
            }
        }
        self.done(root)
    }

    fn done(&self, at: usize) -> Result<Any, Error> {
        match self.made.get(at) {
            Some(Made::Done(value)) => Ok(value.clone()),
            _ => Err(invalid(format!("invalid node index {at}"))),
        }
    }

    fn node(&self, at: usize) -> Result<(&'a str, &'a Tree<'a>), Error> {
        let node = &self.nodes[at];
        let name = node.get("type").and_then(Tree::as_str);
        let name = name.ok_or_else(|| invalid(format!("expected a `type` string field in node {at}")))?;
        Ok((name, node.get("data").unwrap_or(&Tree::Null)))
    }

    /// The nodes that a node needs first.
    fn parts(&self, at: usize) -> Result<Vec<usize>, Error> {
        let (name, data) = self.node(at)?;
        match name {
            "ffi.Array" | "ffi.List" | "ffi.Map" | "ffi.Dict" => indices(name, data),
            _ if value_of(name, data).is_some() || name == "ffi.Shape" => Ok(Vec::new()),
            _ => match (self.reflection(name)?, data.as_fields()) {
                (Some(reflection), Some(_)) => {
                    let apart =
                        reflection.fields.iter().enumerate().filter(|(at, _)| inline_schema(reflection, *at).is_none());
                    try_gathered(
                        apart.filter_map(|(_, field)| data.get(&field.name)).map(|index| one_index(name, index)),
                    )
                }
                _ => Ok(Vec::new()),
            },
        }
    }

    /// What is known of a type whose objects are described field by field.
    fn reflection(&self, name: &str) -> Result<Option<&'static Reflection>, Error> {
        let index = registry::type_index_of(name).ok_or_else(|| invalid(format!("cannot find type `{name}`")))?;
        match attr::DATA_FROM_JSON.get(index) {
            Some(_) => Ok(None),
            None => Ok(info(index)),
        }
    }

    fn make(&self, at: usize) -> Result<Any, Error> {
        let (name, data) = self.node(at)?;
        if let Some(value) = value_of(name, data) {
            return value;
        }
        let items = || try_gathered(indices(name, data)?.into_iter().map(|at| self.done(at)));
        let entries = || {
            let items = items()?;
            match items.len() % 2 {
                0 => Ok(gathered(items.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())))),
                _ => Err(invalid(format!("a key without value in node {at}"))),
            }
        };
        Ok(match name {
            "ffi.Array" => items()?.into_iter().collect::<Array>().into_any(),
            "ffi.List" => items()?.into_iter().collect::<List>().into_any(),
            "ffi.Map" => MapObj::make(entries()?)?.into_any(),
            "ffi.Dict" => DictObj::make(entries()?)?.into_any(),
            "ffi.Shape" => {
                let number = |item: &Tree<'_>| item.as_i64().ok_or_else(|| invalid("expected integers in a shape"));
                let items = data.as_items().ok_or_else(|| invalid("expected integers in a shape"))?;
                ShapeObj::make(&try_gathered(items.iter().map(number))?).into_any()
            }
            _ => self.object(name, data)?,
        })
    }

    fn object(&self, name: &str, data: &Tree<'_>) -> Result<Any, Error> {
        let index = registry::type_index_of(name).ok_or_else(|| invalid(format!("cannot find type `{name}`")))?;
        if let Some(hook) = attr::DATA_FROM_JSON.get(index) {
            return Function::call_view(hook.view(), &[native_of(data).view()]);
        }
        let Some(fields) = data.as_fields() else {
            let variant = EnumState::of(index)?.find(native_of(data).view())?;
            return variant.map(IntoAny::into_any).ok_or_else(|| invalid(format!("`{name}` has no variant {data}")));
        };
        let reflection = info(index).filter(|reflection| reflection.is_remakeable());
        let reflection = reflection.ok_or_else(|| {
            Error::type_error(format!(
                "Type `{name}` does not support FromJSONGraph: its objects cannot be made from field values"
            ))
        })?;
        if let Some((key, _)) = fields.iter().find(|(key, _)| reflection.field(key).is_none()) {
            return Err(invalid(format!("`{name}` has no field `{key}`")));
        }
        let values =
            (0..reflection.fields.len()).map(|at| self.field(reflection, at, data.get(&reflection.fields[at].name)));
        let object = instance::make(index, try_gathered(values)?)?;
        if let Some(key) = object.downcast_ref::<StructuralKey>() {
            key.renew()?;
        }
        Ok(object.into_any())
    }

    /// The value of a field: as it is described, or its default.
    fn field(&self, reflection: &'static Reflection, at: usize, data: Option<&Tree<'_>>) -> Result<Any, Error> {
        let field = &reflection.fields[at];
        let owner = Schema::Object(reflection.index);
        let Some(data) = data else {
            return match &field.default {
                FieldDefault::Value(value) => Ok(value.clone()),
                FieldDefault::Factory(factory) => Ok(cast(field.schema(), factory.call(&[])?)),
                FieldDefault::Required => {
                    Err(Error::type_error(format!("Required field `{}` not set in type `{owner}`", field.name)))
                }
            };
        };
        let found = match inline_schema(reflection, at) {
            None => return self.done(one_index(&field.name, data)?),
            Some(Schema::Float) => to_float(data).map(IntoAny::into_any),
            Some(Schema::Bool) => data.as_bool().map(IntoAny::into_any),
            Some(_) => data.as_i64().map(IntoAny::into_any),
        };
        found.ok_or_else(|| invalid(format!("{data} does not suit field `{}` of `{owner}`", field.name)))
    }
}

/// What a factory made, in the container that the field takes. Factories of other languages know one kind only.
fn cast(schema: &Schema, value: Any) -> Any {
    let cast = match schema {
        Schema::List(_) => convert::<Array>(value.view()).map(|items| items.iter().collect::<List>().into_any()),
        Schema::Dict(..) => convert::<Dict>(value.view()).map(IntoAny::into_any),
        _ => return value,
    };
    match schema.check(value.view()) {
        true => value,
        false => cast.unwrap_or(value),
    }
}

fn one_index(name: &str, data: &Tree<'_>) -> Result<usize, Error> {
    let index = data.as_u64().and_then(|index| usize::try_from(index).ok());
    index.ok_or_else(|| invalid(format!("expected a node index in `{name}`, got {data}")))
}

fn indices(name: &str, data: &Tree<'_>) -> Result<Vec<usize>, Error> {
    let items =
        data.as_items().ok_or_else(|| invalid(format!("expected an array of node indices in `{name}`, got {data}")))?;
    try_gathered(items.iter().map(|index| one_index(name, index)))
}
