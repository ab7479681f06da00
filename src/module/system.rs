//! Functions of this process that are found as those of a library are.
//! Upholds: there is one module for each prefix.

use super::object::ModuleObj;
use crate::function::{Error, Function};
use crate::object::grow::{copied, owned};
use crate::object::shared_text::SharedText;
use crate::object::Obj;
use crate::value::{convert, Any, IntoAny, Str};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::LazyLock;

/// By name. Copied when one is added; no lock that a forked child could find taken.
static SYMBOLS: LazyLock<ArcSwap<HashMap<SharedText, Function>>> = LazyLock::new(ArcSwap::default);
static LIBRARIES: LazyLock<ArcSwap<HashMap<SharedText, Obj<ModuleObj>>>> = LazyLock::new(ArcSwap::default);

/// Names a function; gives the one that had the name.
pub fn register(name: &str, function: Function) -> Option<Function> {
    let key = SharedText::from(name);
    let former = SYMBOLS.rcu(|now| {
        let mut next = copied(Some(&**now));
        next.insert(key.clone(), function.clone());
        next
    });
    former.get(name).cloned()
}

/// The module of the functions that are named so. Each has a prefix before its name or, failing that, none. The same
/// module each time.
pub fn library(prefix: &str) -> Obj<ModuleObj> {
    if let Some(known) = LIBRARIES.load().get(prefix) {
        return known.clone();
    }
    let own = owned(prefix);
    let lookup = Function::from_packed(move |arguments| {
        let name: Str = match arguments {
            [name] => convert(*name)?,
            _ => return Err(Error::type_error(format!("expected a name, got {} arguments", arguments.len()))),
        };
        let symbols = SYMBOLS.load();
        let found = symbols.get(&*format!("{own}{}", &*name)).or_else(|| symbols.get(&*name));
        Ok(found.cloned().map_or(Any::none(), IntoAny::into_any))
    });
    let made = ModuleObj::make("library", lookup);
    let key = SharedText::from(prefix);
    LIBRARIES.rcu(|now| {
        let mut next = copied(Some(&**now));
        next.entry(key.clone()).or_insert_with(|| made.clone());
        next
    });
    LIBRARIES.load().get(prefix).cloned().unwrap_or(made)
}
