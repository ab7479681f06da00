//! The elements of a tensor as bytes.
//! Upholds: two tensors of one shape and element type have the same bytes exactly when their elements are, however they lie.

use super::TensorObj;
use crate::function::Error;
use crate::object::grow::Grow;
use std::borrow::Cow;

impl TensorObj {
    /// The elements in row-major order without gaps. Borrowed where they lie so.
    ///
    /// # Errors
    /// Kind `RuntimeError` for memory that the processor cannot read, and for elements of less than a byte with gaps.
    pub fn content(&self) -> Result<Cow<'_, [u8]>, Error> {
        let (size, first) = (self.size(), self.data().cast::<u8>().cast_const());
        if size == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        if !self.is_on_cpu() {
            return Err(Error::runtime(format!("the content of a tensor on {} cannot be read here", self.device())));
        }
        if self.is_contiguous() {
            // SAFETY: elements without gaps, which the maker keeps as long as the object. No thread writes them meanwhile.
            return Ok(Cow::Borrowed(unsafe { std::slice::from_raw_parts(first, size) }));
        }
        if !self.bits().is_multiple_of(8) {
            let dtype = self.dtype();
            return Err(Error::runtime(format!(
                "the content of a {dtype} tensor that is not contiguous cannot be read"
            )));
        }
        let mut bytes = Vec::new();
        bytes.grow(size);
        self.gather(&mut bytes);
        Ok(Cow::Owned(bytes))
    }

    /// Appends all elements, one by one.
    fn gather(&self, bytes: &mut Vec<u8>) {
        let (shape, strides, width) = (self.shape(), self.strides(), self.bits() / 8);
        let mut at = vec![0; shape.len()];
        let mut place = 0_i64;
        loop {
            let element = self.data().cast::<u8>().cast_const().wrapping_offset(place as isize * width as isize);
            // SAFETY: an element of the tensor: `at` is within its shape; the rest as in `content`.
            bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(element, width) });
            // The next in row-major order.
            let mut dim = shape.len();
            loop {
                if dim == 0 {
                    return;
                }
                dim -= 1;
                at[dim] += 1;
                place += strides[dim];
                if at[dim] < shape[dim] {
                    break;
                }
                place -= strides[dim] * shape[dim];
                at[dim] = 0;
            }
        }
    }

    /// Whether both have the same shape and element type.
    pub fn is_like(&self, other: &TensorObj) -> bool {
        (self.shape(), self.dtype()) == (other.shape(), other.dtype())
    }

    /// Whether both have the same shape, element type and elements, compared by their bytes.
    ///
    /// # Errors
    /// As [`content`](Self::content), unless the two share their memory.
    pub fn is_same(&self, other: &TensorObj) -> Result<bool, Error> {
        if !self.is_like(other) {
            return Ok(false);
        }
        if (self.data(), self.device(), self.strides()) == (other.data(), other.device(), other.strides()) {
            return Ok(true);
        }
        Ok(self.content()? == other.content()?)
    }
}
