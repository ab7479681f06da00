//! PyO3 as its attributes find it here. What they make of functions and methods is entered through a guard of ours.
//! Upholds: no panic leaves a function or method of the module as PyO3's `PanicException`, conversion of arguments included. An error
//! without memory for its text does not end the process. What calls itself through a function ends in `RecursionError`.
//!
//! PyO3 catches what unwinds from a function, and makes the exception of its error behind that: where there is no memory for the
//! exception's text it panics there, which ends the process. Its attributes name all that they need through one path, which an option
//! sets. `bowline_python_macros::{pyfunction, pymethods}` set it to this module. Here the functions that the attributes make are put
//! between PyO3's trampolines and [`slot`], so that PyO3 gets results only, with an exception that is set already where one is.
//!
//! The path leads to [`argument`](crate::interpreter::argument), too, which names an argument of a wrong type.
//!
//! What PyO3 enters otherwise cannot fail: getters (`#[guarded]` sees to theirs), comparisons, `__traverse__`.

pub use pyo3::*;

use crate::interpreter::exceptions::PyTypeError;
use crate::interpreter::recursion::expect_stack;
use crate::interpreter::trampoline::slot;
use pyo3::impl_::trampoline::MethodDef;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use std::marker::PhantomData;

#[doc(hidden)]
pub mod impl_ {
    pub use pyo3::impl_::*;

    pub mod extract_argument {
        pub use crate::interpreter::argument::*;
    }

    pub mod trampoline {
        pub(crate) use crate::interpreter::entry::get_trampoline_function;
    }

    pub mod pyfunction {
        pub use crate::interpreter::entry::Definition as PyFunctionDef;
    }
}

/// The C function around a function that an attribute made. PyO3's slots of this name use it.
macro_rules! get_trampoline_function {
    ($trampoline:ident, $function:path) => {{
        struct Def;
        impl ::pyo3::impl_::trampoline::MethodDef<::pyo3::impl_::trampoline::$trampoline::Func> for Def {
            const METH: ::pyo3::impl_::trampoline::$trampoline::Func = $function;
        }
        ::pyo3::impl_::trampoline::$trampoline::<$crate::interpreter::entry::Guarded<Def>>
    }};
}
pub(crate) use get_trampoline_function;

/// A function that an attribute made, inside the guard.
pub struct Guarded<M>(PhantomData<M>);

macro_rules! guarded {
    ($(fn($($argument:ident: $type:ty),*) -> $result:ty $(where $keywords:ident)?;)*) => {
        $(
            const _: () = {
                type Inner = for<'py> unsafe fn(Python<'py>, $($type),*) -> PyResult<$result>;

                impl<M: MethodDef<Inner>> MethodDef<Inner> for Guarded<M> {
                    const METH: Inner = {
                        unsafe fn entered<M: MethodDef<Inner>>(_: Python<'_>, $($argument: $type),*) -> PyResult<$result> {
                            // SAFETY: PyO3 calls this attached, with the arguments that the slot takes.
                            unsafe { enter(M::METH, $($argument),*) }
                        }
                        entered::<M>
                    };
                }

                /// # Safety
                /// Attached; arguments as the function takes them.
                unsafe fn enter(inner: Inner, $($argument: $type),*) -> PyResult<$result> {
                    // SAFETY: attached, with arguments as `inner` takes them.
                    Ok(unsafe {
                        slot(|py| {
                            expect_stack()?;
                            $(expect_short($keywords)?;)?
                            inner(py, $($argument),*)
                        })
                    })
                }
            };
        )*
    };
}
// A kind of slot that is not here yet does not compile.
guarded! {
    // Functions and methods.
    fn(this: *mut ffi::PyObject, arguments: *const *mut ffi::PyObject, count: ffi::Py_ssize_t, names: *mut ffi::PyObject) -> *mut ffi::PyObject where names;
    fn(this: *mut ffi::PyObject, arguments: *mut ffi::PyObject, keywords: *mut ffi::PyObject) -> *mut ffi::PyObject where keywords;
    // Those without arguments; texts and iterators.
    fn(this: *mut ffi::PyObject) -> *mut ffi::PyObject;
    // `__new__`.
    fn(class: *mut ffi::PyTypeObject, arguments: *mut ffi::PyObject, keywords: *mut ffi::PyObject) -> *mut ffi::PyObject where keywords;
    // `__hash__`.
    fn(this: *mut ffi::PyObject) -> ffi::Py_hash_t;
}

/// How long the name of a parameter is at most.
const MAX_NAME: isize = 256;

/// Refuses a keyword that is longer than any parameter's name. PyO3 would copy it into a message without asking for room.
///
/// # Safety
/// Attached; null, a tuple of texts, or a dict with texts as its keys that have no other owner.
#[inline]
unsafe fn expect_short(keywords: *mut ffi::PyObject) -> PyResult<()> {
    if keywords.is_null() {
        return Ok(());
    }
    // SAFETY: as `# Safety` says. Nothing here runs code of users, so that the dict stays as it is.
    let longest = unsafe {
        if ffi::PyTuple_Check(keywords) != 0 {
            let names = (0..ffi::PyTuple_GET_SIZE(keywords)).map(|at| ffi::PyTuple_GET_ITEM(keywords, at));
            names.map(|name| ffi::PyUnicode_GET_LENGTH(name)).max()
        } else {
            let (mut at, mut name) = (0, std::ptr::null_mut());
            let names = std::iter::from_fn(|| {
                (ffi::PyDict_Next(keywords, &mut at, &mut name, std::ptr::null_mut()) != 0).then_some(name)
            });
            names.map(|name| ffi::PyUnicode_GET_LENGTH(name)).max()
        }
    };
    match longest {
        Some(length) if length > MAX_NAME => {
            Err(PyTypeError::new_err(format!("got an unexpected keyword argument of {length} characters")))
        }
        _ => Ok(()),
    }
}

/// The definition of a module function that is entered through the guard.
pub struct Definition(pyo3::impl_::pyfunction::PyFunctionDef);

impl Definition {
    /// As PyO3's own.
    pub const fn from_method_def(definition: pyo3::impl_::pyfunction::PyMethodDef) -> Definition {
        Definition(pyo3::impl_::pyfunction::PyFunctionDef::from_method_def(definition))
    }

    /// The function, in a module.
    ///
    /// # Errors
    /// Those of the interpreter.
    pub fn made<'py>(&'static self, module: &Bound<'py, PyModule>) -> PyResult<Bound<'py, PyCFunction>> {
        pyo3::impl_::pyfunction::WrapPyFunctionArg::wrap_pyfunction(module, &self.0)
    }
}

/// The function of a name, in a module. One that PyO3's own attribute made does not compile.
macro_rules! function {
    ($module:expr, $function:path) => {{
        use $function as function;
        let definition: &'static $crate::interpreter::entry::Definition = &function::_PYO3_DEF;
        definition.made($module)
    }};
}
pub(crate) use function;

/// Adds a `#[pyfunction]` to a module.
macro_rules! add_function {
    ($module:expr, $function:path) => {
        $crate::interpreter::entry::function!($module, $function)
            .and_then(|function| ::pyo3::types::PyModuleMethods::add_function($module, function))
    };
}
pub(crate) use add_function;

/// Makes now what PyO3 makes when it first looks at an exception. There is memory for it now.
pub fn install(py: Python<'_>) {
    py.get_type::<pyo3::panic::PanicException>();
}
