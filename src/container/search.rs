//! Finds a key in a table where only foreign code knows which keys are equal.
//! Upholds: foreign code runs while nothing is held, on keys that are owned. What is found, or found missing, is so at that
//! very moment: every key that may be equal and is in the table then was compared.

use super::key::{self, Custom};
use super::key_hashes::{KeyHashes, Obstacle};
use super::table::{EntryPlace, Pair, Table};
use super::table_memory::Memory;
use crate::function::Error;
use crate::value::{address, Any, AnyView};
use std::collections::HashMap;

/// The search for a key, and what types were asked for it.
pub(super) struct Search {
    pub(super) hash: u64,
    /// Of a key of a type with its own idea of equality.
    asked: Option<Box<Asked>>,
    hashes: KeyHashes,
    /// Keys whose hashes are needed.
    unhashed: Vec<Any>,
}

struct Asked {
    key: Any,
    custom: Custom,
    /// By address: keys and whether they are equal. Kept, so that no address is used anew.
    answers: HashMap<usize, (Any, bool)>,
    /// Keys that are in the table and not compared yet.
    todo: Vec<Any>,
}

impl Search {
    /// For this key; hashes it.
    ///
    /// # Errors
    /// What the type's own hash ends in.
    #[inline]
    pub(super) fn of(key: &AnyView<'_>) -> Result<Search, Error> {
        let (hash, asked) = match Custom::of(key) {
            None => (key::hash(key), None),
            Some(custom) => Search::ask_for(key, custom)?,
        };
        Ok(Search { hash, asked, hashes: KeyHashes::default(), unhashed: Vec::new() })
    }

    #[cold]
    fn ask_for(key: &AnyView<'_>, custom: Custom) -> Result<(u64, Option<Box<Asked>>), Error> {
        let hash = custom.hash_in_table(*key)?;
        let asked = Asked { key: (*key).to_owned(), custom, answers: HashMap::new(), todo: Vec::new() };
        Ok((hash, Some(Box::new(asked))))
    }

    /// Where the key is, or that it is nowhere. None: foreign code is to be asked first, see [`Search::settle`]. Runs none
    /// itself, and releases nothing.
    #[inline]
    pub(super) fn look(&mut self, table: &Table, key: &AnyView<'_>) -> Option<Option<EntryPlace>> {
        match (table.find(self.hash, key), &mut self.asked) {
            (None, Some(asked)) => asked.look(table, self.hash),
            (found, _) => Some(found),
        }
    }

    /// Adds an entry of the key, which is nowhere. None: foreign code is to be asked first; the entry is put back then. Releases
    /// nothing.
    #[inline]
    pub(super) fn push(
        &mut self,
        table: &mut Table,
        entry: &mut Option<Pair>,
    ) -> Option<Result<Option<Memory>, Obstacle>> {
        let pushed = table.push(self.hash, entry.take()?, &self.hashes);
        Some(match pushed {
            Ok(memory) => Ok(memory),
            Err((obstacle, back)) => {
                *entry = Some(back);
                match obstacle {
                    Obstacle::Hashes(keys) => {
                        self.unhashed = keys;
                        return None;
                    }
                    obstacle => Err(obstacle),
                }
            }
        })
    }

    /// Repeats `attempt` until it gives a result. It calls [`Search::look`] and [`Search::push`] and gives none if they do.
    ///
    /// # Errors
    /// What the type's own equality ends in, or the hash of another key.
    #[inline]
    pub(super) fn settle<R>(mut self, mut attempt: impl FnMut(&mut Search) -> Option<R>) -> Result<R, Error> {
        loop {
            if let Some(result) = attempt(&mut self) {
                return Ok(result);
            }
            self.ask()?;
        }
    }

    #[cold]
    fn ask(&mut self) -> Result<(), Error> {
        self.hashes.learn(std::mem::take(&mut self.unhashed))?;
        self.asked.as_mut().map_or(Ok(()), |asked| asked.compare_next())
    }
}

impl Asked {
    #[cold]
    fn look(&mut self, table: &Table, hash: u64) -> Option<Option<EntryPlace>> {
        for (place, candidate) in table.candidates(hash) {
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

    /// Compares what [`Asked::look`] found, up to the first that is equal.
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

/// Unwinds for what is still in the way when types were asked. That is a lack of memory.
#[cold]
pub(super) fn unwind(obstacle: Obstacle) -> ! {
    match obstacle {
        Obstacle::Memory(error) => error.handle(),
        Obstacle::Hashes(_) => unreachable!("hashes were asked for"),
    }
}

/// What of a table's work asks types about their own keys. The table is the caller's alone, or never changes.
impl Table {
    /// Where a key is.
    ///
    /// # Errors
    /// What its type says of its own keys.
    #[inline]
    pub(super) fn search(&self, key: &AnyView<'_>) -> Result<Option<EntryPlace>, Error> {
        Search::of(key)?.settle(|search| search.look(self, key))
    }

    /// Adds entries. Of equal keys the first says the place and the last the value.
    ///
    /// # Errors
    /// The first error, and what types say of their own keys.
    pub(super) fn fill<E: From<Error>>(&mut self, entries: impl Iterator<Item = Result<Pair, E>>) -> Result<(), E> {
        for entry in entries {
            let (key, value) = entry?;
            if Custom::of(key.as_view()).is_some() {
                let search = Search::of(key.as_view())?;
                self.put(search, key, value)?;
            } else {
                self.put_plain(key, value)?;
            }
        }
        Ok(())
    }

    /// Adds an entry whose key is told from others at a glance.
    #[inline]
    fn put_plain(&mut self, key: Any, value: Any) -> Result<(), Error> {
        let hash = key::hash(key.as_view());
        if let Some(place) = self.find(hash, key.as_view()) {
            drop(self.replace(place, value));
            return Ok(());
        }
        match self.push(hash, (key, value), &KeyHashes::default()) {
            Ok(memory) => drop(memory),
            // To grow it needs hashes of other keys.
            Err((Obstacle::Hashes(_), (key, value))) => return self.put(Search::of(key.as_view())?, key, value),
            Err((obstacle, entry)) => {
                drop(entry);
                unwind(obstacle)
            }
        }
        Ok(())
    }

    fn put(&mut self, search: Search, key: Any, value: Any) -> Result<(), Error> {
        let mut entry = Some((key, value));
        let put = search.settle(|search| {
            let place = search.look(self, entry.as_ref()?.0.as_view())?;
            match place {
                Some(place) => {
                    drop(self.replace(place, entry.take()?.1));
                    Some(Ok(None))
                }
                None => search.push(self, &mut entry),
            }
        });
        drop(entry);
        put?.map(drop).or_else(|obstacle| unwind(obstacle))
    }

    /// Adds copies of another table's entries, in the same order. Keys whose types say themselves what is equal are not
    /// asked, and take the places of their originals: they may not be whole yet.
    ///
    /// # Errors
    /// What types say of the hashes of the originals.
    pub(super) fn fill_with_copies(
        &mut self,
        originals: &Table,
        copies: impl IntoIterator<Item = Pair>,
    ) -> Result<(), Error> {
        let mut hashes = KeyHashes::default();
        for ((original, _), (key, value)) in originals.iter().zip(copies) {
            let hash = match Custom::of(key.as_view()) {
                // Few are found without.
                Some(_) if originals.is_small() => 0,
                Some(custom) => {
                    let hash = custom.hash_in_table(original.view())?;
                    hashes.know(&key, hash);
                    hash
                }
                None => key::hash(key.as_view()),
            };
            match self.find(hash, key.as_view()) {
                Some(place) => drop(self.replace(place, value)),
                None => match self.push(hash, (key, value), &hashes) {
                    Ok(memory) => drop(memory),
                    Err((obstacle, entry)) => {
                        drop(entry);
                        unwind(obstacle)
                    }
                },
            }
        }
        Ok(())
    }

    /// Whether every key has the hash by which it is found.
    ///
    /// # Errors
    /// What types say of their own keys.
    pub(super) fn is_sound(&self) -> Result<bool, Error> {
        for place in self.places() {
            let key = self.entry(place).0;
            let Some(custom) = Custom::of(key.as_view()).filter(|_| !self.is_small()) else { continue };
            if !self.leads_to(custom.hash_in_table(key.view())?, place) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
