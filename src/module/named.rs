//! The operations of modules as global functions, for callers that know names only. They are `ffi.SystemLib`,
//! `ffi.ModuleGetFunction` and others. Upholds: a function does what the Rust function of the same sense does, and nothing
//! more.

use super::{context, globals, load, system, ModuleObj};
use crate::function::global::{self, declare as typed};
use crate::function::{Error, Function};
use crate::object::Obj;
use crate::value::{convert, IntoAny, Str};
use std::path::Path;

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
        // SAFETY: the caller's word, as `load` asks for it. There is no way to check a library.
        unsafe { load(Path::new(convert::<Str>(*path)?.as_str()), keep_alive) }.map(IntoAny::into_any)
    });
    let _ = global::register("ffi.ModuleLoadFromFile", file, false);
    typed("ffi.ModuleGetFunction", |module: Obj<ModuleObj>, name: Str, imports: bool| module.get(&name, imports));
    typed("ffi.ModuleImplementsFunction", |module: Obj<ModuleObj>, name: Str, imports: bool| {
        module.implements(&name, imports)
    });
    typed("ffi.ModuleGetFunctionMetadata", |module: Obj<ModuleObj>, name: Str, imports: bool| {
        module.metadata(&name, imports)
    });
    typed("ffi.ModuleGetFunctionDoc", |module: Obj<ModuleObj>, name: Str, imports: bool| module.doc(&name, imports));
    typed("ffi.ModuleImportModule", |module: Obj<ModuleObj>, other: Obj<ModuleObj>| module.import(other));
    typed("ffi.ModuleClearImports", |module: Obj<ModuleObj>| module.clear_imports());
    typed("ffi.ModuleGetKind", |module: Obj<ModuleObj>| module.kind());
    typed("ffi.ModuleGetPropertyMask", |module: Obj<ModuleObj>| module.property_mask());
    typed("ffi.ModuleGetWriteFormats", |module: Obj<ModuleObj>| module.write_formats());
    typed("ffi.ModuleInspectSource", |module: Obj<ModuleObj>, format: Str| module.inspect_source(&format));
    typed("ffi.ModuleWriteToFile", |module: Obj<ModuleObj>, path: Str, format: Str| {
        module.write_to_file(&path, &format)
    });
    typed("ffi.ModuleSaveToBytes", |module: Obj<ModuleObj>| module.save_to_bytes());
    typed("ffi.ModuleGlobalsAdd", globals::add);
    typed("ffi.ModuleGlobalsRemove", |module: Obj<ModuleObj>| globals::remove(&module));
    typed("ffi.ModuleVisitContextSymbols", |callback: Function| {
        for (name, symbol) in context::all() {
            callback.call(&[Str::from(name.as_str()).into_any().view(), symbol.into_any().view()])?;
        }
        Ok::<(), Error>(())
    });
}
