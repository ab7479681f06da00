//! Whether a tensor from elsewhere can be.
//! Upholds: no product of sizes or strides that is used later overflows.

use super::dlpack::{self, DLTensor, CPU};
use crate::function::Error;

/// More dimensions than any library makes.
pub const MAX_NDIM: i32 = 256;

/// The strides of a row-major order without gaps.
pub(super) fn row_major(shape: &[i64]) -> Vec<i64> {
    let mut strides = vec![1; shape.len()];
    for at in (1..shape.len()).rev() {
        strides[at - 1] = strides[at] * shape[at].max(1);
    }
    strides
}

#[cold]
fn refuse<T>(why: String) -> Result<T, Error> {
    Err(Error::value_error(format!("not a tensor: {why}")))
}

/// Shape and strides, one after the other.
///
/// # Errors
/// Kind `ValueError` for a tensor that cannot be.
///
/// # Safety
/// Shape and strides can be read, where they are not null, at `ndim` places.
pub(super) unsafe fn dims(tensor: &DLTensor) -> Result<Box<[i64]>, Error> {
    let ndim = tensor.ndim;
    if !(0..=MAX_NDIM).contains(&ndim) {
        return refuse(format!("it has {ndim} dimensions, at most {MAX_NDIM} are possible"));
    }
    let dtype = tensor.dtype;
    let bits = i64::from(dtype.bits) * i64::from(dtype.lanes);
    if bits == 0 || dtype.is_scalable() {
        return refuse(format!("its elements have {} bits and {} lanes", dtype.bits, dtype.lanes));
    }
    // SAFETY: where it is not null the shape has `ndim` places.
    let shape = unsafe { dlpack::dims(tensor.shape, ndim) };
    if shape.is_none() && ndim > 0 {
        return refuse(format!("it has {ndim} dimensions and no shape"));
    }
    let shape = shape.unwrap_or(&[]);
    if let Some(size) = shape.iter().find(|size| **size < 0) {
        return refuse(format!("a dimension has size {size}"));
    }
    let too_large = || refuse(format!("a shape of {shape:?} needs more memory than there can be"));
    // Zeros left out: strides are products of sizes, whether there are elements or not.
    let volume = shape.iter().try_fold(bits.max(8), |product, size| product.checked_mul((*size).max(1)));
    if volume.is_none() {
        return too_large();
    }
    let is_empty = shape.contains(&0);
    if tensor.data.is_null() && !is_empty && tensor.device.kind == CPU {
        return refuse("it has elements and no memory".to_owned());
    }
    // SAFETY: where they are not null the strides have `ndim` places.
    let strides = unsafe { dlpack::dims(tensor.strides, ndim) };
    let strides = strides.map_or_else(|| row_major(shape), <[i64]>::to_vec);
    // How far the farthest elements are, in bits.
    let reach = shape.iter().zip(&strides).try_fold(0_i64, |reach, (size, stride)| {
        let way = (*size - 1).max(0).checked_mul(stride.checked_abs()?)?;
        reach.checked_add(way.checked_mul(bits.max(8))?)
    });
    if reach.is_none() && !is_empty {
        return refuse(format!("strides of {strides:?} for a shape of {shape:?} lead out of memory"));
    }
    Ok(shape.iter().copied().chain(strides).collect())
}

/// Whether elements lie in row-major order without gaps.
///
/// # Safety
/// As for [`dims`].
pub(super) unsafe fn is_contiguous(tensor: &DLTensor) -> bool {
    // SAFETY: shape and strides have `ndim` places where they are not null.
    let (shape, strides) =
        unsafe { (dlpack::dims(tensor.shape, tensor.ndim), dlpack::dims(tensor.strides, tensor.ndim)) };
    let (Some(shape), Some(strides)) = (shape, strides) else { return true };
    let expected = row_major(shape);
    let fits = |((size, found), expected): ((&i64, &i64), i64)| *size == 1 || *found == expected;
    shape.contains(&0) || shape.iter().zip(strides).zip(expected).all(fits)
}
