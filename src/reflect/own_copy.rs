//! Copies of objects of this crate's types, for C++ that copies before it mutates.
//! Upholds: a type's own `__ffi_shallow_copy__` goes first; that which is offered here is no hook for this crate, which needs none.

use super::{attr, hook, instance, Reflection};
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

/// The hook of a type that copies its objects.
pub(super) fn hook(index: i32) -> Option<Any> {
    hook::of(index, &attr::SHALLOW_COPY).filter(|hook| !hook.view().same(&AnyView::of_object(&COPY)))
}
