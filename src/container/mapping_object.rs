//! How the objects of mappings are made.
//! Upholds: an object has room behind it for the few entries that are announced, and enough to be changed by C++ in place.

use super::table::{Pair, SmallItem, Table, SMALL};
use crate::function::Error;
use crate::object::{Obj, ObjectType};
use std::mem::MaybeUninit;

/// What an iterator may announce and be believed: it may be wrong, or lie.
const MAX_ANNOUNCED: usize = 1 << 16;

/// The object of a mapping: a header, and a table.
pub(super) trait Mapping: ObjectType {
    /// One of this table.
    fn of_table(table: Table) -> Self;
    /// Its table.
    fn table_mut(&mut self) -> &mut Table;
}

/// An object without entries, which is filled by `fill`: with room for so many.
///
/// # Errors
/// What `fill` ends in.
pub(super) fn make_with<T: Mapping, E>(
    announced: usize,
    fill: impl FnOnce(&mut Table) -> Result<(), E>,
) -> Result<Obj<T>, E> {
    let (table, room) = match announced {
        0..=SMALL => (Table::default(), announced),
        _ => (Table::dense_for(announced.min(MAX_ANNOUNCED)).unwrap_or_else(|error| error.handle()), 0),
    };
    let places = (0..room).map(|_| MaybeUninit::<SmallItem>::uninit());
    let mut object = Obj::new_with_extra_items(T::of_table(table), places);
    // SAFETY: made just above of this type, with such places. It has one owner, and no other thread knows it.
    let table = unsafe {
        let places = object.extra_items_raw::<MaybeUninit<SmallItem>>().cast();
        let table = object.get_unique_mut().expect("it has one owner").table_mut();
        if room > 0 {
            table.place_inside(places.as_ptr(), room);
        }
        table
    };
    fill(table)?;
    Ok(object)
}

/// An object of these entries. Of equal keys the first says the place and the last the value.
///
/// # Errors
/// The first error, and what types say of their own keys.
pub(super) fn make<T: Mapping, E: From<Error>>(entries: impl Iterator<Item = Result<Pair, E>>) -> Result<Obj<T>, E> {
    make_with(entries.size_hint().0, |table| table.fill(entries))
}

/// An object without entries.
pub(super) fn empty<T: Mapping>() -> Obj<T> {
    Obj::new_with_extra_items(T::of_table(Table::default()), std::iter::empty::<MaybeUninit<SmallItem>>())
}
