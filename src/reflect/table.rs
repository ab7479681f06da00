//! What is registered of each type, by type index.
//! Upholds: an index is registered once, after its parent; what was registered never changes.

use super::field::{FieldInfo, Rust};
use super::layout;
use super::record;
use crate::function::{Error, Function, IntoTyped};
use crate::object::grow::{gathered, Grow};
use crate::object::shared_text::SharedText;
use crate::object::table::IndexTable;
use crate::object::{registry, Header, Object};
use crate::sync::global::AtomicUsize;
use crate::value::Storage;
use std::alloc::Layout;
use std::collections::HashMap;
use std::ptr::NonNull;

/// How structural equality treats objects of a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StructuralKind {
    /// Not at all: it is an error.
    #[default]
    Unsupported = 0,
    /// Field by field.
    Tree = 1,
    /// A variable: equal to what it is mapped to.
    FreeVar = 2,
    /// Field by field, and sharing corresponds one to one.
    Dag = 3,
    /// Field by field, where identity is a shortcut.
    ConstTree = 4,
    /// By identity.
    Unique = 5,
}

impl StructuralKind {
    /// The kind that a record names by its number; unknown ones are not supported.
    pub(super) fn of_number(number: i32) -> StructuralKind {
        use StructuralKind::{ConstTree, Dag, FreeVar, Tree, Unique, Unsupported};
        let all = [Unsupported, Tree, FreeVar, Dag, ConstTree, Unique];
        all.into_iter().find(|kind| *kind as i32 == number).unwrap_or_default()
    }
}

/// A function that belongs to a type.
#[derive(Clone, Debug)]
pub struct MethodInfo {
    /// The name.
    pub name: SharedText,
    /// What it does.
    pub doc: SharedText,
    /// Further facts, as JSON text; may be empty.
    pub metadata: SharedText,
    /// The function; unless static it takes the object first.
    pub function: Function,
    /// Whether it does without an object.
    pub is_static: bool,
    /// The type that declares it; set by [`register`].
    pub owner: i32,
}

impl MethodInfo {
    /// A method that takes the object first.
    pub fn new(name: &str, function: Function) -> MethodInfo {
        MethodInfo {
            name: name.into(),
            doc: SharedText::default(),
            metadata: SharedText::default(),
            function,
            is_static: false,
            owner: 0,
        }
    }

    /// A method that does without an object.
    pub fn new_static(name: &str, function: Function) -> MethodInfo {
        MethodInfo { is_static: true, ..MethodInfo::new(name, function) }
    }

    #[doc(hidden)]
    pub fn typed<Args: 'static, F: IntoTyped<Args>>(name: &str, full_name: &str, call: F, extra: &str) -> MethodInfo {
        let metadata = F::signature(full_name).to_schema().to_metadata(extra);
        MethodInfo { metadata: metadata.into(), ..MethodInfo::new(name, Function::from_typed(full_name, call)) }
    }

    #[doc(hidden)]
    pub fn bound(self) -> MethodInfo {
        self
    }

    #[doc(hidden)]
    pub fn without_object(self) -> MethodInfo {
        MethodInfo { is_static: true, ..self }
    }
}

/// How the Rust part of an object begins and ends.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    pub(super) size: usize,
    pub(super) align: usize,
    /// Gives the struct behind a header that is set up already its blank values. False, having written nothing, when a field has
    /// none.
    pub(super) blank: Begin,
    /// Gives members that are no fields their first values, in a zeroed struct. False when it cannot.
    pub(super) begin: Option<Begin>,
    pub(super) drop: End,
}

/// How a struct begins, in a guest, too. A guest's panic does not leave it.
pub(super) type Begin = unsafe extern "C-unwind" fn(NonNull<Object>) -> bool;
/// How a struct ends.
pub(super) type End = unsafe extern "C-unwind" fn(NonNull<Object>);

/// What is to be registered of a type.
#[derive(Debug)]
pub struct Definition {
    /// What it is for.
    pub doc: SharedText,
    /// The fields it adds to its parent's.
    pub fields: Vec<FieldInfo>,
    /// The methods it adds to its parent's.
    pub methods: Vec<MethodInfo>,
    /// Makes an object, where that takes more than blank fields.
    pub creator: Option<Function>,
    /// How structural equality treats it.
    pub structural: StructuralKind,
    /// Whether an object may be copied field by field.
    pub copyable: bool,
    /// Whether objects may be made of values for the fields. Callers that know the type by reflection only ask.
    pub constructible: bool,
    /// Of a Rust type: where it comes from. The offsets of the fields are its own then; otherwise `register` sets them.
    pub native: Option<Native>,
}

impl Default for Definition {
    fn default() -> Definition {
        Definition {
            doc: SharedText::default(),
            fields: Vec::new(),
            methods: Vec::new(),
            creator: None,
            structural: StructuralKind::Tree,
            copyable: true,
            constructible: true,
            native: None,
        }
    }
}

/// What the reflection of a type of another maker was made of.
#[derive(Debug)]
pub(super) struct Origin {
    /// How many fields, methods and metadata the type and its ancestors had.
    pub(super) parts: usize,
    /// [`record::changes`] when they were counted last.
    pub(super) seen: AtomicUsize,
}

/// What is known of a type.
#[derive(Debug)]
pub struct Reflection {
    /// The type's index.
    pub index: i32,
    /// What it is for.
    pub doc: SharedText,
    /// All fields, the parent's first.
    pub fields: Vec<FieldInfo>,
    /// How many of the fields are the parent's.
    pub inherited: usize,
    /// The methods it adds to its parent's.
    pub methods: Vec<MethodInfo>,
    /// Where the last field ends.
    pub end: usize,
    /// An object's size.
    pub total_size: usize,
    /// Makes an object, where that takes more than blank fields.
    pub creator: Option<Function>,
    /// How structural equality treats it.
    pub structural: StructuralKind,
    /// Whether an object may be copied field by field.
    pub copyable: bool,
    /// Whether objects may be made of values for the fields. Callers that know the type by reflection only ask.
    pub constructible: bool,
    /// What is known of the parent; none when that is the root.
    pub parent: Option<&'static Reflection>,
    /// The nearest Rust type among this and its ancestors, and how many fields it has.
    pub(super) native: Option<(Native, usize)>,
    /// An object's layout.
    pub(super) layout: Layout,
    /// The fields behind the Rust part that own something: what an object's end releases.
    pub(super) owners: Vec<(usize, Storage)>,
    /// Of a type of another maker.
    pub(super) foreign: Option<Origin>,
    pub(super) names: HashMap<SharedText, usize>,
}

pub(super) static TABLE: IndexTable<Reflection> = IndexTable::new();

/// Registers what a type adds to its parent. That is registered already or is the root.
///
/// # Errors
/// Kind `TypeError` when the index is unknown or the parent not registered, `ValueError` when the type is registered.
pub fn register(index: i32, definition: Definition) -> Result<&'static Reflection, Error> {
    let ty = registry::type_info(index).ok_or_else(|| Error::type_error(format!("there is no type {index}")))?;
    let parent = match ty.parent {
        Some(parent) if parent.index != registry::OBJECT => Some(
            known_here(parent.index)
                .map_err(|why| Error::type_error(format!("`{}` cannot extend `{}`, {why}", ty.key, parent.key)))?,
        ),
        _ => None,
    };
    let reflection = build(index, parent, definition)?;
    // What a guest saw of the type by its record is replaced. It was seen as one of another maker.
    if cfg!(feature = "guest") && !is_declared(index) {
        TABLE.replace(index, Box::new(reflection));
        return TABLE.get(index).ok_or_else(|| Error::type_error(format!("there is no type {index}")));
    }
    TABLE
        .set(index, Box::new(reflection))
        .map_err(|_| Error::value_error(format!("the fields of `{}` are registered already", ty.key)))
}

/// Whether a type's fields were registered by this library.
pub(super) fn is_declared(index: i32) -> bool {
    TABLE.get(index).is_some_and(|known| known.foreign.is_none())
}

/// What is known of a type that is declared here. Else why it can be no parent.
fn known_here(index: i32) -> Result<&'static Reflection, &'static str> {
    match TABLE.get(index) {
        Some(known) if known.foreign.is_none() => Ok(known),
        None if !record::known(index).is_some_and(record::TypeRecord::has_parts) => Err("whose fields are not known"),
        _ => Err("whose objects another library makes: give it a field that holds one instead"),
    }
}

fn build(index: i32, parent: Option<&'static Reflection>, mut definition: Definition) -> Result<Reflection, Error> {
    let start = parent.map_or(size_of::<Header>(), |parent| parent.end);
    let (end, total_size) = match &definition.native {
        Some(native) => (native.size, native.size.next_multiple_of(8)),
        None => {
            let placed = layout::place(start, definition.fields.iter().map(|field| field.storage));
            definition.fields.iter_mut().zip(placed.offsets).for_each(|(field, offset)| field.offset = offset as isize);
            (placed.end, placed.total_size.max(parent.map_or(0, |parent| parent.total_size)))
        }
    };
    for field in &definition.fields {
        let fits = definition.native.is_some() == (field.rust != Rust::No);
        let range = usize::try_from(field.offset).map(|at| at..at + field.size());
        let is_inside = range.is_ok_and(|range| start <= range.start && range.end <= end);
        if !fits || !is_inside {
            return Err(Error::type_error(format!("field `{}` cannot be stored as it says", field.name)));
        }
    }
    let inherited = parent.map_or(0, |parent| parent.fields.len());
    let own = |field: FieldInfo| FieldInfo { owner: index, ..field };
    let inherits = parent.into_iter().flat_map(|parent| parent.fields.iter().cloned());
    let fields = gathered(inherits.chain(definition.fields.into_iter().map(own)));
    let native = definition.native.map(|native| (native, fields.len()));
    let native = native.or_else(|| parent.and_then(|parent| parent.native));
    let align = native.map_or(8, |(native, _)| native.align.max(8));
    let layout = Layout::from_size_align(total_size, align).map(|layout| layout.pad_to_align());
    let layout = layout.map_err(|_| Error::value_error(format!("type {index} does not fit the address space")))?;
    let natives = native.map_or(0, |(_, count)| count);
    let owners = fields[natives..].iter().filter(|field| field.storage.owns());
    let owners = owners.map(|field| (field.offset as usize, field.storage)).collect();
    Ok(Reflection {
        layout,
        owners,
        index,
        doc: definition.doc,
        inherited,
        methods: definition.methods.into_iter().map(|method| MethodInfo { owner: index, ..method }).collect(),
        end,
        total_size,
        creator: definition.creator,
        structural: definition.structural,
        constructible: definition.constructible,
        copyable: definition.copyable
            && native.is_none_or(|(native, _)| native.begin.is_none())
            && parent.is_none_or(|parent| parent.copyable),
        parent,
        native,
        foreign: None,
        names: names_of(&fields),
        fields,
    })
}

/// The places of fields by name. A name that the parent has too means the child's field.
pub(super) fn names_of(fields: &[FieldInfo]) -> HashMap<SharedText, usize> {
    let mut names = HashMap::new();
    names.grow(fields.len());
    names.extend(fields.iter().enumerate().map(|(at, field)| (field.name.clone(), at)));
    names
}

impl Reflection {
    /// A field by name, inherited ones included.
    pub fn field(&self, name: &str) -> Option<&FieldInfo> {
        self.names.get(name).map(|at| &self.fields[*at])
    }

    /// The fields that the type adds to its parent's.
    pub fn own_fields(&self) -> &[FieldInfo] {
        &self.fields[self.inherited..]
    }

    /// A method by name, inherited ones included.
    pub fn method(&self, name: &str) -> Option<&MethodInfo> {
        let own = self.methods.iter().rev().find(|method| method.name == name);
        own.or_else(|| self.parent.and_then(|parent| parent.method(name)))
    }

    /// Whether neither the type nor an ancestor is a Rust type.
    pub fn is_declared_at_run_time(&self) -> bool {
        self.native.is_none()
    }
}
