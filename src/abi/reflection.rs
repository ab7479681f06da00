//! Fields, methods, metadata and attributes of types.

use super::boundary::{answer, expect, text};
use super::start;
use crate::function::{serial, Error, Function};
use crate::object::registry;
use crate::reflect::attr;
use crate::reflect::record::{self, FieldRecord, MetadataRecord, MethodRecord, TypeRecord};
use crate::value::{convert, tag, Any, AnyView, ByteArray, Column, IntoAny, RawAny};
use std::ptr::null;

/// Attributes that the ABI itself knows. A reader in C++ asks for a column once, and believes for good that there is none.
const KNOWN: [&str; 19] = [
    "__any_equal__",
    "__any_hash__",
    "__data_from_json__",
    "__data_to_json__",
    "__ffi_compare__",
    "__ffi_convert__",
    "__ffi_convert_type_schema__",
    "__ffi_enum__",
    "__ffi_eq__",
    "__ffi_hash__",
    "__ffi_init__",
    "__ffi_new__",
    "__ffi_repr__",
    "__ffi_shallow_copy__",
    "__s_equal__",
    "__s_hash__",
    "__s_maybe_inplace_mutate__",
    "__s_mutate__",
    "__s_visit__",
];

fn record_of(index: i32) -> Result<&'static TypeRecord, Error> {
    // An index that was never asked for is no type's. What is registered of it would be lost with that of `None`.
    let known = record::of(index).filter(|_| index >= registry::OBJECT);
    known.ok_or_else(|| Error::type_error(format!("there is no type {index} whose objects have fields or methods")))
}

/// Puts a function under the lock of the library that registers it. A library may have none, and any other value stays as
/// it is.
fn registered(value: Any) -> Any {
    match convert::<Function>(value.view()) {
        Ok(function) if value.view().type_index() == tag::FUNCTION => serial::registered(function).into_any(),
        _ => value,
    }
}

/// Adds a field to a type.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITypeRegisterField(index: i32, field: *const FieldRecord) -> i32 {
    // SAFETY: by the header the record holds for the field of every object.
    answer(|| unsafe { record_of(index)?.add_field(expect(field, "a field")?.as_ref()) })
}

/// Adds a method to a type.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITypeRegisterMethod(index: i32, method: *const MethodRecord) -> i32 {
    answer(|| {
        // SAFETY: by the header the method's record can be read; the type keeps the function.
        unsafe {
            let record = record_of(index)?;
            let method: &MethodRecord = expect(method, "a method")?.as_ref();
            let view: AnyView<'_> = AnyView::from_raw(method.method);
            let function = registered(view.to_owned());
            record.add_method(&MethodRecord { method: function.view().to_raw(), ..*method });
        }
        Ok(())
    })
}

/// Says something of a type as a whole, once.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITypeRegisterMetadata(index: i32, metadata: *const MetadataRecord) -> i32 {
    // SAFETY: by the header the metadata can be read, with all that they name.
    answer(|| unsafe { record_of(index)?.set_metadata(expect(metadata, "metadata")?.as_ref()) })
}

/// Sets an attribute of a type, once. Of type 0 only the column is made.
#[no_mangle]
pub unsafe extern "C" fn TVMFFITypeRegisterAttr(index: i32, name: *const ByteArray, value: *const RawAny) -> i32 {
    start();
    answer(|| {
        // SAFETY: by the header the name can be read.
        let name = unsafe { text(name, "a name") }?;
        if index == 0 {
            attr::make(name).lend();
            return Ok(());
        }
        // SAFETY: by the header the value is valid, and lent for the call.
        let view: AnyView<'_> = unsafe { AnyView::from_raw(expect(value, "a value")?.read()) };
        match attr::set_once(index, name, registered(view.to_owned()))? {
            None => Ok(()),
            Some(_) => {
                let key = registry::type_info(index).map_or("?", |info| info.key);
                Err(Error::runtime(format!("type `{key}` ({index}) has an attribute `{name}` already")))
            }
        }
    })
}

/// Gives the values of an attribute by type; null if no type ever had it.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIGetTypeAttrColumn(name: *const ByteArray) -> *const Column {
    start();
    let mut found = null();
    answer(|| {
        // SAFETY: by the header the name can be read.
        let name = unsafe { text(name, "a name") }?;
        let column = if KNOWN.contains(&name) { Some(attr::make(name)) } else { attr::column(name) };
        found = column.map_or(null(), |column| std::ptr::from_ref(column.lend()));
        Ok(())
    });
    found
}
