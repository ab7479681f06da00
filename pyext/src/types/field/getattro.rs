//! `tp_getattro` of registered classes. It finds a field in the class's table, and leaves the rest to the interpreter.
//! Upholds: what a read returns is what `PyObject_GenericGetAttr` would return: a table is used only while the class has
//! the version that the table was made for.

use crate::interpreter::recursion::expect_stack;
use crate::interpreter::trampoline::slot;
use crate::interpreter::type_lookup::{lookup, version};
use crate::interpreter::{make, refcount};
use crate::types::field::descriptor;
use crate::types::field::field_cache::FieldCache;
use crate::types::field::read::ReadField;
use crate::wrapper::class_object;
use crate::wrapper::layout::Wrapper;
use bowline::function::stack;
use bowline::object::registry;
use bowline::reflect;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::null_mut;

/// Gives a class that is being registered for `index` a table of fields.
///
/// # Safety
/// Attached; a live class whose metaclass is ours.
pub unsafe fn install(class: *mut ffi::PyTypeObject, index: i32) {
    // SAFETY: attached; a live class whose metaclass is ours.
    unsafe {
        class_object::note_usual(refcount::class_of(class.cast()));
        FieldCache::publish_first(class, index, get_attribute);
    }
}

/// `tp_getattro` of registered classes while it is the field reads' turn.
unsafe extern "C" fn get_attribute(op: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a live instance and a name. The instance's class has our metaclass. Nothing
    // here runs Python code before a count of what is returned is taken.
    unsafe {
        let class = refcount::class_of(op);
        let Some(cache) = FieldCache::of_class(class) else { return ffi::PyObject_GenericGetAttr(op, name) };
        let cached = cache.place_of(name);
        if cached.name != name || version(class) != cache.version {
            return otherwise(op, name);
        }
        let Some(object) = (*op.cast::<Wrapper>()).handle.read().settled() else { return otherwise(op, name) };
        if object.as_ref().type_index() != cache.index {
            return otherwise(op, name);
        }
        let address = object.as_ptr().cast::<u8>().offset(cached.offset);
        cached.read.read(address, move || otherwise(op, name))
    }
}

/// What takes more than a look at the table. A C function cannot unwind: so that which ends in it needs no stack.
#[inline(never)]
unsafe extern "C" fn otherwise(op: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by `get_attribute` with its live instance and name. The metaclass is ours.
    unsafe {
        let class = refcount::class_of(op);
        if let Some(mut cache) = FieldCache::of_class(class) {
            if version(class) != cache.version {
                cache = renew(Python::assume_attached(), class, cache);
            }
            let cached = cache.place_of(name);
            if cached.name == name && version(class) == cache.version {
                if let Some(field) = cached.field {
                    let object = || {
                        let object = (*op.cast::<Wrapper>()).handle.read().object()?;
                        (object.as_ref().type_index() == cache.index).then_some(object)
                    };
                    let mut suits = true;
                    let found = slot(|py| match ReadField::new(field).read(py, object) {
                        Some(found) => found.map(Bound::into_ptr),
                        None => {
                            suits = false;
                            Ok(null_mut())
                        }
                    });
                    if suits {
                        return found;
                    }
                }
            }
            cache.backoff.missed(class);
        }
        // A property, whose function may look at an attribute in turn.
        if stack::is_short() {
            return slot(|_| expect_stack().map(|()| null_mut()));
        }
        ffi::PyObject_GenericGetAttr(op, name)
    }
}

/// Brings a class's table up to date.
///
/// # Safety
/// Attached; a live class with this table.
#[cold]
unsafe fn renew<'a>(py: Python<'_>, class: *mut ffi::PyTypeObject, former: &'a FieldCache) -> &'a FieldCache {
    // SAFETY: attached; a live class, of which `former` is the table.
    unsafe {
        if former.is_last() {
            former.backoff.give_up(class);
            return former;
        }
        match table_now(py, class, former) {
            Some(next) => former.replace(class, next),
            None => former,
        }
    }
}

/// The table for a class as it is now. None if the class changes meanwhile, or has no field that goes into one.
///
/// # Safety
/// Attached; a live class.
unsafe fn table_now(py: Python<'_>, class: *mut ffi::PyTypeObject, former: &FieldCache) -> Option<FieldCache> {
    let fields = &reflect::info(former.index)?.fields;
    let mut found_for = 0;
    let mut found = Vec::with_capacity(fields.len());
    for field in fields {
        let name = make::interned(py, &field.name).ok()?;
        // SAFETY: attached, and a live class (the caller, by `# Safety`). The first lookup gives it a version if it has none.
        let (attribute, now) = unsafe { (lookup(py, class, &name), version(class)) };
        if now == 0 || (found_for != 0 && now != found_for) {
            return None;
        }
        found_for = now;
        let Some(field) = attribute.as_ref().and_then(descriptor::of_property) else { continue };
        if registry::is_instance(former.index, field.owner()) {
            found.push((name, field));
        }
    }
    former.next_of(found_for, found)
}
