//! The way to modules that C++ made. It is C++'s way to those that were made here, too.
//! Upholds: an exception of C++ never crosses into this crate; it comes as an error.
//!
//! This crate is Rust only. The virtual functions of a C++ class can be called, and be written, in C++ alone, which may throw and
//! catch. So a library that is compiled from C++ installs a [`Door`].

use super::object::ModuleObj;
use crate::function::{failure, Error};
use crate::object::{Obj, Object};
use crate::sync::global::{AtomicPtr, Ordering};
use crate::value::{Any, AnyView, RawAny};
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// A virtual function of a module, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Virtual {
    /// `kind() -> str`
    Kind,
    /// `GetPropertyMask() -> int`
    PropertyMask,
    /// `GetFunction(name) -> function or none`
    Function,
    /// `ImplementsFunction(name) -> bool`
    Implements,
    /// `GetFunctionDoc(name) -> str or none`
    Doc,
    /// `GetFunctionMetadata(name) -> str or none`
    Metadata,
    /// `WriteToFile(path, format)`
    WriteToFile,
    /// `GetWriteFormats() -> array of str`
    WriteFormats,
    /// `SaveToBytes() -> bytes`
    SaveToBytes,
    /// `InspectSource(format) -> str`
    InspectSource,
    /// `ImportModule(module)`
    Import,
    /// `ClearImports()`
    ClearImports,
}

impl Virtual {
    /// All of them, in the order of their places.
    pub const ALL: [Virtual; 12] = [
        Virtual::Kind,
        Virtual::PropertyMask,
        Virtual::Function,
        Virtual::Implements,
        Virtual::Doc,
        Virtual::Metadata,
        Virtual::WriteToFile,
        Virtual::WriteFormats,
        Virtual::SaveToBytes,
        Virtual::InspectSource,
        Virtual::Import,
        Virtual::ClearImports,
    ];

    /// How many arguments it takes.
    pub fn arguments(self) -> usize {
        match self {
            Virtual::WriteToFile => 2,
            Virtual::Kind | Virtual::PropertyMask | Virtual::WriteFormats => 0,
            Virtual::SaveToBytes | Virtual::ClearImports => 0,
            _ => 1,
        }
    }
}

/// What C++ brings.
#[derive(Debug)]
#[repr(C)]
pub struct Door {
    /// The virtual functions of modules that are made here.
    pub vtable: *const c_void,
    /// Calls a virtual function of a module. It takes its place, the module, its arguments and the place of the result, which
    /// holds none. 0, or -1 with the thread's error set.
    pub call: unsafe extern "C" fn(i32, *mut Object, *const RawAny, *mut RawAny) -> i32,
}

// SAFETY: constant, and functions.
unsafe impl Sync for Door {}

static DOOR: AtomicPtr<Door> = AtomicPtr::new(null_mut());

/// Opens the way between modules of C++ and this crate. From now on either may call the other's. Before the first module is made.
///
/// # Safety
/// Both members keep to what is said of them.
pub unsafe fn install(door: &'static Door) {
    // Release: pairs with the Acquire in `door`. Carries: nothing but a constant.
    DOOR.store(std::ptr::from_ref(door).cast_mut(), Ordering::Release);
}

fn door() -> Option<&'static Door> {
    // Acquire: pairs with the Release in `install`.
    let door = DOOR.load(Ordering::Acquire);
    // SAFETY: only `install` writes here.
    unsafe { door.as_ref() }
}

/// The virtual functions of modules that are made here; null without C++.
pub(super) fn own_vtable() -> *const c_void {
    door().map_or(null(), |door| door.vtable)
}

/// Calls a virtual function of a module that C++ made.
pub(super) fn call(module: &Obj<ModuleObj>, which: Virtual, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
    let door =
        door().ok_or_else(|| Error::runtime("this program was built without C++, and a module comes from there"))?;
    let mut result = RawAny::NONE;
    // SAFETY: the door's contract; views are transparent over `RawAny`.
    let code =
        unsafe { (door.call)(which as i32, module.as_raw().as_ptr(), arguments.as_ptr().cast(), &raw mut result) };
    match code {
        // SAFETY: on success there is an owned value.
        0 => Ok(unsafe { Any::from_raw(result) }),
        _ => Err(failure(code)),
    }
}
