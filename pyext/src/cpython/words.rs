//! Objects that are words: all fields are numbers or objects, so that construction writes them as they come.
//! Imports `refcount`, `integer`, `shortcut`, wrappers.
//! Upholds: either an object has all of its arguments' values, or none was taken.

use super::wrapper::Wrapper;
use super::{integer, refcount, shortcut};
use crate::error;
use bowline::object::{self, registry, Header, Obj, Object};
use bowline::reflect::{instance, FieldInfo, Reflection};
use bowline::value::{Schema, Storage};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::NonNull;

/// Objects of more words are no such objects.
const MOST: usize = 12;

/// The fields of such objects.
pub struct Words(Vec<Word>);

/// A field that is one word of an object.
struct Word {
    /// Where it is, in words behind the header.
    at: usize,
    kind: WordKind,
}

#[derive(Clone, Copy)]
enum WordKind {
    Int,
    Float,
    /// Of this type or one derived from it.
    Object(i32),
}

impl Word {
    fn of(field: &FieldInfo) -> Option<Word> {
        let kind = match (field.storage(), field.schema()) {
            (Storage::I64, Schema::Int) => WordKind::Int,
            (Storage::F64, Schema::Float) => WordKind::Float,
            (Storage::Object, Schema::Object(target)) => WordKind::Object(*target),
            _ => return None,
        };
        Some(Word { at: (field.offset() - size_of::<Header>()) / size_of::<u64>(), kind })
    }

    /// The bytes of an argument's value, owned; none if it is of another class, or takes Python code to convert.
    ///
    /// # Safety
    /// Attached; a live object.
    #[inline(always)]
    unsafe fn convert(&self, argument: *mut ffi::PyObject) -> Option<u64> {
        // SAFETY: by contract; for the count see the tie.
        unsafe {
            let class = refcount::class_of(argument);
            match self.kind {
                WordKind::Object(target) => {
                    if !shortcut::is_usual(class) {
                        return None;
                    }
                    let object = (*argument.cast::<Wrapper>()).handle.read().object()?;
                    let index = object.as_ref().type_index();
                    if index != target && !registry::is_instance(index, target) {
                        return None;
                    }
                    object::retain(object);
                    Some(object.as_ptr() as u64)
                }
                WordKind::Int if class == &raw mut ffi::PyLong_Type => {
                    integer::compact(argument).map(|value| value as u64)
                }
                WordKind::Float if class == &raw mut ffi::PyFloat_Type => {
                    Some(ffi::PyFloat_AS_DOUBLE(argument).to_bits())
                }
                _ => None,
            }
        }
    }
}

impl Words {
    /// The fields of a type whose objects are words and nothing else; none of another.
    pub fn of(reflection: &Reflection) -> Option<Words> {
        let small = reflection.total_size <= size_of::<Header>() + MOST * size_of::<u64>();
        match small && reflection.is_declared_at_run_time() {
            true => reflection.fields.iter().map(Word::of).collect::<Option<Vec<_>>>().map(Words),
            false => None,
        }
    }

    /// An object of these values; none if one takes Python code to convert.
    ///
    /// # Errors
    /// `MemoryError`.
    ///
    /// # Safety
    /// Attached; `reflection` is that of these fields; there is a live argument for each.
    #[inline(always)]
    pub unsafe fn object(
        &self,
        py: Python<'_>,
        reflection: &Reflection,
        arguments: *const *mut ffi::PyObject,
    ) -> PyResult<Option<Obj<Object>>> {
        let mut words = [0u64; MOST];
        // SAFETY: by contract; such objects have at most so many words.
        unsafe {
            for (i, field) in self.0.iter().enumerate() {
                match field.convert(*arguments.add(i)) {
                    Some(value) => *words.get_unchecked_mut(field.at) = value,
                    None => {
                        give_back(&self.0[..i], &words);
                        return Ok(None);
                    }
                }
            }
            let all = (reflection.total_size - size_of::<Header>()) / size_of::<u64>();
            match instance::from_words(reflection, words.get_unchecked(..all)) {
                Ok(object) => Ok(Some(object)),
                Err(error) => {
                    give_back(&self.0, &words);
                    Err(error::to_python(py, &error))
                }
            }
        }
    }
}

/// Releases what an object was to have.
///
/// # Safety
/// The words of these fields are owned.
#[cold]
unsafe fn give_back(fields: &[Word], words: &[u64; MOST]) {
    for field in fields {
        if let (WordKind::Object(_), Some(object)) = (field.kind, NonNull::new(words[field.at] as *mut Object)) {
            // SAFETY: by contract.
            unsafe { object::release(object) };
        }
    }
}
