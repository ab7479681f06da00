//! Attributes of types: a value for a type and a name, not inherited.
//! Imports `object`, `value`, `container::key`, which keeps those by which objects are keys.
//! Upholds: a lookup takes no lock.

use crate::container::key;
use crate::function::Error;
use crate::object::registry;
use crate::object::table::IndexTable;
use crate::value::{Any, Mutable};
use arc_swap::ArcSwapOption;
use std::collections::HashMap;
use std::sync::Arc;

type Column = &'static IndexTable<Mutable<Any>>;

static COLUMNS: ArcSwapOption<HashMap<Arc<str>, Column>> = ArcSwapOption::const_empty();

fn column(name: &str) -> Option<Column> {
    if let Some((_, column)) = key::ATTRIBUTES.iter().find(|(known, _)| *known == name) {
        return Some(column);
    }
    COLUMNS.load().as_deref()?.get(name).copied()
}

/// The attribute of a type, if it was set.
pub fn get(index: i32, name: &str) -> Option<Any> {
    column(name)?.get(index).map(Mutable::get).filter(|value| !value.is_none())
}

/// Sets an attribute of a type, in place of a former value. No value unsets it.
///
/// # Errors
/// Kind `TypeError` when there is no such type.
pub fn set(index: i32, name: &str, value: Any) -> Result<(), Error> {
    if index < 0 || registry::type_info(index).is_none() {
        return Err(Error::type_error(format!("there is no type {index}")));
    }
    let column = column(name).unwrap_or_else(|| add(name));
    let Some(entry) = column.get(index) else {
        let Err(late) = column.set(index, Box::new(Mutable::new(value))) else { return Ok(()) };
        // Another thread made the entry meanwhile.
        column.get(index).expect("an entry that was there").set(late.get());
        return Ok(());
    };
    entry.set(value);
    Ok(())
}

/// The names of all attributes that a type of any kind ever had.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> =
        COLUMNS.load().as_deref().into_iter().flat_map(|map| map.keys().map(|name| name.to_string())).collect();
    names.extend(key::ATTRIBUTES.iter().map(|(name, _)| (*name).to_owned()));
    names.sort();
    names
}

fn add(name: &str) -> Column {
    let fresh: *mut IndexTable<Mutable<Any>> = Box::into_raw(Box::new(IndexTable::new()));
    // SAFETY: just made, and freed below only if nobody got to know it.
    let mut chosen: Column = unsafe { &*fresh };
    COLUMNS.rcu(|now| {
        let mut next = now.as_deref().cloned().unwrap_or_default();
        // SAFETY: as above.
        chosen = *next.entry(name.into()).or_insert(unsafe { &*fresh });
        Some(Arc::new(next))
    });
    if !std::ptr::eq(chosen, fresh) {
        // SAFETY: another thread's column was first, so that ours is in no map that was published.
        drop(unsafe { Box::from_raw(fresh) });
    }
    chosen
}

/// The attribute of a type; what `make` gives if it has none. Of two threads that set it at once both get the first's.
///
/// # Errors
/// As [`set`].
pub fn set_if_none(index: i32, name: &str, make: impl FnOnce() -> Any) -> Result<Any, Error> {
    if index < 0 || registry::type_info(index).is_none() {
        return Err(Error::type_error(format!("there is no type {index}")));
    }
    let column = column(name).unwrap_or_else(|| add(name));
    if let Some(found) = get(index, name) {
        return Ok(found);
    }
    let made = make();
    match column.set(index, Box::new(Mutable::new(made.clone()))) {
        Ok(_) => Ok(made),
        // Another thread made the entry meanwhile, or it was unset.
        Err(late) => {
            if let Some(found) = get(index, name) {
                return Ok(found);
            }
            column.get(index).expect("an entry that was there").set(late.get());
            Ok(made)
        }
    }
}
