//! What a value consists of, for all that walk through graphs of values.
//! Upholds: mutable containers are looked at as a whole, at one moment.

use super::{info, Reflection};
use crate::container::{ArrayObj, DictObj, ListObj, MapObj};
use crate::function::Error;
use crate::object::grow::{expect_memory, gathered};
use crate::object::{registry, Obj, Object};
use crate::value::{tag, Any, AnyView};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// The children of an object.
pub(super) enum Children {
    /// It is a sequence of these.
    Items(Vec<Any>),
    /// It is a mapping of these.
    Entries(Vec<(Any, Any)>),
    /// It has these fields, in the order of the reflection.
    Fields(&'static Reflection),
    /// It is not looked into.
    Leaf,
}

/// The children of an object that a view lends.
pub(super) fn children(view: AnyView<'_>) -> Children {
    expect_memory();
    let index = view.type_index();
    // One look at the type serves. It saves one for each kind of container that it is not.
    let found = match registry::below_root(index) {
        tag::ARRAY => {
            view.as_ref::<ArrayObj>().map(|array| Children::Items(gathered(array.as_slice().iter().cloned())))
        }
        tag::LIST => view.as_ref::<ListObj>().map(|list| Children::Items(list.snapshot())),
        tag::MAP => view.as_ref::<MapObj>().map(|map| {
            let entries = map.entries().map(|(key, value)| (AnyView::to_owned(key), AnyView::to_owned(value)));
            Children::Entries(gathered(entries))
        }),
        tag::DICT => view.as_ref::<DictObj>().map(|dict| Children::Entries(dict.snapshot())),
        _ => info(index).map(Children::Fields),
    };
    found.unwrap_or(Children::Leaf)
}

/// What is known of the fields of an object, unless it is a container.
#[inline]
pub(super) fn fields_of(view: AnyView<'_>) -> Option<&'static Reflection> {
    expect_memory();
    let index = view.type_index();
    match registry::below_root(index) {
        tag::ARRAY | tag::LIST | tag::MAP | tag::DICT => None,
        _ => info(index),
    }
}

/// Whether a walk that holds `value` found it in the object's only other place.
///
/// The walk comes to such an object as often as to the one that has the place, so it need not note that it was here. A cycle is
/// entered at an object that has two places, one inside of it and one outside, and a dag shares one that has two.
///
/// Counts are looked at in passing. Threads that hold an object make it look shared, which costs a note. Threads may also change a
/// graph while it is walked. The walk then sees one of the graphs that it was; a cycle that they make is met the next time round.
#[inline]
pub(super) fn has_one_place(value: &Any) -> bool {
    let Some(object) = value.view().as_object() else { return false };
    // SAFETY: the value holds the object. The count stays the value's, since the handle is not dropped.
    let object = ManuallyDrop::new(unsafe { Obj::<Object>::from_raw(object) });
    // That of the place, and that of `value`.
    object.strong_count() == 2
}

/// The items of an object that never changes, if it is a sequence.
#[inline]
pub(super) fn frozen_items(view: AnyView<'_>) -> Option<&[Any]> {
    match registry::below_root(view.type_index()) {
        tag::ARRAY => view.as_ref::<ArrayObj>().map(ArrayObj::as_slice),
        _ => None,
    }
}

/// The value that a mapping has for a key.
///
/// # Errors
/// What the key's type says of its own keys.
pub(super) fn entry(mapping: AnyView<'_>, key: AnyView<'_>) -> Result<Option<Any>, Error> {
    match mapping.as_ref::<MapObj>() {
        Some(map) => Ok(map.get(key)?.map(AnyView::to_owned)),
        None => mapping.as_ref::<DictObj>().map_or(Ok(None), |dict| dict.get(key)),
    }
}

/// The value of a field.
///
/// The object is one that `reflection` describes.
pub(super) fn field(reflection: &'static Reflection, at: usize, object: NonNull<Object>) -> Any {
    // SAFETY: callers hold the object by a value of its type index, which is the reflection's.
    unsafe { reflection.fields[at].get_raw(object) }
}

/// Whether two values are the same that are no objects, or strings, or bytes. Floats are compared by their bits, but any NaN is
/// a NaN.
pub(super) fn same_plain(a: AnyView<'_>, b: AnyView<'_>) -> bool {
    match (a.as_float(), b.as_float()) {
        (Some(a), Some(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
        _ => a.same(&b),
    }
}

/// Whether a value is a sequence of values.
pub(super) fn is_sequence(view: AnyView<'_>) -> bool {
    matches!(view.type_index(), tag::ARRAY | tag::LIST)
}

/// Whether a value is compared by its content as a whole. Plain data, strings and bytes are.
pub(super) fn is_plain(view: AnyView<'_>) -> bool {
    view.as_object().is_none() || view.text_or_bytes().is_some()
}
