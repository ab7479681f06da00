//! Types of other makers, seen through their records as types of our own are.
//! Upholds: what was read of a type stays; when more is registered of it or of an ancestor, the next look finds that, too.
//!
//! Libraries register a type piece by piece, in any order: a child's fields often before its parent's. So a [`Reflection`] is made
//! of the records when it is first asked for, and anew once there are more.

use super::foreign_field::{storage_of, Foreign};
use super::record::{self, FieldRecord, MethodRecord, TypeRecord};
use super::record::{COMPARE_OFF, HASH_OFF, INIT_OFF, IS_STATIC, KW_ONLY, REPR_OFF, WRITABLE};
use super::record::{DEFAULT_IS_FACTORY, HAS_DEFAULT, STRUCTURAL_DEFINES, STRUCTURAL_DEFINES_FLAT, STRUCTURAL_IGNORE};
use super::record_access::create;
use super::table::{names_of, Origin, TABLE};
use super::{attr, FieldDefault, FieldFlags, FieldInfo, FieldRole, MethodInfo, Reflection, StructuralKind};
use crate::function::{Error, Function};
use crate::object::grow::gathered;
use crate::object::{registry, Header};
use crate::sync::global::{AtomicUsize, Ordering};
use crate::value::{convert, Any, AnyView, IntoAny, Schema, Storage};
use std::alloc::Layout;

/// What is known of a type, if it is registered.
#[inline]
pub fn info(index: i32) -> Option<&'static Reflection> {
    match TABLE.get(index) {
        Some(known) if known.foreign.is_none() => Some(known),
        former => renewed(index, former),
    }
}

/// What is known of a type of another maker. It is `former`, unless there is more by now. None if nothing is registered of the
/// type.
#[cold]
fn renewed(index: i32, former: Option<&'static Reflection>) -> Option<&'static Reflection> {
    let changes = record::changes();
    if let Some(Reflection { foreign: Some(origin), .. }) = former {
        // Relaxed: what was registered before the number was counted is in the reflection. The table's entry carries that.
        if origin.seen.load(Ordering::Relaxed) == changes {
            return former;
        }
    }
    let own = record::known(index).filter(|own| former.is_some() || own.has_parts())?;
    let ancestors = registry::type_info(index)?.ancestors;
    let parts = own.parts()
        + ancestors.iter().filter_map(|ancestor| record::known(*ancestor)).map(TypeRecord::parts).sum::<usize>();
    match former.and_then(|former| Some((former, former.foreign.as_ref()?))) {
        Some((former, origin)) if origin.parts == parts => {
            origin.seen.store(changes, Ordering::Relaxed);
            Some(former)
        }
        _ => {
            let parent = ancestors.last().filter(|parent| **parent != registry::OBJECT);
            let parent = parent.and_then(|parent| info(*parent).or_else(|| empty(*parent)));
            let origin = Origin { parts, seen: AtomicUsize::new(changes) };
            TABLE.replace(index, Box::new(build(own, parent, origin)));
            TABLE.get(index)
        }
    }
}

/// What is known of an ancestor of which nothing is registered.
fn empty(index: i32) -> Option<&'static Reflection> {
    let own = record::of(index)?;
    let above = registry::type_info(index)?.parent.filter(|parent| parent.index != registry::OBJECT);
    let parent = above.and_then(|parent| info(parent.index).or_else(|| empty(parent.index)));
    let origin = Origin { parts: 0, seen: AtomicUsize::new(0) };
    TABLE.replace(index, Box::new(build(own, parent, origin)));
    TABLE.get(index)
}

fn build(own: &'static TypeRecord, parent: Option<&'static Reflection>, origin: Origin) -> Reflection {
    let index = own.index();
    let inherits = parent.into_iter().flat_map(|parent| parent.fields.iter().cloned());
    let fields = gathered(inherits.chain(own.fields().iter().map(|record| field(index, record))));
    let methods = gathered(own.methods().iter().filter_map(|record| method(index, record)));
    let metadata = own.metadata();
    let creator = metadata.and_then(|metadata| metadata.creator);
    let size = metadata.map_or(0, |metadata| usize::try_from(metadata.total_size).unwrap_or(0));
    Reflection {
        index,
        doc: metadata.map_or_else(String::new, |metadata| record::shown(&metadata.doc)).into(),
        inherited: parent.map_or(0, |parent| parent.fields.len()),
        methods,
        end: size,
        total_size: size,
        creator: creator.map(|creator| Function::from_packed(move |_| create(creator).map(IntoAny::into_any))),
        structural: metadata
            .map_or(StructuralKind::Unsupported, |metadata| StructuralKind::of_number(metadata.structural)),
        // See `is_copyable`.
        copyable: false,
        constructible: creator.is_some(),
        parent,
        native: None,
        // Objects of this type are not allocated here.
        layout: Layout::new::<Header>(),
        owners: Vec::new(),
        foreign: Some(origin),
        names: names_of(&fields),
        fields,
    }
}

fn field(owner: i32, record: &'static FieldRecord) -> FieldInfo {
    let metadata = record::shown(&record.metadata);
    let declared = Schema::from_metadata(&metadata);
    let (storage, schema) = storage_of(record, declared);
    FieldInfo {
        doc: record::shown(&record.doc).into(),
        // Libraries in C may tell none.
        metadata: if metadata.is_empty() { schema.to_metadata("").into() } else { metadata.into() },
        // SAFETY: a record's default is retained.
        default: unsafe { default_of(record) },
        flags: flags_of(record),
        owner,
        ..FieldInfo::of_foreign(record, storage, schema)
    }
}

/// The default that a record says.
///
/// # Safety
/// It is a value, if the flags say that there is one.
pub(super) unsafe fn default_of(record: &FieldRecord) -> FieldDefault {
    let is_set = |flag: i64| record.flags & flag != 0;
    // SAFETY: it is a value, if the flags say so; no value is one, too.
    let default: AnyView<'_> = unsafe { AnyView::from_raw(record.default) };
    match (is_set(HAS_DEFAULT), is_set(DEFAULT_IS_FACTORY)) {
        (false, _) => FieldDefault::Required,
        (true, false) => FieldDefault::Value(default.to_owned()),
        // What can be called can be converted to a function.
        (true, true) => convert::<Function>(default).map_or(FieldDefault::Required, FieldDefault::Factory),
    }
}

/// How a field behaves by its record. Whether it is frozen no record says.
pub(super) fn flags_of(record: &FieldRecord) -> FieldFlags {
    let is_set = |flag: i64| record.flags & flag != 0;
    let structural = match () {
        () if is_set(STRUCTURAL_IGNORE) => FieldRole::Ignored,
        () if is_set(STRUCTURAL_DEFINES) => FieldRole::Defines,
        () if is_set(STRUCTURAL_DEFINES_FLAT) => FieldRole::DefinesFlat,
        () => FieldRole::Compared,
    };
    FieldFlags {
        frozen: false,
        init: !is_set(INIT_OFF),
        repr: !is_set(REPR_OFF),
        hash: !is_set(HASH_OFF),
        compare: !is_set(COMPARE_OFF),
        kw_only: is_set(KW_ONLY),
        structural,
    }
}

/// A method that can be called.
fn method(owner: i32, record: &'static MethodRecord) -> Option<MethodInfo> {
    // SAFETY: a record's method is retained.
    let method: AnyView<'_> = unsafe { AnyView::from_raw(record.method) };
    Some(MethodInfo {
        name: record.name().into(),
        doc: record::shown(&record.doc).into(),
        metadata: record::shown(&record.metadata).into(),
        function: convert::<Function>(method).ok()?,
        is_static: record.flags & IS_STATIC != 0,
        owner,
    })
}

impl FieldInfo {
    /// A field of another maker.
    pub(super) fn of_foreign(record: &'static FieldRecord, storage: Storage, schema: Schema) -> FieldInfo {
        FieldInfo {
            storage,
            offset: record.offset as isize,
            foreign: Some(Foreign(record)),
            ..FieldInfo::new(record.name(), schema)
        }
    }

    /// Whether another maker's code writes the field. It converts what it is given, and says what it refuses.
    #[inline]
    pub fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// What the setter of another maker's field makes of a value, or why it refuses. Runs any code, and changes nothing.
    ///
    /// # Errors
    /// What the setter ends in.
    pub fn convert_foreign(&self, value: Any) -> Result<Any, Error> {
        match self.foreign {
            // SAFETY: it is the field's storage.
            Some(foreign) => unsafe { foreign.convert(self.storage, value) },
            None => Ok(value),
        }
    }

    /// Whether assignment is refused. A field of another maker may change all the same.
    #[inline]
    pub fn is_read_only(&self) -> bool {
        match self.foreign {
            Some(Foreign(record)) => record.flags & WRITABLE == 0,
            None => self.flags.frozen,
        }
    }

    /// How many bytes a field of another maker takes, and what they are aligned to.
    pub(super) fn foreign_layout(&self) -> Option<(usize, usize)> {
        let record = self.foreign?.0;
        Some((usize::try_from(record.size).ok()?, usize::try_from(record.alignment).ok()?))
    }
}

impl Reflection {
    /// Whether another maker's code allocates and ends the objects.
    #[inline]
    pub fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// Whether an object can be copied field by field. Of another maker's, only its hook can say that its fields are all there is to it.
    pub fn is_copyable(&self) -> bool {
        match self.is_foreign() {
            // Set after the records, so it is looked for each time.
            true => attr::SHALLOW_COPY.get(self.index).is_some(),
            false => self.copyable,
        }
    }

    /// Whether objects can be made again from the values of their fields. JSON and pickles have those.
    pub fn is_remakeable(&self) -> bool {
        match self.is_foreign() {
            true => self.can_be_blank(),
            false => self.copyable,
        }
    }

    /// The constructor that the type's maker has given it: the attribute or the method `__ffi_init__`.
    pub fn foreign_init(&self) -> Option<Any> {
        const INIT: &str = "__ffi_init__";
        let method = || self.methods.iter().find(|method| *method.name == *INIT);
        attr::get(self.index, INIT).or_else(|| method().map(|method| method.function.clone().into_any()))
    }
}
