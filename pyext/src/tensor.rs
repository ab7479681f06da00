//! Tensors as Python sees them.
//! Imports `cpython::{capsule, exchange, methods, tie, value}`, the core's tensors.
//! Upholds: no content is copied unless that is asked for; a tensor that came in goes out as the same wrapper.
#![forbid(unsafe_code)]

use crate::cpython::exchange::Exchange;
use crate::cpython::methods::{self, Answer, Attribute, Members, NoArguments, OneArgument};
use crate::cpython::trampoline::or_memory_error;
use crate::cpython::{capsule, construct, subtype, tie, value};
use crate::{convert, error, protocols};
use bowline::container::ShapeObj;
use bowline::object::Obj;
use bowline::tensor::dlpack::READ_ONLY;
use bowline::tensor::{Tensor, TensorObj};
use bowline::value::{DataType, IntoAny};
use pyo3::exceptions::{PyBufferError, PyIndexError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyDict, PyTuple, PyType};
use std::ffi::CStr;

/// The tensor behind a wrapper.
///
/// # Errors
/// `TypeError`.
fn tensor_in(ob: &Bound<'_, PyAny>) -> PyResult<Tensor> {
    let found = tie::object_of(ob).map(Obj::downcast::<TensorObj>).and_then(Result::ok);
    found.ok_or_else(|| PyTypeError::new_err(format!("expected a Tensor, got {}", convert::describe(ob))))
}

/// The tensor of an object of another library: by its class's exchange API, or by `__dlpack__`; none of other objects.
///
/// # Errors
/// What the library raises, and those of taking its tensor.
pub fn tensor_of(ob: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    match exchanged(ob)? {
        Some(tensor) => Ok(Some(tensor)),
        None => exported(ob),
    }
}

/// The tensor of an object whose class has an exchange API.
///
/// # Errors
/// As for [`tensor_of`].
pub fn exchanged(ob: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    Exchange::of(&ob.get_type())?.map(|exchange| exchange.tensor_of(ob)).transpose()
}

/// The tensor of an object with `__dlpack__`.
///
/// # Errors
/// As for [`tensor_of`].
pub fn exported(ob: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    let py = ob.py();
    let Some(export) = protocols::special(ob, intern!(py, "__dlpack__"))? else { return Ok(None) };
    let keywords = PyDict::new(py);
    keywords.set_item(intern!(py, "max_version"), (1, 1))?;
    let capsule = match export.call((), Some(&keywords)) {
        // Libraries from before versions know no such keyword.
        Err(raised) if raised.is_instance_of::<PyTypeError>(py) => export.call0()?,
        other => other?,
    };
    let capsule = capsule.cast::<PyCapsule>().map_err(|_| {
        let (name, found) = (convert::describe(ob), convert::describe(&capsule));
        PyTypeError::new_err(format!("expected a capsule from {name}.__dlpack__(), got {found}"))
    })?;
    capsule::take(capsule).map(Some)
}

/// The tensor of an object that exports one, or of a capsule.
#[pyfunction]
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
            (_, Ok(capsule)) => capsule::take(capsule)?,
            _ => tensor_of(ext_tensor)?.ok_or_else(|| {
                let found = convert::describe(ext_tensor);
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
            tensor = tensor.copy().map_err(|error| PyBufferError::new_err(error.message().to_owned()))?;
        }
        let exported = match max_version {
            Some((1.., _)) => tensor.export_versioned(copied),
            _ => tensor.export().map_err(|error| PyBufferError::new_err(error.message().to_owned()))?,
        };
        capsule::give(py, exported)
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
    PyTuple::new(py, &*tensor.strides())?.into_any()
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
method!(DataPtr, c"data_ptr", c"data_ptr($self, /)\n--\n\nThe address of the first element.", |tensor, py| Ok((tensor
    .data()
    as usize)
    .into_pyobject(py)?
    .into_any()));
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
    |tensor, py| Ok((tensor.device().kind, tensor.device().id).into_pyobject(py)?.into_any())
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

/// How a tensor is pickled: element type, shape and content.
///
/// # Errors
/// `RuntimeError` when the content cannot be read.
pub fn parts<'py>(py: Python<'py>, tensor: &Tensor) -> PyResult<(String, Bound<'py, PyTuple>, Bound<'py, PyBytes>)> {
    let content = tensor.content().map_err(|error| error::to_python(py, &error))?;
    Ok((tensor.dtype().to_string(), PyTuple::new(py, tensor.shape())?, PyBytes::new(py, &content)))
}

/// A tensor with this content: what pickles begin with.
#[pyfunction]
fn _tensor_of<'py>(
    class: &Bound<'py, PyType>,
    dtype: &str,
    shape: Vec<i64>,
    content: &Bound<'py, PyBytes>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    or_memory_error(py, || {
        let dtype: DataType = dtype.parse().map_err(|error| PyValueError::new_err(format!("{error}")))?;
        let made = TensorObj::from_bytes(dtype, &shape, content.as_bytes());
        let made = made.map_err(|error| error::to_python(py, &error))?;
        let wrapper = construct::empty(class)?;
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
    module.add_function(wrap_pyfunction!(tensor_from_dlpack, module)?)?;
    module.add_function(wrap_pyfunction!(tensor_to_dlpack, module)?)?;
    module.add_function(wrap_pyfunction!(_tensor_of, module)?)
}
