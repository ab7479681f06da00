//! Objects whose fields are all numbers or objects: construction writes their bits as they come.
//! Upholds: either an object has all of its arguments' values, or none was taken.

use crate::from_python::classify::Exact;
use crate::interpreter::small_int;
use crate::to_python::error;
use crate::wrapper::layout::Wrapper;
use bowline::object::{self, registry, Header, Obj, Object, ObjectType};
use bowline::reflect::sentinel::Sentinel;
use bowline::reflect::{instance, FieldInfo, Reflection};
use bowline::value::{Schema, Storage};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::NonNull;

/// Objects of more words are made in another way.
const MAX_FIELD_WORDS: usize = 12;

/// All fields of such a type.
pub struct RawFields(Vec<RawField>);

/// A field that is one word of an object.
struct RawField {
    /// Where it is, in words behind the header.
    at: usize,
    kind: RawKind,
}

#[derive(Clone, Copy)]
enum RawKind {
    Int,
    Float,
    /// Of this type or one derived from it.
    Object(i32),
}

impl RawField {
    fn for_field(field: &FieldInfo) -> Option<RawField> {
        let kind = match (field.storage(), field.schema()) {
            (Storage::I64, Schema::Int) => RawKind::Int,
            (Storage::F64, Schema::Float) => RawKind::Float,
            (Storage::Object, Schema::Object(target)) => RawKind::Object(*target),
            _ => return None,
        };
        Some(RawField { at: (field.offset() as usize - size_of::<Header>()) / size_of::<u64>(), kind })
    }

    /// The bytes of an argument's value, owned. None if it is of another class, or takes Python code to convert.
    ///
    /// # Safety
    /// Attached; a live object.
    #[inline(always)]
    unsafe fn convert(&self, argument: *mut ffi::PyObject) -> Option<u64> {
        // SAFETY: attached; a live object. For the count see the tie.
        unsafe {
            match self.kind {
                RawKind::Object(target) if Exact::Wrapper.is_raw(argument) => {
                    let object = (*argument.cast::<Wrapper>()).handle.read().object()?;
                    let index = object.as_ref().type_index();
                    if index != target && !registry::is_instance(index, target) || index == Sentinel::type_index() {
                        return None;
                    }
                    object::retain(object);
                    Some(object.as_ptr() as u64)
                }
                RawKind::Int if Exact::Int.is_raw(argument) => small_int::compact(argument).map(|value| value as u64),
                RawKind::Float if Exact::Float.is_raw(argument) => Some(ffi::PyFloat_AS_DOUBLE(argument).to_bits()),
                _ => None,
            }
        }
    }
}

impl RawFields {
    /// The fields of a type, if each is one word of its objects.
    pub fn for_type(reflection: &Reflection) -> Option<RawFields> {
        let small = reflection.total_size <= size_of::<Header>() + MAX_FIELD_WORDS * size_of::<u64>();
        match small && reflection.is_declared_at_run_time() {
            true => reflection.fields.iter().map(RawField::for_field).collect::<Option<Vec<_>>>().map(RawFields),
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
        let mut words = [0u64; MAX_FIELD_WORDS];
        // SAFETY: there is a live argument for each field. Such objects have at most so many words.
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
unsafe fn give_back(fields: &[RawField], words: &[u64; MAX_FIELD_WORDS]) {
    for field in fields {
        if let (RawKind::Object(_), Some(object)) = (field.kind, NonNull::new(words[field.at] as *mut Object)) {
            // SAFETY: the words are owned, as `# Safety` says.
            unsafe { object::release(object) };
        }
    }
}
