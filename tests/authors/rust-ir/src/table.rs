//! Expressions by name: a type with members that only Rust sees.

use crate::Expr;
use bowline::container::Array;
use bowline::object::Obj;
use bowline::value::Str;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keys in the order of their insertion, and what they stand for.
#[derive(Default)]
pub struct Entries {
    order: Vec<Str>,
    values: HashMap<Str, Obj<Expr>>,
}

bowline::object! {
    /// Expressions by name.
    #[key = "rust_ir.Table"]
    pub struct Table {
        /// What the table is called.
        pub name: Str,
        /// How many entries it has.
        #[field(no_init)]
        pub size: AtomicI64 = 0,
    }
    native {
        entries: Mutex<Entries> = Mutex::default(),
    }
    methods {
        /// Adds an entry, or replaces the one that the key has.
        fn insert(&self, key: Str, value: Obj<Expr>) {
            let mut entries = self.entries();
            let former = entries.values.insert(key.clone(), value);
            if former.is_none() {
                entries.order.push(key);
                self.size.store(entries.order.len() as i64, Ordering::Relaxed);
            }
            drop(entries);
            // The end of an expression may run other code, which may come back here. So it is not under
            // the lock.
            drop(former);
        }
        /// The entry of a key.
        fn get(&self, key: Str) -> Option<Obj<Expr>> {
            self.entries().values.get(&key).cloned()
        }
        /// The keys, in the order of their insertion.
        fn keys(&self) -> Array<Str> {
            self.entries().order.iter().cloned().collect()
        }
    }
}

impl Table {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
