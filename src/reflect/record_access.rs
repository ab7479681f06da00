//! Fields of objects of other makers. They are read and written by the functions that their records name.
//! Upholds: nothing is held while such a function runs; a value that is given to one is borrowed.

use super::record::{self, Creator, FieldRecord, FieldSetter, MethodRecord, TypeRecord, SETTER_IS_FUNCTION};
use crate::function::{failure, Error, Function};
use crate::object::{registry, Obj, Object};
use crate::value::{tag, Any, AnyView, RawAny};
use std::ffi::c_void;
use std::ptr::{null_mut, NonNull};

impl FieldRecord {
    /// The name, as far as it is UTF-8.
    pub fn name(&self) -> &'static str {
        std::str::from_utf8(record::kept(&self.name)).unwrap_or_default()
    }

    /// Where the field lies.
    ///
    /// # Safety
    /// The object is of the field's type.
    pub(super) unsafe fn address(&self, object: NonNull<Object>) -> *mut c_void {
        // SAFETY: the object is of the field's type, so that the offset is inside it.
        unsafe { object.as_ptr().cast::<c_void>().byte_offset(self.offset as isize) }
    }

    /// The value in an object.
    ///
    /// # Errors
    /// Kind `TypeError` when the field cannot be read; what its getter ends in.
    ///
    /// # Safety
    /// The object is of the field's type and alive, and no other thread writes the field.
    pub unsafe fn get(&self, object: NonNull<Object>) -> Result<Any, Error> {
        let getter = self.getter.ok_or_else(|| Error::type_error(format!("field `{}` cannot be read", self.name())))?;
        let mut value = RawAny::NONE;
        // SAFETY: the getter is for this field of this object; it leaves an owned value.
        match unsafe { getter(self.address(object), &mut value) } {
            // SAFETY: the getter was called for this field of this object, and left an owned value.
            0 => Ok(unsafe { Any::from_raw(value) }),
            code => Err(failure(code)),
        }
    }

    /// Replaces the value in an object.
    ///
    /// # Errors
    /// Kind `TypeError` when the field cannot be written; what its setter ends in.
    ///
    /// # Safety
    /// The object is of the field's type and alive, and no other thread uses the field.
    pub unsafe fn set(&self, object: NonNull<Object>, value: AnyView<'_>) -> Result<(), Error> {
        // SAFETY: the object is of the field's type and alive; no other thread uses the field.
        unsafe { self.set_at(self.address(object), value) }
    }

    /// As [`FieldRecord::set`], of the field at an address.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Safety
    /// As there; or the place is like a field that is zeroed, and this thread alone knows it.
    pub(super) unsafe fn set_at(&self, address: *mut c_void, value: AnyView<'_>) -> Result<(), Error> {
        let Some(setter) = NonNull::new(self.setter) else {
            return Err(Error::type_error(format!("field `{}` cannot be written", self.name())));
        };
        // SAFETY: the setter is for such a field. What it is the flag says; a function object is retained.
        unsafe {
            if self.flags & SETTER_IS_FUNCTION != 0 {
                let function: AnyView<'_> = AnyView::from_raw(RawAny::of_object(setter.cast()));
                let address: AnyView<'_> = AnyView::from_raw(RawAny::pointer(tag::POINTER, address));
                return Function::call_view(function, &[address, value]).map(drop);
            }
            let setter = std::mem::transmute::<NonNull<c_void>, FieldSetter>(setter);
            match setter(address, &value.to_raw()) {
                0 => Ok(()),
                code => Err(failure(code)),
            }
        }
    }
}

impl MethodRecord {
    /// The name, as far as it is UTF-8.
    pub fn name(&self) -> &'static str {
        std::str::from_utf8(record::kept(&self.name)).unwrap_or_default()
    }
}

/// An object as a type's creator makes it.
///
/// # Errors
/// What the creator ends in.
pub(super) fn create(creator: Creator) -> Result<Obj<Object>, Error> {
    let mut made = null_mut();
    // SAFETY: as the type's maker promised: it leaves an object with one count.
    match unsafe { creator(&mut made) } {
        0 => match NonNull::new(made) {
            // SAFETY: the creator leaves an object with one count.
            Some(made) => Ok(unsafe { Obj::from_raw(made) }),
            None => Err(Error::runtime("a function that makes objects made none")),
        },
        code => Err(failure(code)),
    }
}

/// The records of a type and its ancestors, the root first.
///
/// # Errors
/// Kind `TypeError` when there is no such type.
pub(super) fn chain(index: i32) -> Result<Vec<&'static TypeRecord>, Error> {
    let unknown = || Error::type_error(format!("there is no type {index}"));
    let ancestors = registry::type_info(index).ok_or_else(unknown)?.ancestors;
    ancestors.iter().chain([&index]).map(|index| record::of(*index).ok_or_else(unknown)).collect()
}
