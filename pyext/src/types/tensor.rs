//! Tensors as Python sees them.
//! Upholds: no content is copied unless that is asked for; a tensor that came in goes out as the same wrapper.
#![forbid(unsafe_code)]

use crate::from_python::buffer_tensor::tensor_over;
use crate::from_python::fail;
use crate::from_python::foreign_tensor::tensor_of;
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::{PyBufferError, PyIndexError, PyRuntimeError, PyTypeError, PyValueError};
use crate::interpreter::make::Make;
use crate::interpreter::members::{Answer, Attribute, Members, NoArguments, OneArgument};
use crate::interpreter::names::intern;
use crate::interpreter::take;
use crate::interpreter::trampoline::or_memory_error;
use crate::interpreter::{make, members as methods};
use crate::to_python::{dlpack_capsule, error, value};
use crate::types::subtype;
use crate::wrapper::tie;
use bowline::container::ShapeObj;
use bowline::object::grow::owned;
use bowline::object::Obj;
use bowline::tensor::dlpack::READ_ONLY;
use bowline::tensor::{Tensor, TensorObj};
use bowline::value::{DataType, IntoAny};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple, PyType};
use std::ffi::CStr;

/// The tensor behind a wrapper.
///
/// # Errors
/// `TypeError`.
fn tensor_in(ob: &Bound<'_, PyAny>) -> PyResult<Tensor> {
    let found = tie::object_of(ob).map(Obj::downcast::<TensorObj>).and_then(Result::ok);
    found.ok_or_else(|| PyTypeError::new_err(format!("expected a Tensor, got {}", fail::describe(ob))))
}

/// The tensor of an object that exports one, or of a capsule.
#[pyfunction]
#[guarded]
fn tensor_from_dlpack<'py>(
    ext_tensor: &Bound<'py, PyAny>,
    require_alignment: i64,
    require_contiguous: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = ext_tensor.py();
    if require_alignment < 0 {
        return Err(PyValueError::new_err(format!("require_alignment must not be negative, got {require_alignment}")));
    }
    or_memory_error(py, || {
        let tensor = match (tensor_in(ext_tensor), ext_tensor.cast::<PyCapsule>()) {
            (Ok(tensor), _) => tensor,
            (_, Ok(capsule)) => dlpack_capsule::take(capsule)?,
            _ => tensor_of(ext_tensor)?.ok_or_else(|| {
                let found = fail::describe(ext_tensor);
                PyTypeError::new_err(format!("expected a tensor with __dlpack__, or its capsule, got {found}"))
            })?,
        };
        if require_alignment > 1 && !(tensor.data() as usize).is_multiple_of(require_alignment as usize) {
            return Err(PyRuntimeError::new_err(format!(
                "from_dlpack: the data is not aligned to {require_alignment} bytes"
            )));
        }
        if require_contiguous && !tensor.is_contiguous() {
            return Err(PyRuntimeError::new_err("from_dlpack: the tensor is not contiguous"));
        }
        value::object_to_python(py, tensor.upcast())
    })
}

/// A capsule with a tensor, for `__dlpack__`.
#[pyfunction]
#[guarded]
fn tensor_to_dlpack<'py>(
    this: &Bound<'py, PyAny>,
    max_version: Option<(u32, u32)>,
    dl_device: Option<(i32, i32)>,
    copy: Option<bool>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = this.py();
    let mut tensor = tensor_in(this)?;
    let device = tensor.device();
    if dl_device.is_some_and(|asked| asked != (device.kind, device.id)) {
        let (kind, id) = dl_device.unwrap_or_default();
        return Err(PyBufferError::new_err(format!(
            "a tensor on {device} cannot be exported to device ({kind}, {id}): nothing here copies between devices"
        )));
    }
    or_memory_error(py, || {
        let copied = copy == Some(true);
        if copied {
            tensor = tensor.copy().map_err(|error| PyBufferError::new_err(owned(error.message())))?;
        }
        let exported = match max_version {
            Some((1.., _)) => tensor.export_versioned(copied),
            _ => tensor.export().map_err(|error| PyBufferError::new_err(owned(error.message())))?,
        };
        dlpack_capsule::give(py, exported)
    })
}

macro_rules! attribute {
    ($name:ident, $text:literal, $doc:literal, |$tensor:ident, $py:ident| $value:expr) => {
        struct $name;
        impl Attribute for $name {
            const NAME: &'static CStr = $text;
            const DOC: &'static CStr = $doc;
            fn get<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
                let ($tensor, $py) = (tensor_in(this)?, this.py());
                $value
            }
        }
    };
}
attribute!(Shape, c"shape", c"The size of each dimension.", |tensor, py| value::object_to_python(
    py,
    ShapeObj::make(tensor.shape()).upcast()
));
attribute!(Strides, c"strides", c"How many elements lie between neighbours of each dimension.", |tensor, py| Ok(
    make::tuple(py, tensor.strides().iter().copied())?.into_any()
));
attribute!(DType, c"dtype", c"What an element is.", |tensor, py| value::to_python(py, tensor.dtype().into_any()));
attribute!(Device, c"device", c"Where the memory is.", |tensor, py| value::to_python(py, tensor.device().into_any()));
attribute!(NDim, c"ndim", c"How many dimensions there are.", |tensor, py| value::to_python(
    py,
    (tensor.shape().len() as i64).into_any()
));
attribute!(IsReadOnly, c"_is_read_only", c"Whether its maker forbids to write it.", |tensor, py| value::to_python(
    py,
    (tensor.flags() & READ_ONLY != 0).into_any()
));

macro_rules! method {
    ($name:ident, $text:literal, $doc:literal, |$tensor:ident, $py:ident| $value:expr) => {
        struct $name;
        impl NoArguments for $name {
            const NAME: &'static CStr = $text;
            const DOC: &'static CStr = $doc;
            fn call<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
                let ($tensor, $py) = (tensor_in(this)?, this.py());
                $value
            }
        }
    };
}
method!(DataPtr, c"data_ptr", c"data_ptr($self, /)\n--\n\nThe address of the first element.", |tensor, py| (tensor
    .data()
    as usize)
    .make(py));
method!(Numel, c"numel", c"numel($self, /)\n--\n\nHow many elements there are.", |tensor, py| value::to_python(
    py,
    tensor.numel().into_any()
));
method!(
    IsContiguous,
    c"is_contiguous",
    c"is_contiguous($self, /)\n--\n\nWhether the elements lie in row-major order without gaps.",
    |tensor, py| value::to_python(py, tensor.is_contiguous().into_any())
);
method!(
    DLPackDevice,
    c"__dlpack_device__",
    c"__dlpack_device__($self, /)\n--\n\nKind and index of the device.",
    |tensor, py| (tensor.device().kind, tensor.device().id).make(py)
);

struct Size;
impl OneArgument for Size {
    const NAME: &'static CStr = c"size";
    const DOC: &'static CStr = c"size($self, idx, /)\n--\n\nThe size of one dimension; negative from the last one on.";
    fn call<'py>(this: &Bound<'py, PyAny>, at: &Bound<'py, PyAny>) -> Answer<'py> {
        let (tensor, at) = (tensor_in(this)?, at.extract::<i64>()?);
        let ndim = tensor.shape().len();
        let place = if at < 0 { at + ndim as i64 } else { at };
        let size = usize::try_from(place).ok().and_then(|place| tensor.shape().get(place));
        let size = size.ok_or_else(|| {
            PyIndexError::new_err(format!("Dimension {at} out of range for tensor with {ndim} dimensions"))
        })?;
        value::to_python(this.py(), (*size).into_any())
    }
}

/// How a tensor is pickled: element type, shape and content. The latter is a buffer over the tensor's memory if a pickler may
/// leave it out of its stream, as from protocol 5 on.
///
/// # Errors
/// `RuntimeError` when the content cannot be read.
pub fn parts<'py>(
    this: &Bound<'py, PyAny>,
    tensor: &Tensor,
    out_of_band: bool,
) -> PyResult<(String, Bound<'py, PyTuple>, Bound<'py, PyAny>)> {
    let py = this.py();
    let content = match out_of_band && tensor.is_on_cpu() && tensor.is_contiguous() {
        true => {
            let module = py.import(intern!(py, "bowline._buffer"))?;
            module.getattr(intern!(py, "buffer_of"))?.call1((this, tensor.size()))?
        }
        false => {
            let content = tensor.content().map_err(|error| error::to_python(py, &error))?;
            make::bytes(py, &content)?.into_any()
        }
    };
    Ok((tensor.dtype().to_string(), make::tuple(py, tensor.shape().iter().copied())?, content))
}

/// A tensor with this content: what pickles begin with.
#[pyfunction]
#[guarded]
fn _tensor_of<'py>(
    class: &Bound<'py, PyType>,
    dtype: &str,
    shape: &Bound<'py, PyAny>,
    content: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    or_memory_error(py, || {
        let dtype: DataType = dtype.parse().map_err(|error| PyValueError::new_err(format!("{error}")))?;
        let shape = take::items(shape, |extent| extent.extract::<i64>())?;
        let made = tensor_over(dtype, &shape, content)?;
        let wrapper = tie::empty(class)?;
        tie::bind(&wrapper, made.upcast())?;
        Ok(wrapper)
    })
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let members = Members::new()
        .attribute(methods::attribute::<Shape>())
        .attribute(methods::attribute::<Strides>())
        .attribute(methods::attribute::<DType>())
        .attribute(methods::attribute::<Device>())
        .attribute(methods::attribute::<NDim>())
        .attribute(methods::attribute::<IsReadOnly>())
        .method(methods::no_arguments::<DataPtr>())
        .method(methods::no_arguments::<Numel>())
        .method(methods::no_arguments::<IsContiguous>())
        .method(methods::no_arguments::<DLPackDevice>())
        .method(methods::one_argument::<Size>());
    subtype::add(module, c"bowline._core.CTensor", c"Base of wrappers of tensors.", members, &[])?;
    add_function!(module, tensor_from_dlpack)?;
    add_function!(module, tensor_to_dlpack)?;
    add_function!(module, _tensor_of)
}
