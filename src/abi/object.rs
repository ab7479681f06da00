//! Counts of objects, objects around handles of other languages, and the version.

use super::boundary::{answer, expect, give, Handle};
use crate::function::Error;
use crate::object::{self, Obj};
use crate::value::{tag, OpaqueObj};
use std::ffi::c_void;
use std::ptr::NonNull;

/// The version of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Version {
    /// Changes with structs.
    pub major: u32,
    /// Changes with additions.
    pub minor: u32,
    /// Changes with corrections.
    pub patch: u32,
}

/// Whose functions and structs these are.
pub const VERSION: Version = Version { major: 0, minor: 1, patch: 15 };

/// Says the version of the ABI.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIGetVersion(out: *mut Version) {
    if let Some(out) = NonNull::new(out) {
        // SAFETY: `out` is not null, so by the header it can be written.
        unsafe { out.write(VERSION) };
    }
}

/// Takes a strong count. Null has none.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIObjectIncRef(object: Handle) -> i32 {
    answer(|| {
        if let Some(object) = NonNull::new(object) {
            // SAFETY: by the header the caller owns a count.
            unsafe { object::retain(object) };
        }
        Ok(())
    })
}

/// Gives a strong count back. Null has none.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIObjectDecRef(object: Handle) -> i32 {
    answer(|| {
        if let Some(object) = NonNull::new(object) {
            // SAFETY: by the header the caller owns the count.
            unsafe { object::release(object) };
        }
        Ok(())
    })
}

/// Makes an object around a handle of another language, which `deleter` ends. A failure leaves the handle to the caller.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIObjectCreateOpaque(
    handle: *mut c_void,
    type_index: i32,
    deleter: Option<unsafe extern "C" fn(*mut c_void)>,
    out: *mut Handle,
) -> i32 {
    answer(|| {
        if type_index != tag::OPAQUE {
            return Err(Error::value_error(format!(
                "an opaque object has the type index {}, not {type_index}",
                tag::OPAQUE
            )));
        }
        let handle = expect(handle, "a handle")?;
        // SAFETY: by the header the handle is given up. Its deleter ends it on any thread.
        let make = || unsafe { OpaqueObj::make(handle, deleter) }.map_err(Error::out_of_memory);
        // SAFETY: by the header `out` can be written.
        unsafe { give(out, || make().map(Obj::into_raw).map(NonNull::as_ptr)) }
    })
}
