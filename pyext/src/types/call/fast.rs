//! Calls of functions that do not block, with few arguments. Their kinds take no Python code to convert.
//! Upholds: what is lent to a leaf function stays. No Python code runs between the look at a handle and the function's
//! return; an object that another thread moves out of its wrapper meanwhile stays in limbo until after that. Other
//! functions get counts.

use crate::from_python::callable;
use crate::from_python::classify::Exact;
use crate::interpreter::trampoline::slot;
use crate::interpreter::{refcount, small_int};
use crate::to_python::{error, tensor_library, value};
use crate::wrapper::layout::Wrapper;
use bowline::function::FunctionObj;
use bowline::object::{self, Obj, Object};
use bowline::value::{tag, Any, AnyView, IntoAny, RawAny};
use pyo3::prelude::*;
use pyo3::{ffi, Borrowed};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::{null_mut, NonNull};

/// More arguments than this take the long way.
const MAX_FAST_ARGS: usize = 4;

/// Calls. `None`, having done nothing, when something is not as simple as this file takes it to be.
///
/// # Safety
/// Attached; `this` is a live wrapper, `arguments` are `count` live objects.
#[inline(always)]
pub unsafe fn run(
    this: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
) -> Option<*mut ffi::PyObject> {
    // SAFETY: a live wrapper and live arguments. The type index says what the object is.
    unsafe {
        let function = (*this.cast::<Wrapper>()).handle.read().object()?;
        if function.as_ref().type_index() != tag::FUNCTION || count > MAX_FAST_ARGS {
            return None;
        }
        let function = function.cast::<FunctionObj>();
        if function.as_ref().is_leaf() {
            call_lent(function, arguments, count)
        } else if function.as_ref().is_short() {
            call_counted(function, arguments, count)
        } else {
            None
        }
    }
}

/// # Safety
/// As [`run`], of a leaf function.
#[inline(always)]
unsafe fn call_lent(
    function: NonNull<FunctionObj>,
    arguments: *const *mut ffi::PyObject,
    count: usize,
) -> Option<*mut ffi::PyObject> {
    let mut values = [const { MaybeUninit::<RawAny>::uninit() }; MAX_FAST_ARGS];
    // SAFETY: the arguments are live, and the function is a leaf, as `# Safety` says. See the file's head for how long the handles' objects are used; views are transparent over
    // `RawAny`.
    unsafe {
        for at in 0..count {
            values.get_unchecked_mut(at).write(lend(*arguments.add(at))?);
        }
        let function = ManuallyDrop::new(Obj::<FunctionObj>::from_raw(function.cast()));
        let result = function.call(std::slice::from_raw_parts(values.as_ptr().cast::<AnyView<'_>>(), count));
        let Ok(result) = result else { return Some(finish(result)) };
        if let Some(object) = result.view().as_object() {
            // A function that returns one of its arguments: that has the wrapper.
            for at in 0..count {
                let argument = *arguments.add(at);
                if values.get_unchecked(at).assume_init().to_pointer() == object.as_ptr().cast()
                    && object::prefix_word(object).is_some_and(|word| word.still_ties(NonNull::new_unchecked(argument)))
                {
                    refcount::incref(argument);
                    return Some(let_go(result, argument));
                }
            }
        }
        Some(show(result))
    }
}

/// An argument's value without a count.
///
/// # Safety
/// A live object.
#[inline(always)]
unsafe fn lend(argument: *mut ffi::PyObject) -> Option<RawAny> {
    // SAFETY: the argument is live, as `# Safety` says; a wrapper by its class.
    unsafe {
        if Exact::Wrapper.is_raw(argument) {
            let object = (*argument.cast::<Wrapper>()).handle.read().object()?;
            // What a container remembers is a matter of the result, too.
            return (!tensor_library::is_marked(object)).then(|| RawAny::of_object(object));
        }
        plain(argument)
    }
}

/// Whether an object is a callable, and nothing else that a conversion looks for first.
///
/// # Safety
/// A live object.
#[inline(always)]
unsafe fn is_plainly_callable(argument: *mut ffi::PyObject) -> bool {
    // SAFETY: a live object.
    unsafe { Exact::Function.is_raw(argument) || Exact::Method.is_raw(argument) || Exact::Builtin.is_raw(argument) }
}

/// The value of an argument that is neither an object nor something to be called.
///
/// # Safety
/// A live object.
#[inline(always)]
unsafe fn plain(argument: *mut ffi::PyObject) -> Option<RawAny> {
    // SAFETY: a live object; an integer by its class.
    unsafe {
        if Exact::Int.is_raw(argument) {
            return small_int::compact(argument).map(|value| RawAny::bits(tag::INT, value as u64));
        }
        Exact::None.is_raw(argument).then_some(RawAny::NONE)
    }
}

/// The result as Python sees it.
///
/// # Safety
/// Attached.
#[inline(always)]
unsafe fn show(result: Any) -> *mut ffi::PyObject {
    // SAFETY: attached; None is alive.
    unsafe {
        // Plain data has no end, but the compiler would call it.
        match result.type_index() {
            tag::NONE => {
                std::mem::forget(result);
                let none = ffi::Py_None();
                // From 3.12 on it is immortal.
                #[cfg(not(Py_3_12))]
                ffi::Py_INCREF(none);
                none
            }
            tag::INT => small_int::new(result.into_raw().to_bits() as i64),
            _ => finish(Ok(result)),
        }
    }
}

/// What a call came to, in general.
///
/// # Safety
/// Attached.
#[inline(never)]
unsafe fn finish(result: Result<Any, bowline::function::Error>) -> *mut ffi::PyObject {
    // SAFETY: attached.
    unsafe {
        slot(|py| match result {
            Ok(result) => value::to_python(py, result).map(Bound::into_ptr),
            Err(error) => Err(error::to_python(py, &error)),
        })
    }
}

/// Releases an object whose wrapper `kept` was counted just before, and returns that.
///
/// # Safety
/// Attached; the count of `kept` is the caller's, to hand over.
#[inline(always)]
unsafe fn let_go(result: Any, kept: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // The wrapper's life keeps the object, so that nothing ends here.
    drop(result);
    kept
}

/// Values that own what they name.
struct Values<'py> {
    py: Python<'py>,
    values: [MaybeUninit<Any>; MAX_FAST_ARGS],
    count: usize,
}

impl Values<'_> {
    fn views(&self) -> &[AnyView<'_>] {
        // SAFETY: the first `count` are there; both are transparent over the same bytes.
        unsafe { std::slice::from_raw_parts(self.values.as_ptr().cast(), self.count) }
    }
}

impl Drop for Values<'_> {
    #[inline]
    fn drop(&mut self) {
        for value in &self.values[..self.count] {
            // SAFETY: the first `count` are there, and are taken this once.
            callable::take_back(self.py, unsafe { value.assume_init_read() });
        }
    }
}

/// # Safety
/// As [`run`], of a function that does not block.
#[inline(never)]
unsafe fn call_counted(
    function: NonNull<FunctionObj>,
    arguments: *const *mut ffi::PyObject,
    count: usize,
) -> Option<*mut ffi::PyObject> {
    let mut simple = true;
    // SAFETY: attached; a live wrapper of a short function. The handles' objects are counted before anything else runs.
    let result = unsafe {
        slot(|py| {
            let function = Obj::<FunctionObj>::from_borrowed(function.cast());
            let mut values = Values { py, values: [const { MaybeUninit::uninit() }; MAX_FAST_ARGS], count: 0 };
            for at in 0..count {
                let Some(value) = own(py, *arguments.add(at)) else {
                    simple = false;
                    return Ok(null_mut());
                };
                values.values[at].write(value);
                values.count = at + 1;
            }
            let result = function.call(values.views());
            drop((values, function));
            match result {
                Ok(result) => Ok(show(result)),
                Err(error) => Err(error::to_python(py, &error)),
            }
        })
    };
    simple.then_some(result)
}

/// An argument's value.
///
/// # Safety
/// Attached; a live object.
#[inline(always)]
unsafe fn own(py: Python<'_>, argument: *mut ffi::PyObject) -> Option<Any> {
    // SAFETY: attached; a live object. The count is taken while the handle's object is protected by the wrapper, see the tie.
    unsafe {
        if Exact::Wrapper.is_raw(argument) {
            let object: NonNull<Object> = (*argument.cast::<Wrapper>()).handle.read().object()?;
            if tensor_library::is_marked(object) {
                return None;
            }
            return Some(Obj::<Object>::from_borrowed(object).into_any());
        }
        if is_plainly_callable(argument) {
            return Some(callable::lend(&Borrowed::from_ptr(py, argument)).into_any());
        }
        plain(argument).map(|raw| Any::from_raw(raw))
    }
}
