//! A hash table of values that remembers the order of insertion.
//! Imports `value` and the keys.
//! Upholds: what an operation displaces it returns, so that nothing is released inside; order is that of first insertion.

use super::key;
use crate::value::{Any, AnyView};

/// No entry was ever here.
const EMPTY: u32 = u32::MAX;
/// An entry was here, and look-ups go on behind it.
const DELETED: u32 = u32::MAX - 1;

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

    /// The slot and the entry of a key.
    fn find(&self, hash: u64, key: &AnyView<'_>) -> Option<(usize, usize)> {
        for slot in self.probe(hash) {
            match self.slots[slot] {
                EMPTY => return None,
                DELETED => {}
                at => match &self.entries[at as usize] {
                    Some(entry) if entry.hash == hash && key::equal(entry.key.as_view(), key) => {
                        return Some((slot, at as usize));
                    }
                    _ => {}
                },
            }
        }
        None
    }

    pub(super) fn get(&self, key: &AnyView<'_>) -> Option<&Any> {
        let (_, at) = self.find(key::hash(key), key)?;
        self.entries[at].as_ref().map(|entry| &entry.value)
    }

    /// Sets the value of a key. Returns what is not needed any more: the former value and the key that was passed in.
    pub(super) fn set(&mut self, key: Any, value: Any) -> Option<(Any, Any)> {
        let hash = key::hash(key.as_view());
        if let Some((_, at)) = self.find(hash, key.as_view()) {
            let entry = self.entries[at].as_mut().expect("an entry that was found");
            return Some((key, std::mem::replace(&mut entry.value, value)));
        }
        if (self.used + 1) * 3 > self.slots.len() * 2 {
            self.rebuild();
        }
        let free = self.probe(hash).find(|slot| self.slots[*slot] == EMPTY).expect("a third of the slots are empty");
        self.slots[free] = u32::try_from(self.entries.len()).ok().filter(|at| *at < DELETED).expect("fewer entries");
        self.used += 1;
        self.live += 1;
        self.entries.push(Some(Entry { hash, key, value }));
        None
    }

    /// Removes a key. Returns the entry.
    pub(super) fn remove(&mut self, key: &AnyView<'_>) -> Option<(Any, Any)> {
        let (slot, at) = self.find(key::hash(key), key)?;
        self.slots[slot] = DELETED;
        self.take(at)
    }

    /// Removes the entry that was inserted last.
    pub(super) fn pop(&mut self) -> Option<(Any, Any)> {
        let at = self.entries.iter().rposition(Option::is_some)?;
        let hash = self.entries[at].as_ref()?.hash;
        let slot = self.probe(hash).find(|slot| self.slots[*slot] == at as u32)?;
        self.slots[slot] = DELETED;
        let entry = self.take(at);
        self.entries.truncate(at);
        entry
    }

    fn take(&mut self, at: usize) -> Option<(Any, Any)> {
        let entry = self.entries[at].take()?;
        self.live -= 1;
        Some((entry.key, entry.value))
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

    #[test]
    fn order_survives_growth_removal_and_reuse() {
        let mut table = Table::default();
        for n in 0..1000 {
            assert!(table.set(n.into_any(), (n * 2).into_any()).is_none());
        }
        for n in (0..1000).filter(|n| n % 3 != 0) {
            let (key, value) = table.remove(&n.into_any().view()).unwrap();
            assert_eq!((key.view().as_int(), value.view().as_int()), (Some(n), Some(n * 2)));
        }
        assert_eq!((table.len(), keys(&table)), (334, (0..1000).filter(|n| n % 3 == 0).collect()));
        assert!(table.remove(&1.into_any().view()).is_none());
        for n in 0..1000 {
            table.set(n.into_any(), Any::none());
        }
        let expected: Vec<i64> = (0..1000).filter(|n| n % 3 == 0).chain((0..1000).filter(|n| n % 3 != 0)).collect();
        assert_eq!((table.len(), keys(&table)), (1000, expected));
        assert_eq!(table.pop().unwrap().0.view().as_int(), Some(998));
        assert_eq!(table.len(), 999);
    }

    #[test]
    fn removing_and_adding_for_ever_stays_small() {
        let mut table = Table::default();
        for n in 0..100_000 {
            table.set(n.into_any(), Any::none());
            assert!(table.remove(&n.into_any().view()).is_some());
        }
        assert!(table.slots.len() <= 16 && table.entries.len() <= 16);
    }
}
