//! What a value may be. It has types as annotations and error texts name them, and how fields of them are stored.
//! Upholds: the text of a schema is the annotation that declares it.

use super::tag;
use crate::object::grow::{gathered, owned};
use crate::object::registry::{self, TypeInfo};
use crate::object::shared_text::SharedText;
use std::cmp::Ordering;
use std::fmt;

/// A type, as an annotation declares it.
#[derive(Debug, PartialEq, Eq)]
pub enum Schema {
    /// Anything.
    Any,
    /// `None` only.
    None,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// A truth value.
    Bool,
    /// A string.
    Str,
    /// Bytes.
    Bytes,
    /// An opaque pointer.
    Pointer,
    /// An element type.
    DType,
    /// A device.
    Device,
    /// An object of this type index or of a type below it.
    Object(i32),
    /// `None` or the other.
    Optional(Box<Schema>),
    /// The first of these that suits.
    Union(Vec<Schema>),
    /// An immutable sequence.
    Array(Box<Schema>),
    /// A mutable, shared sequence.
    List(Box<Schema>),
    /// An immutable sequence of fixed length, stored as an array.
    Tuple(Vec<Schema>),
    /// An immutable sequence of any length: `tuple` without brackets, stored as an array.
    AnyTuple,
    /// An immutable mapping.
    Map(Box<Schema>, Box<Schema>),
    /// A mutable, shared mapping.
    Dict(Box<Schema>, Box<Schema>),
    /// A function; its result when that is declared, and its parameters when they are, too.
    Callable(Option<(Option<Vec<Schema>>, Box<Schema>)>),
    /// A name that no type had when the schema was made, with its arguments. No value is of it, unless a type is registered
    /// by that name later. The last is shown in its place.
    Unknown(SharedText, Vec<Schema>, Option<Box<Schema>>),
}

impl Clone for Schema {
    /// As derived, but asks for the room of long lists.
    fn clone(&self) -> Schema {
        let all = |items: &[Schema]| gathered(items.iter().cloned());
        match self {
            Schema::Any => Schema::Any,
            Schema::None => Schema::None,
            Schema::Int => Schema::Int,
            Schema::Float => Schema::Float,
            Schema::Bool => Schema::Bool,
            Schema::Str => Schema::Str,
            Schema::Bytes => Schema::Bytes,
            Schema::Pointer => Schema::Pointer,
            Schema::DType => Schema::DType,
            Schema::Device => Schema::Device,
            Schema::Object(index) => Schema::Object(*index),
            Schema::Optional(inner) => Schema::Optional(inner.clone()),
            Schema::Union(items) => Schema::Union(all(items)),
            Schema::Array(item) => Schema::Array(item.clone()),
            Schema::List(item) => Schema::List(item.clone()),
            Schema::Tuple(items) => Schema::Tuple(all(items)),
            Schema::Map(key, value) => Schema::Map(key.clone(), value.clone()),
            Schema::Dict(key, value) => Schema::Dict(key.clone(), value.clone()),
            Schema::AnyTuple => Schema::AnyTuple,
            Schema::Callable(None) => Schema::Callable(None),
            Schema::Callable(Some((parameters, result))) => {
                Schema::Callable(Some((parameters.as_deref().map(all), result.clone())))
            }
            Schema::Unknown(name, items, shown) => Schema::Unknown(name.clone(), all(items), shown.clone()),
        }
    }
}

impl Schema {
    /// The schema of all values that have a type index.
    pub fn of_index(index: i32) -> Schema {
        let any = || Box::new(Schema::Any);
        match index {
            tag::ANY => Schema::Any,
            tag::NONE => Schema::None,
            tag::INT => Schema::Int,
            tag::BOOL => Schema::Bool,
            tag::FLOAT => Schema::Float,
            tag::POINTER => Schema::Pointer,
            tag::DTYPE => Schema::DType,
            tag::DEVICE => Schema::Device,
            tag::STR | tag::SMALL_STR | tag::RAW_STR => Schema::Str,
            tag::BYTES | tag::SMALL_BYTES | tag::BYTE_ARRAY => Schema::Bytes,
            tag::ARRAY => Schema::Array(any()),
            tag::LIST => Schema::List(any()),
            tag::MAP => Schema::Map(any(), any()),
            tag::DICT => Schema::Dict(any(), any()),
            tag::FUNCTION => Schema::Callable(None),
            index => Schema::Object(index),
        }
    }

    /// The type index that values of this schema share, if there is one. That of strings and bytes is the heap
    /// form's.
    pub fn index(&self) -> Option<i32> {
        Some(match self {
            Schema::None => tag::NONE,
            Schema::Int => tag::INT,
            Schema::Float => tag::FLOAT,
            Schema::Bool => tag::BOOL,
            Schema::Str => tag::STR,
            Schema::Bytes => tag::BYTES,
            Schema::Pointer => tag::POINTER,
            Schema::DType => tag::DTYPE,
            Schema::Device => tag::DEVICE,
            Schema::Object(index) => *index,
            Schema::Array(_) | Schema::Tuple(_) | Schema::AnyTuple => tag::ARRAY,
            Schema::List(_) => tag::LIST,
            Schema::Map(..) => tag::MAP,
            Schema::Dict(..) => tag::DICT,
            Schema::Callable(_) => tag::FUNCTION,
            Schema::Any | Schema::Optional(_) | Schema::Union(_) | Schema::Unknown(..) => return None,
        })
    }

    /// How a field of this type is stored in types declared at run time.
    pub fn storage(&self) -> Storage {
        match self {
            Schema::Int => Storage::I64,
            Schema::Float => Storage::F64,
            Schema::Bool => Storage::Bool,
            Schema::Pointer => Storage::Pointer,
            Schema::DType => Storage::DType,
            Schema::Device => Storage::Device,
            Schema::Any | Schema::None | Schema::Str | Schema::Bytes => Storage::Any,
            Schema::Optional(_) | Schema::Union(_) | Schema::Unknown(..) => Storage::Any,
            _ => Storage::Object,
        }
    }
}

impl Schema {
    /// What an error text adds where the type `found` has the expected one's key.
    ///
    /// That is so after a class was defined again. Empty otherwise.
    #[cold]
    pub fn tell_apart(&self, found: i32) -> &'static str {
        let Some(found) = registry::type_info(found) else { return "" };
        match self.age_of(found) {
            Some(Ordering::Less) => {
                " of a former definition: the class was defined again; make the object by the newest"
            }
            Some(Ordering::Greater) => " of a newer definition: define again what expects the former",
            _ => "",
        }
    }

    /// Compares a type in age to the one of its key that is meant here. An ancestor of that key stands for it.
    fn age_of(&self, found: &'static TypeInfo) -> Option<Ordering> {
        match self {
            Schema::Object(index) => {
                let wanted = registry::type_info(*index)?;
                let mut ancestors =
                    found.ancestors.iter().filter_map(|index| registry::type_info(*index)).chain([found]);
                ancestors.find(|info| info.key == wanted.key).map(|info| info.index.cmp(&wanted.index))
            }
            Schema::Optional(inner) => inner.age_of(found),
            Schema::Union(items) => items.iter().find_map(|item| item.age_of(found)),
            _ => None,
        }
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Schema]| {
            items.iter().enumerate().try_for_each(|(i, item)| write!(f, "{}{item}", if i == 0 { "" } else { ", " }))
        };
        match self {
            Schema::Any => f.write_str("Any"),
            Schema::Object(tag::TENSOR) => f.write_str("Tensor"),
            Schema::Object(index) => f.write_str(&index_name(*index)),
            Schema::Optional(inner) => write!(f, "{inner} | None"),
            Schema::Array(item) => write!(f, "Array[{item}]"),
            Schema::List(item) => write!(f, "List[{item}]"),
            Schema::Map(key, value) => write!(f, "Map[{key}, {value}]"),
            Schema::Dict(key, value) => write!(f, "Dict[{key}, {value}]"),
            Schema::Union(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(i, item)| write!(f, "{}{item}", if i == 0 { "" } else { " | " })),
            Schema::AnyTuple => f.write_str("tuple"),
            Schema::Tuple(items) if items.is_empty() => f.write_str("tuple[()]"),
            Schema::Tuple(items) => {
                f.write_str("tuple[")?;
                list(f, items)?;
                f.write_str("]")
            }
            Schema::Callable(None) => f.write_str("Callable[..., Any]"),
            Schema::Callable(Some((None, result))) => write!(f, "Callable[..., {result}]"),
            Schema::Callable(Some((Some(parameters), result))) => {
                f.write_str("Callable[[")?;
                list(f, parameters)?;
                write!(f, "], {result}]")
            }
            Schema::Unknown(name, items, _) if items.is_empty() => f.write_str(name),
            Schema::Unknown(name, items, _) => {
                write!(f, "{name}[")?;
                list(f, items)?;
                f.write_str("]")
            }
            plain => f.write_str(&index_name(plain.index().unwrap_or(tag::ANY))),
        }
    }
}

/// The name of a type index. For built-in types it is that of the annotation, for others the type key.
pub(super) fn index_name(index: i32) -> String {
    let name = match index {
        tag::ANY => "Any",
        tag::NONE => "None",
        tag::INT => "int",
        tag::BOOL => "bool",
        tag::FLOAT => "float",
        tag::POINTER => "ctypes.c_void_p",
        tag::DTYPE => "dtype",
        tag::DEVICE => "Device",
        tag::DL_TENSOR => "DLTensor*",
        tag::RAW_STR | tag::SMALL_STR | tag::STR => "str",
        tag::BYTE_ARRAY | tag::SMALL_BYTES | tag::BYTES => "bytes",
        tag::RVALUE => "ObjectRValueRef",
        index => return registry::type_info(index).map_or_else(|| format!("type {index}"), |info| owned(info.key)),
    };
    owned(name)
}

/// How a field is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    /// A signed byte.
    I8,
    /// Two signed bytes.
    I16,
    /// Four signed bytes.
    I32,
    /// Eight signed bytes.
    I64,
    /// An unsigned byte.
    U8,
    /// Two unsigned bytes.
    U16,
    /// Four unsigned bytes.
    U32,
    /// Eight unsigned bytes.
    U64,
    /// A float of four bytes.
    F32,
    /// A float of eight bytes.
    F64,
    /// One byte, 0 or 1.
    Bool,
    /// An opaque pointer.
    Pointer,
    /// A pointer to an object, owned; null is none.
    Object,
    /// A whole value, owned.
    Any,
    /// An element type.
    DType,
    /// A device.
    Device,
    /// As the code of its maker says, by which alone it is read and written.
    Foreign,
}

impl Storage {
    /// Every way to store a field that is known here.
    pub const ALL: [Storage; 16] = [
        Storage::I8,
        Storage::I16,
        Storage::I32,
        Storage::I64,
        Storage::U8,
        Storage::U16,
        Storage::U32,
        Storage::U64,
        Storage::F32,
        Storage::F64,
        Storage::Bool,
        Storage::Pointer,
        Storage::Object,
        Storage::Any,
        Storage::DType,
        Storage::Device,
    ];

    /// Bytes that a field takes; 0 of one that its maker knows.
    pub const fn size(self) -> usize {
        match self {
            Storage::I8 | Storage::U8 | Storage::Bool => 1,
            Storage::I16 | Storage::U16 => 2,
            Storage::I32 | Storage::U32 | Storage::F32 | Storage::DType => 4,
            Storage::I64 | Storage::U64 | Storage::F64 | Storage::Pointer | Storage::Object | Storage::Device => 8,
            Storage::Any => 16,
            Storage::Foreign => 0,
        }
    }

    /// What a field's address is a multiple of.
    pub const fn align(self) -> usize {
        match self {
            Storage::DType => 2,
            Storage::Device => 4,
            Storage::Any => 8,
            Storage::Foreign => 1,
            other => other.size(),
        }
    }

    /// Whether a field may own a count on an object.
    pub const fn owns(self) -> bool {
        matches!(self, Storage::Object | Storage::Any)
    }
}
