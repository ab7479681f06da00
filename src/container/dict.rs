//! Mutable mappings that threads share.
//! Upholds: every operation takes effect at once, under the dict's stripe; what it displaces is released after that; no
//! foreign code runs and no object is allocated under the stripe.
//!
//! A walk through the entries looks into the table step by step, and gets copies of them before the table is changed (see
//! `cursor.rs`). So it costs next to nothing to begin one, or to take the first entry again and again.

use super::map::mapping;
use super::mapping_object::{self, Mapping};
use super::search::{unwind, Search};
use super::table::{EntryPlace, Pair, Table};
use super::{cursor, key};
use crate::function::Error;
use crate::object::grow::Grow;
use crate::object::{Header, Obj, Object, ObjectType};
use crate::value::{stripe, tag, Any, AnyView, Field, FromAny, IntoAny, Schema, Storage, Typed};
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// The object behind a [`Dict`].
///
/// | member | protected by |
/// |---|---|
/// | `table` | the stripe of the object's address |
#[repr(C)]
pub struct DictObj {
    header: Header,
    table: UnsafeCell<Table>,
}

// A model's atomics are larger.
#[cfg(not(any(bowline_loom, bowline_shuttle)))]
const _: () = assert!(size_of::<DictObj>() == 80 && std::mem::offset_of!(DictObj, table) == size_of::<Header>());

// SAFETY: `table` is accessed under its stripe; values are Send + Sync.
unsafe impl Sync for DictObj {}

// SAFETY: repr(C), starts with the header.
unsafe impl ObjectType for DictObj {
    const TYPE_KEY: &'static str = "ffi.Dict";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::DICT
    }
}

impl Mapping for DictObj {
    fn of_table(table: Table) -> DictObj {
        DictObj { header: Header::placeholder(), table: UnsafeCell::new(table) }
    }
    fn table_mut(&mut self) -> &mut Table {
        self.table.get_mut()
    }
}

/// What was an entry of a dict when it was looked at.
#[derive(Clone)]
pub struct Entry {
    /// Where it was.
    place: EntryPlace,
    /// The key, as it is in the dict.
    pub key: Any,
    /// Its value.
    pub value: Any,
}

impl Entry {
    fn at(table: &Table, place: EntryPlace) -> Entry {
        let (key, value) = table.entry(place);
        Entry { place, key: key.clone(), value: value.clone() }
    }

    /// Where the entry is, if it still is. The key is the very one of the dict, so that its type need not be asked.
    fn find(&self, table: &Table) -> Option<EntryPlace> {
        let is_there = |place: &EntryPlace| {
            let entry = table.entry_if_there(*place);
            entry.is_some_and(|(key, value)| {
                key.view().same(self.key.as_view()) && value.view().same(self.value.as_view())
            })
        };
        if is_there(&self.place) {
            return Some(self.place);
        }
        let key = self.key.as_view();
        match key::hashes_itself(key) {
            true => table.places().find(is_there),
            false => table.find(key::hash(key), key).filter(is_there),
        }
    }
}

impl DictObj {
    /// A dict of these entries. Of equal keys the first says the place and the last the value.
    ///
    /// # Errors
    /// What types say of their own keys, by `__any_hash__` and `__any_equal__`.
    pub fn make(entries: impl IntoIterator<Item = (Any, Any)>) -> Result<Obj<DictObj>, Error> {
        mapping_object::make(entries.into_iter().map(Ok::<_, Error>))
    }

    /// As [`DictObj::make`], of entries that are found one by one. No other thread knows the object before it is whole.
    ///
    /// # Errors
    /// The first error, and those of [`DictObj::make`].
    pub fn try_make<E: From<Error>>(entries: impl Iterator<Item = Result<(Any, Any), E>>) -> Result<Obj<DictObj>, E> {
        mapping_object::make(entries)
    }

    /// A dict without entries.
    pub fn empty() -> Obj<DictObj> {
        mapping_object::empty()
    }

    /// Runs `work`, which neither releases values nor calls out, under the stripe.
    #[inline]
    pub(super) fn held<R>(&self, work: impl FnOnce(&Table) -> R) -> R {
        let _held = stripe::of(self).hold();
        // SAFETY: accessed under the stripe only, and `work` does not come back here.
        work(unsafe { &*self.table.get() })
    }

    /// As [`DictObj::held`], for changes.
    #[inline]
    fn change<R>(&self, work: impl FnOnce(&mut Table) -> R) -> R {
        let held = stripe::of(self).hold();
        // SAFETY: accessed under the stripe only, and `work` does not come back here.
        let table = unsafe { &mut *self.table.get() };
        // SAFETY: under the stripe.
        if let Err(error) = unsafe { cursor::part(std::ptr::from_ref(self).cast(), table) } {
            drop(held);
            error.handle();
        }
        work(table)
    }

    /// How many entries there are, now.
    #[inline]
    pub fn len(&self) -> usize {
        self.held(|table| table.len())
    }

    /// Whether there are none, now.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs `work` under the stripe, once, with the place of `key` at that moment. It is none if the key is not there. What
    /// types say of their own keys is asked before, while nothing is held.
    #[inline]
    fn at_key<R>(&self, key: &AnyView<'_>, work: impl FnOnce(&Table, Option<EntryPlace>) -> R) -> Result<R, Error> {
        let mut work = Some(work);
        Search::of(key)?.settle(|search| {
            self.held(|table| {
                let place = search.look(table, key)?;
                work.take().map(|work| work(table, place))
            })
        })
    }

    /// The value of a key.
    ///
    /// # Errors
    /// As [`DictObj::make`]; then nothing was changed, as with all that take a key.
    #[inline]
    pub fn get(&self, key: AnyView<'_>) -> Result<Option<Any>, Error> {
        self.at_key(&key, |table, place| place.map(|place| table.value(place).clone()))
    }

    /// Whether there is such a key.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    #[inline]
    pub fn contains(&self, key: AnyView<'_>) -> Result<bool, Error> {
        self.at_key(&key, |_, place| place.is_some())
    }

    /// Sets the value of a key, at the end when the key is new. Gives the former value.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    pub fn set(&self, key: Any, value: Any) -> Result<Option<Any>, Error> {
        let placed = self.place(key, value, |table, place, (key, value)| (table.replace(place, value), key))?;
        Ok(placed.map(|(former, _unused)| former))
    }

    /// The value of a key, which becomes `value` when the key is new.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    pub fn get_or_set(&self, key: Any, value: Any) -> Result<Any, Error> {
        let added = value.clone();
        let found = self.place(key, value, |table, place, entry| (table.value(place).clone(), entry))?;
        Ok(found.map_or(added, |(found, _unused)| found))
    }

    /// Adds an entry if the key is new. Otherwise gives what `found`, under the stripe, makes of it.
    #[inline]
    fn place<R>(
        &self,
        key: Any,
        value: Any,
        found: impl Fn(&mut Table, EntryPlace, Pair) -> R,
    ) -> Result<Option<R>, Error> {
        let search = Search::of(key.as_view())?;
        let mut entry = Some((key, value));
        let placed = search.settle(|search| {
            self.change(|table| match search.look(table, entry.as_ref()?.0.as_view())? {
                Some(place) => entry.take().map(|entry| Ok(found(table, place, entry))),
                None => search.push(table, &mut entry).map(Err),
            })
        });
        // Nothing of what is released now is held.
        drop(entry);
        match placed? {
            Ok(found) => Ok(Some(found)),
            Err(added) => {
                added.unwrap_or_else(|obstacle| unwind(obstacle));
                Ok(None)
            }
        }
    }

    /// Removes a key. Gives its value.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    pub fn remove(&self, key: AnyView<'_>) -> Result<Option<Any>, Error> {
        let entry = Search::of(&key)?.settle(|search| {
            self.change(|table| search.look(table, &key).map(|place| place.map(|place| table.remove(place))))
        })?;
        Ok(entry.map(|(_, value)| value))
    }

    /// The entry of a key.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    pub fn entry(&self, key: AnyView<'_>) -> Result<Option<Entry>, Error> {
        self.at_key(&key, |table, place| place.map(|place| Entry::at(table, place)))
    }

    /// The entry that was added last.
    pub fn last(&self) -> Option<Entry> {
        self.held(|table| table.last().map(|place| Entry::at(table, place)))
    }

    /// Removes an entry if it is still there.
    pub fn remove_entry(&self, entry: &Entry) -> bool {
        let removed = self.change(|table| entry.find(table).map(|place| table.remove(place)));
        removed.is_some()
    }

    /// Removes an entry if it is still the one that was added last.
    pub fn pop_entry(&self, entry: &Entry) -> bool {
        let removed = self.change(|table| {
            let place = entry.find(table).filter(|place| table.last() == Some(*place))?;
            Some(table.remove(place))
        });
        removed.is_some()
    }

    /// Removes the entry that was added last.
    pub fn pop(&self) -> Option<(Any, Any)> {
        self.change(|table| table.last().map(|place| table.remove(place)))
    }

    /// Removes all entries.
    pub fn clear(&self) {
        drop(self.change(Table::take));
    }

    /// The entries as they are at one moment, in order.
    pub fn snapshot(&self) -> Vec<(Any, Any)> {
        // Room is made outside; retried when the dict grew meanwhile.
        let mut entries = Vec::new();
        loop {
            entries.grow(self.len());
            let room = entries.capacity();
            let whole = self.held(|table| {
                let fits = table.len() <= room;
                if fits {
                    entries.extend(table.iter().map(|(key, value)| (key.clone(), value.clone())));
                }
                fits
            });
            if whole {
                return entries;
            }
        }
    }

    /// Shows keys and values to a garbage collector, without counts. It goes from part `from` on until `look` finds
    /// something, and gives that and the part to go on from. `look` neither comes back to any container or field, nor
    /// releases anything.
    pub fn find_from<R>(&self, from: usize, look: impl FnMut(AnyView<'_>) -> Option<R>) -> Option<(usize, R)> {
        self.held(|table| table.find_from(from, look))
    }
}

/// A mutable mapping from `K` to `V`, shared by all its handles.
#[repr(transparent)]
pub struct Dict<K = Any, V = Any>(pub(super) Obj<DictObj>, pub(super) PhantomData<fn() -> (K, V)>);

impl<K, V> Dict<K, V> {
    /// A dict without entries.
    pub fn new() -> Self {
        Dict(DictObj::empty(), PhantomData)
    }

    /// The object.
    pub fn as_object(&self) -> &Obj<DictObj> {
        &self.0
    }

    /// The object, given away.
    pub fn into_object(self) -> Obj<DictObj> {
        self.0
    }
}

impl<K: IntoAny, V: FromAny> Dict<K, V> {
    /// The value of a key as a `V`. It is none also when another holder of the dict put something else there.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    pub fn at(&self, key: K) -> Result<Option<V>, Error> {
        Ok(self.get(key.into_any().view())?.and_then(|value| V::from_owned(value).ok()))
    }
}

mapping!(Dict, DictObj, Dict);

impl<K, V> fmt::Debug for Dict<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.snapshot()).finish()
    }
}
