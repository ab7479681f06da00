//! Memory of objects by what is known of their type, and its end.
//! Upholds: an object's end releases exactly what its fields own, declared in Rust or at run time.

use super::{frozen_overwrites, info, Reflection};
use crate::function::Error;
use crate::object::{alloc, destroy, Object};
use crate::value::cell;
use std::ffi::c_void;
use std::ptr::NonNull;

/// An object whose Rust part is not initialised, zeroed if that is asked for.
#[inline]
pub(super) fn allocate(reflection: &Reflection, zeroed: bool) -> Result<NonNull<Object>, Error> {
    let object = alloc::allocate_raw(reflection.layout, reflection.index, true, zeroed)
        .map_err(|error| Error::new("MemoryError", error.to_string()))?;
    // SAFETY: the object is not published; the deleter goes by its type index.
    unsafe { alloc::set_deleter(object, delete) };
    Ok(object)
}

impl Reflection {
    /// Whether an object can be made without values for its fields: [`super::instance::new_zeroed`]. One of another maker is as its
    /// creator leaves it.
    pub fn can_be_blank(&self) -> bool {
        if self.is_foreign() {
            return self.creator.is_some();
        }
        let Some((native, _)) = self.native else { return true };
        let Ok(object) = allocate(self, true) else { return false };
        // SAFETY: the object is zeroed, of the type, and ours alone. Its blank part is dropped again when there is one.
        unsafe {
            let blank = (native.blank)(object);
            if blank {
                (native.drop)(object);
            }
            destroy::free_raw(object, self.layout);
            blank
        }
    }
}

/// The deleter of objects made here.
///
/// # Safety
/// As a deleter is called.
unsafe extern "C" fn delete(object: *mut c_void, flags: i32) {
    // SAFETY: a deleter is called with its object, which was allocated here by its type's registration.
    unsafe {
        let object = NonNull::new_unchecked(object.cast::<Object>());
        let reflection = info(object.as_ref().type_index()).expect("registered when the object was made");
        destroy::delete(object, flags, || drop_fields(reflection, object), || reflection.layout);
    }
}

/// # Safety
/// `object` is of the type, and at its end.
unsafe fn drop_fields(reflection: &Reflection, object: NonNull<Object>) {
    // SAFETY: `object` is at its end. Each field is dropped once, those of the Rust part by that.
    unsafe {
        for (offset, storage) in &reflection.owners {
            cell::drop_in_place(object.as_ptr().cast::<u8>().add(*offset), *storage);
        }
        if let Some((native, _)) = reflection.native {
            (native.drop)(object);
        }
    }
    frozen_overwrites::release(object);
}
