//! The structs of DLPack 1.x, by which libraries hand tensors to each other.
//! Upholds: nothing here owns anything by itself; what is managed says how it ends.

use crate::value::{DataType, Device};
use std::ffi::c_void;
use std::ptr::NonNull;

/// The kind of device whose memory the processor reads.
pub const CPU: i32 = 1;

/// The version whose structs these are.
pub const VERSION: DLPackVersion = DLPackVersion { major: 1, minor: 1 };

/// Flag of a versioned tensor: its memory may not be written.
pub const READ_ONLY: u64 = 1;
/// Flag of a versioned tensor: its memory was copied for the receiver.
pub const IS_COPIED: u64 = 2;
/// Flag of a versioned tensor: elements of less than a byte take one each.
pub const SUBBYTE_PADDED: u64 = 4;

/// Memory with a shape.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct DLTensor {
    /// Where the memory is; `byte_offset` comes on top.
    pub data: *mut c_void,
    /// On which device.
    pub device: Device,
    /// How many dimensions.
    pub ndim: i32,
    /// What an element is.
    pub dtype: DataType,
    /// The size of each dimension.
    pub shape: *mut i64,
    /// How many elements lie between neighbours of each dimension; null for row-major order without gaps.
    pub strides: *mut i64,
    /// Where the first element is, in bytes from `data`.
    pub byte_offset: u64,
}

/// A version of DLPack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(C)]
pub struct DLPackVersion {
    /// Changes with the structs.
    pub major: u32,
    /// Changes with flags and device kinds.
    pub minor: u32,
}

/// A tensor with an end, as DLPack had it before it had versions.
#[repr(C)]
pub struct DLManagedTensor {
    /// The tensor.
    pub dl_tensor: DLTensor,
    /// The maker's own.
    pub manager_ctx: *mut c_void,
    /// Ends it, once; none if nothing has to be done.
    pub deleter: Option<unsafe extern "C" fn(*mut DLManagedTensor)>,
}

/// A tensor with an end and flags. Of another major version only `manager_ctx` and `deleter` mean what they say here.
#[repr(C)]
pub struct DLManagedTensorVersioned {
    /// The maker's version.
    pub version: DLPackVersion,
    /// The maker's own.
    pub manager_ctx: *mut c_void,
    /// Ends it, once; none if nothing has to be done.
    pub deleter: Option<unsafe extern "C" fn(*mut DLManagedTensorVersioned)>,
    /// [`READ_ONLY`] and others.
    pub flags: u64,
    /// The tensor.
    pub dl_tensor: DLTensor,
}

const _: () = assert!(size_of::<DLTensor>() == 48 && std::mem::offset_of!(DLTensor, dtype) == 20);
const _: () = assert!(size_of::<DLManagedTensor>() == 64 && size_of::<DLManagedTensorVersioned>() == 80);
const _: () = assert!(std::mem::offset_of!(DLManagedTensorVersioned, dl_tensor) == 32);

/// A managed tensor of either kind. A pointer: who has it decides who ends it.
#[derive(Clone, Copy, Debug)]
pub enum Managed {
    /// Without version.
    Plain(NonNull<DLManagedTensor>),
    /// With version.
    Versioned(NonNull<DLManagedTensorVersioned>),
}

// SAFETY: a pointer; DLPack lets a tensor be used and ended on any thread.
unsafe impl Send for Managed {}
// SAFETY: a pointer; DLPack lets a tensor be used and ended on any thread.
unsafe impl Sync for Managed {}

impl Managed {
    /// Whether the structs are those that this file describes. Of others nothing but [`delete`](Self::delete) may be asked.
    ///
    /// # Safety
    /// The managed tensor is alive.
    pub unsafe fn is_understood(self) -> bool {
        match self {
            Managed::Plain(_) => true,
            // SAFETY: the managed tensor is alive; every version begins with its number.
            Managed::Versioned(managed) => unsafe { (*managed.as_ptr()).version.major == VERSION.major },
        }
    }

    /// The tensor, and its flags.
    ///
    /// # Safety
    /// The managed tensor is alive and [understood](Self::is_understood).
    pub unsafe fn tensor(self) -> (DLTensor, u64) {
        // SAFETY: the managed tensor is alive, and of a version that this file describes.
        unsafe {
            match self {
                Managed::Plain(managed) => ((*managed.as_ptr()).dl_tensor, 0),
                Managed::Versioned(managed) => ((*managed.as_ptr()).dl_tensor, (*managed.as_ptr()).flags),
            }
        }
    }

    /// Ends the managed tensor.
    ///
    /// # Safety
    /// It is alive, the caller's to end, and not used again; the maker's deleter may run on this thread now.
    pub unsafe fn delete(self) {
        // SAFETY: the managed tensor is alive and the caller's to end, this once.
        unsafe {
            match self {
                Managed::Plain(managed) => {
                    if let Some(deleter) = (*managed.as_ptr()).deleter {
                        deleter(managed.as_ptr());
                    }
                }
                Managed::Versioned(managed) => {
                    if let Some(deleter) = (*managed.as_ptr()).deleter {
                        deleter(managed.as_ptr());
                    }
                }
            }
        }
    }
}

/// The sizes or strides of a tensor; none for null.
///
/// # Safety
/// Null, or that many numbers, which stay for `'a`.
pub(super) unsafe fn dims<'a>(first: *const i64, count: i32) -> Option<&'a [i64]> {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: null was excluded; else there are `count` numbers, which stay for `'a`.
    (!first.is_null()).then(|| unsafe { std::slice::from_raw_parts(first, count) })
}
