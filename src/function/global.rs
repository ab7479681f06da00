//! The process-wide table of named functions.
//! Imports arc-swap and this folder.
//! Upholds: a lookup takes no lock; a name is registered once unless the caller overrides; no function is released under
//! a lock.

use super::{Error, Function};
use arc_swap::ArcSwapOption;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

type Shard = ArcSwapOption<HashMap<Arc<str>, Function>>;

/// Enough that thousands of names are added one by one in little time: a change copies its shard.
static SHARDS: [Shard; 128] = [const { Shard::const_empty() }; 128];

fn shard(name: &str) -> &'static Shard {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(name);
    &SHARDS[hash as usize % SHARDS.len()]
}

/// Names a function.
///
/// # Errors
/// Kind `RuntimeError` when the name is taken and `override_` is false.
pub fn register(name: &str, function: Function, override_: bool) -> Result<(), Error> {
    let key = Arc::<str>::from(name);
    let mut taken = false;
    let former = shard(name).rcu(|now| {
        let mut next = now.as_deref().cloned().unwrap_or_default();
        taken = !override_ && next.contains_key(name);
        if !taken {
            next.insert(key.clone(), function.clone());
        }
        Some(Arc::new(next))
    });
    drop(former);
    if taken {
        return Err(Error::runtime(format!("Global Function `{name}` is already registered")));
    }
    Ok(())
}

/// The function of a name.
pub fn get(name: &str) -> Option<Function> {
    shard(name).load().as_deref()?.get(name).cloned()
}

/// Forgets a name; whether there was one.
pub fn remove(name: &str) -> bool {
    let mut found = false;
    let former = shard(name).rcu(|now| {
        let mut next = now.as_deref().cloned().unwrap_or_default();
        found = next.remove(name).is_some();
        Some(Arc::new(next))
    });
    drop(former);
    found
}

/// All names, sorted.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = SHARDS
        .iter()
        .flat_map(|shard| shard.load().as_deref().map(|map| map.keys().map(|key| key.to_string()).collect::<Vec<_>>()))
        .flatten()
        .collect();
    names.sort();
    names
}
