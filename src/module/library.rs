//! Modules from files.
//! Upholds: a library stays loaded while anything made here has its code.

use super::{context, runtime, ModuleObj};
use crate::function::{global, Error, Function, SafeCall};
use crate::object::grow::copied;
use crate::object::shared_text::SharedText;
use crate::object::Obj;
use crate::value::{convert, Any, IntoAny, Str};
use arc_swap::ArcSwap;
use libloading::Library;
use std::collections::HashMap;
use std::error::Error as _;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};

/// What the names of symbols that are functions begin with.
pub const PREFIX: &str = "__tvm_ffi_";

/// Functions that were found, by name. Copied when one is added; no lock that a forked child could find taken.
pub(super) type Found = ArcSwap<HashMap<SharedText, Function>>;

/// Finds the function of a name once; every caller gets the one that was found first.
pub(super) fn first(found: &Found, name: &str, make: impl FnOnce() -> Function) -> Function {
    if let Some(known) = found.load().get(name) {
        return known.clone();
    }
    let made = make();
    let key = SharedText::from(name);
    found.rcu(|now| {
        let mut next = copied(Some(&**now));
        next.entry(key.clone()).or_insert_with(|| made.clone());
        next
    });
    found.load().get(name).cloned().unwrap_or(made)
}

/// A library and the functions that were found in it. These keep the library, not this.
struct Symbols {
    library: Arc<Library>,
    found: Found,
}

impl Symbols {
    fn get(&self, name: &str) -> Option<Function> {
        // With the end that C wants: the loader's own copy could not be refused.
        let symbol = format!("{PREFIX}{name}\0");
        // SAFETY: a symbol with this prefix is a function of the C convention, which is how libraries mark them.
        let entry = unsafe { self.library.get::<SafeCall>(symbol.as_bytes()) };
        let entry = *entry.ok()?;
        Some(first(&self.found, name, || {
            let kept = self.library.clone();
            // SAFETY: as above; it needs no handle; the function keeps its code.
            let function = unsafe { Function::from_c(null_mut(), entry, None) };
            Function::from_packed(move |arguments| {
                let _ = &kept;
                function.call(arguments)
            })
        }))
    }
}

/// Libraries that stay: in a place where a leak checker sees them.
static FOR_GOOD: Mutex<Vec<Arc<Library>>> = Mutex::new(Vec::new());

const SECOND_RUNTIME: &str =
    "it brings a copy of the bowline core of its own, whose objects and type indices would be taken \
                              for this process's; export C functions that use no types of that crate instead";

/// How long a path is at most: as the system has it, which the loader's copies of it rely on.
pub const MAX_PATH: usize = 4096;

/// Why a path is refused that is longer.
pub const TOO_LONG: &str = "its path is too long";

fn failed(path: &Path, why: &str) -> Error {
    Error::runtime(format!("Failed to load the library {}: {why}", path.display()))
}

/// What the system's loader said; `libloading` says only which call failed, and keeps that as the source.
fn reason(error: &libloading::Error) -> String {
    error.source().map_or_else(|| format!("{error}"), |source| format!("{source}"))
}

/// The functions of a shared library: its symbols whose names begin with `__tvm_ffi_`.
///
/// # Errors
/// Kind `RuntimeError` when the library cannot be loaded, or was linked with a copy of this crate of its own: its types
/// are not those of this process. Its initialisers have run then, and its ends.
///
/// # Safety
/// The file is a library whose initialisers may run now and whose ends may run when the last that has its code goes; its
/// symbols with the prefix are functions of the C convention, callable on any thread; those that are named as a symbol of
/// [`context`] is are pointer variables. With `for_good` it is never unloaded,
/// which objects and pointers that it hands out may need.
pub unsafe fn load_library(path: &Path, for_good: bool) -> Result<Obj<ModuleObj>, Error> {
    if path.as_os_str().len() > MAX_PATH {
        return Err(failed(path, TOO_LONG));
    }
    // SAFETY: the caller's contract.
    let library = unsafe { Library::new(path) }.map_err(|error| failed(path, &reason(&error)))?;
    if runtime::is_foreign(&library) {
        return Err(failed(path, SECOND_RUNTIME));
    }
    // SAFETY: the caller's contract: no function of the library was handed out yet, and its variables of such names are pointers.
    unsafe { context::fill(&library) };
    let library = Arc::new(library);
    if for_good {
        FOR_GOOD.lock().unwrap_or_else(PoisonError::into_inner).push(library.clone());
    }
    let symbols = Symbols { library, found: Found::default() };
    let lookup = Function::from_packed(move |arguments| {
        let name: Str = match arguments {
            [name] => convert(*name)?,
            _ => return Err(Error::type_error(format!("expected a name, got {} arguments", arguments.len()))),
        };
        Ok(symbols.get(&name).map_or(Any::none(), IntoAny::into_any))
    });
    Ok(ModuleObj::make("library", lookup))
}

/// Endings of shared libraries.
const LIBRARIES: [&str; 4] = ["so", "dylib", "dll", "dso"];

/// The module in a file: a shared library, or what the global function `ffi.Module.load_from_file.<ending>` makes of the
/// path and the ending.
///
/// # Errors
/// Kind `RuntimeError` for a file without ending, one with an unknown ending, or a library that cannot be loaded; what
/// the function ends in.
///
/// # Safety
/// As for [`load_library`].
pub unsafe fn load(path: &Path, for_good: bool) -> Result<Obj<ModuleObj>, Error> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let ending = ending.ok_or_else(|| {
        Error::runtime(format!("Failed to get file format from {}: its name has no ending", path.display()))
    })?;
    if LIBRARIES.contains(&ending) {
        // SAFETY: the caller's contract.
        return unsafe { load_library(path, for_good) };
    }
    let name = format!("ffi.Module.load_from_file.{ending}");
    let loader = global::get(&name).ok_or_else(|| {
        Error::runtime(format!("Loader for `.{ending}` files is not registered: there is no global function {name}"))
    })?;
    let text = path.to_str().ok_or_else(|| Error::value_error(format!("{} is no UTF-8", path.display())))?;
    Ok(convert(loader.call(&[text.into_any().view(), ending.into_any().view()])?.view())?)
}
