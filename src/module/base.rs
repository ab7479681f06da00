//! What modules do that are made here, and what all modules do with their imports.
//! Upholds: no module imports itself, over others perhaps.

use super::cxx::Virtual;
use super::object::ModuleObj;
use super::own::own;
use crate::container::{Array, MapObj};
use crate::function::{Error, Function};
use crate::object::grow::{gather_into, Grow};
use crate::object::header::FLAG_PREFIX;
use crate::object::Obj;
use crate::value::{convert, convert_owned, Any, AnyView, IntoAny, Str};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// What names of functions that say something about another begin with.
pub(super) const METADATA: &str = "_metadata_";
/// See [`METADATA`].
pub(super) const DOC: &str = "_doc_";

/// What can be done with every module made here: its functions can be called.
pub(super) const RUNNABLE: i64 = 2;

/// Answers for a module made here; of any module, `Import` and `ClearImports`.
pub fn answer(module: &Obj<ModuleObj>, which: Virtual, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
    match which {
        Virtual::Import => return import(module, convert(arguments[0])?).map(|()| Any::none()),
        Virtual::ClearImports => {
            clear(module);
            return Ok(Any::none());
        }
        _ => {}
    }
    let this = own(module).ok_or_else(|| Error::type_error("expected a module of bowline's"))?;
    let name = || convert::<Str>(arguments[0]).map_err(Error::from);
    Ok(match which {
        Virtual::Kind => this.kind().into_any(),
        Virtual::PropertyMask => RUNNABLE.into_any(),
        Virtual::Function => this.get(&name()?)?.into_any(),
        Virtual::Implements => this.get(&name()?)?.is_some().into_any(),
        Virtual::Doc => this.said(DOC, &name()?)?.into_any(),
        Virtual::Metadata => this.said(METADATA, &name()?)?.into_any(),
        Virtual::WriteFormats => Array::<Str>::from_iter([]).into_any(),
        Virtual::InspectSource => Str::from("").into_any(),
        Virtual::WriteToFile => return Err(cannot(&this.kind(), "write_to_file")),
        Virtual::SaveToBytes => return Err(cannot(&this.kind(), "save_to_bytes")),
        Virtual::Import | Virtual::ClearImports => Any::none(),
    })
}

fn cannot(kind: &str, what: &str) -> Error {
    Error::runtime(format!("Module[{kind}] does not support {what}"))
}

/// Imports change one at a time. Each change takes the array of them and puts another in its place.
static IMPORTING: Mutex<()> = Mutex::new(());

/// Lets a module import another, as the base class does.
///
/// # Errors
/// Kind `ValueError` when that one imports this one, over others perhaps: neither would ever be released.
fn import(module: &Obj<ModuleObj>, other: Obj<ModuleObj>) -> Result<(), Error> {
    let former;
    {
        let _one = IMPORTING.lock().unwrap_or_else(PoisonError::into_inner);
        if other.ptr_eq(module) || reached(&other).iter().any(|found| found.ptr_eq(module)) {
            return Err(Error::value_error("a module cannot import one that imports it"));
        }
        former = module.imports_.get();
        let imports: Array = former.iter().chain([other.into_any()]).collect();
        module.imports_.set(imports);
    }
    drop(former);
    Ok(())
}

fn clear(module: &Obj<ModuleObj>) {
    let _one = IMPORTING.lock().unwrap_or_else(PoisonError::into_inner);
    module.imports_.set(Array::default());
}

/// All modules that a module imports, and those that they import. Each comes once, depth first, in the order of imports.
pub(super) fn reached(module: &Obj<ModuleObj>) -> Vec<Obj<ModuleObj>> {
    let mut todo: Vec<Any> = Vec::new();
    gather_into(&mut todo, module.imports_.get().iter().rev());
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    while let Some(next) = todo.pop() {
        // Whatever else was put into the array by reflection is no module.
        let Ok(module) = convert_owned::<Obj<ModuleObj>>(next) else { continue };
        seen.grow(1);
        if seen.insert(module.as_ptr()) {
            gather_into(&mut todo, module.imports_.get().iter().rev());
            found.grow(1);
            found.push(module);
        }
    }
    found
}

/// The function that a library's own code looks for. It is sought in what the module imports, then among the global ones. It
/// stays the module's, which keeps what was found.
///
/// # Errors
/// Those of the look-ups, or kind `RuntimeError` when there is none.
pub fn look_up_in_imports(module: &Obj<ModuleObj>, name: &str) -> Result<Function, Error> {
    if let Some(known) = known(module, name)? {
        return Ok(known);
    }
    let mut found = None;
    for import in module.imports_.get().iter() {
        let import: Obj<ModuleObj> = convert_owned(import)?;
        found = import.get(name, true)?;
        if found.is_some() {
            break;
        }
    }
    let Some(found) = found.or_else(|| crate::function::global::get(name)) else {
        return Err(Error::runtime(format!(
            "no module that is imported has a function {name}, and there is no global one"
        )));
    };
    let _one = IMPORTING.lock().unwrap_or_else(PoisonError::into_inner);
    // Another thread may have been first. What it was given is the module's as well, and has to stay.
    if let Some(known) = known(module, name)? {
        return Ok(known);
    }
    let former = module.import_lookup_cache_.get();
    let mut entries = Vec::new();
    if made_here(&former) {
        gather_into(&mut entries, former.entries().map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
    entries.grow(1);
    entries.push((name.into_any(), found.clone().into_any()));
    module.import_lookup_cache_.set(MapObj::make(entries)?);
    Ok(found)
}

/// What was found before.
fn known(module: &Obj<ModuleObj>, name: &str) -> Result<Option<Function>, Error> {
    let cache = module.import_lookup_cache_.get();
    if !made_here(&cache) {
        return Ok(None);
    }
    Ok(cache.get(name.into_any().view())?.map(convert).transpose()?)
}

/// Whether this crate made a cache. One that came with a module of C++ is empty: nothing but what is here writes to caches.
fn made_here(cache: &Obj<MapObj>) -> bool {
    cache.header().flags() & FLAG_PREFIX != 0
}
