//! The value of a field of a native object, as Python sees it. This is the one place that reads it. Who asks finds the
//! field.
//! Upholds P6: reading a field whose object has a living wrapper writes nothing but that wrapper's refcount.

use crate::interpreter::members::Answer;
use crate::interpreter::small_int;
use crate::to_python::value::{borrowed_to_python, live_wrapper, object_to_python, plain_to_python, to_python};
use crate::to_python::{error, short_text, value};
use bowline::object::{Obj, Object};
use bowline::reclaim;
use bowline::reflect::FieldInfo;
use bowline::sync::single_threaded::single_threaded;
use bowline::value::{cell, tag, Storage};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::NonNull;

/// A field, with copies of what each read asks of it.
#[derive(Clone, Copy)]
pub struct ReadField {
    pub field: &'static FieldInfo,
    storage: Storage,
    /// Whether it is never written: the field itself is frozen. A property that shows it may be stricter.
    stays: bool,
}

impl ReadField {
    /// What reads of a field need.
    #[inline]
    pub fn new(field: &'static FieldInfo) -> ReadField {
        ReadField { field, storage: field.storage(), stays: field.flags().frozen }
    }

    /// The value in the object that `find` gives; none if it gives none.
    ///
    /// # Errors
    /// Those of making a wrapper or a value.
    ///
    /// # Safety
    /// Attached. What `find` gives has the field, and is alive until this thread next runs Python code; `find` runs none.
    #[inline(always)]
    pub unsafe fn read<'py>(
        &self,
        py: Python<'py>,
        find: impl FnOnce() -> Option<NonNull<Object>>,
    ) -> Option<Answer<'py>> {
        // SAFETY: what `find` gives has the field. Between finding the object and counting what is in it no Python code
        // runs: pins, which may, come before.
        unsafe {
            if self.storage.owns() && !self.stays && !single_threaded() {
                let guard = reclaim::pin();
                return Some(read_mutable(py, find()?, self.field, guard));
            }
            Some(read_staying(py, find()?, self.field, self.storage))
        }
    }
}

/// Reads plain data, or a field that is not written meanwhile. That is a frozen one, or any if there is one thread.
///
/// # Safety
/// The object has the field and is alive until Python code runs; attached.
#[inline]
unsafe fn read_staying<'py>(
    py: Python<'py>,
    object: NonNull<Object>,
    field: &'static FieldInfo,
    storage: Storage,
) -> Answer<'py> {
    // SAFETY: the object has the field. What is found lives as long as its owner, or until this thread next runs Python
    // code.
    unsafe {
        if storage == Storage::Foreign {
            return read_foreign(py, object, field);
        }
        if !storage.owns() {
            return plain_to_python(py, cell::load_frozen(field.address(object), storage).view());
        }
        match field.peek_frozen_raw(object) {
            Some(child) => borrowed_to_python(py, child),
            None => to_python(py, cell::load_frozen(field.address(object), storage)),
        }
    }
}

/// Reads a field that only its maker's code can read.
///
/// # Safety
/// As [`read_staying`].
#[cold]
unsafe fn read_foreign<'py>(py: Python<'py>, object: NonNull<Object>, field: &'static FieldInfo) -> Answer<'py> {
    // SAFETY: alive until Python code runs (the caller). It is counted before the maker's code runs, which may be any.
    let object = unsafe { Obj::<Object>::from_borrowed(object) };
    match field.get(&object) {
        Ok(value) => to_python(py, value),
        Err(error) => Err(error::to_python(py, &error)),
    }
}

/// What a field holds that others may write.
///
/// # Safety
/// As [`read_staying`]; the guard was made before the object was looked up.
#[inline]
unsafe fn read_mutable<'py>(
    py: Python<'py>,
    object: NonNull<Object>,
    field: &'static FieldInfo,
    guard: reclaim::Guard,
) -> Answer<'py> {
    // SAFETY: the object has the field. The guard keeps what is found until a count of it is taken.
    unsafe {
        let found = match field.peek_raw(object, &guard) {
            Some(child) => live_wrapper(py, child),
            None => {
                let value = cell::load(field.address(object), field.storage());
                drop(guard);
                return to_python(py, value);
            }
        };
        drop(guard);
        match found {
            Ok(wrapper) => Ok(wrapper),
            Err(child) => object_to_python(py, child),
        }
    }
}

// ---- Without a stack frame -------------------------------------------------------------------------------------------

/// How a field is read where that takes no call into the interpreter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum QuickRead {
    /// An object in a field that stays.
    Frozen,
    /// An object in a field that others may write.
    Mutable,
    /// Any value in a field that stays.
    FrozenAny,
    /// Any value in a field that others may write.
    MutableAny,
    Int,
    /// By [`ReadField::read`] only.
    Never,
}

impl QuickRead {
    /// How a field is read.
    pub fn of_field(field: &FieldInfo) -> QuickRead {
        match (field.storage(), field.flags().frozen) {
            (Storage::Object, true) => QuickRead::Frozen,
            (Storage::Object, false) => QuickRead::Mutable,
            (Storage::Any, true) => QuickRead::FrozenAny,
            (Storage::Any, false) => QuickRead::MutableAny,
            (Storage::I64, _) => QuickRead::Int,
            _ => QuickRead::Never,
        }
    }

    /// A new reference to the value at the address of such a field. It is null with an exception set; or what `otherwise`
    /// gives, where it takes more.
    ///
    /// # Safety
    /// Attached; the address is one of such a field, in an object that is alive until this thread next runs Python code.
    #[inline(always)]
    pub unsafe fn read(self, address: *const u8, otherwise: impl FnOnce() -> *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: the address is that of such a field, in a live object. The field is not written meanwhile, as it is frozen
        // or there is one thread.
        unsafe {
            match self {
                QuickRead::Mutable | QuickRead::MutableAny if !single_threaded() => otherwise(),
                QuickRead::Frozen | QuickRead::Mutable => match cell::peek_object_frozen(address, Storage::Object) {
                    Some(child) => value::cached_object(child),
                    None => otherwise(),
                },
                QuickRead::FrozenAny | QuickRead::MutableAny => read_any(address, otherwise),
                QuickRead::Int => {
                    let value = cell::load_frozen(address, Storage::I64);
                    small_int::new(value.view().to_raw().to_bits() as i64)
                }
                QuickRead::Never => otherwise(),
            }
        }
    }
}

/// Reads any value that is not written meanwhile. Out of line, as a C function, which cannot unwind: so the other kinds need
/// no stack.
///
/// # Safety
/// As for [`QuickRead::read`], with the address of such a field.
#[inline(never)]
unsafe extern "C" fn read_any<F: FnOnce() -> *mut ffi::PyObject>(
    address: *const u8,
    otherwise: F,
) -> *mut ffi::PyObject {
    // SAFETY: the value at the address is not written meanwhile. It is alive until Python code runs.
    unsafe {
        value::cached_or(cell::peek_frozen(address, Storage::Any), |raw| match raw.type_index() {
            tag::SMALL_STR => short_text::new(raw),
            _ => value::try_plain(raw).unwrap_or_else(otherwise),
        })
    }
}
