//! What is known of a type from its registration on. The types that need none are here, too.
//! Upholds: nothing of a type changes but how many of its reserved indices are given out, and that it is withdrawn.

use super::root::OBJECT;
use crate::sync::global::{AtomicI32, Ordering};

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
    /// The indices behind its own that only its descendants get.
    pub(super) reserved: Reserved,
    /// Not 0 once the registration was taken back: no type may extend it any more.
    withdrawn: AtomicI32,
}

/// Indices that a type keeps for its descendants. By their range C++ tells them.
#[derive(Debug)]
pub(super) struct Reserved {
    /// How many there are.
    pub(super) count: i32,
    /// Whether further descendants may have an index elsewhere.
    pub(super) can_overflow: bool,
    /// How many of them are given out.
    given: AtomicI32,
}

impl Reserved {
    pub(super) const fn new(count: i32, can_overflow: bool) -> Reserved {
        Reserved { count, can_overflow, given: AtomicI32::new(0) }
    }

    /// Takes `count` indices; gives the distance of the first from the type's own.
    pub(super) fn take(&self, count: i32) -> Option<i32> {
        let next = |given: i32| given.checked_add(count).filter(|end| *end <= self.count);
        // Relaxed: uniqueness is all that is asked of it.
        self.given.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok().map(|given| given + 1)
    }
}

impl TypeInfo {
    pub(super) const fn new(
        index: i32,
        key: &'static str,
        ancestors: &'static [i32],
        parent: Option<&'static TypeInfo>,
        reserved: Reserved,
    ) -> TypeInfo {
        TypeInfo { index, depth: ancestors.len(), key, ancestors, parent, reserved, withdrawn: AtomicI32::new(0) }
    }

    /// Lets no type extend this one from now on.
    pub(super) fn withdraw(&self) {
        // Relaxed: the flag alone is news. A thread that reads it late sees the type as if it had come before.
        self.withdrawn.store(1, Ordering::Relaxed);
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        // Relaxed: see `withdraw`.
        self.withdrawn.load(Ordering::Relaxed) != 0
    }
}

const fn value(index: i32, key: &'static str) -> TypeInfo {
    TypeInfo::new(index, key, &[], None, Reserved::new(0, true))
}

const fn object(index: i32, key: &'static str) -> TypeInfo {
    TypeInfo::new(index, key, &[OBJECT], Some(&STATIC_OBJECTS[0]), Reserved::new(0, true))
}

/// Types of values that are no objects, from index 0 on.
pub(super) static STATIC_VALUES: [TypeInfo; 14] = [
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
    value(13, "ffi.Unchanged"),
];

/// Object types with an index of their own, from [`OBJECT`] on.
pub(super) static STATIC_OBJECTS: [TypeInfo; 15] = [
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
    object(78, "ffi.BigInt"),
];
