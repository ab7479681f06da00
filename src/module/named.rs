//! The operations of modules as global functions, for callers that know names only: `ffi.SystemLib`, `ffi.ModuleGetFunction`, …
//! Upholds: a function does what the Rust function of the same sense does, and nothing more.

use super::{load, system, ModuleObj};
use crate::container::Array;
use crate::function::global::{self, declare as typed};
use crate::function::{Error, Function};
use crate::object::Obj;
use crate::value::{convert, IntoAny, Str};
use std::path::Path;

/// What can be done with every module here: its functions can be called.
const RUNNABLE: i64 = 2;

/// Registers all of them, unless their names are taken.
pub fn declare() {
    crate::reflect::declare::<(ModuleObj,)>();
    let library = Function::from_packed(|arguments| match arguments {
        [] => Ok(system::library("").into_any()),
        [prefix] => Ok(system::library(&convert::<Str>(*prefix)?).into_any()),
        _ => Err(Error::type_error(format!("ffi.SystemLib takes a prefix at most, got {} arguments", arguments.len()))),
    });
    let _ = global::register("ffi.SystemLib", library, false);
    let file = Function::from_packed(|arguments| {
        let (path, keep_alive) = match arguments {
            [path] => (path, true),
            [path, keep_alive] => (path, convert::<bool>(*keep_alive)?),
            _ => {
                let given = arguments.len();
                return Err(Error::type_error(format!("ffi.ModuleLoadFromFile takes 1 or 2 arguments, got {given}")));
            }
        };
        // SAFETY: the caller's word, as `load` asks for it: there is no way to check a library.
        unsafe { load(Path::new(convert::<Str>(*path)?.as_str()), keep_alive) }.map(IntoAny::into_any)
    });
    let _ = global::register("ffi.ModuleLoadFromFile", file, false);
    typed("ffi.ModuleGetFunction", |module: Obj<ModuleObj>, name: Str, imports: bool| module.get(&name, imports));
    typed("ffi.ModuleImplementsFunction", |module: Obj<ModuleObj>, name: Str, imports: bool| {
        module.get(&name, imports).map(|found| found.is_some())
    });
    typed("ffi.ModuleGetFunctionMetadata", |module: Obj<ModuleObj>, name: Str, imports: bool| {
        module.metadata(&name, imports)
    });
    typed("ffi.ModuleGetFunctionDoc", |module: Obj<ModuleObj>, name: Str, imports: bool| module.doc(&name, imports));
    typed("ffi.ModuleImportModule", |module: Obj<ModuleObj>, other: Obj<ModuleObj>| module.import(other));
    typed("ffi.ModuleClearImports", |module: Obj<ModuleObj>| module.imports_.as_object().clear());
    typed("ffi.ModuleGetKind", |module: Obj<ModuleObj>| module.kind_.clone());
    typed("ffi.ModuleGetPropertyMask", |_: Obj<ModuleObj>| RUNNABLE);
    typed("ffi.ModuleGetWriteFormats", |_: Obj<ModuleObj>| Array::<Str>::from_iter([]));
    typed("ffi.ModuleInspectSource", |_: Obj<ModuleObj>, _: Str| Str::from(""));
    typed("ffi.ModuleWriteToFile", |module: Obj<ModuleObj>, _: Str, _: Str| -> Result<(), Error> {
        Err(Error::runtime(format!("Module[{}] does not support write_to_file", module.kind_)))
    });
}
