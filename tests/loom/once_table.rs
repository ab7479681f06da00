//! The table of values by the first keys (`sync::global::once_table`). The extension has one for short texts.
//! Uses the harness in tests/loom.rs, and the table as `sync::modelled` compiles it.
//! Upholds: a key has one value, seen whole; no key finds another's.

use super::*;
use bowline::sync::modelled::once_table::OnceTable;
use std::num::NonZeroU64;
use std::ptr::NonNull;
use support::cell::Block;

/// With one place, where all keys meet.
type Table = OnceTable<Block, 1>;

fn key(number: u64) -> NonZeroU64 {
    NonZeroU64::new(number).unwrap()
}

/// Gives a key the value `contents`, as a user of the table does. Returns what the key has then.
fn made(table: &Table, number: u64, contents: u32) -> Option<u32> {
    if table.find(key(number)) == Err(true) {
        let block = Box::leak(Box::<Block>::default());
        block.fill(contents, "a value");
        table.put(key(number), NonNull::from(block));
    }
    found(table, number)
}

fn found(table: &Table, number: u64) -> Option<u32> {
    // SAFETY: values are leaked.
    table.find(key(number)).ok().map(|value| unsafe { value.as_ref() }.contents("a value"))
}

fn race(one: fn(&Table), other: fn(&Table), end: fn(&Table)) {
    explore(move || {
        let table = Arc::new(Table::new());
        let shared = table.clone();
        let thread = spawn(move || one(&shared));
        other(&table);
        thread.join().unwrap();
        end(&table);
    });
}

/// A value that a key finds is as it was made.
#[test]
fn found_whole() {
    race(
        |table| assert!(found(table, 1).is_none_or(|contents| contents == 10)),
        |table| assert_eq!(made(table, 1, 10), Some(10)),
        |table| assert_eq!(found(table, 1), Some(10)),
    );
}

/// Of two that make a value of one key, one is first. Neither sees two values, one after the other.
#[test]
fn one_value() {
    fn make(table: &Table, contents: u32) {
        if let Some(first) = made(table, 1, contents) {
            assert_eq!(found(table, 1), Some(first));
        }
    }
    race(|table| make(table, 10), |table| make(table, 20), |table| assert!(matches!(found(table, 1), Some(10 | 20))));
}

/// Of two keys that belong in one place, one gets it. The other finds nothing there.
#[test]
fn one_key() {
    race(
        |table| assert!(made(table, 1, 10).is_none_or(|contents| contents == 10)),
        |table| assert!(made(table, 2, 20).is_none_or(|contents| contents == 20)),
        |table| assert!(found(table, 1).is_some() != found(table, 2).is_some()),
    );
}
