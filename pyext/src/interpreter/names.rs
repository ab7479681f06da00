//! Names of attributes and modules that are looked up again and again.
//! Upholds: all are made when the module is imported, so that none takes memory later.

use crate::interpreter::make;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

/// All of them. A name that is not here does not compile.
const NAMES: &[&str] = &[
    "CDict",
    "__callback__",
    "__cuda_stream__",
    "__del__",
    "__dict__",
    "__dlpack__",
    "__dlpack_c_exchange_api__",
    "__dlpack_data_type__",
    "__dlpack_device__",
    "__ffi_convert__",
    "__ffi_init__",
    "__ffi_plain__",
    "__getstate__",
    "__init__",
    "__module__",
    "__name__",
    "__new__",
    "__newobj__",
    "__reduce__",
    "__repr__",
    "__subclasses__",
    "__traceback__",
    "__tvm_ffi_error__",
    "__tvm_ffi_float__",
    "__tvm_ffi_int__",
    "__tvm_ffi_object__",
    "__tvm_ffi_opaque_ptr__",
    "__tvm_ffi_value__",
    "_data",
    "_empty",
    "_schema_of_key",
    "_slotnames",
    "args",
    "asobject",
    "bit_length",
    "bowline._buffer",
    "bowline._core",
    "bowline._traceback",
    "bowline.dataclasses._annotation",
    "bowline.dataclasses._tools",
    "buffer_of",
    "builtins",
    "c_void_p",
    "co_filename",
    "co_name",
    "copy",
    "copyreg",
    "ctypes",
    "deepcopy",
    "difflib",
    "dtype",
    "encode",
    "environ",
    "f_back",
    "f_code",
    "f_locals",
    "fallback",
    "field_of",
    "from_bytes",
    "generation",
    "get",
    "get_close_matches",
    "input_dict",
    "items",
    "iter",
    "json",
    "little",
    "loads",
    "max_version",
    "modules",
    "name",
    "named_args",
    "native_traceback",
    "os",
    "other",
    "reason",
    "schema_of",
    "set",
    "set_field",
    "signed",
    "sys",
    "tb_frame",
    "tb_lineno",
    "tb_next",
    "to_bytes",
    "tobytes",
    "type",
    "value",
    "values",
    "view_of",
];

static MADE: [PyOnceLock<Py<PyString>>; NAMES.len()] = [const { PyOnceLock::new() }; NAMES.len()];

/// Where a name is.
pub const fn place(name: &str) -> usize {
    let mut at = 0;
    while at < NAMES.len() {
        if same(NAMES[at].as_bytes(), name.as_bytes()) {
            return at;
        }
        at += 1;
    }
    panic!("the name is missing in NAMES of interpreter/names.rs")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// The name at a place.
#[inline]
pub fn get<'py>(py: Python<'py>, place: usize) -> &'py Bound<'py, PyString> {
    MADE[place].get(py).expect("made with the module").bind(py)
}

/// The name, interned. As PyO3's, which is made at its first use and panics without memory for it.
macro_rules! intern {
    ($py:expr, $name:literal) => {
        $crate::interpreter::names::get($py, const { $crate::interpreter::names::place($name) })
    };
}
pub(crate) use intern;

/// Makes all names.
///
/// # Errors
/// `MemoryError`.
pub fn install(py: Python<'_>) -> PyResult<()> {
    NAMES
        .iter()
        .zip(&MADE)
        .try_for_each(|(name, made)| made.get_or_try_init(py, || make::interned(py, name).map(Bound::unbind)).map(drop))
}
