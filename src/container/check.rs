//! Whether a value is what a schema says, as it is, without conversion.
//! Upholds: a value that passes can be stored in a field of the schema.

use super::{ArrayObj, DictObj, ListObj, MapObj};
use crate::object::registry;
use crate::value::{tag, Any, AnyView, Schema};

impl Schema {
    /// Whether the value is of this type as it is. Items of containers are looked at, unless any would do.
    pub fn check(&self, view: AnyView<'_>) -> bool {
        let index = view.type_index();
        match self {
            Schema::Any => true,
            Schema::None => index == tag::NONE,
            Schema::Int => index == tag::INT,
            Schema::Float => index == tag::FLOAT,
            Schema::Bool => index == tag::BOOL,
            Schema::Str => index == tag::SMALL_STR || index == tag::STR,
            Schema::Bytes => index == tag::SMALL_BYTES || index == tag::BYTES,
            Schema::Pointer => index == tag::POINTER,
            Schema::DType => index == tag::DTYPE,
            Schema::Device => index == tag::DEVICE,
            Schema::Object(target) => {
                index >= tag::OBJECT
                    && (index == *target || *target == tag::OBJECT || registry::is_instance(index, *target))
            }
            Schema::Callable(_) => index == tag::FUNCTION,
            Schema::Unknown(name, ..) => {
                registry::type_index_of(name).is_some_and(|target| Schema::of_index(target).check(view))
            }
            Schema::Optional(inner) => index == tag::NONE || inner.check(view),
            Schema::Union(items) => items.iter().any(|item| item.check(view)),
            Schema::Array(item) => view.as_ref::<ArrayObj>().is_some_and(|array| all(item, array.views())),
            Schema::List(item) => view
                .as_ref::<ListObj>()
                .is_some_and(|list| **item == Schema::Any || all(item, Any::views(&list.snapshot()))),
            Schema::AnyTuple => index == tag::ARRAY,
            Schema::Tuple(items) => view.as_ref::<ArrayObj>().is_some_and(|array| {
                array.len() == items.len() && items.iter().zip(array.views()).all(|(item, view)| item.check(*view))
            }),
            Schema::Map(key, value) => view.as_ref::<MapObj>().is_some_and(|map| {
                (**key == Schema::Any && **value == Schema::Any)
                    || map.entries().all(|(k, v)| key.check(k) && value.check(v))
            }),
            Schema::Dict(key, value) => view.as_ref::<DictObj>().is_some_and(|dict| {
                (**key == Schema::Any && **value == Schema::Any)
                    || dict.snapshot().iter().all(|(k, v)| key.check(k.view()) && value.check(v.view()))
            }),
        }
    }
}

fn all(item: &Schema, views: &[AnyView<'_>]) -> bool {
    *item == Schema::Any || views.iter().all(|view| item.check(*view))
}
