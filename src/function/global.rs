//! The process-wide table of named functions.
//! Upholds: a lookup takes no lock; a name is registered once unless the caller overrides; no function is released under
//! a lock.

use super::{Error, Function, IntoTyped};
use crate::object::grow::{copied, gather_into, owned};
use crate::object::shared_text::SharedText;
use arc_swap::ArcSwapOption;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

/// What a name stands for.
#[derive(Clone)]
struct Entry {
    function: Function,
    /// JSON text; may be empty.
    metadata: SharedText,
}

type Names = HashMap<SharedText, Entry>;
type Shard = ArcSwapOption<Names>;

/// Enough that thousands of names are added one by one in little time. A change copies its shard.
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
    register_described(name, function, "", override_)
}

/// Names a function over typed values, and lets its metadata say the types. `extra` is the inside of a JSON object with whatever
/// else it shall say.
///
/// # Errors
/// As [`register`].
pub fn register_typed<Args: 'static, F: IntoTyped<Args>>(name: &str, call: F, extra: &str) -> Result<(), Error> {
    let metadata = F::signature(name).to_schema().to_metadata(extra);
    register_described(name, Function::from_typed(name, call), &metadata, true)
}

/// Names a function over typed values with its types, unless the name is taken. Another library of the process may have been
/// first, with the same function.
pub(crate) fn declare<Args: 'static, F: IntoTyped<Args>>(name: &str, call: F) {
    let metadata = F::signature(name).to_schema().to_metadata("");
    let _ = register_described(name, Function::from_typed(name, call), &metadata, false);
}

/// Names a function and says more about it, as JSON text.
///
/// # Errors
/// As [`register`].
pub fn register_described(name: &str, function: Function, metadata: &str, override_: bool) -> Result<(), Error> {
    let key = SharedText::from(name);
    let entry = Entry { function, metadata: metadata.into() };
    let mut taken = false;
    let former = shard(name).rcu(|now| {
        let mut next = copied(now.as_deref());
        taken = !override_ && next.contains_key(name);
        if !taken {
            next.insert(key.clone(), entry.clone());
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
    shard(name).load().as_deref()?.get(name).map(|entry| entry.function.clone())
}

/// What is said about the function of a name, as JSON text. It is empty if nothing is.
pub fn metadata(name: &str) -> Option<SharedText> {
    shard(name).load().as_deref()?.get(name).map(|entry| entry.metadata.clone())
}

/// Forgets a name; whether there was one.
pub fn remove(name: &str) -> bool {
    let mut found = false;
    let former = shard(name).rcu(|now| {
        let mut next = copied(now.as_deref());
        found = next.remove(name).is_some();
        Some(Arc::new(next))
    });
    drop(former);
    found
}

/// All names, sorted.
pub fn names() -> Vec<String> {
    let mut names = Vec::new();
    for shard in &SHARDS {
        if let Some(map) = shard.load().as_deref() {
            gather_into(&mut names, map.keys().map(|key| owned(key)));
        }
    }
    names.sort_unstable();
    names
}
