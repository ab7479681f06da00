//! What a type that is a Rust struct says of itself.
//! Upholds: a struct begins with all its members set, and ends once; a guest's panic does not come to its host.

use super::table::{Begin, Definition, Native};
use crate::object::{Header, Object, ObjectType};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// What the `object!` macro says about a type.
pub trait Declaration: ObjectType {
    /// What the type adds to its parent, with [`Native`] filled in.
    fn definition() -> Definition;

    /// A value whose fields are all blank or at their defaults. None when a field cannot be.
    fn blank() -> Option<Self>;

    /// Whether the struct, or that of an ancestor, has members that are no fields.
    const HAS_MEMBERS: bool = false;

    /// Gives members that are no fields their first values.
    ///
    /// # Safety
    /// `this` is memory for the struct, which nothing else uses.
    unsafe fn begin(this: *mut Self) {
        let _ = this;
    }
}

impl Declaration for Object {
    fn definition() -> Definition {
        Definition::default()
    }

    fn blank() -> Option<Object> {
        Some(Object::placeholder())
    }
}

impl Native {
    /// The struct `T`.
    ///
    /// # Safety
    /// `T` consists of its parent's struct and of the fields that are registered with this, each an
    /// [`FieldInfo::of_rust`](super::FieldInfo::of_rust) at its offset, and of what [`Declaration::begin`] writes; so that writing all of them makes a `T`.
    pub unsafe fn new<T: Declaration>() -> Native {
        let begin = if T::HAS_MEMBERS { Some(begin::<T> as Begin) } else { None };
        Native { size: size_of::<T>(), align: align_of::<T>(), blank: blank::<T>, begin, drop: drop_value::<T> }
    }
}

/// # Safety
/// `object` has room for a `T`, of which its header is set up.
unsafe extern "C-unwind" fn blank<T: Declaration>(object: NonNull<Object>) -> bool {
    let Some(Some(value)) = inside(T::blank) else { return false };
    let value = ManuallyDrop::new(value);
    let head = size_of::<Header>();
    // SAFETY: the object has room for a `T`; everything but the header moves.
    unsafe {
        let (from, to) = ((&raw const value).cast::<u8>(), object.as_ptr().cast::<u8>());
        to.add(head).copy_from_nonoverlapping(from.add(head), size_of::<T>() - head);
    }
    true
}

/// # Safety
/// `object` is zeroed behind its header, and has room for a `T`.
unsafe extern "C-unwind" fn begin<T: Declaration>(object: NonNull<Object>) -> bool {
    // SAFETY: the place is zeroed, with room for a `T` whose header is set up.
    inside(|| unsafe { T::begin(object.cast().as_ptr()) }).is_some()
}

/// # Safety
/// `object` holds a `T` that is not used again.
unsafe extern "C-unwind" fn drop_value<T>(object: NonNull<Object>) {
    // SAFETY: the object is a whole `T`, whose fields are dropped this once.
    inside(|| unsafe { object.cast::<T>().drop_in_place() });
}

/// Runs code of a type's maker. Of a guest's a panic ends here, which the panic hook has reported: the host may not catch it.
fn inside<R>(work: impl FnOnce() -> R) -> Option<R> {
    if cfg!(not(feature = "guest")) {
        return Some(work());
    }
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(std::mem::forget).ok()
}
