//! One field of a type: its name, its values, its place, how to reach it.
//! Upholds: frozen fields are read without protection, since what they held stays alive as long as their object; others
//! under a pin.

use super::foreign_field::Foreign;
use super::frozen_overwrites;
use crate::function::{Error, Function};
use crate::object::shared_text::SharedText;
use crate::object::{registry, Obj, Object, ObjectType};
use crate::reclaim::Guard;
use crate::value::{cell, Any, ConvertError, Field, Schema, Storage, Typed};
use std::ptr::NonNull;

/// What a field starts with when it is given no value.
#[derive(Clone, Debug, Default)]
pub enum FieldDefault {
    /// The caller has to say.
    #[default]
    Required,
    /// This value.
    Value(Any),
    /// What this function returns.
    Factory(Function),
}

/// What structural equality makes of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldRole {
    /// It is compared.
    #[default]
    Compared,
    /// It is passed over.
    Ignored,
    /// It defines variables, at any depth.
    Defines,
    /// It defines variables; what is inside those is compared.
    DefinesFlat,
}

/// How a field behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldFlags {
    /// Assignment is refused.
    pub frozen: bool,
    /// It is a parameter of the constructor.
    pub init: bool,
    /// It is shown.
    pub repr: bool,
    /// It counts for the hash.
    pub hash: bool,
    /// It counts for equality and order.
    pub compare: bool,
    /// It is a parameter by keyword only.
    pub kw_only: bool,
    /// What structural equality makes of it.
    pub structural: FieldRole,
}

impl Default for FieldFlags {
    fn default() -> FieldFlags {
        FieldFlags {
            frozen: false,
            init: true,
            repr: true,
            hash: true,
            compare: true,
            kw_only: false,
            structural: FieldRole::Compared,
        }
    }
}

/// Whether a field is one of a Rust struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rust {
    /// No: it is known by its storage only.
    No,
    /// A plain one, which Rust code reads without any protection. It is never written once the object is shared.
    Plain,
    /// One that Rust code, too, accesses through `cell` as a mutable field.
    Mutable,
}

/// A field of a type. What decides how it is reached can be set before registration only.
#[derive(Clone, Debug)]
pub struct FieldInfo {
    /// The name.
    pub name: SharedText,
    /// What it is for.
    pub doc: SharedText,
    /// Further facts, as JSON text; may be empty.
    pub metadata: SharedText,
    /// What it starts with.
    pub default: FieldDefault,
    pub(super) offset: isize,
    pub(super) schema: Schema,
    pub(super) storage: Storage,
    pub(super) flags: FieldFlags,
    /// Zero unless registered.
    pub(super) owner: i32,
    pub(super) rust: Rust,
    /// Of an object of another maker.
    pub(super) foreign: Option<Foreign>,
}

impl FieldInfo {
    /// A field of a type that is declared at run time.
    pub fn new(name: &str, schema: Schema) -> FieldInfo {
        FieldInfo {
            name: name.into(),
            doc: SharedText::default(),
            metadata: schema.to_metadata("").into(),
            offset: 0,
            storage: schema.storage(),
            schema,
            flags: FieldFlags::default(),
            default: FieldDefault::Required,
            owner: 0,
            rust: Rust::No,
            foreign: None,
        }
    }

    /// A field of a Rust struct, at `offset`.
    ///
    /// # Safety
    /// Objects of the type that this becomes a field of have an `F` at the offset.
    pub unsafe fn of_rust<F: Field>(name: &str, offset: usize) -> FieldInfo {
        let offset = offset as isize; // of a struct, whose size is less than half of all addresses
        let schema = <F::Value as Typed>::schema();
        let flags = FieldFlags { frozen: !F::MUTABLE, ..FieldFlags::default() };
        let rust = if F::MUTABLE { Rust::Mutable } else { Rust::Plain };
        FieldInfo { offset, storage: F::STORAGE, flags, rust, ..FieldInfo::new(name, schema) }
    }

    /// The field with other flags, for registration. A Rust field stays frozen or not, as its type has it.
    pub fn with_flags(self, flags: FieldFlags) -> FieldInfo {
        let frozen = if self.rust == Rust::No { flags.frozen } else { self.flags.frozen };
        FieldInfo { flags: FieldFlags { frozen, ..flags }, owner: 0, ..self }
    }

    /// The field with a default, for registration.
    pub fn with_default(self, default: FieldDefault) -> FieldInfo {
        FieldInfo { default, owner: 0, ..self }
    }

    /// The field with a description, for registration.
    pub fn with_doc(self, doc: &str) -> FieldInfo {
        FieldInfo { doc: doc.into(), owner: 0, ..self }
    }

    /// The field with further facts, the inside of a JSON object, for registration.
    pub fn with_metadata(self, extra: &str) -> FieldInfo {
        FieldInfo { metadata: self.schema.to_metadata(extra).into(), owner: 0, ..self }
    }

    /// Bytes from the object's header; of types declared at run time known after registration.
    ///
    /// Negative for fields of C++ classes that have something else in front of the header: a base with virtual functions, say.
    #[inline]
    pub fn offset(&self) -> isize {
        self.offset
    }

    /// What it may hold.
    #[inline]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// How it is stored.
    #[inline]
    pub fn storage(&self) -> Storage {
        self.storage
    }

    /// How it behaves.
    #[inline]
    pub fn flags(&self) -> FieldFlags {
        self.flags
    }

    /// The type that declares it; zero before registration.
    #[inline]
    pub fn owner(&self) -> i32 {
        self.owner
    }

    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        self.foreign_layout().map_or(self.storage.size(), |(size, _)| size)
    }

    /// What its address is a multiple of.
    pub fn align(&self) -> usize {
        self.foreign_layout().map_or(self.storage.align(), |(_, align)| align)
    }

    /// Whether no language may change it once its object is shared. Such a field cannot be written past its being frozen.
    pub fn is_plain(&self) -> bool {
        self.rust == Rust::Plain
    }

    /// The value as this field stores it. Of a field of another maker, whose setter has the last word, any value.
    pub fn accept(&self, value: Any) -> Result<Any, ConvertError> {
        if self.is_foreign() {
            return Ok(value);
        }
        let numeric = matches!(self.schema, Schema::Int | Schema::Float | Schema::Bool);
        if !numeric && !self.schema.check(value.view()) {
            return Err(ConvertError::mismatch(self.schema.clone(), value.view()));
        }
        cell::fit(value, self.storage)
    }

    /// The value in `object`.
    ///
    /// # Errors
    /// Kind `TypeError` when the object is not of the field's type.
    pub fn get<T: ObjectType>(&self, object: &Obj<T>) -> Result<Any, Error> {
        self.expect(object)?;
        match self.foreign {
            // SAFETY: the object is of the field's type and lent alive.
            Some(foreign) if self.storage == Storage::Foreign => unsafe { foreign.get(object.as_raw()) },
            // SAFETY: the object is of the field's type and lent alive.
            _ => Ok(unsafe { self.get_raw(object.as_raw()) }),
        }
    }

    /// Replaces the value in `object`.
    ///
    /// # Errors
    /// Kind `TypeError` when the object is not of the field's type or the value not of the field's, `AttributeError`
    /// when the field is frozen.
    pub fn set<T: ObjectType>(&self, object: &Obj<T>, value: Any) -> Result<(), Error> {
        self.expect(object)?;
        if self.is_read_only() {
            return Err(self.refuse());
        }
        self.set_frozen(object, value)
    }

    /// Replaces the value in `object` even if the field is frozen. What a frozen field held lives on until its object
    /// ends, for the sake of readers.
    ///
    /// # Errors
    /// As [`FieldInfo::set`]; `AttributeError` for plain Rust fields only. What the setter of another maker's field ends in.
    pub fn set_frozen<T: ObjectType>(&self, object: &Obj<T>, value: Any) -> Result<(), Error> {
        self.expect(object)?;
        if self.is_plain() {
            return Err(self.refuse());
        }
        let value = self.accept(value).map_err(|error| self.wrap(&error))?;
        // SAFETY: the object is of the field's type and lent alive. The value was brought into form; what the field held is kept.
        unsafe {
            if let Some(foreign) = self.foreign {
                return foreign.set(object.as_raw(), self.storage, value);
            }
            if !self.flags.frozen {
                self.set_raw(object.as_raw(), value);
            } else {
                let old = cell::store_kept(self.address(object.as_raw()), self.storage, value);
                frozen_overwrites::keep(object.as_raw(), old);
            }
        }
        Ok(())
    }

    /// Where the field lies in `object`.
    ///
    /// # Safety
    /// The object is of the field's type.
    #[inline]
    pub unsafe fn address(&self, object: NonNull<Object>) -> *mut u8 {
        // SAFETY: the object is of the field's type, so that the offset is inside it.
        unsafe { object.as_ptr().cast::<u8>().offset(self.offset) }
    }

    /// The value in `object`.
    ///
    /// # Panics
    /// When the getter of another maker's field fails, which those of tvm-ffi's headers never do: [`FieldInfo::get`] tells of it.
    ///
    /// # Safety
    /// The object is of the field's type and alive.
    #[inline]
    pub unsafe fn get_raw(&self, object: NonNull<Object>) -> Any {
        // SAFETY: the object is alive. Frozen fields are written by `store_kept` only, others by `store`.
        unsafe {
            if self.storage == Storage::Foreign {
                return self.get_foreign(object);
            }
            match self.flags.frozen {
                true => cell::load_frozen(self.address(object), self.storage),
                false => cell::load(self.address(object), self.storage),
            }
        }
    }

    /// The object in the field, without a count. It is alive while the guard is; that of a frozen field is while `object` is.
    ///
    /// # Safety
    /// The object is of the field's type and alive.
    #[inline]
    pub unsafe fn peek_raw(&self, object: NonNull<Object>, guard: &Guard) -> Option<NonNull<Object>> {
        // SAFETY: the object is of the field's type and alive.
        unsafe { cell::peek_object(self.address(object), self.storage, guard) }
    }

    /// The object in a frozen field, without a count: alive while `object` is.
    ///
    /// # Safety
    /// The object is of the field's type and alive, the field is frozen.
    #[inline]
    pub unsafe fn peek_frozen_raw(&self, object: NonNull<Object>) -> Option<NonNull<Object>> {
        debug_assert!(self.flags.frozen);
        // SAFETY: the object is of the field's type and alive; the field is frozen.
        unsafe { cell::peek_object_frozen(self.address(object), self.storage) }
    }

    /// Replaces the value of a field that is not frozen.
    ///
    /// # Safety
    /// The object is of the field's type and alive, the field not frozen, and the value came from [`FieldInfo::accept`].
    #[inline]
    pub unsafe fn set_raw(&self, object: NonNull<Object>, value: Any) {
        debug_assert!(!self.flags.frozen);
        // SAFETY: the object is of the field's type and alive; `accept` made the value.
        unsafe { cell::store(self.address(object), self.storage, value) };
    }

    /// Writes a field, frozen or not, of an object that no other thread knows yet.
    ///
    /// # Safety
    /// The object is of the field's type and alive, no other thread reaches it, no object in the field was peeked at,
    /// and the value came from [`FieldInfo::accept`].
    #[inline]
    pub unsafe fn init_raw(&self, object: NonNull<Object>, value: Any) {
        // SAFETY: no other thread reaches the object. It is of the field's type; `accept` made the value.
        unsafe { cell::init(self.address(object), self.storage, value) };
    }

    /// # Safety
    /// As [`FieldInfo::get_raw`].
    #[cold]
    unsafe fn get_foreign(&self, object: NonNull<Object>) -> Any {
        let foreign = self.foreign.expect("a field of this storage has a record");
        // SAFETY: the object is of the field's type and alive.
        unsafe { foreign.get(object) }
            .unwrap_or_else(|error| panic!("the getter of field `{}` failed: {error}", self.name))
    }

    fn expect<T: ObjectType>(&self, object: &Obj<T>) -> Result<(), Error> {
        let index = object.type_index();
        if registry::is_instance(index, self.owner) {
            return Ok(());
        }
        let (owner, found) = (Schema::Object(self.owner), Schema::Object(index));
        Err(Error::type_error(format!("field `{}` belongs to `{owner}`, not to `{found}`", self.name)))
    }

    #[cold]
    pub(super) fn refuse(&self) -> Error {
        let owner = Schema::Object(self.owner);
        Error::new("AttributeError", format!("field `{}` of `{owner}` is frozen", self.name))
    }

    #[cold]
    pub(super) fn wrap(&self, error: &ConvertError) -> Error {
        let owner = Schema::Object(self.owner);
        Error::new(error.kind(), format!("field `{}` of `{owner}`: {error}", self.name))
    }
}
