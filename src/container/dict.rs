//! Mutable mappings that threads share.
//! Imports `value`, `object`, the table and the search in it.
//! Upholds: every operation takes effect at once, under the dict's stripe; what it displaces is released after that; no
//! foreign code runs and no object is allocated under the stripe.

use super::key::{self, Custom};
use super::map::{converted, made, mapping};
use super::search::Search;
use super::table::{Place, Table};
use super::MapObj;
use crate::function::Error;
use crate::object::{Header, Obj, Object, ObjectType};
use crate::value::{stripe, tag, Any, AnyView, ConvertError, Field, FromAny, IntoAny, Schema, Storage, Typed};
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

/// What was an entry of a dict when it was looked at.
#[derive(Clone)]
pub struct Entry {
    hash: u64,
    /// The key, as it is in the dict.
    pub key: Any,
    /// Its value.
    pub value: Any,
}

impl Entry {
    fn at(table: &Table, place: Place) -> Entry {
        let (hash, key, value) = table.entry(place);
        Entry { hash, key: key.clone(), value: value.clone() }
    }

    /// Where the entry is, if it still is. The key is the very one of the dict, so that nobody has to be asked.
    fn find(&self, table: &Table) -> Option<Place> {
        let place = table.find(self.hash, self.key.as_view())?;
        table.value(place).view().same(self.value.as_view()).then_some(place)
    }
}

impl DictObj {
    /// A dict of these entries. Of equal keys the first says the place and the last the value.
    ///
    /// # Errors
    /// What types say of their own keys, by `__any_hash__` and `__any_equal__`.
    pub fn make(entries: impl IntoIterator<Item = (Any, Any)>) -> Result<Obj<DictObj>, Error> {
        Table::of(entries).map(DictObj::of_table)
    }

    /// A dict without entries.
    pub fn empty() -> Obj<DictObj> {
        DictObj::of_table(Table::default())
    }

    fn of_table(table: Table) -> Obj<DictObj> {
        Obj::new(DictObj { header: Header::placeholder(), table: UnsafeCell::new(table) })
    }

    /// Runs `work`, which neither releases values nor calls out, under the stripe.
    #[inline]
    fn held<R>(&self, work: impl FnOnce(&mut Table) -> R) -> R {
        let _held = stripe::of(self).hold();
        // SAFETY: accessed under the stripe only, and `work` does not come back here.
        work(unsafe { &mut *self.table.get() })
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

    /// Runs `work` under the stripe, once, with the hash of `key` and where it is at that moment, none if it is not there.
    /// What types say of their own keys is asked before, while nothing is held.
    #[inline]
    fn at_key<R>(&self, key: &AnyView<'_>, work: impl FnOnce(&mut Table, u64, Option<Place>) -> R) -> Result<R, Error> {
        match Custom::of(key) {
            None => {
                let hash = key::hash(key);
                Ok(self.held(|table| {
                    let place = table.find(hash, key);
                    work(table, hash, place)
                }))
            }
            Some(custom) => {
                let mut work = Some(work);
                Search::of(*key, custom)?.settle(|search| {
                    self.held(|table| {
                        let place = search.look(table)?;
                        work.take().map(|work| work(table, search.hash, place))
                    })
                })
            }
        }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// As [`DictObj::make`]; then nothing was changed, as with all that take a key.
    #[inline]
    pub fn get(&self, key: AnyView<'_>) -> Result<Option<Any>, Error> {
        self.at_key(&key, |table, _, place| place.map(|place| table.value(place).clone()))
    }

    /// Whether there is such a key.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    #[inline]
    pub fn contains(&self, key: AnyView<'_>) -> Result<bool, Error> {
        self.at_key(&key, |_, _, place| place.is_some())
    }

    /// Sets the value of a key, at the end when the key is new. Gives the former value.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    pub fn set(&self, key: Any, value: Any) -> Result<Option<Any>, Error> {
        let placed = self.place(key, value, |table, place, key, value| (table.replace(place, value), Some(key)))?;
        Ok(placed.map(|(former, _unused)| former))
    }

    /// The value of a key, which becomes `value` when the key is new.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    pub fn get_or_set(&self, key: Any, value: Any) -> Result<Any, Error> {
        let added = value.clone();
        let found =
            self.place(key, value, |table, place, key, value| (table.value(place).clone(), Some((key, value))))?;
        Ok(found.map_or(added, |(found, _unused)| found))
    }

    /// Adds an entry if the key is new; otherwise gives what `found`, under the stripe, makes of it.
    #[inline]
    fn place<R>(
        &self,
        key: Any,
        value: Any,
        found: impl FnOnce(&mut Table, Place, Any, Any) -> R,
    ) -> Result<Option<R>, Error> {
        match Custom::of(key.as_view()) {
            None => {
                let hash = key::hash(key.as_view());
                Ok(self.held(|table| match table.find(hash, key.as_view()) {
                    Some(place) => Some(found(table, place, key, value)),
                    None => {
                        table.push(hash, key, value);
                        None
                    }
                }))
            }
            Some(_) => {
                let looked_for = key.clone();
                self.at_key(looked_for.as_view(), |table, hash, place| match place {
                    Some(place) => Some(found(table, place, key, value)),
                    None => {
                        table.push(hash, key, value);
                        None
                    }
                })
            }
        }
    }

    /// Removes a key. Gives its value.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    pub fn remove(&self, key: AnyView<'_>) -> Result<Option<Any>, Error> {
        let entry = self.at_key(&key, |table, _, place| place.map(|place| table.remove(place)))?;
        Ok(entry.map(|(_, value)| value))
    }

    /// The entry of a key.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    pub fn entry(&self, key: AnyView<'_>) -> Result<Option<Entry>, Error> {
        self.at_key(&key, |table, _, place| place.map(|place| Entry::at(table, place)))
    }

    /// The entry that was added last.
    pub fn last(&self) -> Option<Entry> {
        self.held(|table| table.last().map(|place| Entry::at(table, place)))
    }

    /// Removes an entry if it is still there.
    pub fn remove_entry(&self, entry: &Entry) -> bool {
        let removed = self.held(|table| entry.find(table).map(|place| table.remove(place)));
        removed.is_some()
    }

    /// Removes an entry if it is still the one that was added last.
    pub fn pop_entry(&self, entry: &Entry) -> bool {
        let removed = self.held(|table| {
            let place = entry.find(table).filter(|place| table.last() == Some(*place))?;
            Some(table.remove(place))
        });
        removed.is_some()
    }

    /// Removes the entry that was added last.
    pub fn pop(&self) -> Option<(Any, Any)> {
        self.held(|table| table.last().map(|place| table.remove(place)))
    }

    /// Removes all entries.
    pub fn clear(&self) {
        let old = self.held(std::mem::take);
        drop(old);
    }

    /// The entries as they are at one moment, in order.
    pub fn snapshot(&self) -> Vec<(Any, Any)> {
        self.held(|table| table.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    /// Shows keys and values to a garbage collector, without counts; false when another thread is inside the dict just
    /// now. `visit` neither comes back to any container or field, nor releases anything.
    pub fn try_visit(&self, mut visit: impl FnMut(AnyView<'_>)) -> bool {
        let Some(_held) = stripe::of(self).try_hold() else { return false };
        // SAFETY: under the stripe.
        let table = unsafe { &*self.table.get() };
        table.iter().for_each(|(key, value)| [key, value].into_iter().for_each(|part| visit(part.view())));
        true
    }
}

/// A mutable mapping from `K` to `V`, shared by all its handles.
#[repr(transparent)]
pub struct Dict<K = Any, V = Any>(Obj<DictObj>, PhantomData<fn() -> (K, V)>);

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
    /// The value of a key as a `V`; none also when another holder of the dict put something else there.
    ///
    /// # Errors
    /// As [`DictObj::get`].
    pub fn at(&self, key: K) -> Result<Option<V>, Error> {
        Ok(self.get(key.into_any().view())?.and_then(|value| V::from_owned(value).ok()))
    }
}

impl<K: FromAny + IntoAny, V: FromAny + IntoAny> FromAny for Dict<K, V> {
    fn from_any(view: AnyView<'_>) -> Result<Self, ConvertError> {
        if let Some(dict) = view.as_ref::<DictObj>() {
            if K::ACCEPTS_ALL && V::ACCEPTS_ALL {
                return Ok(Dict(Obj::from_any(view)?, PhantomData));
            }
            let entries = dict.snapshot();
            let views = entries.iter().map(|(key, value)| (key.view(), value.view()));
            return Ok(match converted::<K, V>(views, Self::schema, view)? {
                None => Dict(Obj::from_any(view)?, PhantomData),
                Some(entries) => Dict(made(DictObj::make(entries), Self::schema, view)?, PhantomData),
            });
        }
        let Some(map) = view.as_ref::<MapObj>() else {
            return Err(ConvertError::mismatch(Self::schema(), view));
        };
        let owned = || map.entries().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let entries = converted::<K, V>(map.entries(), Self::schema, view)?.unwrap_or_else(owned);
        Ok(Dict(made(DictObj::make(entries), Self::schema, view)?, PhantomData))
    }
}

mapping!(Dict, DictObj, Dict);

impl<K, V> fmt::Debug for Dict<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.snapshot()).finish()
    }
}
