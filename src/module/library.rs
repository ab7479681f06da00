//! Modules from files.
//! Imports this folder, libloading, arc-swap.
//! Upholds: a library stays loaded while anything made here has its code.

use super::ModuleObj;
use crate::function::{global, Error, Function, SafeCall};
use crate::object::Obj;
use crate::value::{convert, Any, IntoAny, Str};
use arc_swap::ArcSwap;
use libloading::Library;
use std::collections::HashMap;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};

/// What the names of symbols that are functions begin with.
pub(super) const PREFIX: &str = "__tvm_ffi_";

/// Functions that were found, by name. Copied when one is added; no lock that a forked child could find taken.
pub(super) type Found = ArcSwap<HashMap<String, Function>>;

/// The function that was found under a name first, whoever asks first.
pub(super) fn first(found: &Found, name: &str, make: impl FnOnce() -> Function) -> Function {
    if let Some(known) = found.load().get(name) {
        return known.clone();
    }
    let made = make();
    found.rcu(|now| {
        let mut next = HashMap::clone(now);
        next.entry(name.to_owned()).or_insert_with(|| made.clone());
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
        let symbol = [PREFIX, name].concat();
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

/// The functions of a shared library: its symbols whose names begin with `__tvm_ffi_`.
///
/// # Errors
/// Kind `RuntimeError` when the library cannot be loaded.
///
/// # Safety
/// The file is a library whose initialisers may run now and whose ends may run when the last that has its code goes; its
/// symbols with the prefix are functions of the C convention, callable on any thread. With `for_good` it is never unloaded,
/// which objects and pointers that it hands out may need.
pub unsafe fn load_library(path: &Path, for_good: bool) -> Result<Obj<ModuleObj>, Error> {
    // SAFETY: the caller's contract.
    let library = unsafe { Library::new(path) }
        .map_err(|error| Error::runtime(format!("Failed to load the library {}: {error}", path.display())))?;
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
/// Kind `RuntimeError` for a file without ending, one whose ending nobody knows, or a library that cannot be loaded; what
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
