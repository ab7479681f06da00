//! Native values as Python sees them.
//! Upholds P6: an object whose wrapper lives is handed out without touching the object's count; nothing is allocated for
//! scalars on the native side.

use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::make::Make;
use crate::interpreter::names::intern;
use crate::interpreter::trampoline::slot;
use crate::interpreter::{make, small_int};
use crate::to_python::opaque::OpaqueObj;
use crate::to_python::short_text;
use crate::wrapper::host::CPython;
use crate::wrapper::layout::Wrapper;
use crate::wrapper::tie;
use bowline::container::ShapeObj;
use bowline::object::grow::gather_into;
use bowline::object::{self, Obj, Object};
use bowline::protocol;
use bowline::value::big_int::BigIntObj;
use bowline::value::{tag, Any, AnyView, RawAny};
use bowline::word::Word;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyInt;
use std::ptr::NonNull;

/// Takes a new reference that a C function returned.
///
/// # Safety
/// `raw` is that: owned, or null with an exception set.
#[inline]
unsafe fn new<'py>(py: Python<'py>, raw: *mut ffi::PyObject) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: `raw` is owned, or null with an exception set, as `# Safety` says.
    unsafe { Bound::from_owned_ptr_or_err(py, raw) }
}

/// A `str`. Unlike PyO3's own way, no panic for want of memory.
///
/// # Errors
/// `MemoryError`; `UnicodeDecodeError` when the bytes are no UTF-8.
pub fn text<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the bytes are there; CPython checks that they are UTF-8.
    unsafe { new(py, ffi::PyUnicode_FromStringAndSize(bytes.as_ptr().cast(), bytes.len() as isize)) }
}

fn bytes<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the bytes are there.
    unsafe { new(py, ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), bytes.len() as isize)) }
}

/// An owned value as Python sees it.
///
/// # Errors
/// What making the Python object raises; the value is released in any case.
#[inline]
pub fn to_python<'py>(py: Python<'py>, value: Any) -> PyResult<Bound<'py, PyAny>> {
    match value.into_object() {
        Ok(object) => object_to_python(py, object),
        Err(plain) => plain_to_python(py, plain.view()),
    }
}

/// A borrowed value as Python sees it.
///
/// # Errors
/// As [`to_python`].
///
/// # Safety
/// What the view names is alive until this thread next runs Python code.
#[inline]
pub unsafe fn view_to_python<'py>(py: Python<'py>, view: AnyView<'_>) -> PyResult<Bound<'py, PyAny>> {
    match view.as_object() {
        // SAFETY: the object that the view names is alive until Python code runs.
        Some(object) => unsafe { borrowed_to_python(py, object) },
        None if view.as_rvalue().is_some() => to_python(py, view.to_owned()),
        None => plain_to_python(py, view),
    }
}

/// A value that is no object.
#[inline]
pub fn plain_to_python<'py>(py: Python<'py>, view: AnyView<'_>) -> PyResult<Bound<'py, PyAny>> {
    let bits = view.to_raw().to_bits();
    // SAFETY: attached; each function returns a new reference, or null with an exception set.
    unsafe {
        match view.type_index() {
            tag::NONE => Ok(py.None().into_bound(py)),
            tag::INT => new(py, small_int::new(bits as i64)),
            tag::BOOL => new(py, ffi::PyBool_FromLong((bits != 0).into())),
            tag::FLOAT => new(py, ffi::PyFloat_FromDouble(f64::from_bits(bits))),
            tag::SMALL_STR => new(py, short_text::new(view.to_raw())),
            _ => other_to_python(py, view),
        }
    }
}

fn other_to_python<'py>(py: Python<'py>, view: AnyView<'_>) -> PyResult<Bound<'py, PyAny>> {
    if let Some(content) = view.as_text() {
        return text(py, content);
    }
    if let Some(content) = view.as_bytes() {
        return bytes(py, content);
    }
    if let Some(pointer) = view.as_pointer() {
        return py
            .import(intern!(py, "ctypes"))?
            .getattr(intern!(py, "c_void_p"))?
            .call1(((pointer as usize).make(py)?,));
    }
    if let Some(dtype) = view.as_dtype() {
        return plain(py, PlainKind::DType)?.call1((dtype.code.make(py)?, dtype.bits.make(py)?, dtype.lanes.make(py)?));
    }
    if let Some(device) = view.as_device() {
        return plain(py, PlainKind::Device)?.call1((device.kind.make(py)?, device.id.make(py)?));
    }
    Err(PyTypeError::new_err(format!(
        "expected a value that has a Python form, got one of type `{}`",
        view.type_name()
    )))
}

/// Values that Python shows by a class of the package.
#[derive(Clone, Copy)]
pub enum PlainKind {
    /// `dtype(code, bits, lanes)`.
    DType = 0,
    /// `Device(kind, id)`.
    Device = 1,
    /// `Shape(numbers)`.
    Shape = 2,
}

static PLAIN: [PyOnceLock<Py<PyAny>>; 3] = [const { PyOnceLock::new() }; 3];

/// Sets what makes the Python form of a kind, once.
pub fn set_plain(py: Python<'_>, kind: PlainKind, make: Py<PyAny>) {
    let _ = PLAIN[kind as usize].set(py, make);
}

fn plain<'py>(py: Python<'py>, kind: PlainKind) -> PyResult<&'py Bound<'py, PyAny>> {
    let made = || PLAIN[kind as usize].get(py).map(|make| make.bind(py));
    if made().is_none() {
        // Its modules set them.
        py.import(["bowline._dtype", "bowline._device", "bowline._shape"][kind as usize])?;
    }
    made().ok_or_else(|| PyTypeError::new_err("the package is being set up: it has no class for this value yet"))
}

/// An owned object as Python sees it. A string, bytes or payload is itself, anything else its wrapper.
///
/// # Errors
/// As [`to_python`].
#[inline]
pub fn object_to_python<'py>(py: Python<'py>, object: Obj<Object>) -> PyResult<Bound<'py, PyAny>> {
    match shown_by_content(&object) {
        // SAFETY: owned here, for longer than the call.
        true => unsafe { content_to_python(py, object.as_raw()) },
        false => tie::wrap(py, object),
    }
}

#[inline]
fn shown_by_content(object: &Object) -> bool {
    matches!(object.type_index(), tag::STR | tag::BYTES | tag::OPAQUE | tag::SHAPE | tag::BIG_INT)
}

/// As [`object_to_python`], without a count unless there is no living wrapper.
///
/// # Errors
/// As [`to_python`].
///
/// # Safety
/// The object is alive until this thread next runs Python code or detaches.
#[inline]
pub unsafe fn borrowed_to_python<'py>(py: Python<'py>, object: NonNull<Object>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the object is alive until Python code runs or the thread detaches.
    match unsafe { live_wrapper(py, object) } {
        Ok(wrapper) => Ok(wrapper),
        Err(object) => object_to_python(py, object),
    }
}

/// The living wrapper of an object, or else the object with a count, for [`object_to_python`]. Allocates nothing.
///
/// # Safety
/// As [`borrowed_to_python`].
#[inline]
pub unsafe fn live_wrapper<'py>(py: Python<'py>, object: NonNull<Object>) -> Result<Bound<'py, PyAny>, Obj<Object>> {
    // SAFETY: alive until Python code runs; `hit` leaves a count where it finds no wrapper.
    unsafe {
        let Some(word) = object::tie_word(object) else { return Err(Obj::from_borrowed(object)) };
        protocol::hit(
            &CPython,
            object,
            word,
            |wrapper| Ok(Bound::from_owned_ptr(py, wrapper.as_ptr().cast())),
            || Err(Obj::from_raw(object)),
        )
    }
}

/// A value that stays where it is: an object or an integer. No Python code runs, and nothing could unwind. An object
/// whose wrapper does not live gets one; null with an exception set when that fails. Other values are left to `otherwise`.
///
/// # Safety
/// Attached; what the value names is alive until this thread next runs Python code or detaches.
#[inline(always)]
pub unsafe fn cached_or(raw: RawAny, otherwise: impl FnOnce(RawAny) -> *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: what the value names is alive until Python code runs, as `# Safety` says. An object is no null pointer.
    unsafe {
        match raw.type_index() {
            tag::INT => small_int::new(raw.to_bits() as i64),
            index if index >= tag::OBJECT && index != tag::STR => {
                cached_object(NonNull::new_unchecked(raw.to_pointer().cast()))
            }
            _ => otherwise(raw),
        }
    }
}

/// A text, a float, a bool or None, in the same way. None for other values. Out of line: who has an object needs no frame.
///
/// # Safety
/// As for [`cached_or`].
#[inline(never)]
pub unsafe fn try_plain(raw: RawAny) -> Option<*mut ffi::PyObject> {
    // SAFETY: attached; a text is alive until Python code runs, as `# Safety` says.
    unsafe {
        match raw.type_index() {
            tag::SMALL_STR => Some(short_text::new(raw)),
            tag::STR => {
                let view: AnyView<'_> = AnyView::from_raw(raw);
                let content = view.as_text()?;
                Some(ffi::PyUnicode_FromStringAndSize(content.as_ptr().cast(), content.len() as isize))
            }
            tag::NONE => Some(ffi::Py_NewRef(ffi::Py_None())),
            tag::BOOL => Some(ffi::PyBool_FromLong((raw.to_bits() != 0).into())),
            tag::FLOAT => Some(ffi::PyFloat_FromDouble(f64::from_bits(raw.to_bits()))),
            _ => None,
        }
    }
}

/// As [`cached_or`], of an object.
///
/// # Safety
/// As there.
#[inline(always)]
pub unsafe fn cached_object(object: NonNull<Object>) -> *mut ffi::PyObject {
    // SAFETY: alive until Python code runs; being attached is the section.
    unsafe {
        let Some(word) = object::prefix_word(object) else { return cached_elsewhere(object) };
        match protocol::hit_own(&CPython, word) {
            Ok(wrapper) => wrapper.as_ptr().cast(),
            Err(seen) => cached_of_another(object, seen),
        }
    }
}

/// [`cached_object`] of an object without prefix. A C function cannot unwind: so those that end in it need no stack.
///
/// # Safety
/// As there.
#[inline(never)]
unsafe extern "C" fn cached_elsewhere(object: NonNull<Object>) -> *mut ffi::PyObject {
    // SAFETY: attached; the object is alive until Python code runs.
    unsafe { slot(|py| borrowed_to_python(py, object).map(Bound::into_ptr)) }
}

/// [`cached_object`] of an object whose wrapper, if it lives, is not the thread's own. It is a C function for the same
/// reason.
///
/// # Safety
/// As there; `seen` is what was in the object's word since Python code last ran.
#[inline(never)]
unsafe extern "C" fn cached_of_another(object: NonNull<Object>, seen: Word) -> *mut ffi::PyObject {
    // SAFETY: attached; `seen` was in the object's word since Python code last ran. `hit_any` leaves a count where it
    // finds no wrapper.
    unsafe {
        let found = |wrapper: NonNull<Wrapper>| wrapper.as_ptr().cast();
        protocol::hit_any(&CPython, (), object, seen, found, move || wrap_slow(object))
    }
}

/// # Safety
/// Attached; a count of the object is handed over.
#[cold]
unsafe fn wrap_slow(object: NonNull<Object>) -> *mut ffi::PyObject {
    // SAFETY: attached; the count of the object is handed over, as `# Safety` says.
    unsafe { slot(|py| object_to_python(py, Obj::from_raw(object)).map(Bound::into_ptr)) }
}

/// The wrapper of an object, if one is alive.
pub fn wrapper_if_live<'py>(py: Python<'py>, object: &Obj<Object>) -> Option<Bound<'py, PyAny>> {
    // SAFETY: the handle keeps the object alive.
    unsafe { live_wrapper(py, object.as_raw()) }.ok()
}

/// The integer with these words of a two's complement, the lowest first.
#[cold]
fn int_of_words<'py>(py: Python<'py>, words: &[i64]) -> PyResult<Bound<'py, PyAny>> {
    let mut bytes = Vec::new();
    gather_into(&mut bytes, words.iter().flat_map(|word| word.to_le_bytes()));
    let signed = make::dict(py)?;
    signed.set_item(intern!(py, "signed"), true)?;
    let from_bytes = py.get_type::<PyInt>().getattr(intern!(py, "from_bytes"))?;
    from_bytes.call((make::bytes(py, &bytes)?, intern!(py, "little")), Some(&signed))
}

/// # Safety
/// The object is alive, and [`shown_by_content`].
unsafe fn content_to_python<'py>(py: Python<'py>, object: NonNull<Object>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: alive; each function copies the content before it can run anything.
    unsafe {
        let view: AnyView<'_> = AnyView::from_raw(RawAny::of_object(object));
        match view.type_index() {
            tag::STR => text(py, view.as_text().unwrap_or_default()),
            tag::BYTES => bytes(py, view.as_bytes().unwrap_or_default()),
            tag::SHAPE => {
                let numbers = make::tuple(py, ShapeObj::of(view).unwrap_or_default().iter().copied())?;
                plain(py, PlainKind::Shape)?.call1((numbers,))
            }
            tag::BIG_INT => int_of_words(py, BigIntObj::words(object)),
            _ => Ok(object.cast::<OpaqueObj>().as_ref().payload(py)),
        }
    }
}
