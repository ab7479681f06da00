//! Types as the C ABI describes them. There is a record for each, to which fields and methods are added one by one.
//! Upholds: a record, and what it leads to, stays where it is for good; a reader without a lock finds an entry whole or not at
//! all; a field's name is its type's once.

use super::record_list::{append, entries};
use crate::function::Error;
use crate::object::grow::gathered;
use crate::object::registry;
use crate::object::table::IndexTable;
use crate::object::Object;
use crate::sync::global::{AtomicI32, AtomicPtr, AtomicUsize, Ordering};
use crate::value::{AnyView, ByteArray, RawAny};
use std::borrow::Cow;
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// Reads the field at an address into the result. Gives 0, or -1 with the thread's error set.
pub type FieldGetter = unsafe extern "C" fn(*mut c_void, *mut RawAny) -> i32;
/// Writes the field at an address; as [`FieldGetter`].
pub type FieldSetter = unsafe extern "C" fn(*mut c_void, *const RawAny) -> i32;
/// Makes an empty object; as [`FieldGetter`].
pub type Creator = unsafe extern "C" fn(*mut *mut Object) -> i32;

/// Flag of a field: it may be written.
pub const WRITABLE: i64 = 1;
/// Flag of a field: it has a default.
pub const HAS_DEFAULT: i64 = 1 << 1;
/// Flag of a method: it takes no object.
pub const IS_STATIC: i64 = 1 << 2;
/// Flag of a field: structural equality passes it over.
pub const STRUCTURAL_IGNORE: i64 = 1 << 3;
/// Flag of a field: it defines variables, at any depth.
pub const STRUCTURAL_DEFINES: i64 = 1 << 4;
/// Flag of a field: its default is a function that makes it.
pub const DEFAULT_IS_FACTORY: i64 = 1 << 5;
/// Flag of a field: it is not shown.
pub const REPR_OFF: i64 = 1 << 6;
/// Flag of a field: it does not count for equality and order.
pub const COMPARE_OFF: i64 = 1 << 7;
/// Flag of a field: it does not count for the hash.
pub const HASH_OFF: i64 = 1 << 8;
/// Flag of a field: it is no parameter of the constructor.
pub const INIT_OFF: i64 = 1 << 9;
/// Flag of a field: it is a parameter by keyword only.
pub const KW_ONLY: i64 = 1 << 10;
/// Flag of a field whose setter is a function object. It is called with the address and the value.
pub const SETTER_IS_FUNCTION: i64 = 1 << 11;
/// Flag of a field: it defines variables; what is inside those is compared.
pub const STRUCTURAL_DEFINES_FLAT: i64 = 1 << 12;

/// A field.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct FieldRecord {
    /// The name.
    pub name: ByteArray,
    /// What it is for.
    pub doc: ByteArray,
    /// Further facts, as JSON text.
    pub metadata: ByteArray,
    /// [`WRITABLE`] and others.
    pub flags: i64,
    /// Bytes that it takes.
    pub size: i64,
    /// What its address is a multiple of.
    pub alignment: i64,
    /// Bytes from the object's start.
    pub offset: i64,
    /// How it is read.
    pub getter: Option<FieldGetter>,
    /// How it is written: a [`FieldSetter`], or a function object.
    pub setter: *mut c_void,
    /// The default, or what makes it.
    pub default: RawAny,
    /// The type index that all its values have, as far as the compiler knew.
    pub static_index: i32,
}

/// A method.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct MethodRecord {
    /// The name.
    pub name: ByteArray,
    /// What it does.
    pub doc: ByteArray,
    /// Further facts, as JSON text.
    pub metadata: ByteArray,
    /// [`IS_STATIC`].
    pub flags: i64,
    /// The function.
    pub method: RawAny,
}

/// What is said of a type as a whole.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct MetadataRecord {
    /// What it is for.
    pub doc: ByteArray,
    /// Makes an empty object.
    pub creator: Option<Creator>,
    /// An object's size; 0 if it is not said.
    pub total_size: i32,
    /// How structural equality treats it.
    pub structural: i32,
}

/// A type.
///
/// | member | protected by |
/// |---|---|
/// | index, depth, key, ancestors, key_hash | constant |
/// | field_count, fields, method_count, methods | the stripe of the list; a list is written before its count, and entries before both |
/// | metadata | atomic, set once |
#[repr(C)]
pub struct TypeRecord {
    index: i32,
    depth: i32,
    key: ByteArray,
    ancestors: *const *const TypeRecord,
    key_hash: u64,
    field_count: AtomicI32,
    method_count: AtomicI32,
    fields: AtomicPtr<FieldRecord>,
    methods: AtomicPtr<MethodRecord>,
    metadata: AtomicPtr<MetadataRecord>,
}

const _: () = assert!(size_of::<FieldRecord>() == 120 && size_of::<MethodRecord>() == 72);
const _: () = assert!(size_of::<MetadataRecord>() == 32 && size_of::<TypeRecord>() == 72);

// SAFETY: what the pointers lead to is never freed. It is written under a stripe before it can be found.
unsafe impl Send for TypeRecord {}
// SAFETY: what the pointers lead to is never freed. It is written under a stripe before it can be found.
unsafe impl Sync for TypeRecord {}

static RECORDS: IndexTable<TypeRecord> = IndexTable::new();

/// How many fields, methods and metadata were added, to any type.
static CHANGES: AtomicUsize = AtomicUsize::new(0);

/// A number that is another one once something was added to any record.
#[cfg(not(feature = "guest"))]
pub(crate) fn changes() -> usize {
    // Acquire: pairs with the Release in `changed`. Carries: what was added.
    CHANGES.load(Ordering::Acquire)
}

fn changed() {
    // Release: pairs with the Acquire in `changes`.
    CHANGES.fetch_add(1, Ordering::Release);
}

/// A number that changes once something was added to any record of the host.
#[cfg(feature = "guest")]
pub(super) fn changes() -> usize {
    // SAFETY: the host's function.
    unsafe { (crate::runtime::get().changes)() }
}

/// The record of a type, if it has one already.
#[cfg(not(feature = "guest"))]
pub(super) fn known(index: i32) -> Option<&'static TypeRecord> {
    RECORDS.get(index)
}

/// The host's record of a type, with all that is registered of it so far.
#[cfg(feature = "guest")]
pub(super) fn known(index: i32) -> Option<&'static TypeRecord> {
    of(index)
}

/// The host's record of a type, the same each time. None if there is no such type.
#[cfg(feature = "guest")]
pub fn of(index: i32) -> Option<&'static TypeRecord> {
    // SAFETY: the host's function; a record stays, in the layout of the C ABI.
    unsafe { (crate::runtime::get().type_record)(index).cast::<TypeRecord>().as_ref() }
}

/// The record of a type, the same each time. None if there is no such type.
#[cfg(not(feature = "guest"))]
pub fn of(index: i32) -> Option<&'static TypeRecord> {
    if let Some(known) = RECORDS.get(index) {
        return Some(known);
    }
    let info = registry::type_info(index)?;
    let ancestors: Vec<*const TypeRecord> =
        info.ancestors.iter().map(|ancestor| of(*ancestor).map_or(null(), std::ptr::from_ref)).collect();
    let record = TypeRecord {
        index,
        depth: info.depth as i32,
        key: text(info.key.as_bytes()),
        ancestors: if ancestors.is_empty() { null() } else { ancestors.leak().as_ptr() },
        key_hash: registry::key_hash(info.key),
        field_count: AtomicI32::new(0),
        method_count: AtomicI32::new(0),
        fields: AtomicPtr::new(null_mut()),
        methods: AtomicPtr::new(null_mut()),
        metadata: AtomicPtr::new(null_mut()),
    };
    // Another thread may have been first; what its record has twice is lost, once.
    RECORDS.set(index, Box::new(record)).ok().or_else(|| RECORDS.get(index))
}

impl TypeRecord {
    /// The type's index.
    pub fn index(&self) -> i32 {
        self.index
    }

    fn key(&self) -> Cow<'static, str> {
        String::from_utf8_lossy(kept(&self.key))
    }

    /// The fields that the type adds to its parent's, so far.
    pub fn fields(&self) -> &'static [FieldRecord] {
        entries(&self.fields, &self.field_count)
    }

    /// The methods that the type adds to its parent's, so far.
    pub fn methods(&self) -> &'static [MethodRecord] {
        entries(&self.methods, &self.method_count)
    }

    /// What is said of the type, if it was said.
    pub fn metadata(&self) -> Option<&'static MetadataRecord> {
        // SAFETY: null, or leaked.
        // Acquire: pairs with the Release in `set_metadata`. Carries: the content.
        unsafe { self.metadata.load(Ordering::Acquire).as_ref() }
    }

    /// How many fields, methods and metadata the type has so far.
    pub(super) fn parts(&self) -> usize {
        self.fields().len() + self.methods().len() + usize::from(self.metadata().is_some())
    }

    /// Whether anything is registered of the type.
    pub(super) fn has_parts(&self) -> bool {
        self.parts() > 0
    }

    /// Adds a field. Its texts are copied, its default and a function that sets it are retained.
    ///
    /// # Errors
    /// Kind `ValueError` when the type itself has a field of this name.
    ///
    /// # Safety
    /// What the record names can be read. Getter and setter are as their types say, for the field at this place in every
    /// object of the type, on any thread.
    pub unsafe fn add_field(&self, field: &FieldRecord) -> Result<(), Error> {
        // SAFETY: what the record names can be read.
        let name = unsafe { field.name.as_slice() };
        let is_same = |other: &FieldRecord| kept(&other.name) == name;
        let taken = || {
            let name = String::from_utf8_lossy(name);
            Error::value_error(format!("`{}` has a field `{name}` already", self.key()))
        };
        if self.fields().iter().any(is_same) {
            return Err(taken());
        }
        // SAFETY: what the record names can be read; its functions are for this field.
        let own = unsafe {
            if field.flags & SETTER_IS_FUNCTION != 0 {
                keep(RawAny::of_object(std::ptr::NonNull::new(field.setter.cast()).ok_or_else(no_setter)?));
            }
            let default = if field.flags & HAS_DEFAULT != 0 { keep(field.default) } else { RawAny::NONE };
            let (doc, metadata) = (text(field.doc.as_slice()), text(field.metadata.as_slice()));
            FieldRecord { name: text(name), doc, metadata, default, ..*field }
        };
        match append(&self.fields, &self.field_count, own, is_same) {
            true => {
                changed();
                Ok(())
            }
            false => Err(taken()),
        }
    }

    /// Adds a method; its texts are copied, its function is retained.
    ///
    /// # Safety
    /// What the record names can be read.
    pub unsafe fn add_method(&self, method: &MethodRecord) {
        // SAFETY: what the record names can be read.
        let own = unsafe {
            let [name, doc, metadata] = [method.name, method.doc, method.metadata].map(|part| text(part.as_slice()));
            MethodRecord { name, doc, metadata, method: keep(method.method), flags: method.flags }
        };
        append(&self.methods, &self.method_count, own, |_| false);
        changed();
    }

    /// Says something of the type as a whole, once.
    ///
    /// # Errors
    /// Kind `RuntimeError` the second time.
    ///
    /// # Safety
    /// What the record names can be read. The creator is as its type says, on any thread.
    pub unsafe fn set_metadata(&self, metadata: &MetadataRecord) -> Result<(), Error> {
        let taken = || Error::runtime(format!("the metadata of `{}` are registered already", self.key()));
        if self.metadata().is_some() {
            return Err(taken());
        }
        // SAFETY: what the record names can be read.
        let own = MetadataRecord { doc: text(unsafe { metadata.doc.as_slice() }), ..*metadata };
        let own = Box::into_raw(Box::new(own));
        // Release: pairs with the Acquire in `metadata`. Relaxed on failure: nothing is read.
        if self.metadata.compare_exchange(null_mut(), own, Ordering::Release, Ordering::Relaxed).is_ok() {
            changed();
            return Ok(());
        }
        // Another thread was first; the text is lost, once.
        // SAFETY: it did not get in, so it is still ours.
        drop(unsafe { Box::from_raw(own) });
        Err(taken())
    }
}

#[cold]
fn no_setter() -> Error {
    Error::value_error("expected a function object as the setter of a field, got null")
}

/// The text of a record.
pub(super) fn kept(part: &ByteArray) -> &'static [u8] {
    // SAFETY: a record's texts are leaked by `text`.
    unsafe { part.as_slice() }
}

/// The text of a record, as far as it is UTF-8.
pub(super) fn shown(part: &ByteArray) -> String {
    String::from_utf8_lossy(kept(part)).into_owned()
}

/// A copy that stays, with a NUL behind it.
fn text(content: &[u8]) -> ByteArray {
    let mut copy = gathered(content.iter().copied());
    copy.push(0);
    ByteArray::new(&copy.leak()[..content.len()])
}

/// The value with a count that stays.
///
/// # Safety
/// The value is valid.
unsafe fn keep(value: RawAny) -> RawAny {
    // SAFETY: the value is valid.
    unsafe { AnyView::from_raw(value) }.to_owned().into_raw()
}
