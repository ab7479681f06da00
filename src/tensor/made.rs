//! Tensors that are made here.
//! Upholds: memory of our own begins at a multiple of 64 bytes, and is zero or the content that was given.

use super::dlpack::{DLTensor, CPU, SUBBYTE_PADDED};
use super::{bits_in_memory, Keeper, Tensor, TensorObj};
use crate::function::Error;
use crate::value::{DataType, Device};
use std::alloc::{alloc_zeroed, dealloc, Layout};
use std::ptr::{null_mut, NonNull};

/// What vector instructions and GPUs like.
const ALIGN: usize = 64;

/// Memory of our own.
struct Memory {
    first: NonNull<u8>,
    layout: Layout,
}

// SAFETY: memory without an owner but this.
unsafe impl Send for Memory {}
// SAFETY: memory without an owner but this; it is only freed here.
unsafe impl Sync for Memory {}

impl Memory {
    fn zeroed(size: usize) -> Result<Memory, Error> {
        let none = || Error::new("MemoryError", format!("no memory for a tensor of {size} bytes"));
        let layout = Layout::from_size_align(size.max(1), ALIGN).map_err(|_| none())?;
        // SAFETY: the layout is not empty.
        let first = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or_else(none)?;
        Ok(Memory { first, layout })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, freed this once.
        unsafe { dealloc(self.first.as_ptr(), self.layout) };
    }
}

impl TensorObj {
    /// A tensor of zeros.
    ///
    /// # Errors
    /// Kind `ValueError` for a shape that cannot be, `MemoryError`.
    pub fn zeros(dtype: DataType, shape: &[i64]) -> Result<Tensor, Error> {
        Self::filled(dtype, shape, 0, None)
    }

    /// A tensor with this content, in row-major order.
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros), and kind `ValueError` when there are too few bytes or too many.
    pub fn from_bytes(dtype: DataType, shape: &[i64], content: &[u8]) -> Result<Tensor, Error> {
        Self::filled(dtype, shape, 0, Some(content))
    }

    /// A tensor with the same content and memory of its own, without gaps.
    ///
    /// # Errors
    /// Those of [`content`](Self::content), and kind `MemoryError`.
    pub fn copy(&self) -> Result<Tensor, Error> {
        Self::filled(self.dtype(), self.shape(), self.flags() & SUBBYTE_PADDED, Some(&self.content()?))
    }

    /// A tensor over memory that is there already, in row-major order.
    ///
    /// # Errors
    /// As [`from_bytes`](Self::from_bytes).
    ///
    /// # Safety
    /// The memory can be read, and written unless the flags say otherwise, for as long as `keeper` is not dropped. A writer
    /// sees to it that no other thread uses that part meanwhile.
    pub unsafe fn over(
        dtype: DataType,
        shape: &[i64],
        memory: NonNull<[u8]>,
        flags: u64,
        keeper: Keeper,
    ) -> Result<Tensor, Error> {
        let mut shape = shape.to_vec();
        let (mut blank, size) = blank(dtype, &mut shape, flags)?;
        expect_size(size, memory.len())?;
        blank.data = memory.as_ptr().cast();
        // SAFETY: the memory is as large as the shape says, and `keeper` keeps it.
        unsafe { Self::from_kept(blank, flags, keeper) }
    }

    fn filled(dtype: DataType, shape: &[i64], flags: u64, content: Option<&[u8]>) -> Result<Tensor, Error> {
        let mut shape = shape.to_vec();
        let (mut blank, size) = blank(dtype, &mut shape, flags)?;
        content.map_or(Ok(()), |content| expect_size(size, content.len()))?;
        let memory = Memory::zeroed(size)?;
        if let Some(content) = content {
            // SAFETY: so many bytes, ours alone.
            unsafe { memory.first.copy_from_nonoverlapping(NonNull::from(content).cast(), size) };
        }
        blank.data = memory.first.as_ptr().cast();
        // SAFETY: the memory is as large as the shape says, and the keeper keeps it.
        unsafe { Self::from_kept(blank, flags, Box::new(memory)) }
    }
}

/// What describes a tensor without memory, and how many bytes it takes. It points to the shape.
fn blank(dtype: DataType, shape: &mut [i64], flags: u64) -> Result<(DLTensor, usize), Error> {
    let ndim = i32::try_from(shape.len()).map_err(|_| Error::value_error("too many dimensions for a tensor"))?;
    let blank = DLTensor {
        data: NonNull::dangling().as_ptr(),
        device: Device { kind: CPU, id: 0 },
        ndim,
        dtype,
        shape: shape.as_mut_ptr(),
        strides: null_mut(),
        byte_offset: 0,
    };
    // SAFETY: the shape is there; strides are null.
    unsafe { TensorObj::check(&blank) }?;
    let bits = bits_in_memory(dtype, flags);
    Ok((blank, (shape.iter().product::<i64>() as usize * bits).div_ceil(8)))
}

fn expect_size(size: usize, found: usize) -> Result<(), Error> {
    match found == size {
        true => Ok(()),
        false => Err(Error::value_error(format!("expected {size} bytes for the elements of a tensor, got {found}"))),
    }
}

/// Another tensor over the same memory.
///
/// # Errors
/// Kind `MemoryError`.
pub fn share(tensor: &Tensor) -> Result<Tensor, Error> {
    // SAFETY: the tensor keeps its memory.
    unsafe { TensorObj::from_kept(*tensor.dl_tensor(), tensor.flags(), Box::new(tensor.clone())) }
}
