//! Types by index and by key, and who derives from whom.
//! Imports `sync` and `object::table`.
//! Upholds: an index means one type for ever; a parent's index is smaller than its children's; neither lookups nor
//! registrations wait for another thread, so that a forked child finds the registry usable.

use super::table::IndexTable;
use super::ObjectType;
use crate::sync::global::{AtomicI32, AtomicPtr, Ordering};
use std::fmt;
use std::ptr;

/// The index of `ffi.Object`, and the smallest index of an object type.
pub const OBJECT: i32 = 64;
/// The smallest index of a type that is registered at run time.
pub const DYNAMIC: i32 = 128;

/// What is known of a type from its registration on.
#[derive(Debug)]
pub struct TypeInfo {
    /// The type's index.
    pub index: i32,
    /// How many ancestors it has.
    pub depth: usize,
    /// Its name in the registry.
    pub key: &'static str,
    /// The indices of its ancestors, the root first.
    pub ancestors: &'static [i32],
    /// The type it extends.
    pub parent: Option<&'static TypeInfo>,
}

/// Why a type could not be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryError {
    /// The key is taken, by the type of this index.
    Duplicate {
        /// The key.
        key: String,
        /// Who has it.
        index: i32,
    },
    /// There is no object type with the parent's index, or its key was retired.
    UnknownParent(i32),
    /// The key is taken by a type with another parent.
    ParentMismatch {
        /// The key.
        key: String,
        /// The parent's index that it has.
        registered: i32,
        /// The parent's index that was asked for.
        requested: i32,
    },
    /// There are no indices left.
    Full,
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { key, index } => write!(f, "type key `{key}` is already registered (index {index})"),
            Self::UnknownParent(index) => write!(f, "parent type index {index} is not registered"),
            Self::ParentMismatch { key, registered, requested } => {
                write!(f, "type key `{key}` is already registered with parent type index {registered}, not {requested}")
            }
            Self::Full => write!(f, "no type indices left"),
        }
    }
}

impl std::error::Error for RegistryError {}

const fn value(index: i32, key: &'static str) -> TypeInfo {
    TypeInfo { index, depth: 0, key, ancestors: &[], parent: None }
}

const fn object(index: i32, key: &'static str) -> TypeInfo {
    TypeInfo { index, depth: 1, key, ancestors: &[OBJECT], parent: Some(&STATIC_OBJECTS[0]) }
}

/// Types of values that are no objects, from index 0 on.
static STATIC_VALUES: [TypeInfo; 13] = [
    value(0, "None"),
    value(1, "int"),
    value(2, "bool"),
    value(3, "float"),
    value(4, "void*"),
    value(5, "DataType"),
    value(6, "Device"),
    value(7, "DLTensor*"),
    value(8, "const char*"),
    value(9, "TVMFFIByteArray*"),
    value(10, "ObjectRValueRef"),
    value(11, "ffi.SmallStr"),
    value(12, "ffi.SmallBytes"),
];

/// Object types with an index of their own, from [`OBJECT`] on.
static STATIC_OBJECTS: [TypeInfo; 14] = [
    value(OBJECT, "ffi.Object"),
    object(65, "ffi.String"),
    object(66, "ffi.Bytes"),
    object(67, "ffi.Error"),
    object(68, "ffi.Function"),
    object(69, "ffi.Shape"),
    object(70, "ffi.Tensor"),
    object(71, "ffi.Array"),
    object(72, "ffi.Map"),
    object(73, "ffi.Module"),
    object(74, "ffi.OpaquePyObject"),
    object(75, "ffi.List"),
    object(76, "ffi.Dict"),
    object(77, "ffi.VisitInterrupt"),
];

/// Types from [`DYNAMIC`] on, at their index less that.
static TYPES: IndexTable<TypeInfo> = IndexTable::new();
static NEXT: AtomicI32 = AtomicI32::new(DYNAMIC);

/// The type with this index.
#[inline]
pub fn type_info(index: i32) -> Option<&'static TypeInfo> {
    if index >= DYNAMIC {
        TYPES.get(index - DYNAMIC)
    } else if index >= OBJECT {
        STATIC_OBJECTS.get((index - OBJECT) as usize)
    } else {
        STATIC_VALUES.get(usize::try_from(index).ok()?)
    }
}

/// Whether the type `index` is `target` or derived from it.
#[inline]
pub fn is_instance(index: i32, target: i32) -> bool {
    index == target || is_derived(index, target)
}

#[inline(never)]
fn is_derived(index: i32, target: i32) -> bool {
    match (type_info(index), type_info(target)) {
        (Some(info), Some(ancestor)) => info.ancestors.get(ancestor.depth) == Some(&target),
        _ => false,
    }
}

/// The index of the type with this key.
pub fn type_index_of(key: &str) -> Option<i32> {
    // Acquire: pairs with the Release in `register_type`. Carries: the nodes of the bucket and their types.
    statics()
        .find(|info| info.key == key)
        .map(|info| info.index)
        .or_else(|| find(bucket(key).load(Ordering::Acquire), key).map(|node| node.info.index))
}

/// All types that can be found by key, in the order of their indices.
pub fn types() -> impl Iterator<Item = &'static TypeInfo> {
    // Relaxed: types that are being registered may or may not be there.
    let dynamic = (DYNAMIC..NEXT.load(Ordering::Relaxed)).filter_map(type_info);
    // An index may have been lost in a race for its key, or its key retired.
    statics().chain(dynamic.filter(|info| type_index_of(info.key) == Some(info.index)))
}

fn statics() -> impl Iterator<Item = &'static TypeInfo> {
    STATIC_VALUES.iter().chain(&STATIC_OBJECTS)
}

/// Registers a type under a key that nobody has. Linearises at the publication of the key.
pub fn register_type(key: &str, parent_index: i32) -> Result<&'static TypeInfo, RegistryError> {
    let duplicate = |index| Err(RegistryError::Duplicate { key: key.into(), index });
    if let Some(index) = type_index_of(key) {
        return duplicate(index);
    }
    let parent = type_info(parent_index)
        .filter(|parent| parent_index >= OBJECT && type_index_of(parent.key) == Some(parent_index))
        .ok_or(RegistryError::UnknownParent(parent_index))?;
    let info = add(key, parent)?;
    let node = Box::into_raw(Box::new(Node { info, retired: AtomicI32::new(0), next: ptr::null() }));
    let bucket = bucket(key);
    // Acquire, here and on failure: as in `type_index_of`.
    let mut head = bucket.load(Ordering::Acquire);
    loop {
        if let Some(other) = find(head, key) {
            // Another thread was first. The index is lost, which costs a few bytes once.
            // SAFETY: the node was not published.
            drop(unsafe { Box::from_raw(node) });
            return duplicate(other.info.index);
        }
        // SAFETY: the node is not published yet.
        unsafe { (*node).next = head };
        // Release: pairs with the Acquire in `type_index_of`. Carries: the node and its type.
        match bucket.compare_exchange(head, node, Ordering::Release, Ordering::Acquire) {
            Ok(_) => return Ok(info),
            Err(now) => head = now,
        }
    }
}

/// The type with this key and parent; registers it when the key is free.
pub fn get_or_register_type(key: &str, parent_index: i32) -> Result<&'static TypeInfo, RegistryError> {
    match register_type(key, parent_index) {
        Err(RegistryError::Duplicate { key, index }) => {
            let info = type_info(index).expect("a key's type is in the table");
            match info.parent.map_or(-1, |parent| parent.index) {
                registered if registered == parent_index => Ok(info),
                registered => Err(RegistryError::ParentMismatch { key, registered, requested: parent_index }),
            }
        }
        other => other,
    }
}

/// Frees the key of a type whose registration is rolled back, for another type to take; false when the type is not
/// dynamic, unknown, or has lost its key already. The index and what is known of it stay: objects may carry it.
pub fn retire_key(index: i32) -> bool {
    let Some(info) = type_info(index) else {
        return false;
    };
    // Acquire: as in `type_index_of`.
    match find(bucket(info.key).load(Ordering::Acquire), info.key) {
        // Relaxed: the flag alone is news; who reads it late sees the type as if it had come before.
        Some(node) if node.info.index == index => node.retired.swap(1, Ordering::Relaxed) == 0,
        _ => false,
    }
}

/// Puts a type into the table, under an index of its own.
fn add(key: &str, parent: &'static TypeInfo) -> Result<&'static TypeInfo, RegistryError> {
    // Relaxed: uniqueness is all that is asked of it.
    let index = NEXT
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(1))
        .map_err(|_| RegistryError::Full)?;
    let ancestors: Box<[i32]> = parent.ancestors.iter().copied().chain([parent.index]).collect();
    let info = TypeInfo {
        index,
        depth: ancestors.len(),
        key: Box::leak(key.into()),
        ancestors: Box::leak(ancestors),
        parent: Some(parent),
    };
    Ok(TYPES.set(index - DYNAMIC, Box::new(info)).expect("an index is given out once"))
}

/// A key in its bucket. Nodes are never freed; a retired one is passed over.
struct Node {
    info: &'static TypeInfo,
    retired: AtomicI32,
    next: *const Node,
}

const BUCKETS: usize = 1024;
static KEYS: [AtomicPtr<Node>; BUCKETS] = [const { AtomicPtr::new(ptr::null_mut()) }; BUCKETS];

fn bucket(key: &str) -> &'static AtomicPtr<Node> {
    // FNV-1a
    let hash = key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    &KEYS[(hash ^ (hash >> 32)) as usize % BUCKETS]
}

fn find(head: *const Node, key: &str) -> Option<&'static Node> {
    // SAFETY: nodes are leaked, and whole when they are published.
    let mut at = unsafe { head.as_ref() };
    while let Some(node) = at {
        // Relaxed: see `retire_key`.
        if node.info.key == key && node.retired.load(Ordering::Relaxed) == 0 {
            return Some(node);
        }
        // SAFETY: as above.
        at = unsafe { node.next.as_ref() };
    }
    None
}

/// Forgets all dynamic types and frees what is known of them, so that each input of a fuzzer begins with the same
/// registry.
///
/// # Safety
/// No other thread uses the registry; no reference that it gave to a dynamic type is used again, nor an index of one, be
/// it by an object, in a [`CachedIndex`] or in a table by index.
#[cfg(fuzzing)]
pub unsafe fn forget_dynamic_types() {
    // Relaxed, here and below: there is one thread.
    for bucket in &KEYS {
        let mut at = bucket.swap(ptr::null_mut(), Ordering::Relaxed);
        while !at.is_null() {
            // SAFETY: made by `register_type`, and unlinked just now.
            at = unsafe { Box::from_raw(at) }.next.cast_mut();
        }
    }
    for index in 0..NEXT.swap(DYNAMIC, Ordering::Relaxed) - DYNAMIC {
        // SAFETY: the caller's contract; the three allocations are those of `add`.
        unsafe {
            let Some(info) = TYPES.take(index) else { continue };
            drop(Box::from_raw(ptr::from_ref(info.key).cast_mut()));
            drop(Box::from_raw(ptr::from_ref(info.ancestors).cast_mut()));
        }
    }
}

/// Where an [`ObjectType`] keeps its index.
///
/// ```
/// use bowline::object::{registry::CachedIndex, Header, Obj, Object, ObjectType};
///
/// #[repr(C)]
/// struct Point {
///     header: Header,
///     x: i64,
/// }
///
/// // SAFETY: `repr(C)`, starts with a header, and the key is this type's own.
/// unsafe impl ObjectType for Point {
///     const TYPE_KEY: &'static str = "doc.Point";
///     type Parent = Object;
///     fn type_index() -> i32 {
///         static INDEX: CachedIndex = CachedIndex::new();
///         INDEX.get_or_register::<Self>()
///     }
/// }
///
/// let point = Obj::new(Point { header: Header::placeholder(), x: 1 });
/// assert_eq!((point.x, point.type_info().key), (1, "doc.Point"));
/// ```
#[derive(Debug)]
pub struct CachedIndex(AtomicI32);

impl CachedIndex {
    /// Not known yet.
    pub const fn new() -> Self {
        CachedIndex(AtomicI32::new(0))
    }

    /// The index, from `register` the first time. Threads that come first at the same time may all call it.
    #[inline]
    pub fn get_or(&self, register: impl FnOnce() -> i32) -> i32 {
        // Acquire: pairs with the Release below. Carries: the type in the table.
        match self.0.load(Ordering::Acquire) {
            0 => {
                let index = register();
                // Release: pairs with the Acquire above.
                self.0.store(index, Ordering::Release);
                index
            }
            index => index,
        }
    }

    /// The index of `T`, registered with its parent the first time.
    ///
    /// # Panics
    /// When the key belongs to a type with another parent.
    #[inline]
    pub fn get_or_register<T: ObjectType>(&self) -> i32 {
        self.get_or(register::<T>)
    }
}

impl Default for CachedIndex {
    fn default() -> Self {
        Self::new()
    }
}

#[cold]
fn register<T: ObjectType>() -> i32 {
    match get_or_register_type(T::TYPE_KEY, T::Parent::type_index()) {
        Ok(info) => info.index,
        Err(error) => panic!("{error}"),
    }
}
