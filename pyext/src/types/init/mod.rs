//! Construction: one plan for each type, its fast ways, and the calls that follow it.
//!
//! | file | one job |
//! |---|---|
//! | `arguments` | Which field each argument of a construction is for |
//! | `fast` | The fast ways of construction: for calls with one positional argument for each field |
//! | `ffi_init` | `__ffi_init__`: makes a wrapper's native object from the values of its fields |
//! | `method` | The `__init__` of classes whose objects are made from their fields and nothing else |
//! | `parameter` | A field as a parameter of construction: how its argument is converted, and what it starts with |
//! | `plan` | How objects of a type are made of arguments: a plan, which is made once for each type |
//! | `raw_fields` | Objects whose fields are all numbers or objects: construction writes their bits as they come |
//! | `type_call` | `Class(...)` in one step, for classes whose construction is `CObject.__new__` and `__ffi_init__` only |
//! | `without_call` | Objects that are made without a call: blank ones, and copies in which some fields differ |

pub mod arguments;
pub mod fast;
pub mod ffi_init;
pub mod method;
pub mod parameter;
pub mod plan;
pub mod raw_fields;
pub mod type_call;
pub mod without_call;
