//! From native values to Python.
//!
//! | file | one job |
//! |---|---|
//! | `dlpack_capsule` | DLPack tensors in Python capsules, both ways |
//! | `dlpack_exchange` | DLPack's exchange between libraries that share a process: a table of C functions on the class of a library's tensors |
//! | `error` | Errors across the boundary: a kind and a message on one side, an exception on the other |
//! | `opaque` | Python objects inside native ones: `ffi.OpaquePyObject` |
//! | `opaque_object` | `OpaquePyObject`: asks for a Python object to cross native code as it is |
//! | `own_text` | What classes say of their instances by a `__repr__` of their own, within texts of others |
//! | `short_text` | Short texts, one `str` each as far as there is room |
//! | `tensor_library` | Which library's tensors went into a call: what the call returns is shown as that library's |
//! | `value` | Native values as Python sees them |

pub mod dlpack_capsule;
pub mod dlpack_exchange;
pub mod error;
pub mod opaque;
pub mod opaque_object;
pub mod own_text;
pub mod short_text;
pub mod tensor_library;
pub mod value;
