//! Functions of this process that are found as those of a library are.
//! Imports this folder, arc-swap.
//! Upholds: there is one module for each prefix.

use super::library::Found;
use super::ModuleObj;
use crate::function::{Error, Function};
use crate::object::Obj;
use crate::value::{convert, Any, IntoAny, Str};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::LazyLock;

static SYMBOLS: LazyLock<Found> = LazyLock::new(Found::default);
static LIBRARIES: LazyLock<ArcSwap<HashMap<String, Obj<ModuleObj>>>> = LazyLock::new(ArcSwap::default);

/// Names a function; gives the one that had the name.
pub fn register(name: &str, function: Function) -> Option<Function> {
    let former = SYMBOLS.rcu(|now| {
        let mut next = HashMap::clone(now);
        next.insert(name.to_owned(), function.clone());
        next
    });
    former.get(name).cloned()
}

/// The module of the functions that are named so, each with a prefix before its name or, failing that, without. The same
/// module each time.
pub fn library(prefix: &str) -> Obj<ModuleObj> {
    if let Some(known) = LIBRARIES.load().get(prefix) {
        return known.clone();
    }
    let own = prefix.to_owned();
    let lookup = Function::from_packed(move |arguments| {
        let name: Str = match arguments {
            [name] => convert(*name)?,
            _ => return Err(Error::type_error(format!("expected a name, got {} arguments", arguments.len()))),
        };
        let symbols = SYMBOLS.load();
        let found = symbols.get(&[&*own, &*name].concat()).or_else(|| symbols.get(&*name));
        Ok(found.cloned().map_or(Any::none(), IntoAny::into_any))
    });
    let made = ModuleObj::make("library", lookup);
    LIBRARIES.rcu(|now| {
        let mut next = HashMap::clone(now);
        next.entry(prefix.to_owned()).or_insert_with(|| made.clone());
        next
    });
    LIBRARIES.load().get(prefix).cloned().unwrap_or(made)
}
