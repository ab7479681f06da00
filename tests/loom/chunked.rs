//! The table in chunks (`sync::global::chunked`), of type indices and of storages. Two threads need the same chunk.
//! Uses the harness in tests/loom.rs, and the table as `sync::modelled` compiles it.
//! Upholds: a chunk is made once, and seen whole by all.

use super::*;
use bowline::sync::modelled::chunked::Chunked;
use support::cell::Block;

type Table = Chunked<Block, 2, 2>;

fn filled(count: usize) -> Box<[Block]> {
    let make = |n| {
        let block = Block::default();
        block.fill(n as u32, "an entry");
        block
    };
    (0..count).map(make).collect()
}

/// An entry that is found is as it was made.
#[test]
fn made_whole() {
    explore_with(1, || {
        let table = Arc::new(Table::new());
        let shared = table.clone();
        // A spawned thread looks. Loom, which runs the main thread first, overlooks that its look could come later.
        let looker = spawn(move || {
            if let Some(entry) = shared.get(3) {
                assert_eq!(entry.contents("an entry"), 1);
            }
            assert!(shared.get(0).is_none());
        });
        table.get_or_make(3, filled);
        looker.join().unwrap();
        assert_eq!(table.get(5).unwrap().contents("an entry"), 3);
    });
}

/// Of two that make a chunk one comes too late, and finds the other's entries.
#[test]
fn made_once() {
    explore_with(1, || {
        let table = Arc::new(Table::new());
        let shared = table.clone();
        let entry = |table: &Table| {
            let entry = table.get_or_make(2, filled);
            assert_eq!(entry.contents("an entry"), 0);
            std::ptr::from_ref(entry) as usize
        };
        let other = spawn(move || entry(&shared));
        let mine = entry(&table);
        assert_eq!(mine, other.join().unwrap());
    });
}
