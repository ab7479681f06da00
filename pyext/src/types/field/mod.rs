//! Fields as attributes.
//!
//! | file | one job |
//! |---|---|
//! | `descriptor` | `FieldProperty`: the data descriptor through which Python reads and writes a field of a native object |
//! | `field_cache` | A table of a registered class's fields by name, for reads without the interpreter's attribute lookup |
//! | `getattro` | `tp_getattro` of registered classes: it finds a field in the class's table, and leaves the rest to the interpreter |
//! | `getattro_backoff` | Whose turn it is at a class's `tp_getattro`: the interpreter's specialiser's, or the field reads' |
//! | `info` | `FieldInfo`: a field of a registered type, as Python sees it |
//! | `property_members` | Methods and attributes of `FieldProperty`: those of a `property`, and what the field says of itself |
//! | `read` | The value of a field of a native object, as Python sees it: the one place that reads it |
//! | `spec` | `FieldSpec`: a field as Python declares it |

pub mod descriptor;
pub mod field_cache;
pub mod getattro;
pub mod getattro_backoff;
pub mod info;
pub mod property_members;
pub mod read;
pub mod spec;
