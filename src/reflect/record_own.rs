//! Records of types that are declared here. C and C++ see their fields, methods and metadata by them.
//! Upholds: a record is completed once, after the type's fields are registered; getters and setters keep to what their field
//! demands of readers and writers.

use super::record::{self, FieldGetter, FieldRecord, MetadataRecord, MethodRecord, TypeRecord};
use super::record::{COMPARE_OFF, HASH_OFF, REPR_OFF, STRUCTURAL_DEFINES, STRUCTURAL_DEFINES_FLAT, STRUCTURAL_IGNORE};
use super::record::{DEFAULT_IS_FACTORY, HAS_DEFAULT, INIT_OFF, IS_STATIC, KW_ONLY, SETTER_IS_FUNCTION, WRITABLE};
use super::{frozen_overwrites, info, init_of, own_copy};
use super::{FieldDefault, FieldInfo, FieldRole, MethodInfo, Reflection};
use crate::function::{Error, Function};
use crate::object::table::IndexTable;
use crate::object::{Obj, Object};
use crate::value::{cell, tag, Any, AnyView, ByteArray, IntoAny, RawAny, Storage};
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Once;

/// By type, whether its record was completed.
static COMPLETED: IndexTable<Once> = IndexTable::new();

/// The record of a type, with all that is registered of it so far. None if there is no such type.
#[inline]
pub fn of(index: i32) -> Option<&'static TypeRecord> {
    let record = record::of(index)?;
    match info(index) {
        Some(reflection) if !reflection.is_foreign() && !COMPLETED.get(index).is_some_and(Once::is_completed) => {
            complete(record, reflection)
        }
        _ => {}
    }
    Some(record)
}

#[cold]
fn complete(record: &'static TypeRecord, reflection: &'static Reflection) {
    if let Some(parent) = reflection.parent {
        of(parent.index);
    }
    let made = COMPLETED.set(reflection.index, Box::new(Once::new()));
    if let Some(once) = made.ok().or_else(|| COMPLETED.get(reflection.index)) {
        // Anew after one that ended for want of memory.
        once.call_once_force(|_| fill(record, reflection));
    }
    // For readers of the columns.
    init_of(reflection.index);
    own_copy::offer(reflection);
}

/// Adds what the record has not yet.
fn fill(record: &TypeRecord, reflection: &Reflection) {
    for field in reflection.own_fields() {
        let setter = setter(field);
        let (default, default_flags) = default_in(field);
        let own = FieldRecord {
            name: text(&field.name),
            doc: text(&field.doc),
            metadata: text(&field.metadata),
            flags: flags(field) | default_flags | SETTER_IS_FUNCTION,
            size: field.size() as i64,
            alignment: field.storage().align() as i64,
            offset: field.offset() as i64,
            getter: Some(getter(field.storage(), field.flags().frozen)),
            setter: setter.as_raw().as_ptr().cast(),
            default: default.view().to_raw(),
            static_index: field.schema().index().unwrap_or(tag::ANY),
        };
        // SAFETY: all that is named lives during the call. Getter and setter are made for this field.
        // An error says that the record has the field.
        let _ = unsafe { record.add_field(&own) };
    }
    for MethodInfo { name, doc, metadata, function, is_static, .. } in &reflection.methods {
        if record.methods().iter().any(|known| known.name() == &**name) {
            continue;
        }
        let method = AnyView::of_object(function).to_raw();
        let flags = if *is_static { IS_STATIC } else { 0 };
        let own = MethodRecord { name: text(name), doc: text(doc), metadata: text(metadata), flags, method };
        // SAFETY: all that is named lives during the call.
        unsafe { record.add_method(&own) };
    }
    let total_size = i32::try_from(reflection.total_size).unwrap_or(0);
    let structural = reflection.structural as i32;
    let own = MetadataRecord { doc: text(&reflection.doc), creator: None, total_size, structural };
    // SAFETY: all that is named lives during the call. An error says that the record has them.
    let _ = unsafe { record.set_metadata(&own) };
}

/// A field's default, and what flags say of it.
pub(super) fn default_in(field: &FieldInfo) -> (Any, i64) {
    match &field.default {
        FieldDefault::Required => (Any::none(), 0),
        FieldDefault::Value(value) => (value.clone(), HAS_DEFAULT),
        FieldDefault::Factory(factory) => (factory.clone().into_any(), HAS_DEFAULT | DEFAULT_IS_FACTORY),
    }
}

pub(super) fn text(text: &str) -> ByteArray {
    ByteArray::new(text.as_bytes())
}

pub(super) fn flags(field: &FieldInfo) -> i64 {
    let flags = field.flags();
    let structural = match flags.structural {
        FieldRole::Compared => 0,
        FieldRole::Ignored => STRUCTURAL_IGNORE,
        FieldRole::Defines => STRUCTURAL_DEFINES,
        FieldRole::DefinesFlat => STRUCTURAL_DEFINES_FLAT,
    };
    let given = [
        (!flags.frozen, WRITABLE),
        (!flags.init, INIT_OFF),
        (!flags.repr, REPR_OFF),
        (!flags.compare, COMPARE_OFF),
        (!flags.hash, HASH_OFF),
        (flags.kw_only, KW_ONLY),
    ];
    given.iter().filter(|(is_so, _)| *is_so).fold(structural, |all, (_, flag)| all | flag)
}

/// Reads a field of a storage.
///
/// # Safety
/// As [`FieldGetter`]: the address is a field of that storage in an object that is alive.
unsafe extern "C" fn read<const STORAGE: usize, const FROZEN: bool>(field: *mut c_void, out: *mut RawAny) -> i32 {
    let storage = const { Storage::ALL[STORAGE] };
    // SAFETY: the field's object is alive; writers of frozen fields keep what was there.
    unsafe {
        let value = match FROZEN {
            true => cell::load_frozen(field.cast(), storage),
            false => cell::load(field.cast(), storage),
        };
        out.write(value.into_raw());
    }
    0
}

fn getter(storage: Storage, frozen: bool) -> FieldGetter {
    macro_rules! all {
        ($($at:literal)*) => {
            [$([read::<$at, false> as FieldGetter, read::<$at, true>]),*]
        };
    }
    const GETTERS: [[FieldGetter; 2]; Storage::ALL.len()] = all!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    let at = Storage::ALL.iter().position(|other| *other == storage).expect("every storage is listed");
    GETTERS[at][usize::from(frozen)]
}

/// Whether an object has one handle only.
///
/// # Safety
/// The object is alive.
unsafe fn is_unique(object: NonNull<Object>) -> bool {
    // SAFETY: the object is alive. The count stays its owner's, since the handle is not dropped.
    ManuallyDrop::new(unsafe { Obj::<Object>::from_raw(object) }).is_unique()
}

/// A function over a field's address and a value, which the field accepts or refuses.
fn setter(field: &FieldInfo) -> Function {
    let field = field.clone();
    Function::from_packed(move |arguments| {
        let [address, value] = arguments else {
            return Err(Error::type_error("a setter takes an address and a value"));
        };
        let address = address.as_pointer().and_then(NonNull::new);
        let address = address.ok_or_else(|| Error::type_error("a setter takes the address of a field"))?;
        // C++ fills a copy that it has just made, and alone has.
        // SAFETY: the ABI's contract: the address is that of this field in an object that is alive.
        if field.is_plain() && !unsafe { is_unique(address.byte_offset(-field.offset()).cast()) } {
            return Err(field.refuse());
        }
        let value = field.accept(AnyView::to_owned(*value)).map_err(|error| field.wrap(&error))?;
        // SAFETY: the ABI's contract. The address is that of this field in an object that is alive. The value was brought
        // into form; what a frozen field held is kept.
        unsafe {
            match field.flags().frozen {
                false => cell::store(address.as_ptr().cast(), field.storage(), value),
                true => {
                    let object = address.byte_offset(-field.offset()).cast::<Object>();
                    let old = cell::store_kept(address.as_ptr().cast(), field.storage(), value);
                    frozen_overwrites::keep(object, old);
                }
            }
        }
        Ok(Any::none())
    })
}
