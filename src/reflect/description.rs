//! A Rust type as a guest describes it to its host, in records of C.
//! Upholds: the host reads fields of a guest's type where they lie, as those of its own types; a key's type has one description.

use super::record::{FieldRecord, MethodRecord, IS_STATIC, WRITABLE};
use super::table::{Begin, End};
use super::{Definition, FieldInfo, MethodInfo, Native};
use crate::function::Error;
use crate::value::{AnyView, ByteArray, RawAny, Storage};

/// What a guest says of a type. All is lent for the call.
#[repr(C)]
pub struct Description {
    index: i32,
    structural: i32,
    size: usize,
    align: usize,
    blank: Begin,
    begin: Option<Begin>,
    drop: End,
    doc: ByteArray,
    /// Fields with their flags, of which [`WRITABLE`] is for fields that any thread may write. The static index is the place of
    /// the storage in [`Storage::ALL`]; there is neither getter nor setter.
    fields: *const FieldRecord,
    field_count: usize,
    methods: *const MethodRecord,
    method_count: usize,
    /// A function, or none.
    creator: RawAny,
    copyable: bool,
    constructible: bool,
}

#[cfg(feature = "guest")]
pub use guest::register;

#[cfg(feature = "guest")]
mod guest {
    //! What a guest sends.

    use super::*;
    use crate::function::error::take_raised;
    use crate::reflect::record_own::{default_in, flags, text};
    use crate::reflect::Reflection;
    use crate::value::{tag, Any};
    use std::ptr::null_mut;

    /// Registers what a type adds to its parent, with the host and here. The parent is registered already or is the root.
    ///
    /// # Errors
    /// Kind `TypeError` for a type without Rust struct, and as in a host; what the host refuses.
    pub fn register(index: i32, definition: Definition) -> Result<&'static Reflection, Error> {
        send(index, &definition)?;
        crate::reflect::table::register(index, definition)
    }

    fn send(index: i32, definition: &Definition) -> Result<(), Error> {
        let Some(native) = definition.native else {
            return Err(Error::type_error("a guest has types of Rust only: others are for the host to declare"));
        };
        // Own their values until the call is over.
        let defaults: Vec<(Any, i64)> = definition.fields.iter().map(default_in).collect();
        let fields: Vec<FieldRecord> =
            definition.fields.iter().zip(&defaults).map(|(field, default)| record_of(field, default)).collect();
        let methods: Vec<MethodRecord> = definition
            .methods
            .iter()
            .map(|method| MethodRecord {
                name: text(&method.name),
                doc: text(&method.doc),
                metadata: text(&method.metadata),
                flags: if method.is_static { IS_STATIC } else { 0 },
                method: AnyView::of_object(&method.function).to_raw(),
            })
            .collect();
        let description = Description {
            index,
            structural: definition.structural as i32,
            size: native.size,
            align: native.align,
            blank: native.blank,
            begin: native.begin,
            drop: native.drop,
            doc: text(&definition.doc),
            fields: fields.as_ptr(),
            field_count: fields.len(),
            methods: methods.as_ptr(),
            method_count: methods.len(),
            creator: definition.creator.as_ref().map_or(RawAny::NONE, |creator| AnyView::of_object(creator).to_raw()),
            copyable: definition.copyable,
            constructible: definition.constructible,
        };
        // SAFETY: the host's function. What the description says is so by the definition, and it is lent.
        match unsafe { (crate::runtime::get().describe)((&raw const description).cast()) } {
            0 => Ok(()),
            _ => Err(take_raised().unwrap_or_else(|| Error::runtime("the host refused a type"))),
        }
    }

    fn record_of(field: &FieldInfo, (default, default_flags): &(Any, i64)) -> FieldRecord {
        let storage = Storage::ALL.iter().position(|storage| *storage == field.storage);
        FieldRecord {
            name: text(&field.name),
            doc: text(&field.doc),
            metadata: text(&field.metadata),
            flags: flags(field) | default_flags,
            size: field.size() as i64,
            alignment: field.align() as i64,
            offset: field.offset as i64,
            getter: None,
            setter: null_mut(),
            default: default.view().to_raw(),
            static_index: storage.map_or(tag::ANY, |place| place as i32),
        }
    }
}

#[cfg(not(feature = "guest"))]
pub(crate) use host::receive;

#[cfg(not(feature = "guest"))]
mod host {
    //! What a host makes of that.

    use super::*;
    use crate::function::Function;
    use crate::object::registry;
    use crate::reflect::field::Rust;
    use crate::reflect::foreign::{default_of, flags_of};
    use crate::reflect::record::{self, TypeRecord};
    use crate::reflect::table::{register, StructuralKind, TABLE};
    use crate::reflect::{FieldFlags, Reflection};
    use crate::value::{convert, Schema};
    use std::borrow::Cow;

    /// Registers the type that a guest describes. What was described before by the same layout stays.
    ///
    /// # Errors
    /// Kind `ValueError` when the key's type has another layout; those of registering it.
    ///
    /// # Safety
    /// The description is of a type with this index, in the layout of this crate's [`crate::runtime::ABI`]; its functions may be
    /// called on any thread, for good.
    pub(crate) unsafe fn receive(description: &Description) -> Result<(), Error> {
        let index = description.index;
        // SAFETY: the description is in this crate's layout; its functions are for any thread.
        let asked = || unsafe { definition(description) };
        match compared(index, &asked()?) {
            Some(result) => result,
            // Of another maker, who need not have registered all of it yet.
            None if record::known(index).is_some_and(TypeRecord::has_parts) => Err(other_layout(index)),
            None => match register(index, asked()?) {
                Ok(_) => Ok(()),
                // Another thread may have been first.
                Err(error) => compared(index, &asked()?).unwrap_or(Err(error)),
            },
        }
    }

    /// Whether the type that is registered already is the same; none if none is.
    fn compared(index: i32, definition: &Definition) -> Option<Result<(), Error>> {
        let known = TABLE.get(index).filter(|known| !known.is_foreign())?;
        Some(if is_same(known, definition) { Ok(()) } else { Err(other_layout(index)) })
    }

    #[cold]
    fn other_layout(index: i32) -> Error {
        let key = registry::type_info(index).map_or("?", |info| info.key);
        Error::value_error(format!("type `{key}` is registered already, by another library and with other fields"))
    }

    fn is_same(known: &Reflection, definition: &Definition) -> bool {
        let fields = known.own_fields().iter().map(|field| (&*field.name, field.offset, field.storage, field.rust));
        let layout = |native: &Native| (native.size, native.align, native.begin.is_some());
        known.native.map(|(native, _)| layout(&native)) == definition.native.as_ref().map(layout)
            && fields.eq(definition.fields.iter().map(|field| (&*field.name, field.offset, field.storage, field.rust)))
    }

    /// # Safety
    /// As [`receive`].
    unsafe fn definition(of: &Description) -> Result<Definition, Error> {
        // SAFETY: the description's lists can be read, in this crate's layout.
        let (fields, methods) = unsafe { (all(of.fields, of.field_count), all(of.methods, of.method_count)) };
        // SAFETY: the creator is a valid value, lent with the description.
        let creator: AnyView<'_> = unsafe { AnyView::from_raw(of.creator) };
        Ok(Definition {
            // SAFETY: the description's text can be read, in this crate's layout.
            doc: (&*unsafe { text(&of.doc) }).into(),
            // SAFETY: the records are those of the description, in this crate's layout.
            fields: fields.iter().map(|record| unsafe { field(record) }).collect::<Result<_, _>>()?,
            // SAFETY: the records are those of the description, in this crate's layout.
            methods: methods.iter().map(|record| unsafe { method(record) }).collect::<Result<_, _>>()?,
            creator: if creator.is_none() { None } else { Some(convert::<Function>(creator)?) },
            structural: StructuralKind::of_number(of.structural),
            copyable: of.copyable,
            constructible: of.constructible,
            native: Some(Native { size: of.size, align: of.align, blank: of.blank, begin: of.begin, drop: of.drop }),
        })
    }

    /// # Safety
    /// As [`receive`].
    unsafe fn all<'a, T>(first: *const T, count: usize) -> &'a [T] {
        match count {
            0 => &[],
            // SAFETY: `first` has `count` of them, for as long as the description is lent.
            _ => unsafe { std::slice::from_raw_parts(first, count) },
        }
    }

    /// # Safety
    /// As [`receive`].
    unsafe fn text<'a>(text: &ByteArray) -> Cow<'a, str> {
        // SAFETY: the text can be read for as long as the description is lent.
        String::from_utf8_lossy(unsafe { text.as_slice() })
    }

    /// # Safety
    /// As [`receive`].
    unsafe fn field(record: &FieldRecord) -> Result<FieldInfo, Error> {
        // SAFETY: the record's texts can be read.
        let (name, doc, metadata) = unsafe { (text(&record.name), text(&record.doc), text(&record.metadata)) };
        let storage = usize::try_from(record.static_index).ok().and_then(|place| Storage::ALL.get(place));
        let schema = Schema::from_metadata(&metadata);
        let (Some(storage), Some(schema)) = (storage, schema) else {
            return Err(Error::type_error(format!("field `{name}` has a storage or a schema that is not known here")));
        };
        let is_mutable = record.flags & WRITABLE != 0;
        Ok(FieldInfo {
            doc: (&*doc).into(),
            metadata: (&*metadata).into(),
            // SAFETY: the record's default is a valid value of this number's layout.
            default: unsafe { default_of(record) },
            offset: record.offset as isize,
            storage: *storage,
            flags: FieldFlags { frozen: !is_mutable, ..flags_of(record) },
            rust: if is_mutable { Rust::Mutable } else { Rust::Plain },
            ..FieldInfo::new(&name, schema)
        })
    }

    /// # Safety
    /// As [`receive`].
    unsafe fn method(record: &MethodRecord) -> Result<MethodInfo, Error> {
        // SAFETY: the record's texts can be read.
        let (name, doc, metadata) = unsafe { (text(&record.name), text(&record.doc), text(&record.metadata)) };
        // SAFETY: the record's function is a valid value, lent.
        let function: AnyView<'_> = unsafe { AnyView::from_raw(record.method) };
        Ok(MethodInfo {
            doc: (&*doc).into(),
            metadata: (&*metadata).into(),
            is_static: record.flags & IS_STATIC != 0,
            ..MethodInfo::new(&name, convert::<Function>(function)?)
        })
    }
}
