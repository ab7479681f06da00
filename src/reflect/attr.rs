//! Attributes of types: a value for a type and a name, not inherited.
//! Upholds: a lookup takes no lock.

use crate::container::key;
use crate::function::Error;
use crate::object::grow::copied;
use crate::object::registry;
use crate::value::{Any, Column, NamedColumn, COLUMN_SIZE};
use arc_swap::ArcSwapOption;
use std::collections::HashMap;
use std::sync::Arc;

static COLUMNS: ArcSwapOption<HashMap<Arc<str>, &'static Column>> = ArcSwapOption::const_empty();

/// An attribute that walks ask the type of each object for. Its values have a place of their own: the name is not searched.
pub(super) struct Frequent {
    values: NamedColumn,
}

impl Frequent {
    const fn new(name: &'static str) -> Frequent {
        Frequent { values: NamedColumn::new(name) }
    }

    /// The attribute of a type, if it was set.
    #[inline]
    pub(super) fn get(&self, index: i32) -> Option<Any> {
        Some(self.values.get(index)).filter(|value| !value.is_none())
    }
}

pub(super) static STRUCTURAL_EQUAL: Frequent = Frequent::new("__s_equal__");
pub(super) static STRUCTURAL_HASH: Frequent = Frequent::new("__s_hash__");
pub(super) static STRUCTURAL_VISIT: Frequent = Frequent::new("__s_visit__");
pub(super) static STRUCTURAL_MUTATE: Frequent = Frequent::new("__s_mutate__");
pub(super) static EQUAL: Frequent = Frequent::new("__ffi_eq__");
pub(super) static COMPARE: Frequent = Frequent::new("__ffi_compare__");
pub(super) static HASH: Frequent = Frequent::new("__ffi_hash__");
pub(super) static REPR: Frequent = Frequent::new("__ffi_repr__");
pub(super) static SHALLOW_COPY: Frequent = Frequent::new("__ffi_shallow_copy__");
pub(super) static DATA_FROM_JSON: Frequent = Frequent::new("__data_from_json__");
pub(super) static DATA_TO_JSON: Frequent = Frequent::new("__data_to_json__");
static FREQUENT: [&Frequent; 11] = [
    &STRUCTURAL_EQUAL,
    &STRUCTURAL_HASH,
    &STRUCTURAL_VISIT,
    &STRUCTURAL_MUTATE,
    &EQUAL,
    &COMPARE,
    &HASH,
    &REPR,
    &SHALLOW_COPY,
    &DATA_FROM_JSON,
    &DATA_TO_JSON,
];

fn frequent(name: &str) -> Option<&'static Column> {
    FREQUENT.iter().find(|known| known.values.name() == name).map(|known| &*known.values)
}

/// The values of an attribute by type index. There are none unless it was ever set or made.
pub fn column(name: &str) -> Option<&'static Column> {
    if let Some(column) = key::ATTRIBUTES.iter().find(|known| known.name() == name) {
        return Some(column);
    }
    if let Some(column) = frequent(name) {
        return column.is_made().then_some(column);
    }
    further(name)
}

/// The values of an attribute that has no place of its own.
#[cfg(not(feature = "guest"))]
fn further(name: &str) -> Option<&'static Column> {
    COLUMNS.load().as_deref()?.get(name).copied()
}

#[cfg(feature = "guest")]
fn further(name: &str) -> Option<&'static Column> {
    of_host(name, false)
}

/// The host's column, which stays. Its layout goes with the number of the table.
#[cfg(feature = "guest")]
fn of_host(name: &str, make: bool) -> Option<&'static Column> {
    // SAFETY: the host's function; the name is lent.
    unsafe { (crate::runtime::get().column)(crate::runtime::Text::of(name), make).cast::<Column>().as_ref() }
}

/// The attribute of a type, if it was set.
pub fn get(index: i32, name: &str) -> Option<Any> {
    Some(column(name)?.get(index)).filter(|value| !value.is_none())
}

/// Sets an attribute of a type, in place of a former value. No value unsets it.
///
/// # Errors
/// Kind `TypeError` when there is no such type, `RuntimeError` when it is one too many.
pub fn set(index: i32, name: &str, value: Any) -> Result<(), Error> {
    expect(index)?;
    match make(name).set(index, value) {
        true => Ok(()),
        false => Err(one_too_many(index)),
    }
}

/// The names of all attributes that a type of any kind ever had.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> =
        COLUMNS.load().as_deref().into_iter().flat_map(|map| map.keys().map(|name| name.to_string())).collect();
    names.extend(key::ATTRIBUTES.iter().map(|known| known.name().to_owned()));
    names.extend(FREQUENT.iter().filter(|known| known.values.is_made()).map(|known| known.values.name().to_owned()));
    names.sort();
    names
}

/// The values of an attribute by type index; none yet if the name is new.
pub fn make(name: &str) -> &'static Column {
    if let Some(known) = frequent(name).or_else(|| column(name)) {
        return known;
    }
    add(name)
}

#[cfg(feature = "guest")]
fn add(name: &str) -> &'static Column {
    of_host(name, true).expect("the host makes every column")
}

#[cfg(not(feature = "guest"))]
fn add(name: &str) -> &'static Column {
    let fresh: *mut Column = Box::into_raw(Box::new(Column::new()));
    // SAFETY: just made, and freed below only if it was not published.
    let mut chosen: &'static Column = unsafe { &*fresh };
    COLUMNS.rcu(|now| {
        let mut next = copied(now.as_deref());
        // SAFETY: just made, and freed below only if it was not published.
        chosen = *next.entry(name.into()).or_insert(unsafe { &*fresh });
        Some(Arc::new(next))
    });
    if !std::ptr::eq(chosen, fresh) {
        // SAFETY: another thread's column was first, so that ours is in no map that was published.
        drop(unsafe { Box::from_raw(fresh) });
    }
    chosen
}

/// The attribute of a type; what `value` gives if it has none. Of two threads that set it at once both get the first's.
///
/// # Errors
/// As [`set`].
pub fn set_if_none(index: i32, name: &str, value: impl FnOnce() -> Any) -> Result<Any, Error> {
    expect(index)?;
    if let Some(found) = get(index, name) {
        return Ok(found);
    }
    let made = value();
    set_once(index, name, made.clone())?.map_or(Ok(made), Ok)
}

/// Sets an attribute of a type that has none; gives the value that it has.
///
/// # Errors
/// As [`set`].
pub fn set_once(index: i32, name: &str, value: Any) -> Result<Option<Any>, Error> {
    expect(index)?;
    if index >= COLUMN_SIZE {
        return Err(one_too_many(index));
    }
    Ok(make(name).set_if_none(index, value).err())
}

fn expect(index: i32) -> Result<(), Error> {
    match index >= 0 && registry::type_info(index).is_some() {
        true => Ok(()),
        false => Err(Error::type_error(format!("there is no type {index}"))),
    }
}

#[cold]
fn one_too_many(index: i32) -> Error {
    Error::runtime(format!("there are too many types for attributes: type {index} has no place for one"))
}
