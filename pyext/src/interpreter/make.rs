//! Python objects from Rust's values: where there is no memory, a `MemoryError`.
//! Upholds: nothing here panics. PyO3's own makers do: `PyDict::new`, `PyTuple::new`, `into_pyobject` of numbers, texts and tuples.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

/// A new reference, or the exception that is set.
///
/// # Safety
/// Attached; `made` is that, or null with an exception.
unsafe fn owned<'py, T>(py: Python<'py>, made: *mut ffi::PyObject) -> PyResult<Bound<'py, T>> {
    // SAFETY: attached; `made` is null or a new reference. Callers know the type of what they made.
    unsafe { Bound::from_owned_ptr_or_err(py, made).map(|made| made.cast_into_unchecked()) }
}

/// A text.
///
/// # Errors
/// `MemoryError`, as with all that follow.
pub fn text<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyString>> {
    // SAFETY: the text is there and is UTF-8.
    unsafe { owned(py, ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as isize)) }
}

/// A text of which the interpreter has one.
///
/// # Errors
/// As [`text`].
pub fn interned<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyString>> {
    let mut made = text(py, name)?.into_ptr();
    // SAFETY: a text of ours, for which another may come back. It fails without memory, and leaves what it was given.
    unsafe {
        ffi::PyUnicode_InternInPlace(&mut made);
        ffi::PyErr_Clear();
        owned(py, made)
    }
}

/// Bytes.
///
/// # Errors
/// As [`text`].
pub fn bytes<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, pyo3::types::PyBytes>> {
    // SAFETY: the bytes are there.
    unsafe { owned(py, ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), bytes.len() as isize)) }
}

/// A dict without entries.
///
/// # Errors
/// As [`text`].
pub fn dict(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    // SAFETY: attached.
    unsafe { owned(py, ffi::PyDict_New()) }
}

/// A list without items.
///
/// # Errors
/// As [`text`].
pub fn list(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    // SAFETY: attached.
    unsafe { owned(py, ffi::PyList_New(0)) }
}

/// A list of these.
///
/// # Errors
/// As [`text`].
pub fn list_of<'py, T: Make<'py>>(py: Python<'py>, items: impl IntoIterator<Item = T>) -> PyResult<Bound<'py, PyList>> {
    let list = list(py)?;
    items.into_iter().try_for_each(|item| list.append(item.make(py)?))?;
    Ok(list)
}

/// A tuple of these.
///
/// # Errors
/// As [`text`].
pub fn tuple<'py, T: Make<'py>>(
    py: Python<'py>,
    items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
) -> PyResult<Bound<'py, PyTuple>> {
    let items = items.into_iter();
    // SAFETY: attached; each place is filled once, before another thread sees the tuple. Those of a tuple that is given up are
    // null.
    unsafe {
        let made: Bound<'py, PyTuple> = owned(py, ffi::PyTuple_New(items.len() as isize))?;
        for (at, item) in items.take(made.len()).enumerate() {
            ffi::PyTuple_SET_ITEM(made.as_ptr(), at as isize, item.make(py)?.into_ptr());
        }
        Ok(made)
    }
}

/// What a Python object can be made of.
pub trait Make<'py> {
    /// The object.
    ///
    /// # Errors
    /// `MemoryError`.
    fn make(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;
}

macro_rules! make {
    ($([$($generic:tt)*] $type:ty: |$py:ident, $value:ident| $made:expr;)*) => {
        $(
            impl<'py, $($generic)*> Make<'py> for $type {
                fn make(self, $py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                    let $value = self;
                    $made
                }
            }
        )*
    };
}
make! {
    [] (): |py, _nothing| Ok(py.None().into_bound(py));
    [] bool: |py, truth| Ok(pyo3::types::PyBool::new(py, truth).to_owned().into_any());
    [] u8: |py, number| i64::from(number).make(py);
    [] u16: |py, number| i64::from(number).make(py);
    [] u32: |py, number| i64::from(number).make(py);
    [] i32: |py, number| i64::from(number).make(py);
    // SAFETY: attached.
    [] i64: |py, number| unsafe { owned(py, ffi::PyLong_FromLongLong(number)) };
    // SAFETY: attached.
    [] u64: |py, number| unsafe { owned(py, ffi::PyLong_FromUnsignedLongLong(number)) };
    // SAFETY: attached.
    [] usize: |py, number| unsafe { owned(py, ffi::PyLong_FromSize_t(number)) };
    [] &str: |py, content| text(py, content).map(Bound::into_any);
    [] String: |py, content| text(py, &content).map(Bound::into_any);
    ['a, T] &'a Bound<'py, T>: |_py, made| Ok(made.clone().into_any());
    [T] Bound<'py, T>: |_py, made| Ok(made.into_any());
    [T] Py<T>: |py, made| Ok(made.into_bound(py).into_any());
    [T: Make<'py>] Made<T>: |py, made| made.0.make(py);
    [T: Make<'py>] Option<T>: |py, value| value.map_or_else(|| ().make(py), |value| value.make(py));
    [T: Make<'py>] Vec<T>: |py, items| list_of(py, items).map(Bound::into_any);
}

macro_rules! make_tuple {
    ($($name:ident)*) => {
        impl<'py, $($name: Make<'py>),*> Make<'py> for ($($name,)*) {
            fn make(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                #[allow(non_snake_case, reason = "the parts are named for their types")]
                let ($($name,)*) = self;
                tuple(py, [$($name.make(py)?),*]).map(Bound::into_any)
            }
        }
    };
}
make_tuple!(A);
make_tuple!(A B);
make_tuple!(A B C);
make_tuple!(A B C D);
make_tuple!(A B C D E);

/// Instances of classes that PyO3 makes.
macro_rules! make_instance {
    ($class:ty) => {
        impl<'py> $crate::interpreter::make::Make<'py> for $class {
            fn make(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                Bound::new(py, self).map(Bound::into_any)
            }
        }
        impl $crate::interpreter::make::Returned for $class {
            type Value = $class;
            fn returned(self) -> PyResult<$class> {
                Ok(self)
            }
        }
    };
}
pub(crate) use make_instance;

/// A value, for PyO3 to show as [`Make`] does.
#[derive(Clone)]
pub struct Made<T>(pub T);

impl<'py, T: Make<'py>> IntoPyObject<'py> for Made<T> {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;
    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.make(py)
    }
}

/// What a function returns that Python calls: a value, or a result.
pub trait Returned {
    /// The value.
    type Value;
    /// The value, or why there is none.
    ///
    /// # Errors
    /// That.
    fn returned(self) -> PyResult<Self::Value>;
}

impl<T> Returned for PyResult<T> {
    type Value = T;
    fn returned(self) -> PyResult<T> {
        self
    }
}

macro_rules! returned {
    ($([$($generic:tt)*] $type:ty),*) => {
        $(
            impl<$($generic)*> Returned for $type {
                type Value = $type;
                fn returned(self) -> PyResult<$type> {
                    Ok(self)
                }
            }
        )*
    };
}
returned!(['py, T] Bound<'py, T>, [] (), [] bool, [] i32, [] u32, [] i64, [] u64, [] usize, [] String, ['a] &'a str, [T] Option<T>, [T] Vec<T>);
