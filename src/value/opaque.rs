//! Objects around handles of other languages.
//! Upholds: a handle ends once, by its deleter, with its object.

use super::tag;
use crate::object::{AllocError, Header, Obj, Object, ObjectType};
use std::ffi::c_void;
use std::ptr::NonNull;

/// Ends a handle.
type Deleter = unsafe extern "C" fn(*mut c_void);

/// An object around a handle, as the C ABI has it; the deleter follows. It has no tie word: Python sees what the handle is.
#[repr(C)]
pub struct OpaqueObj {
    header: Header,
    handle: NonNull<c_void>,
    deleter: Option<Deleter>,
}

const _: () = assert!(std::mem::offset_of!(OpaqueObj, handle) == size_of::<Header>());

// SAFETY: `make` demands that the handle may be used and ended on any thread.
unsafe impl Send for OpaqueObj {}
// SAFETY: `make` demands that the handle may be used and ended on any thread; never written.
unsafe impl Sync for OpaqueObj {}

// SAFETY: repr(C), starts with the header; key and index are the registry's.
unsafe impl ObjectType for OpaqueObj {
    const TYPE_KEY: &'static str = "ffi.OpaquePyObject";
    const NO_PREFIX: bool = true;
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::OPAQUE
    }
}

impl Drop for OpaqueObj {
    fn drop(&mut self) {
        if let Some(deleter) = self.deleter {
            // SAFETY: as `make` demands; called once.
            unsafe { deleter(self.handle.as_ptr()) };
        }
    }
}

impl OpaqueObj {
    /// Makes an object around a handle.
    ///
    /// # Errors
    /// Without memory. The handle is the caller's then.
    ///
    /// # Safety
    /// The handle is what front ends take objects of this type for; it may be used on any thread, and is given up to the
    /// deleter, which may run on any.
    pub unsafe fn make(handle: NonNull<c_void>, deleter: Option<Deleter>) -> Result<Obj<OpaqueObj>, AllocError> {
        // The deleter comes last, so that a failure does not end the handle.
        let mut made = Obj::try_new(OpaqueObj { header: Header::placeholder(), handle, deleter: None })?;
        // SAFETY: a field alone is written.
        if let Some(own) = unsafe { made.get_unique_mut() } {
            own.deleter = deleter;
        }
        Ok(made)
    }
}
