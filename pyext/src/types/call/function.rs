//! Native functions as Python callables.
//! Upholds: arguments are counted for as long as the callee has them; no exception and no error is lost between the two.

use crate::from_python::callable::PyCallable;
use crate::from_python::rvalue::Rvalue;
use crate::from_python::{argument_library, convert, fail};
use crate::interpreter::exceptions::{PyAttributeError, PyMemoryError, PyTypeError};
use crate::interpreter::make::Make;
use crate::interpreter::members as methods;
use crate::interpreter::members::{Answer, Attribute, Members, SettableAttribute};
use crate::interpreter::trampoline::{counted, slot};
use crate::to_python::error;
use crate::types::call::fast;
use crate::types::object::slots;
use crate::wrapper::layout::Wrapper;
use crate::wrapper::{metaclass, storage, tie};
use bowline::function::{Error, Function, FunctionObj};
use bowline::object::Obj;
use bowline::value::{tag, Any, AnyView, RvalueSlot};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use smallvec::SmallVec;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::OnceLock;

/// More arguments than this go to the heap.
const INLINE_ARGS: usize = 8;

/// A wrapper of a function: how it is called comes after what every wrapper has.
///
/// * `call`: [`vectorcall`], from the storage's beginning to its end: CPython reads it plainly;
/// * `detach`: atomic; whether calls detach from the interpreter: 0 as the function and the process say, 1 no,
///   [`DETACH`] yes.
#[repr(C)]
struct Callable {
    wrapper: Wrapper,
    call: ffi::vectorcallfunc,
    detach: AtomicU8,
}

/// The setting that calls detach.
const DETACH: u8 = 2;

/// Whether calls detach unless the function's wrapper says otherwise.
fn detaches_by_default() -> bool {
    static DEFAULT: OnceLock<bool> = OnceLock::new();
    *DEFAULT.get_or_init(|| std::env::var_os("TVM_FFI_RELEASE_GIL_BY_DEFAULT").is_none_or(|value| value != "0"))
}

/// The part of a wrapper that is a function's own. Attributes and slots of the type are called with its instances only.
fn callable<'a>(ob: &'a Bound<'_, PyAny>) -> &'a Callable {
    // SAFETY: attributes and slots of the type are called with its instances only.
    unsafe { &*ob.as_ptr().cast::<Callable>() }
}

impl Callable {
    #[inline]
    fn detaches(&self, short: bool) -> bool {
        // Relaxed: a setting.
        match self.detach.load(Ordering::Relaxed) {
            0 => !short && detaches_by_default(),
            setting => setting == DETACH,
        }
    }
}

struct ReleaseGil;
impl Attribute for ReleaseGil {
    const NAME: &'static std::ffi::CStr = c"release_gil";
    const DOC: &'static std::ffi::CStr = c"Whether calls let other threads run Python meanwhile.";
    fn get<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        let function = function_of(this).ok();
        let detaches = callable(this).detaches(function.is_some_and(|function| function.is_short()));
        detaches.make(this.py())
    }
}
impl SettableAttribute for ReleaseGil {
    fn set<'py>(this: &Bound<'py, PyAny>, value: Option<&Bound<'py, PyAny>>) -> PyResult<()> {
        let value = value.ok_or_else(|| PyAttributeError::new_err("release_gil cannot be deleted"))?;
        let setting = if value.is_truthy()? { DETACH } else { 1 };
        // Relaxed: a setting.
        callable(this).detach.store(setting, Ordering::Relaxed);
        Ok(())
    }
}

static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Makes the type and adds it to the module.
///
/// # Errors
/// Those of making a type.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let members = Box::leak(Box::new([
        ffi::PyMemberDef {
            name: c"__vectorcalloffset__".as_ptr(),
            type_code: ffi::Py_T_PYSSIZET,
            offset: std::mem::offset_of!(Callable, call) as ffi::Py_ssize_t,
            flags: ffi::Py_READONLY,
            doc: std::ptr::null(),
        },
        ffi::PyMemberDef::default(),
    ]));
    let [table, attributes] =
        Members::new().attribute(methods::attribute::<Entry>()).attribute(methods::settable::<ReleaseGil>()).slots();
    storage::set_entry(vectorcall);
    let made = slots::make_type(
        py,
        c"bowline._core.CFunction",
        size_of::<Callable>() as c_int,
        ffi::Py_TPFLAGS_DEFAULT
            | ffi::Py_TPFLAGS_BASETYPE
            | ffi::Py_TPFLAGS_IMMUTABLETYPE
            | ffi::Py_TPFLAGS_HAVE_VECTORCALL,
        &mut [
            slots::type_slot(ffi::Py_tp_base, metaclass::base_type(py).cast()),
            slots::type_slot(ffi::Py_tp_call, call as *mut c_void),
            slots::type_slot(ffi::Py_tp_members, members.as_mut_ptr().cast()),
            slots::type_slot(ffi::Py_tp_doc, c"Base of wrappers of native functions.".as_ptr() as *mut c_void),
            table,
            attributes,
            slots::type_slot(0, null_mut()),
        ],
    )?;
    module.add("CFunction", &made)?;
    let _ = TYPE.set(py, made.unbind());
    Ok(())
}

struct Entry;
impl Attribute for Entry {
    const NAME: &'static std::ffi::CStr = c"__ffi_cell__";
    const DOC: &'static std::ffi::CStr = c"Address of the native entry point.";
    fn get<'py>(this: &Bound<'py, PyAny>) -> Answer<'py> {
        let function = function_of(this)?;
        (function.safe_call() as usize).make(this.py())
    }
}

/// The function that a wrapper holds.
///
/// # Errors
/// `TypeError`.
pub fn function_of(ob: &Bound<'_, PyAny>) -> PyResult<Function> {
    let function = tie::object_of(ob).map(Obj::downcast::<FunctionObj>);
    function.and_then(Result::ok).ok_or_else(|| not_callable(ob))
}

#[cold]
fn not_callable(ob: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("expected a Function, got {}", fail::describe(ob)))
}

/// `tp_call`: calls with a tuple at hand.
unsafe extern "C" fn call(
    this: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a wrapper of this type. The others are a tuple, and a dict or null.
    unsafe {
        slot(|py| {
            if !keywords.is_null() && ffi::PyDict_Size(keywords) > 0 {
                return Err(no_keywords());
            }
            let tuple = Bound::from_borrowed_ptr(py, arguments);
            let count = ffi::PyTuple_GET_SIZE(arguments) as usize;
            let mut items: SmallVec<[*mut ffi::PyObject; INLINE_ARGS]> = SmallVec::new();
            items.try_reserve(count).map_err(|_| too_many())?;
            items.extend((0..count).map(|at| ffi::PyTuple_GET_ITEM(arguments, at as isize)));
            let result = invoke(py, this, borrowed(py, &items));
            drop(tuple);
            result
        })
    }
}

unsafe extern "C" fn vectorcall(
    this: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a wrapper of this type. The `count` arguments live throughout.
    unsafe {
        // Relaxed: a setting.
        if keywords.is_null() && (*this.cast::<Callable>()).detach.load(Ordering::Relaxed) != DETACH {
            if let Some(result) = fast::run(this, arguments, ffi::PyVectorcall_NARGS(count) as usize) {
                return result;
            }
        }
        vectorcall_any(this, arguments, count, keywords)
    }
}

/// [`vectorcall`] of any function with any arguments.
///
/// # Safety
/// As there.
#[inline(never)]
unsafe fn vectorcall_any(
    this: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by `vectorcall`, with its arguments.
    unsafe {
        slot(|py| {
            if !keywords.is_null() && ffi::PyTuple_GET_SIZE(keywords) > 0 {
                return Err(no_keywords());
            }
            let count = ffi::PyVectorcall_NARGS(count) as usize;
            let arguments: &[*mut ffi::PyObject] =
                if count == 0 { &[] } else { std::slice::from_raw_parts(arguments, count) };
            invoke(py, this, borrowed(py, arguments))
        })
    }
}

#[cold]
fn no_keywords() -> PyErr {
    PyTypeError::new_err("a native function takes no keyword arguments")
}

/// Converts the arguments, calls, converts the result.
///
/// # Safety
/// A live wrapper.
unsafe fn invoke<'py>(
    py: Python<'py>,
    this: *mut ffi::PyObject,
    arguments: &[Bound<'py, PyAny>],
) -> PyResult<*mut ffi::PyObject> {
    // SAFETY: live.
    let this = unsafe { Bound::from_borrowed_ptr(py, this) };
    let function = function_of(&this)?;
    let detach = callable(&this).detaches(function.is_short());
    let result = call_native_raw(py, &function, arguments, detach)?;
    argument_library::result(py, result, arguments).map(Bound::into_ptr)
}

/// # Safety
/// Live objects.
unsafe fn borrowed<'a, 'py>(_: Python<'py>, raw: &'a [*mut ffi::PyObject]) -> &'a [Bound<'py, PyAny>] {
    // SAFETY: `Bound` is transparent over a non-null object pointer; behind a reference it is never dropped.
    unsafe { std::slice::from_raw_parts(raw.as_ptr().cast(), raw.len()) }
}

/// Calls a native function with Python arguments.
///
/// # Errors
/// What converting an argument raises, and the function's error.
pub fn call_native<'py>(py: Python<'py>, function: &Function, arguments: &[Bound<'py, PyAny>]) -> Answer<'py> {
    argument_library::result(py, call_native_raw(py, function, arguments, detaches_by_default())?, arguments)
}

/// As [`call_native`], with the result as it is. It is attached to the interpreter throughout unless `detach`.
///
/// # Errors
/// As [`call_native`].
pub fn call_native_raw<'py>(
    py: Python<'py>,
    function: &Function,
    arguments: &[Bound<'py, PyAny>],
    detach: bool,
) -> PyResult<Any> {
    let mut values: SmallVec<[Any; INLINE_ARGS]> = SmallVec::new();
    values.try_reserve(arguments.len()).map_err(|_| too_many())?;
    let mut moves = Moves { py, arguments, slots: SmallVec::new() };
    for (at, argument) in arguments.iter().enumerate() {
        match Rvalue::of(argument) {
            None => values.push(convert::any(argument)?),
            Some(rvalue) => {
                let moved = || PyTypeError::new_err(format!("argument #{at} was moved away already"));
                moves.slots.try_reserve(1).map_err(|_| too_many())?;
                moves.slots.push((at, RvalueSlot::new(rvalue.take(py).ok_or_else(moved)?)));
                values.push(Any::none());
            }
        }
    }
    // The library's own work and the callee's go to one stream.
    let has_tensors = values.iter().any(|value| value.type_index() == tag::TENSOR);
    let _stream = if has_tensors { argument_library::work_stream(arguments, &values)? } else { None };
    let result = match moves.slots.is_empty() {
        true => call_views(py, function, Any::views(&values), detach),
        false => {
            let mut views: SmallVec<[AnyView<'_>; INLINE_ARGS]> = SmallVec::new();
            views.try_reserve(values.len()).map_err(|_| too_many())?;
            views.extend(values.iter().map(Any::view));
            for (at, slot) in &moves.slots {
                views[*at] = AnyView::of_rvalue(slot);
            }
            call_views(py, function, &views, detach)
        }
    };
    drop(moves);
    result.map_err(|error| counted(|py| error::to_python(py, &error)))
}

fn too_many() -> PyErr {
    PyMemoryError::new_err("too many arguments")
}

/// Objects on offer to a callee, by argument. Those that were not taken go back to their wrappers, however the call ends.
struct Moves<'a, 'py> {
    py: Python<'py>,
    arguments: &'a [Bound<'py, PyAny>],
    slots: SmallVec<[(usize, RvalueSlot); 0]>,
}

impl Drop for Moves<'_, '_> {
    fn drop(&mut self) {
        for (at, slot) in self.slots.drain(..) {
            if let (Some(object), Some(rvalue)) = (slot.take(), Rvalue::of(&self.arguments[at])) {
                // The source is a wrapper, so this succeeds.
                let _ = rvalue.put_back(self.py, object);
            }
        }
    }
}

/// Calls, detached from the interpreter if asked, unless the function is Python code anyway. Detached the way that PyO3
/// knows: when the callee comes back to Python, it must not take the thread for attached because a caller further up is.
fn call_views(py: Python<'_>, function: &Function, views: &[AnyView<'_>], detach: bool) -> Result<Any, Error> {
    match detach && function.state::<PyCallable>().is_none() {
        true => py.detach(|| function.call(views)),
        false => function.call(views),
    }
}
