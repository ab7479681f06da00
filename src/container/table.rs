//! A hash table of values that remembers the order of insertion.
//! Imports `value`, the keys and the search for them.
//! Upholds: what an operation displaces it returns, so that nothing is released inside; order is that of first insertion.

use super::key::{self, Custom};
use super::search::Search;
use crate::function::Error;
use crate::value::{Any, AnyView};

/// No entry was ever here.
const EMPTY: u32 = u32::MAX;
/// An entry was here, and look-ups go on behind it.
const DELETED: u32 = u32::MAX - 1;

/// Where an entry is, as long as the table does not change: its slot and its index.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Place(usize, usize);

struct Entry {
    hash: u64,
    key: Any,
    value: Any,
}

/// The entries in order, with gaps where some were removed, and their places by hash.
#[derive(Default)]
pub(super) struct Table {
    entries: Vec<Option<Entry>>,
    live: usize,
    /// A power of two, or none; indices into `entries`, at most two thirds of them ever used.
    slots: Vec<u32>,
    /// How many slots are not EMPTY.
    used: usize,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// The slots that a hash may lead to, in order.
    fn probe(&self, hash: u64) -> impl Iterator<Item = usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let start = hash as usize;
        (0..self.slots.len()).map(move |step| start.wrapping_add(step) & mask)
    }

    /// Where a key is, told at a glance.
    #[inline]
    pub(super) fn find(&self, hash: u64, key: &AnyView<'_>) -> Option<Place> {
        for slot in self.probe(hash) {
            match self.slots[slot] {
                EMPTY => return None,
                DELETED => {}
                at => match &self.entries[at as usize] {
                    Some(entry) if entry.hash == hash && key::equal(entry.key.as_view(), key) => {
                        return Some(Place(slot, at as usize));
                    }
                    _ => {}
                },
            }
        }
        None
    }

    /// The keys of a hash.
    pub(super) fn candidates(&self, hash: u64) -> impl Iterator<Item = (Place, &Any)> {
        let slots = self.probe(hash).map(|slot| (slot, self.slots[slot])).take_while(|(_, at)| *at != EMPTY);
        slots.filter_map(move |(slot, at)| match self.entries.get(at as usize) {
            Some(Some(entry)) if entry.hash == hash => Some((Place(slot, at as usize), &entry.key)),
            _ => None,
        })
    }

    /// Hash, key and value at a place.
    #[inline]
    pub(super) fn entry(&self, place: Place) -> (u64, &Any, &Any) {
        let entry = self.entries[place.1].as_ref().expect("an entry that was found");
        (entry.hash, &entry.key, &entry.value)
    }

    /// The value at a place.
    #[inline]
    pub(super) fn value(&self, place: Place) -> &Any {
        self.entry(place).2
    }

    /// Sets the value at a place; returns the former one.
    pub(super) fn replace(&mut self, place: Place, value: Any) -> Any {
        let entry = self.entries[place.1].as_mut().expect("an entry that was found");
        std::mem::replace(&mut entry.value, value)
    }

    /// Adds an entry at the end, of a key that is not there.
    pub(super) fn push(&mut self, hash: u64, key: Any, value: Any) {
        if (self.used + 1) * 3 > self.slots.len() * 2 {
            self.rebuild();
        }
        let free = self.probe(hash).find(|slot| self.slots[*slot] == EMPTY).expect("a third of the slots are empty");
        self.slots[free] = u32::try_from(self.entries.len()).ok().filter(|at| *at < DELETED).expect("fewer entries");
        self.used += 1;
        self.live += 1;
        self.entries.push(Some(Entry { hash, key, value }));
    }

    /// Removes the entry at a place; returns it.
    pub(super) fn remove(&mut self, place: Place) -> (Any, Any) {
        let entry = self.entries[place.1].take().expect("an entry that was found");
        self.slots[place.0] = DELETED;
        self.live -= 1;
        // Gaps at the end, so that taking the last entry again and again looks at each gap once.
        while matches!(self.entries.last(), Some(None)) {
            self.entries.pop();
        }
        (entry.key, entry.value)
    }

    /// The hash of a key, and where it is.
    ///
    /// # Errors
    /// What its type says of its own keys.
    #[inline]
    pub(super) fn search(&self, key: &AnyView<'_>) -> Result<(u64, Option<Place>), Error> {
        match Custom::of(key) {
            None => {
                let hash = key::hash(key);
                Ok((hash, self.find(hash, key)))
            }
            Some(custom) => {
                let search = Search::of(*key, custom)?;
                Ok((search.hash, search.settle(|search| search.look(self))?))
            }
        }
    }

    /// A table of these entries. Of equal keys the first says the place and the last the value.
    ///
    /// # Errors
    /// What types say of their own keys.
    pub(super) fn of(entries: impl IntoIterator<Item = (Any, Any)>) -> Result<Table, Error> {
        let mut table = Table::default();
        for (key, value) in entries {
            let (hash, place) = table.search(key.as_view())?;
            match place {
                Some(place) => drop(table.replace(place, value)),
                None => table.push(hash, key, value),
            }
        }
        Ok(table)
    }

    /// Where the entry is that was inserted last.
    pub(super) fn last(&self) -> Option<Place> {
        let at = self.entries.iter().rposition(Option::is_some)?;
        let hash = self.entries[at].as_ref()?.hash;
        let slot = self.probe(hash).find(|slot| self.slots[*slot] == at as u32)?;
        Some(Place(slot, at))
    }

    /// A table of copies of another's entries, in the same order. Keys whose types say themselves what is equal are not
    /// asked, and take the places of their originals: they may not be whole yet.
    pub(super) fn of_copies(originals: &Table, copies: impl IntoIterator<Item = (Any, Any)>) -> Table {
        let mut table = Table::default();
        for (original, (key, value)) in originals.entries.iter().flatten().zip(copies) {
            let hash = if Custom::of(key.as_view()).is_some() { original.hash } else { key::hash(key.as_view()) };
            match table.find(hash, key.as_view()) {
                Some(place) => drop(table.replace(place, value)),
                None => table.push(hash, key, value),
            }
        }
        table
    }

    /// Whether every key still has the hash by which it is found.
    ///
    /// # Errors
    /// What types say of their own keys.
    pub(super) fn is_sound(&self) -> Result<bool, Error> {
        for entry in self.entries.iter().flatten() {
            let custom = Custom::of(entry.key.as_view());
            if custom.map_or(Ok(entry.hash), |custom| custom.hash_in_table(entry.key.view()))? != entry.hash {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Closes the gaps and makes room for more.
    fn rebuild(&mut self) {
        self.entries.retain(Option::is_some);
        let count = (self.entries.len() * 3).next_power_of_two().max(8);
        self.slots.clear();
        self.slots.resize(count, EMPTY);
        self.used = self.entries.len();
        for at in 0..self.entries.len() {
            let hash = self.entries[at].as_ref().expect("gaps are closed").hash;
            let free =
                self.probe(hash).find(|slot| self.slots[*slot] == EMPTY).expect("a third of the slots are empty");
            self.slots[free] = at as u32;
        }
    }

    /// The entries in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Any, &Any)> + Clone {
        self.entries.iter().flatten().map(|entry| (&entry.key, &entry.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::IntoAny;

    fn keys(table: &Table) -> Vec<i64> {
        table.iter().map(|(key, _)| key.view().as_int().unwrap()).collect()
    }

    fn set(table: &mut Table, key: i64, value: Any) -> Option<Any> {
        let key = key.into_any();
        let hash = key::hash(key.as_view());
        match table.find(hash, key.as_view()) {
            Some(place) => Some(table.replace(place, value)),
            None => {
                table.push(hash, key, value);
                None
            }
        }
    }

    fn remove(table: &mut Table, key: i64) -> Option<(Any, Any)> {
        let key = key.into_any();
        table.find(key::hash(key.as_view()), key.as_view()).map(|place| table.remove(place))
    }

    #[test]
    fn order_survives_growth_removal_and_reuse() {
        let mut table = Table::default();
        for n in 0..1000 {
            assert!(set(&mut table, n, (n * 2).into_any()).is_none());
        }
        for n in (0..1000).filter(|n| n % 3 != 0) {
            let (key, value) = remove(&mut table, n).unwrap();
            assert_eq!((key.view().as_int(), value.view().as_int()), (Some(n), Some(n * 2)));
        }
        assert_eq!((table.len(), keys(&table)), (334, (0..1000).filter(|n| n % 3 == 0).collect()));
        assert!(remove(&mut table, 1).is_none());
        for n in 0..1000 {
            set(&mut table, n, Any::none());
        }
        let expected: Vec<i64> = (0..1000).filter(|n| n % 3 == 0).chain((0..1000).filter(|n| n % 3 != 0)).collect();
        assert_eq!((table.len(), keys(&table)), (1000, expected));
        let last = table.last().unwrap();
        assert_eq!(table.remove(last).0.view().as_int(), Some(998));
        assert_eq!(table.len(), 999);
    }

    #[test]
    fn removing_and_adding_for_ever_stays_small() {
        let mut table = Table::default();
        for n in 0..100_000 {
            set(&mut table, n, Any::none());
            assert!(remove(&mut table, n).is_some());
        }
        assert!(table.slots.len() <= 16 && table.entries.len() <= 16);
    }
}
