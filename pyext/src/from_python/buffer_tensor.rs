//! Tensors over memory that Python objects show by the buffer protocol. Pickles with buffers out of band bring such.
//! Upholds: the memory is the tensor's for as long as it lives; nothing is copied that lies where an element may.

use crate::interpreter::names::intern;
use crate::to_python::error;
use crate::to_python::opaque::Payload;
use bowline::tensor::dlpack::READ_ONLY;
use bowline::tensor::{Tensor, TensorObj};
use bowline::value::DataType;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::ptr::NonNull;

/// A tensor with what a buffer has. Bytes are copied, since a tensor may be written; of others the memory is shared.
///
/// # Errors
/// `TypeError` for what is no contiguous buffer, `ValueError` for too few or too many bytes.
pub fn tensor_over(dtype: DataType, shape: &[i64], content: &Bound<'_, PyAny>) -> PyResult<Tensor> {
    let py = content.py();
    let made = match content.cast_exact::<PyBytes>() {
        Ok(content) => TensorObj::from_bytes(dtype, shape, content.as_bytes()),
        Err(_) => {
            let module = py.import(intern!(py, "bowline._buffer"))?;
            let view = module.getattr(intern!(py, "view_of"))?.call1((content,))?;
            let buffer = PyBuffer::<u8>::get(&view)?;
            let first = NonNull::new(buffer.buf_ptr().cast::<u8>()).unwrap_or(NonNull::dangling());
            let element = (usize::from(dtype.bits) * usize::from(dtype.lanes)).div_ceil(8).next_power_of_two();
            match (first.as_ptr() as usize).is_multiple_of(element.clamp(1, 16)) {
                true => {
                    let flags = if buffer.readonly() { READ_ONLY } else { 0 };
                    let memory = NonNull::slice_from_raw_parts(first, buffer.len_bytes());
                    // SAFETY: the view keeps its exporter from moving or freeing the memory. The keeper holds the view, which no
                    // other code knows. The memory is writable unless the flag says so; threads that share it agree, as with
                    // DLPack.
                    unsafe { TensorObj::over(dtype, shape, memory, flags, Box::new(Payload::new(&view))) }
                }
                false => {
                    let copied = view.call_method0(intern!(py, "tobytes"))?;
                    TensorObj::from_bytes(dtype, shape, copied.cast::<PyBytes>()?.as_bytes())
                }
            }
        }
    };
    made.map_err(|error| error::to_python(py, &error))
}
