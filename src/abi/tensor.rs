//! Tensors by DLPack.

use super::boundary::{answer, borrow, expect, give, Handle};
use crate::function::Error;
use crate::object::Obj;
use crate::tensor::dlpack::{DLManagedTensor, DLManagedTensorVersioned, DLTensor, Managed};
use crate::tensor::TensorObj;
use std::ptr::NonNull;

/// Makes a tensor of a managed one, which is given up. A failure leaves it to the caller.
///
/// # Safety
/// The caller's contract.
unsafe fn from_managed(managed: Managed, align: i32, contiguous: i32, out: *mut Handle) -> Result<(), Error> {
    // SAFETY: the tensor is alive and given up. What is asked for is asked of an understood tensor.
    unsafe {
        if !managed.is_understood() {
            return Err(Error::runtime("the tensor is of another major version of DLPack"));
        }
        let (tensor, _) = managed.tensor();
        TensorObj::check(&tensor)?;
        let first = tensor.data.addr().wrapping_add(tensor.byte_offset as usize);
        if align > 1 && !first.is_multiple_of(align as usize) {
            return Err(Error::runtime(format!("the tensor's memory is not aligned to {align} bytes")));
        }
        if contiguous != 0 && !TensorObj::lies_contiguous(&tensor) {
            return Err(Error::runtime("the tensor is not contiguous"));
        }
        give(out, || Ok(TensorObj::from_managed(managed)?.into_raw().as_ptr()))
    }
}

/// Makes a tensor of a managed one without version. The memory's alignment and contiguity are checked where that is asked for.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITensorFromDLPack(
    from: *mut DLManagedTensor,
    require_alignment: i32,
    require_contiguous: i32,
    out: *mut Handle,
) -> i32 {
    // SAFETY: the tensor is alive and given up, and `out` can be written.
    answer(|| unsafe {
        from_managed(Managed::Plain(expect(from, "a tensor")?), require_alignment, require_contiguous, out)
    })
}

/// As [`TVMFFITensorFromDLPack`], of one with a version.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITensorFromDLPackVersioned(
    from: *mut DLManagedTensorVersioned,
    require_alignment: i32,
    require_contiguous: i32,
    out: *mut Handle,
) -> i32 {
    // SAFETY: the tensor is alive and given up, and `out` can be written.
    answer(|| unsafe {
        from_managed(Managed::Versioned(expect(from, "a tensor")?), require_alignment, require_contiguous, out)
    })
}

/// Makes a managed tensor over a tensor's memory. The caller keeps the tensor.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITensorToDLPack(from: Handle, out: *mut *mut DLManagedTensor) -> i32 {
    // SAFETY: by the header the handle is a live tensor's and `out` can be written.
    answer(|| unsafe {
        let tensor = borrow::<TensorObj>(from, "a tensor")?;
        give(out, || match Obj::clone(&tensor).export()?.into_managed() {
            Managed::Plain(managed) => Ok(managed.as_ptr()),
            Managed::Versioned(_) => Err(Error::runtime("a tensor was exported with a version")),
        })
    })
}

/// As [`TVMFFITensorToDLPack`], with a version.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITensorToDLPackVersioned(from: Handle, out: *mut *mut DLManagedTensorVersioned) -> i32 {
    // SAFETY: by the header the handle is a live tensor's and `out` can be written.
    answer(|| unsafe {
        let tensor = borrow::<TensorObj>(from, "a tensor")?;
        give(out, || match Obj::clone(&tensor).export_versioned(false).into_managed() {
            Managed::Versioned(managed) => Ok(managed.as_ptr()),
            Managed::Plain(_) => Err(Error::runtime("a tensor was exported without a version")),
        })
    })
}

/// Makes a tensor that lies as the prototype says, in memory that `source` keeps.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITensorCreateUnsafeView(
    source: Handle,
    prototype: *const DLTensor,
    out: *mut Handle,
) -> i32 {
    // SAFETY: by the header the prototype's memory is the source's.
    answer(|| unsafe {
        let source = borrow::<TensorObj>(source, "a tensor")?;
        let prototype: NonNull<DLTensor> = expect(prototype, "a prototype")?;
        let view = || TensorObj::from_kept(prototype.read(), source.flags(), Box::new(Obj::clone(&source)));
        give(out, || Ok(view()?.into_raw().as_ptr()))
    })
}
