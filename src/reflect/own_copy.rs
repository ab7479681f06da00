//! Copies and blank objects, for callers that know a type by reflection only. The types are this crate's; C++ is such a caller
//! when it copies before it mutates.
//! Upholds: a type's own `__ffi_shallow_copy__` goes first; that which is offered here is no hook for this crate, which needs none.

use super::{attr, hook, info, instance, Reflection};
use crate::function::Function;
use crate::object::{Obj, Object};
use crate::value::{Any, AnyView, IntoAny};
use std::sync::LazyLock;

static COPY: LazyLock<Function> = LazyLock::new(|| {
    Function::from_typed("__ffi_shallow_copy__", |object: Obj<Object>| instance::copy_shallow(&object))
});

/// Sets the attribute of a type whose objects can be copied and that has none.
pub(super) fn offer(reflection: &Reflection) {
    if reflection.copyable {
        // One that was set first stays. A type without a place for attributes has none.
        let _ = attr::set_once(reflection.index, "__ffi_shallow_copy__", COPY.clone().into_any());
    }
}

/// The attribute `__ffi_shallow_copy__` of a type. It is a function that copies its objects, unless another was set; none if they
/// cannot be copied.
pub fn copy_of(index: i32) -> Option<Any> {
    own(index).inspect(|reflection| offer(reflection));
    attr::get(index, "__ffi_shallow_copy__")
}

/// The attribute `__ffi_new__` of a type. It is a function that makes blank objects, unless another was set; none if its objects
/// [cannot be made](Reflection::constructible) of values for the fields.
pub fn new_of(index: i32) -> Option<Any> {
    const NEW: &str = "__ffi_new__";
    match own(index).filter(|reflection| reflection.constructible) {
        Some(_) => attr::set_if_none(index, NEW, || blank(index).into_any()).ok(),
        None => attr::get(index, NEW),
    }
}

/// A function that makes blank objects of a type.
fn blank(index: i32) -> Function {
    Function::from_typed("__ffi_new__", move || instance::new_zeroed(index))
}

fn own(index: i32) -> Option<&'static Reflection> {
    info(index).filter(|reflection| !reflection.is_foreign())
}

/// The hook of a type that copies its objects.
pub(super) fn hook(index: i32) -> Option<Any> {
    hook::of(index, &attr::SHALLOW_COPY).filter(|hook| !hook.view().same(&AnyView::of_object(&COPY)))
}
