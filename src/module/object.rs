//! What every module begins with, also those of C++.
//! Upholds: the layout is that of the C++ class behind the pointer to its virtual functions.

use crate::container::{Array, MapObj};
use crate::object::Obj;
use crate::value::Mutable;

crate::object! {
    /// Functions under names.
    #[key = "ffi.Module"]
    pub struct ModuleObj {
        /// Modules in which functions are looked for besides, where that is asked for.
        pub imports_: Mutable<Array>,
        /// What was found there for the code of a library.
        #[field(no_repr, no_hash, no_compare, ignored)]
        pub(crate) import_lookup_cache_: Mutable<Obj<MapObj>>,
    }
    options { constructible: false, copyable: false }
}

// A model's atomics are larger.
#[cfg(not(any(bowline_loom, bowline_shuttle)))]
const _: () = assert!(size_of::<ModuleObj>() == 40, "the size that C++ knows");

impl ModuleObj {
    /// What every module begins with.
    pub(super) fn empty() -> ModuleObj {
        ModuleObj::value(Array::default(), MapObj::empty())
    }
}
