//! The modules that this crate makes. They are objects of the C++ class, with a function behind it that looks
//! functions up.
//! Upholds: C++ may call their virtual functions as those of its own modules.

use super::cxx;
use super::object::ModuleObj;
use crate::function::{Error, Function};
use crate::object::{new_behind_vtable, vtable, Obj};
use crate::value::{convert, IntoAny, Str};
use std::ffi::{c_char, CStr, CString};

/// A module made here.
///
/// | member | protected by |
/// |---|---|
/// | base | itself |
/// | kind, lookup | constant |
#[repr(C)]
struct OwnModule {
    base: ModuleObj,
    /// What kind of module it is. The C++ file reads it here.
    kind: *const c_char,
    /// `lookup(name)` gives the function of a name, or none.
    lookup: Function,
}

// A model's atomics are larger.
#[cfg(not(any(bowline_loom, bowline_shuttle)))]
const _: () = assert!(std::mem::offset_of!(OwnModule, kind) == 40, "where C++ reads it");

// SAFETY: the text is never changed, and freed with the module.
unsafe impl Send for OwnModule {}
// SAFETY: the text is never changed, and freed with the module.
unsafe impl Sync for OwnModule {}

impl Drop for OwnModule {
    fn drop(&mut self) {
        // SAFETY: `make` took it from `into_raw`.
        drop(unsafe { CString::from_raw(self.kind.cast_mut()) });
    }
}

impl ModuleObj {
    /// A module of a kind, which looks functions up by `lookup(name)`.
    ///
    /// # Panics
    /// When the kind has a NUL.
    pub fn make(kind: &str, lookup: Function) -> Obj<ModuleObj> {
        let kind = CString::new(kind).expect("a kind without NUL").into_raw();
        let module = OwnModule { base: ModuleObj::empty(), kind, lookup };
        // SAFETY: the struct is `repr(C)`, begins with the type's, and is aligned as pointers are.
        unsafe { new_behind_vtable(cxx::own_vtable(), module) }
    }
}

/// A module that was made here.
#[derive(Clone, Copy)]
pub(super) struct Own<'a>(&'a OwnModule);

/// The module as one that was made here, if it was.
#[inline]
pub(super) fn own(module: &Obj<ModuleObj>) -> Option<Own<'_>> {
    // SAFETY: modules are of a C++ class with virtual functions, also those made here.
    let made_here = unsafe { vtable::vtable(module.as_raw()) } == cxx::own_vtable();
    // SAFETY: only `make` gives modules this pointer; the handle keeps the module.
    made_here.then(|| Own(unsafe { module.as_raw().cast::<OwnModule>().as_ref() }))
}

impl Own<'_> {
    /// What the module itself has under a name.
    pub fn get(&self, name: &str) -> Result<Option<Function>, Error> {
        Ok(convert(self.0.lookup.call(&[name.into_any().view()])?.view())?)
    }

    /// What the function of another name says: the documentation or metadata of one.
    pub fn said(&self, about: &str, name: &str) -> Result<Option<Str>, Error> {
        match self.get(&format!("{about}{name}"))? {
            Some(function) => Ok(Some(convert(function.call(&[])?.view())?)),
            None => Ok(None),
        }
    }

    /// What kind of module it is.
    pub fn kind(&self) -> Str {
        // SAFETY: set by `make`, for as long as the module lives.
        unsafe { CStr::from_ptr(self.0.kind) }.to_str().unwrap_or("").into()
    }
}
