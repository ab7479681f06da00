//! Shallow copies of values, and what is never copied.
//! Upholds: what never changes, or is the only one of its kind, is its own copy.

use crate::container::{ArrayObj, DictObj, ListObj, MapObj};
use crate::function::{Error, Function};
use crate::object::{registry, ObjectType};
use crate::reflect::children::{children, is_plain, Children};
use crate::reflect::enumeration::Enum;
use crate::reflect::sentinel::Sentinel;
use crate::reflect::{instance, own_copy};
use crate::tensor::{self, Tensor};
use crate::value::{tag, Any, AnyView, FromAny, IntoAny};

/// A copy with the same parts, of an object or a container. Or it is as the type's `__ffi_shallow_copy__` makes it; of a
/// tensor it is one over the same memory. What never changes is its own copy.
///
/// # Errors
/// Kind `TypeError` for objects that cannot be copied, `MemoryError`, what the hook ends in.
pub fn copy_shallow(value: AnyView<'_>) -> Result<Any, Error> {
    if is_shared(value) {
        return Ok(AnyView::to_owned(value));
    }
    if let Some(copy) = by_hook(value)? {
        return Ok(copy);
    }
    if let Ok(tensor) = Tensor::from_any(value) {
        return tensor::share(&tensor).map(IntoAny::into_any);
    }
    match children(value) {
        Children::Items(items) if value.type_index() == tag::LIST => Ok(ListObj::make(items).into_any()),
        Children::Items(items) => Ok(ArrayObj::make(items.into_iter()).into_any()),
        Children::Entries(entries) if value.type_index() == tag::DICT => Ok(DictObj::make(entries)?.into_any()),
        Children::Entries(entries) => Ok(MapObj::make(entries)?.into_any()),
        Children::Fields(_) => match AnyView::to_owned(value).into_object() {
            Ok(object) => instance::copy_shallow(&object).map(IntoAny::into_any),
            Err(plain) => Ok(plain),
        },
        Children::Leaf => Err(Error::type_error(format!("`{}` does not support copying", value.type_name()))),
    }
}

/// What never changes, or is the only one of its kind.
pub(in crate::reflect) fn is_shared(view: AnyView<'_>) -> bool {
    is_plain(view)
        || matches!(view.type_index(), tag::FUNCTION | tag::ERROR | tag::SHAPE | tag::BIG_INT)
        || registry::is_instance(view.type_index(), Enum::type_index())
        || view.as_ref::<Sentinel>().is_some()
}

pub(in crate::reflect) fn by_hook(view: AnyView<'_>) -> Result<Option<Any>, Error> {
    let Some(hook) = own_copy::hook(view.type_index()) else { return Ok(None) };
    let copy = Function::call_view(hook.view(), &[view])?;
    match copy.type_index() == view.type_index() {
        true => Ok(Some(copy)),
        false => Err(Error::type_error(format!(
            "__ffi_shallow_copy__ of `{}` returned `{}`",
            view.type_name(),
            copy.view().type_name()
        ))),
    }
}
