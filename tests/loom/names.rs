//! The table of names (`sync::global::names`), by which the registry finds a type. Threads add while others look.
//! Uses the harness in tests/loom.rs, and the table as `sync::modelled` compiles it.
//! Upholds: a name has one entry and one holder, both seen whole.

use super::*;
use bowline::sync::modelled::names::Names;
use support::cell::Block;

/// In one bucket, where all names meet.
type Table = Names<Block, 1>;

/// A value that holds `contents`. Not freed, as the table's values are not.
fn value(contents: u32) -> &'static Block {
    let block = Box::leak(Box::<Block>::default());
    block.fill(contents, "a value");
    block
}

fn held(table: &Table, name: &str) -> Option<u32> {
    Some(table.find(name)?.holder()?.contents("a value"))
}

/// Runs `one` on a thread of its own. Loom, which runs the main thread first, overlooks that its look could come later.
fn race(one: fn(&Table), other: fn(&Table), end: fn(&Table)) {
    explore_with(1, move || {
        let table = Arc::new(Table::new());
        let shared = table.clone();
        let thread = spawn(move || one(&shared));
        other(&table);
        thread.join().unwrap();
        end(&table);
    });
}

/// An entry that is found is as it was made. It is without a holder, or with one.
#[test]
fn found_whole() {
    race(
        |table| assert!(table.find("a").is_none_or(|entry| entry.holder().is_none())),
        |table| {
            table.entry("b");
            table.entry("a");
        },
        |table| assert!(table.find("a").is_some() && table.find("b").is_some() && table.find("c").is_none()),
    );
}

/// A value that a name finds is as it was made.
#[test]
fn held_whole() {
    race(
        |table| assert!(held(table, "a").is_none_or(|contents| contents == 1)),
        |table| assert!(table.entry("a").give(None, Some(value(1))).is_ok()),
        |table| assert_eq!(held(table, "a"), Some(1)),
    );
}

/// Of two that want a name one gets it. The other learns of its holder.
#[test]
fn given_once() {
    fn want(table: &Table, contents: u32) {
        if let Err(holder) = table.entry("a").give(None, Some(value(contents))) {
            assert_ne!(holder.unwrap().contents("a value"), contents);
        }
    }
    race(|table| want(table, 1), |table| want(table, 2), |table| assert!(matches!(held(table, "a"), Some(1 | 2))));
}

/// Two that add the same name get one entry. What one of them adds beside it is found, too.
#[test]
fn one_entry() {
    race(
        |table| {
            table.entry("b");
            assert!(table.entry("a").give(None, Some(value(1))).is_ok());
        },
        |table| {
            // Its holder, if there is one, is the other thread's.
            table.entry("a").holder();
        },
        |table| assert!(table.find("b").is_some() && held(table, "a") == Some(1)),
    );
}
