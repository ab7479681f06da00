//! Finding a key in a table, where it takes foreign code to say which keys are equal.
//! Upholds: foreign code runs while nothing is held, on keys that are owned. What is found, or found missing, is so at that
//! very moment: every key of the same hash that is in the table then was compared.

use super::key::{self, Custom};
use super::table::{unwind_without_memory, Place, Table};
use crate::function::Error;
use crate::value::{Any, AnyView};
use std::collections::HashMap;

/// The search for a key of a type with its own idea of equality.
pub(super) struct Search {
    pub(super) hash: u64,
    key: Any,
    custom: Custom,
    /// By address: keys and whether they are equal. Kept, so that no address is used anew.
    answers: HashMap<usize, (Any, bool)>,
    /// Keys that are in the table and not compared yet.
    todo: Vec<Any>,
}

fn address(view: AnyView<'_>) -> usize {
    view.as_object().map_or(0, |object| object.as_ptr() as usize)
}

impl Search {
    /// For this key; hashes it.
    ///
    /// # Errors
    /// What the type's own hash ends in.
    #[cold]
    pub(super) fn of(key: AnyView<'_>, custom: Custom) -> Result<Search, Error> {
        let hash = custom.hash_in_table(key)?;
        Ok(Search { hash, key: key.to_owned(), custom, answers: HashMap::new(), todo: Vec::new() })
    }

    /// Where the key is, or that it is nowhere. None: foreign code is to be asked first, see [`Search::settle`]. Runs none
    /// itself, and releases nothing.
    pub(super) fn look(&mut self, table: &Table) -> Option<Option<Place>> {
        if let Some(place) = table.find(self.hash, self.key.as_view()) {
            return Some(Some(place));
        }
        for (place, candidate) in table.candidates(self.hash) {
            // Keys of other types may have the same hash by chance.
            if candidate.type_index() != self.key.type_index() {
                continue;
            }
            match self.answers.get(&address(candidate.view())) {
                Some((_, true)) => return Some(Some(place)),
                Some((_, false)) => {}
                None => self.todo.push(candidate.clone()),
            }
        }
        self.todo.is_empty().then_some(None)
    }

    /// Repeats `attempt`, which calls [`Search::look`] and gives none if that does, until it gives a result.
    ///
    /// # Errors
    /// What the type's own equality ends in.
    pub(super) fn settle<R>(mut self, mut attempt: impl FnMut(&mut Search) -> Option<R>) -> Result<R, Error> {
        loop {
            if let Some(result) = attempt(&mut self) {
                return Ok(result);
            }
            self.compare_next()?;
        }
    }

    /// Compares what [`Search::look`] found, up to the first that is equal.
    fn compare_next(&mut self) -> Result<(), Error> {
        for candidate in std::mem::take(&mut self.todo) {
            let equal = self.custom.equal(candidate.view(), self.key.view())?;
            self.answers.insert(address(candidate.view()), (candidate, equal));
            if equal {
                break;
            }
        }
        Ok(())
    }
}

/// What of a table's work asks types about their own keys.
impl Table {
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
                None => unwind_without_memory(table.push(hash, key, value)),
            }
        }
        Ok(table)
    }

    /// A table of copies of another's entries, in the same order. Keys whose types say themselves what is equal are not
    /// asked, and take the places of their originals: they may not be whole yet.
    pub(super) fn of_copies(originals: &Table, copies: impl IntoIterator<Item = (Any, Any)>) -> Table {
        let mut table = Table::default();
        for ((original, _), (key, value)) in originals.hashed().zip(copies) {
            let hash = if Custom::of(key.as_view()).is_some() { original } else { key::hash(key.as_view()) };
            match table.find(hash, key.as_view()) {
                Some(place) => drop(table.replace(place, value)),
                None => unwind_without_memory(table.push(hash, key, value)),
            }
        }
        table
    }

    /// Whether every key still has the hash by which it is found.
    ///
    /// # Errors
    /// What types say of their own keys.
    pub(super) fn is_sound(&self) -> Result<bool, Error> {
        for (hash, key) in self.hashed() {
            let custom = Custom::of(key.as_view());
            if custom.map_or(Ok(hash), |custom| custom.hash_in_table(key.view()))? != hash {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
