//! The numbers that say what a value is. They are type indices below 64, and those of the built-in
//! object types.
//! Upholds: the numbers are those of the C ABI (index table of `object::registry`); they never change.

/// Any type; appears in annotations only, never in a value.
pub const ANY: i32 = -1;
/// No value.
pub const NONE: i32 = 0;
/// A 64-bit signed integer.
pub const INT: i32 = 1;
/// A truth value.
pub const BOOL: i32 = 2;
/// A 64-bit float.
pub const FLOAT: i32 = 3;
/// An opaque `void*`.
pub const POINTER: i32 = 4;
/// A [`super::DataType`].
pub const DTYPE: i32 = 5;
/// A [`super::Device`].
pub const DEVICE: i32 = 6;
/// A `DLTensor*`.
pub const DL_TENSOR: i32 = 7;
/// A null-terminated `const char*`; in views only.
pub const RAW_STR: i32 = 8;
/// A pointer to a [`super::ByteArray`]; in views only.
pub const BYTE_ARRAY: i32 = 9;
/// A pointer to a slot that holds an object to be moved; in views only.
pub const RVALUE: i32 = 10;
/// A string of at most seven bytes, inline.
pub const SMALL_STR: i32 = 11;
/// Bytes, at most seven, inline.
pub const SMALL_BYTES: i32 = 12;
/// "The value stays as it is", as a structural mutation answers. No value of any field.
pub const UNCHANGED: i32 = 13;
/// The first index of objects; everything below is plain data.
pub const OBJECT: i32 = 64;
/// A heap string.
pub const STR: i32 = 65;
/// Heap bytes.
pub const BYTES: i32 = 66;
/// An error.
pub const ERROR: i32 = 67;
/// A function.
pub const FUNCTION: i32 = 68;
/// A shape.
pub const SHAPE: i32 = 69;
/// A tensor.
pub const TENSOR: i32 = 70;
/// An immutable sequence.
pub const ARRAY: i32 = 71;
/// An immutable mapping.
pub const MAP: i32 = 72;
/// A module.
pub const MODULE: i32 = 73;
/// A Python payload.
pub const OPAQUE: i32 = 74;
/// A mutable, shared sequence.
pub const LIST: i32 = 75;
/// A mutable, shared mapping.
pub const DICT: i32 = 76;
/// An integer beyond 64 bits.
pub const BIG_INT: i32 = 78;
