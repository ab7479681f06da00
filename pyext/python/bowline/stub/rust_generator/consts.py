"""What types are called in Rust. Its scalars have their widths here, and the words that it keeps for itself.

Upholds: paths with ``::`` are imported, other names are in scope everywhere.
"""

RUST_DIRECTIVE_KINDS = frozenset({"import-object", "field", "nullable", "enum", "opaque", "upcast", "custom-new"})

# A value that is an object is the crate's `ObjectRef`. `Object` is what structs begin with. Containers are the crate's.
RUST_TY_MAP_DEFAULTS = {
    "int": "i64",
    "float": "f64",
    "bool": "bool",
    "None": "()",
    "str": "tvm_ffi::String",
    "bytes": "tvm_ffi::Bytes",
    "Any": "tvm_ffi::Any",
    "Callable": "tvm_ffi::Function",
    "Array": "tvm_ffi::Array",
    "List": "tvm_ffi::List",
    "Map": "tvm_ffi::Map",
    "Object": "tvm_ffi::object::ObjectRef",
    "Tensor": "tvm_ffi::Tensor",
    "Shape": "tvm_ffi::Shape",
    "Device": "tvm_ffi::DLDevice",
    "dtype": "tvm_ffi::DLDataType",
    "DataType": "tvm_ffi::DLDataType",
    "ffi.String": "tvm_ffi::String",
    "ffi.Bytes": "tvm_ffi::Bytes",
    "ffi.BigInt": "tvm_ffi::BigInt",
    "ffi.Module": "tvm_ffi::Module",
    "ffi.Error": "tvm_ffi::Error",
    "ffi.Object": "tvm_ffi::object::ObjectRef",
    "ffi.Tensor": "tvm_ffi::Tensor",
    "ffi.Shape": "tvm_ffi::Shape",
    "ffi.Function": "tvm_ffi::Function",
    "ffi.reflection.AccessPath": "tvm_ffi::reflection::AccessPath",
    "ffi.reflection.AccessStep": "tvm_ffi::reflection::AccessStep",
}

# The crate has no type for these.
RUST_UNSUPPORTED_ORIGINS = frozenset({"Dict", "Union", "tuple"})

# Scalars by what they are and their bytes. A schema does not say how wide a number is.
RUST_SCALAR_BY_SIZE = {
    ("int", 1): "i8",
    ("int", 2): "i16",
    ("int", 4): "i32",
    ("int", 8): "i64",
    ("float", 4): "f32",
    ("float", 8): "f64",
}
RUST_SCALAR_WIDTHS = {
    **{f"{sign}{8 * width}": width for width in (1, 2, 4, 8) for sign in "iu"},
    "bool": 1,
    "f32": 4,
    "f64": 8,
}
# Parameters of these types are taken as they are, others as what converts. A literal has no type of its own.
RUST_EXACT_PARAMS = frozenset({*RUST_SCALAR_WIDTHS, "isize", "usize"})

RUST_POINTER_SIZE = 8
# Optional values are kept as a whole value of two words. Optional objects are kept as a pointer.
RUST_OPTIONAL_PATH = "tvm_ffi::Optional"
RUST_OPTIONAL_FIELD_SIZE = 16
RUST_OBJECT_OPTIONAL_FIELD_SIZE = RUST_POINTER_SIZE
RUST_ANY_BACKED_OPTIONAL_PAYLOADS = frozenset({"int", "float", "bool", "Device", "dtype", "DataType", "str", "bytes"})

# Where keys that begin so are, in Rust.
RUST_MOD_MAP = {"ffi": "tvm_ffi"}
RUST_ROOT_TYPE_KEY = "ffi.Object"

_WORDS = """
abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if impl in let
loop macro match mod move mut override priv pub ref return self Self static struct super trait true try type typeof unsafe
unsized use virtual where while yield
"""
RUST_KEYWORDS = frozenset(_WORDS.split())
# Those that cannot be written as `r#name`.
RUST_NOT_RAW_IDENTIFIERS = frozenset({"self", "Self", "super", "crate"})
# Fields that each generated struct has besides.
RUST_RESERVED_MEMBERS = frozenset({"base"})

# How long lines may be, as rustfmt has it.
RUST_MAX_WIDTH = 100
