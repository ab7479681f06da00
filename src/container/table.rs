//! A hash table of values that remembers the order of insertion.
//! Upholds: what an operation displaces it returns, so that nothing is released inside; order is that of first insertion.

use super::key;
use crate::object::AllocError;
use crate::value::{Any, AnyView};
use std::alloc::Layout;
use std::collections::TryReserveError;

/// No entry was ever here.
const EMPTY: u32 = u32::MAX;
/// An entry was here, and look-ups go on behind it.
const DELETED: u32 = u32::MAX - 1;

/// Where an entry is, as long as the table does not change: its slot and its index.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Place(usize, usize);

#[derive(Clone)]
struct Entry {
    hash: u64,
    key: Any,
    value: Any,
}

/// An entry that there was no memory for.
pub(super) struct Refused {
    error: AllocError,
    entry: (Any, Any),
}

/// Unwinds if there was no memory for an entry, which is released first, under no stripe.
pub(super) fn unwind_without_memory(added: Result<(), Refused>) {
    if let Err(refused) = added {
        drop(refused.entry);
        refused.error.handle();
    }
}

/// The entries in order, with gaps where some were removed, and their places by hash.
#[derive(Default)]
pub(super) struct Table {
    entries: Vec<Option<Entry>>,
    live: usize,
    /// Before it there are gaps only.
    first: usize,
    /// A power of two, or none; indices into `entries`, at most two thirds of them ever used.
    slots: Vec<u32>,
    /// How many slots are not EMPTY.
    used: usize,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// A table of the same entries.
    ///
    /// # Errors
    /// There is no memory.
    pub(super) fn copy(&self) -> Result<Table, AllocError> {
        let mut copy = Table { first: self.first, live: self.live, used: self.used, ..Table::default() };
        let made = copy.entries.try_reserve(self.entries.len()).and_then(|()| copy.slots.try_reserve(self.slots.len()));
        made.map_err(|_| AllocError::new(Layout::new::<Entry>()))?;
        copy.entries.extend_from_slice(&self.entries);
        copy.slots.extend_from_slice(&self.slots);
        Ok(copy)
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
    ///
    /// # Errors
    /// There is no memory; nothing is changed, and key and value come back, to be released where that may run code.
    pub(super) fn push(&mut self, hash: u64, key: Any, value: Any) -> Result<(), Refused> {
        if let Err(error) = self.reserve() {
            return Err(Refused { error, entry: (key, value) });
        }
        let free = self.probe(hash).find(|slot| self.slots[*slot] == EMPTY).expect("a third of the slots are empty");
        self.slots[free] = u32::try_from(self.entries.len()).ok().filter(|at| *at < DELETED).expect("fewer entries");
        self.used += 1;
        self.live += 1;
        self.entries.push(Some(Entry { hash, key, value }));
        Ok(())
    }

    /// Makes room for one more entry.
    fn reserve(&mut self) -> Result<(), AllocError> {
        let made = match (self.used + 1) * 3 > self.slots.len() * 2 {
            true => self.rebuild(),
            false => Ok(()),
        };
        made.and_then(|()| self.entries.try_reserve(1)).map_err(|_| AllocError::new(Layout::new::<Entry>()))
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
        // Likewise at the front, for who takes the first entry again and again.
        while matches!(self.entries.get(self.first), Some(None)) {
            self.first += 1;
        }
        self.first = self.first.min(self.entries.len());
        (entry.key, entry.value)
    }

    /// Where the entry is that was inserted last.
    pub(super) fn last(&self) -> Option<Place> {
        let at = self.entries.iter().rposition(Option::is_some)?;
        let hash = self.entries[at].as_ref()?.hash;
        let slot = self.probe(hash).find(|slot| self.slots[*slot] == at as u32)?;
        Some(Place(slot, at))
    }

    /// Hash and key of each entry, in order.
    pub(super) fn hashed(&self) -> impl Iterator<Item = (u64, &Any)> {
        self.entries.iter().flatten().map(|entry| (entry.hash, &entry.key))
    }

    /// Closes the gaps and makes room for more.
    ///
    /// # Errors
    /// There is no memory; nothing is changed then.
    fn rebuild(&mut self) -> Result<(), TryReserveError> {
        let count = (self.live * 3).next_power_of_two().max(8);
        // Before anything moves.
        self.slots.try_reserve(count.saturating_sub(self.slots.len()))?;
        self.entries.retain(Option::is_some);
        self.first = 0;
        self.slots.clear();
        self.slots.resize(count, EMPTY);
        self.used = self.entries.len();
        for at in 0..self.entries.len() {
            let hash = self.entries[at].as_ref().expect("gaps are closed").hash;
            let free =
                self.probe(hash).find(|slot| self.slots[*slot] == EMPTY).expect("a third of the slots are empty");
            self.slots[free] = at as u32;
        }
        Ok(())
    }

    /// Shows keys and values by turns, from the part of that number on, until `look` finds something: that, and the number
    /// of the part behind.
    pub(super) fn find_from<R>(
        &self,
        from: usize,
        mut look: impl FnMut(AnyView<'_>) -> Option<R>,
    ) -> Option<(usize, R)> {
        let places = self.entries.iter().enumerate().skip(from / 2);
        let parts = places.filter_map(|(at, entry)| entry.as_ref().map(|entry| (2 * at, entry)));
        let mut parts = parts.flat_map(|(at, entry)| [(at, &entry.key), (at + 1, &entry.value)]);
        parts.find_map(|(at, part)| if at < from { None } else { look(part.view()).map(|found| (at + 1, found)) })
    }

    /// The entries in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Any, &Any)> + Clone {
        self.entries[self.first..].iter().flatten().map(|entry| (&entry.key, &entry.value))
    }

    /// The first entry at an index or behind it, and the index behind that.
    pub(super) fn next(&self, at: usize) -> Option<(usize, &Any, &Any)> {
        let at = at.max(self.first);
        let (gaps, entry) =
            self.entries.get(at..)?.iter().enumerate().find_map(|(gap, entry)| Some((gap, entry.as_ref()?)))?;
        Some((at + gaps + 1, &entry.key, &entry.value))
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
                assert!(table.push(hash, key, value).is_ok());
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

    /// Looking for the first entry passes each gap once.
    #[test]
    fn the_first_again_and_again() {
        let mut table = Table::default();
        (0..1000).for_each(|n| drop(set(&mut table, n, Any::none())));
        for n in 0..1000 {
            assert_eq!((table.first, table.len()), (n, 1000 - n));
            let (next, key, _) = table.next(0).unwrap();
            assert_eq!((next, key.view().as_int()), (n + 1, Some(n as i64)));
            remove(&mut table, n as i64).unwrap();
        }
        assert!(table.next(0).is_none() && table.iter().next().is_none());
        set(&mut table, 7, Any::none());
        assert_eq!((keys(&table), table.next(0).unwrap().0), (vec![7], table.first + 1));
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
