//! Modules from files.
//! Upholds: a library stays loaded while anything made here has its code.

use super::{bundle, context, runtime, ModuleObj};
use crate::function::serial::{self, Serial};
use crate::function::{global, Error, Function, FunctionObj, SafeCall};
use crate::object::grow::copied;
use crate::object::shared_text::SharedText;
use crate::object::{Obj, WeakObj};
use crate::value::{convert, Any, IntoAny, Str};
use arc_swap::ArcSwap;
use libloading::Library;
use std::collections::HashMap;
use std::error::Error as _;
use std::ffi::c_void;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What the names of symbols that are functions begin with.
pub const PREFIX: &str = "__tvm_ffi_";

/// Functions that were found, by name. Copied when one is added; no lock that a forked child could find taken.
pub(super) type Found = ArcSwap<HashMap<SharedText, Function>>;

/// Finds the function of a name once. Every caller gets the one that was found first.
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
    /// The lock under which its functions run, if they are not thread-safe.
    serial: Option<&'static Serial>,
    /// The module of a library whose code asks it for what it imports. The library's functions keep it. So it does not keep them.
    asks: OnceLock<WeakObj<ModuleObj>>,
    /// The functions of such a library.
    alive: ArcSwap<HashMap<SharedText, WeakObj<FunctionObj>>>,
}

impl Symbols {
    fn get(&self, name: &str) -> Option<Function> {
        // With the end that C wants: the loader's own copy could not be refused.
        let symbol = format!("{PREFIX}{name}\0");
        // SAFETY: a symbol with this prefix is a function of the C convention. Libraries mark them so.
        let entry = unsafe { self.library.get::<SafeCall>(symbol.as_bytes()) };
        let entry = *entry.ok()?;
        let make = |module: Option<Obj<ModuleObj>>| {
            let kept = (self.library.clone(), module);
            // SAFETY: such a symbol is a function of the C convention. It needs no handle; the function keeps its code.
            let function = unsafe { Function::from_c(null_mut(), entry, None) };
            let serial = self.serial;
            Function::from_packed(move |arguments| {
                let _ = &kept;
                let _inside = serial.map(serial::enter);
                function.call(arguments)
            })
        };
        match self.asks.get() {
            None => Some(first(&self.found, name, || make(None))),
            Some(module) => Some(alive(&self.alive, name, || make(module.upgrade()))),
        }
    }
}

/// As [`first`], of functions that are not kept: every caller gets the one that lives.
fn alive(
    found: &ArcSwap<HashMap<SharedText, WeakObj<FunctionObj>>>,
    name: &str,
    make: impl FnOnce() -> Function,
) -> Function {
    let known = |found: &HashMap<SharedText, WeakObj<FunctionObj>>| found.get(name).and_then(WeakObj::upgrade);
    if let Some(known) = known(&found.load()) {
        return known;
    }
    let made = make();
    let key = SharedText::from(name);
    loop {
        let now = found.load();
        if let Some(known) = known(&now) {
            return known;
        }
        let mut next = copied(Some(&**now));
        next.insert(key.clone(), made.downgrade());
        let former = found.compare_and_swap(&*now, Arc::new(next));
        if Arc::ptr_eq(&former, &now) {
            return made;
        }
    }
}

/// Tells a library's code which module is its own, and makes the modules it carries. Gives the first of these, or its own.
///
/// # Safety
/// As for [`load_library`].
unsafe fn begin(library: &Library, symbols: &Symbols, module: Obj<ModuleObj>) -> Result<Obj<ModuleObj>, Error> {
    // SAFETY: what a library has under this name is a pointer variable.
    if let Ok(context) = unsafe { library.get::<*mut *mut c_void>(b"__tvm_ffi__library_ctx\0") } {
        let _ = symbols.asks.set(module.downgrade());
        // C++ takes the address of the pointer in front of its header for a module's.
        // SAFETY: the variable is a pointer, and no other thread uses the library yet.
        unsafe { context.write(module.as_raw().as_ptr().cast::<*const c_void>().wrapping_sub(1).cast()) };
    }
    // SAFETY: what a library has under this name is a bundle.
    match unsafe { library.get::<*const u8>(b"__tvm_ffi__library_bin\0") } {
        Ok(bundle) => {
            // SAFETY: a bundle is its length, then as many bytes.
            let bundle = unsafe {
                let length = u64::from_le(bundle.cast::<u64>().read_unaligned());
                std::slice::from_raw_parts(bundle.add(8), length as usize)
            };
            bundle::read(bundle, &module)
        }
        Err(_) => Ok(module),
    }
}

/// Libraries that stay: in a place where a leak checker sees them.
static FOR_GOOD: Mutex<Vec<Arc<Library>>> = Mutex::new(Vec::new());

const SECOND_RUNTIME: &str =
    "it brings a copy of the bowline core of its own, whose objects and type indices would be taken \
                              for this process's; export C functions that use no types of that crate instead";

/// How long a path is at most. It is the system's limit, which the loader's copies of it rely on.
pub const MAX_PATH: usize = 4096;

/// Why a path is refused that is longer.
pub const TOO_LONG: &str = "its path is too long";

fn failed(path: &Path, why: &str) -> Error {
    Error::runtime(format!("Failed to load dynamic shared library {}: {why}", path.display()))
}

/// What the system's loader said. `libloading` says only which call failed, and keeps that as the source.
fn reason(error: &libloading::Error) -> String {
    error.source().map_or_else(|| format!("{error}"), |source| format!("{source}"))
}

/// The functions of a shared library: its symbols whose names begin with `__tvm_ffi_`.
///
/// # Errors
/// Kind `RuntimeError` when the library cannot be loaded, or was linked with a copy of this crate of its own: its types
/// are not those of this process. Its initialisers have run then, and its ends. Kind `ImportError` for a guest of another ABI,
/// see [`crate::runtime`]; what the registrations of a guest end in.
///
/// # Safety
/// - The file is a library. Its initialisers may run now. Its ends may run when the last that has its code goes.
/// - Its symbols with the prefix are functions of the C convention, callable on any thread.
/// - Those that are named as a symbol of [`context`] is, and `__tvm_ffi__library_ctx`, are pointer variables.
/// - `__tvm_ffi__library_bin` is a bundle of modules.
///
/// With `for_good` it is never unloaded, which objects and pointers that it hands out may need.
pub unsafe fn load_library(path: &Path, for_good: bool) -> Result<Obj<ModuleObj>, Error> {
    // SAFETY: the caller answers for the file, as `# Safety` asks.
    unsafe { load_with(path, for_good, None) }
}

/// As [`load_library`], of a library that is not thread-safe. Its functions run under one lock ([`serial`]): those that are its symbols,
/// and those that it registers when it is loaded or in such a function (global functions, methods, attributes of types).
///
/// # Errors
/// Those of [`load_library`]; kind `ValueError` for a file that is no shared library by its name.
///
/// # Safety
/// As for [`load_library`], but functions need not be callable on several threads at once.
pub unsafe fn load_serialized(path: &Path, for_good: bool) -> Result<Obj<ModuleObj>, Error> {
    if !path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| LIBRARIES.contains(&ending)) {
        let what = path.display();
        return Err(Error::value_error(format!(
            "only the functions of a shared library can be serialized, not those of {what}"
        )));
    }
    let lock = Serial::of(path);
    let _inside = serial::enter(lock);
    // SAFETY: the caller answers for the file, as `# Safety` asks. The lock is what its functions need.
    unsafe { load_with(path, for_good, Some(lock)) }
}

/// # Safety
/// As for [`load_library`].
unsafe fn load_with(path: &Path, for_good: bool, serial: Option<&'static Serial>) -> Result<Obj<ModuleObj>, Error> {
    if path.as_os_str().len() > MAX_PATH {
        return Err(failed(path, TOO_LONG));
    }
    // SAFETY: the library's initialisers may run now.
    let library = unsafe { Library::new(path) }.map_err(|error| failed(path, &reason(&error)))?;
    if runtime::is_foreign(&library) {
        return Err(failed(path, SECOND_RUNTIME));
    }
    let guest = runtime::guest(&library);
    // SAFETY: no function of the library was handed out yet. Its variables of such names are pointers.
    unsafe { context::fill(&library) };
    let library = Arc::new(library);
    // Objects of a guest's types have its code.
    if for_good || guest.is_some() {
        FOR_GOOD.lock().unwrap_or_else(PoisonError::into_inner).push(library.clone());
    }
    if let Some(guest) = guest {
        // SAFETY: the library is kept above.
        unsafe { runtime::begin(guest) }.map_err(|error| {
            Error::new(
                error.kind(),
                format!("Failed to load dynamic shared library {}: {}", path.display(), error.message()),
            )
        })?;
    }
    let symbols = Arc::new(Symbols {
        library: library.clone(),
        found: Found::default(),
        serial,
        asks: OnceLock::new(),
        alive: ArcSwap::default(),
    });
    let own = symbols.clone();
    let lookup = Function::from_packed(move |arguments| {
        let name: Str = match arguments {
            [name] => convert(*name)?,
            _ => return Err(Error::type_error(format!("expected a name, got {} arguments", arguments.len()))),
        };
        Ok(symbols.get(&name).map_or(Any::none(), IntoAny::into_any))
    });
    // SAFETY: the library is loaded and no function of it was called yet.
    unsafe { begin(&library, &own, ModuleObj::make("library", lookup)) }
}

/// Endings of shared libraries.
const LIBRARIES: [&str; 4] = ["so", "dylib", "dll", "dso"];

/// The module in a file. It is a shared library, or what the global function `ffi.Module.load_from_file.<ending>` makes of the
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
        Error::runtime(format!("Failed to get file format from {}: its name has no suffix", path.display()))
    })?;
    if LIBRARIES.contains(&ending) {
        // SAFETY: the caller answers for the file, as [`load_library`] asks.
        return unsafe { load_library(path, for_good) };
    }
    let name = format!("ffi.Module.load_from_file.{ending}");
    let loader = global::get(&name).ok_or_else(|| {
        Error::runtime(format!("Loader for `.{ending}` files is not registered: there is no global function {name}"))
    })?;
    let text = path.to_str().ok_or_else(|| Error::value_error(format!("{} is no UTF-8", path.display())))?;
    Ok(convert(loader.call(&[text.into_any().view(), ending.into_any().view()])?.view())?)
}
