//! Objects made by what is known of their type.
//! Upholds: an object is whole before any other thread knows it.

use super::allocate::allocate;
use super::{attr, info, InitSignature, Reflection};
use crate::function::{Error, Function};
use crate::object::grow::{gathered, try_gathered};
use crate::object::{destroy, registry, Header, Obj, Object, ObjectType};
use crate::reclaim;
use crate::value::{cell, Any, AnyView, RawAny, Schema};
use std::ptr::NonNull;

fn known(index: i32) -> Result<&'static Reflection, Error> {
    info(index).ok_or_else(|| {
        let key = registry::type_info(index).map_or("?", |info| info.key);
        Error::type_error(format!("the fields of `{key}` are not registered"))
    })
}

/// A new object of a registered type, all its fields blank: zero, none, empty.
///
/// # Errors
/// Kind `MemoryError` without memory; `TypeError` when the type is not registered, or has a Rust part with a field that
/// cannot be blank (see [`make`]).
pub fn new_zeroed(index: i32) -> Result<Obj<Object>, Error> {
    let reflection = known(index)?;
    if reflection.is_foreign() {
        return foreign(reflection);
    }
    let object = allocate(reflection, true)?;
    // SAFETY: the object is zeroed, of the type, and ours alone. Fields of run-time types are valid when zero.
    unsafe {
        if let Some((native, _)) = reflection.native {
            if !(native.blank)(object) {
                destroy::free_raw(object, reflection.layout);
                let name = Schema::Object(index);
                return Err(Error::type_error(format!("`{name}` has fields that cannot be left without a value")));
            }
        }
        Ok(Obj::from_raw(object))
    }
}

/// A new object of a type without a Rust part. It is made from the bytes that are to follow its header.
///
/// # Errors
/// Kind `MemoryError` without memory; the values are the caller's then.
///
/// # Safety
/// `words` are [`Reflection::total_size`] bytes less the header's; where a field lies they are a value of its storage,
/// owned, that came from [`FieldInfo::accept`](super::FieldInfo::accept).
#[inline]
pub unsafe fn from_words(reflection: &Reflection, words: &[u64]) -> Result<Obj<Object>, Error> {
    debug_assert!(reflection.native.is_none() && size_of::<Header>() + size_of_val(words) == reflection.total_size);
    let object = allocate(reflection, false)?;
    // SAFETY: the object is not published; the words are the whole rest of it.
    unsafe {
        let rest = object.as_ptr().cast::<u8>().add(size_of::<Header>()).cast::<u64>();
        for (at, word) in words.iter().enumerate() {
            // Word by word. The compiler must not make one wider copy of it, which would wait for the words that were written
            // just now.
            rest.add(at).write(std::ptr::from_ref(word).read_volatile());
        }
        Ok(Obj::from_raw(object))
    }
}

/// A new object with a value for each of [`Reflection::fields`], in their order.
///
/// # Errors
/// Kind `MemoryError` without memory; `TypeError` when the type is not registered or a value does not suit.
pub fn make(index: i32, values: impl IntoIterator<Item = Any>) -> Result<Obj<Object>, Error> {
    let reflection = known(index)?;
    let values = gathered(values);
    if values.len() != reflection.fields.len() {
        let (name, expected) = (Schema::Object(index), reflection.fields.len());
        return Err(Error::type_error(format!("`{name}` has {expected} fields, but got {} values", values.len())));
    }
    if reflection.is_foreign() {
        let object = foreign(reflection)?;
        for (field, value) in reflection.fields.iter().zip(values) {
            field.set_frozen(&object, value)?;
        }
        return Ok(object);
    }
    let values = reflection.fields.iter().zip(values).map(|(field, value)| match field.accept(value) {
        Ok(value) => Ok(value),
        Err(error) => Err(field.wrap(&error)),
    });
    let values = try_gathered(values)?;
    // SAFETY: every value was brought into form.
    unsafe { fill(reflection, values) }
}

/// A new object with these values for its fields, in their order. A field without one has what the type's maker gives it, or is
/// blank.
///
/// # Errors
/// Kind `MemoryError` without memory; `TypeError` when the type's maker makes something else; those of the maker.
///
/// # Safety
/// Each value came from [`FieldInfo::accept`](super::FieldInfo::accept) of its field; required fields have one.
pub unsafe fn assemble(
    signature: &InitSignature,
    values: impl IntoIterator<Item = Option<Any>>,
) -> Result<Obj<Object>, Error> {
    let reflection = signature.reflection();
    if !signature.is_blank() {
        // Then every field has a value.
        return make(reflection.index, values.into_iter().map(Option::unwrap_or_default));
    }
    let given = reflection.fields.iter().zip(values).filter_map(|(field, value)| Some((field, value?)));
    if let Some(creator) = &reflection.creator {
        let object = created(reflection, creator.call(&[])?)?;
        for (field, value) in given {
            // Its maker may know it still.
            field.set_frozen(&object, value)?;
        }
        return Ok(object);
    }
    let object = new_zeroed(reflection.index)?;
    for (field, value) in given {
        // SAFETY: the object is of the type and not published; the rest is the caller's.
        unsafe { field.init_raw(object.as_raw(), value) };
    }
    Ok(object)
}

/// An object of another maker, as its creator leaves it.
fn foreign(reflection: &Reflection) -> Result<Obj<Object>, Error> {
    match &reflection.creator {
        Some(creator) => created(reflection, creator.call(&[])?),
        None => {
            let name = Schema::Object(reflection.index);
            Err(Error::type_error(format!("`{name}` has no function that makes objects")))
        }
    }
}

fn created(reflection: &Reflection, value: Any) -> Result<Obj<Object>, Error> {
    let found = value.view().type_name();
    if let Ok(object) = value.into_object() {
        if object.type_index() == reflection.index {
            return Ok(object);
        }
    }
    let key = registry::type_info(reflection.index).map_or("?", |info| info.key);
    Err(Error::type_error(format!("the native maker of {key} made a {found}")))
}

/// # Safety
/// There is an accepted value for each field.
unsafe fn fill(reflection: &Reflection, values: Vec<Any>) -> Result<Obj<Object>, Error> {
    let object = allocate(reflection, true)?;
    if let Some(begin) = reflection.native.and_then(|(native, _)| native.begin) {
        // SAFETY: the object is zeroed, of the type, and ours alone.
        unsafe {
            if !begin(object) {
                destroy::free_raw(object, reflection.layout);
                let name = Schema::Object(reflection.index);
                return Err(Error::runtime(format!("`{name}`: what its maker does for a new object failed")));
            }
        }
    }
    for (field, value) in reflection.fields.iter().zip(values) {
        // SAFETY: the object is of the type and ours alone. A Rust part consists of its fields, and of what has begun, so that it
        // is whole after the last one; nothing can fail in between.
        unsafe { field.init_raw(object, value) };
    }
    // SAFETY: the one count is ours.
    Ok(unsafe { Obj::from_raw(object) })
}

/// A copy with the same values in its fields.
///
/// # Errors
/// Kind `TypeError` when the type is not registered or not copyable, `MemoryError` without memory.
pub fn copy_shallow<T: ObjectType>(object: &Obj<T>) -> Result<Obj<Object>, Error> {
    let reflection = known(object.type_index())?;
    if !reflection.is_copyable() {
        let name = Schema::Object(reflection.index);
        return Err(Error::type_error(format!("`{name}` does not support copying")));
    }
    if let Some(hook) = attr::SHALLOW_COPY.get(reflection.index).filter(|_| reflection.is_foreign()) {
        return created(reflection, Function::call_view(hook.view(), &[AnyView::of_object(object)])?);
    }
    // SAFETY: the object is of the type and lent alive. What was in a field suits it.
    unsafe {
        let values = reflection.fields.iter().map(|field| field.get_raw(object.as_raw())).collect();
        fill(reflection, values)
    }
}

/// How many fields can hold an object that a garbage collector may be shown. Other makers' objects are not looked into.
pub fn size(reflection: &Reflection) -> usize {
    if reflection.is_foreign() {
        return 0;
    }
    reflection.fields.iter().filter(|field| field.storage.owns()).count()
}

/// Shows the objects in the fields to a garbage collector, without counts.
///
/// It begins at the field of that number, and ends when `look` finds something: that, and the field to go on from. `look` releases
/// nothing.
///
/// # Safety
/// `object` is alive and of a type whose fields are `reflection`'s.
pub unsafe fn find_from<R>(
    reflection: &Reflection,
    object: NonNull<Object>,
    from: usize,
    mut look: impl FnMut(AnyView<'_>) -> Option<R>,
) -> Option<(usize, R)> {
    if reflection.is_foreign() {
        return None;
    }
    reclaim::look(|guard| {
        let mut fields = reflection.fields.iter().enumerate().skip(from).filter(|(_, field)| field.storage.owns());
        fields.find_map(|(at, field)| {
            // SAFETY: the object is alive. The guard, or the object for frozen fields, keeps what is seen alive.
            let view = unsafe { AnyView::from_raw(RawAny::of_object(field.peek_raw(object, guard)?)) };
            look(view).map(|found| (at + 1, found))
        })
    })
}

/// Empties the fields that can be empty, to break cycles.
///
/// # Safety
/// `object` is alive and of a type whose fields are `reflection`'s; no thread uses a frozen field of it any more.
pub unsafe fn clear(reflection: &Reflection, object: NonNull<Object>) {
    if reflection.is_foreign() {
        return;
    }
    let natives = reflection.native.map_or(0, |(_, count)| count);
    for (at, field) in reflection.fields.iter().enumerate() {
        let optional = matches!(field.schema, Schema::Any | Schema::Optional(_));
        if field.storage.owns() && !field.is_plain() && (at >= natives || optional) {
            // SAFETY: the object is alive and of the type; none suits the field.
            unsafe { cell::store(field.address(object), field.storage, Any::none()) };
        }
    }
}
