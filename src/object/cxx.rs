//! Makes objects with a pointer to virtual functions before their header. Those of C++ classes have it.
//! Upholds: such an object is destroyed and freed as all others are.

use super::alloc::AllocError;
use super::header::{Header, FLAG_VTABLE};
use super::root::{Object, ObjectType};
use super::{destroy, vtable, Obj};
use crate::sync::counter::{self, Event};
use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr::{self, NonNull};

/// Moves `value` into a new object behind a pointer to virtual functions. It begins with a `T`.
///
/// # Safety
/// `V` is `repr(C)`, its first member is a `T`, it is aligned to at most 16, and may be sent and shared between threads as a `T`.
///
/// # Panics
/// With the [`AllocError`] when there is no memory.
pub unsafe fn new_behind_vtable<T: ObjectType, V: Send + Sync + 'static>(functions: *const c_void, value: V) -> Obj<T> {
    let (layout, type_index) = (Layout::new::<V>(), T::type_index());
    let Some(whole) = vtable::whole(layout) else { AllocError::new(layout).handle() };
    // SAFETY: the size is not zero.
    let block = unsafe { std::alloc::alloc(whole) };
    let Some(block) = NonNull::new(block) else { AllocError::new(layout).handle() };
    counter::add(Event::Object, 1);
    // SAFETY: the block has room for the front and for the value behind it. It is aligned for both, and ours alone.
    unsafe {
        let body = vtable::begin(block, functions);
        body.cast::<V>().write(value);
        body.cast::<Header>().write(Header::new(type_index, FLAG_VTABLE, Some(delete::<V>)));
        Obj::from_raw(body.cast())
    }
}

/// The deleter of objects that [`new_behind_vtable`] makes.
unsafe extern "C" fn delete<V>(object: *mut c_void, flags: i32) {
    // SAFETY: a deleter is called with its object.
    let object = unsafe { NonNull::new_unchecked(object.cast::<Object>()) };
    // SAFETY: the value is a `V` that was moved in, dropped once as the flags say. `give_back` knows the allocation.
    unsafe { destroy::delete(object, flags, || ptr::drop_in_place(object.as_ptr().cast::<V>()), Layout::new::<V>) };
}
