//! The hashes by which a growing table places its keys again.
//! Upholds: types are asked for hashes of their own while nothing is held, and before anything of the table moves.

use super::key::{self, Custom};
use crate::function::Error;
use crate::object::grow::Grow;
use crate::object::AllocError;
use crate::value::{address, Any};
use std::alloc::Layout;
use std::collections::HashMap;

/// Why an entry was not added.
pub(super) enum Obstacle {
    /// There is no memory.
    Memory(AllocError),
    /// The hashes of these keys are needed, which only their types know.
    Hashes(Vec<Any>),
}

impl From<AllocError> for Obstacle {
    fn from(error: AllocError) -> Obstacle {
        Obstacle::Memory(error)
    }
}

/// The hashes of keys whose types say them, by address. The keys are kept, so that no address is used anew.
#[derive(Default)]
pub(super) struct KeyHashes(Option<HashMap<usize, (Any, u64)>>);

impl KeyHashes {
    fn get(&self, key: &Any) -> Option<u64> {
        self.0.as_ref()?.get(&address(key.view())).map(|(_, hash)| *hash)
    }

    /// Those keys whose hash is not known and cannot be told at a glance.
    ///
    /// # Errors
    /// There is no memory.
    pub(super) fn missing<'a>(&self, keys: impl Iterator<Item = &'a Any>) -> Result<Vec<Any>, AllocError> {
        let mut missing = Vec::new();
        for key in keys.filter(|key| key::hashes_itself(key.as_view()) && self.get(key).is_none()) {
            missing.try_reserve(1).map_err(|_| AllocError::new(Layout::new::<Any>()))?;
            missing.push(key.clone());
        }
        Ok(missing)
    }

    /// The hash of a key that is not missing.
    #[inline]
    pub(super) fn of(&self, key: &Any) -> u64 {
        match &self.0 {
            None => key::hash(key.as_view()),
            Some(_) => self.get(key).unwrap_or_else(|| key::hash(key.as_view())),
        }
    }

    /// Notes the hash of a key.
    pub(super) fn know(&mut self, key: &Any, hash: u64) {
        let known = self.0.get_or_insert_default();
        known.grow(1);
        known.insert(address(key.view()), (key.clone(), hash));
    }

    /// Asks the types of these keys.
    ///
    /// # Errors
    /// What a type's own hash ends in.
    pub(super) fn learn(&mut self, keys: Vec<Any>) -> Result<(), Error> {
        for key in keys {
            if let Some(custom) = Custom::of(key.as_view()) {
                self.know(&key, custom.hash_in_table(key.view())?);
            }
        }
        Ok(())
    }
}
