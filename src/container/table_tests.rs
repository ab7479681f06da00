//! The table against a model, in both forms, with hashes that collide as they please.

use super::key;
use super::key_hashes::KeyHashes;
use super::table::{EntryPlace, Table, SMALL};
use crate::value::{Any, IntoAny};
use proptest::prelude::*;

fn int(value: &Any) -> i64 {
    value.view().as_int().unwrap()
}

fn keys(table: &Table) -> Vec<i64> {
    table.iter().map(|(key, _)| int(key)).collect()
}

fn own_hash(key: i64) -> u64 {
    key::hash(key.into_any().as_view())
}

fn set(table: &mut Table, key: i64, value: i64) -> Option<i64> {
    let key = key.into_any();
    let hash = key::hash(key.as_view());
    match table.find(hash, key.as_view()) {
        Some(place) => Some(int(&table.replace(place, value.into_any()))),
        None => {
            assert!(table.push(hash, (key, value.into_any()), &KeyHashes::default()).is_ok());
            None
        }
    }
}

fn fill(table: &mut Table, keys: std::ops::Range<i64>, value: impl Fn(i64) -> i64) {
    for key in keys {
        assert_eq!(set(table, key, value(key)), None);
    }
}

fn remove(table: &mut Table, key: i64) -> Option<(i64, i64)> {
    let place = table.find(own_hash(key), key.into_any().as_view())?;
    let (key, value) = table.remove(place);
    Some((int(&key), int(&value)))
}

/// Expects every entry where its hash leads. The order goes through each once, there and back.
fn expect_sound(table: &Table, hash: impl Fn(i64) -> u64) {
    let places: Vec<EntryPlace> = table.places().take(table.len() + 1).collect();
    assert_eq!(
        (places.len(), places.first(), places.last()),
        (table.len(), table.first().as_ref(), table.last().as_ref())
    );
    assert!(places.iter().all(|place| table.leads_to(hash(int(table.entry(*place).0)), *place)));
    if !table.is_small() {
        let filled = (0..table.slots()).filter(|slot| table.is_filled(*slot)).count();
        assert_eq!((filled, table.slots().is_power_of_two()), (table.len(), true));
    }
}

/// How many entries a large table has; Miri looks closer instead.
const MANY: i64 = if cfg!(miri) { 100 } else { 1000 };

#[test]
fn order_survives_growth_removal_and_reuse() {
    let mut table = Table::default();
    for n in 0..MANY {
        assert!(set(&mut table, n, n * 2).is_none());
        assert_eq!(table.is_small(), n < SMALL as i64);
    }
    for n in (0..MANY).filter(|n| n % 3 != 0) {
        assert_eq!(remove(&mut table, n), Some((n, n * 2)));
    }
    expect_sound(&table, own_hash);
    assert_eq!((table.len(), keys(&table)), (MANY as usize / 3 + 1, (0..MANY).filter(|n| n % 3 == 0).collect()));
    assert!(remove(&mut table, 1).is_none());
    for n in 0..MANY {
        set(&mut table, n, 0);
    }
    let expected: Vec<i64> = (0..MANY).filter(|n| n % 3 == 0).chain((0..MANY).filter(|n| n % 3 != 0)).collect();
    assert_eq!((table.len(), keys(&table)), (MANY as usize, expected));
    let last = table.last().unwrap();
    assert_eq!(int(&table.remove(last).0), MANY - 2);
    expect_sound(&table, own_hash);
}

/// The first entry is found at once, however many were taken.
#[test]
fn the_first_again_and_again() {
    let mut table = Table::default();
    fill(&mut table, 0..MANY, |_| 0);
    for n in 0..MANY {
        let first = table.first().unwrap();
        assert_eq!((int(table.entry(first).0), table.len()), (n, (MANY - n) as usize));
        table.remove(first);
    }
    assert!(table.first().is_none() && table.last().is_none() && table.iter().next().is_none());
    set(&mut table, 7, 0);
    assert_eq!(keys(&table), [7]);
}

#[test]
fn removing_and_adding_again_and_again_stays_small() {
    let mut table = Table::default();
    fill(&mut table, 0..6, |_| 0);
    for n in 6..if cfg!(miri) { 500 } else { 100_000 } {
        set(&mut table, n, 0);
        assert!(remove(&mut table, n - 6).is_some());
    }
    assert!(table.slots() <= 16);
    expect_sound(&table, own_hash);
}

/// What is taken out is gone, and the table is as good as new.
#[test]
fn taking_all() {
    for count in [0, 3, 50] {
        let mut table = Table::default();
        fill(&mut table, 0..count, |_| 0);
        drop(table.take());
        assert_eq!((table.len(), keys(&table)), (0, vec![]));
        fill(&mut table, 0..count, |_| 0);
        assert_eq!(keys(&table), (0..count).collect::<Vec<_>>());
    }
}

/// As C++ leaves a table whose entries it has moved elsewhere.
#[test]
fn what_is_left_of_a_table_is_empty() {
    let mut table = Table::default();
    fill(&mut table, 0..9, |_| 0);
    let (first, last) = (table.first(), table.last());
    let taken: Vec<_> = (0..9).map(|n| remove(&mut table, n)).collect();
    assert!(taken.iter().all(Option::is_some) && first != last);
    table.set_first(3);
    table.set_last(5);
    assert!(table.first().is_none() && table.last().is_none() && table.iter().next().is_none());
    set(&mut table, 1, 1);
    expect_sound(&table, own_hash);
}

/// The parts of every form are found once, from wherever the search goes on.
#[test]
fn parts_are_found_once() {
    for count in [0, 1, 4, 5, 40] {
        let mut table = Table::default();
        fill(&mut table, 0..count, |n| n + 100);
        remove(&mut table, 2);
        let expected: Vec<i64> = (0..count).filter(|n| *n != 2).flat_map(|n| [n, n + 100]).collect();
        let (mut from, mut found) = (0, Vec::new());
        while let Some((next, part)) = table.find_from(from, |part| part.as_int()) {
            from = next;
            found.push(part);
        }
        assert_eq!(found, expected);
        assert!(table.find_from(usize::MAX, |_| Some(())).is_none());
    }
}

proptest! {
    /// With hashes from all alike to all different, which lead to each other's places.
    #[test]
    fn entries_stay_where_their_hashes_lead(
        steps in prop::collection::vec((any::<bool>(), 0..60_i64), 0..300),
        spread in 0..64_u32,
        few in 1..20_i64,
    ) {
        let hash = |key: i64| ((key % few) as u64) << spread;
        let mut table = Table::dense_for(1).unwrap();
        let mut model: Vec<i64> = Vec::new();
        for (add, key) in steps {
            let found = table.find(hash(key), key.into_any().as_view());
            prop_assert_eq!(found.is_some(), model.contains(&key));
            match (found, add) {
                (None, true) => {
                    let entry = (key.into_any(), Any::none());
                    // A table whose hashes are not its keys' own cannot grow. It has room from the beginning, or none.
                    if table.push_dense(hash(key), entry).is_ok() {
                        model.push(key);
                    } else {
                        prop_assert!(table.find(hash(key), key.into_any().as_view()).is_none());
                        let mut larger = Table::dense_for(table.slots()).unwrap();
                        for key in &model {
                            prop_assert!(larger.push_dense(hash(*key), (key.into_any(), Any::none())).is_ok());
                        }
                        expect_sound(&table, hash);
                        table = larger;
                    }
                }
                (Some(place), false) => {
                    prop_assert_eq!(int(&table.remove(place).0), key);
                    model.retain(|other| *other != key);
                }
                _ => {}
            }
            prop_assert_eq!(keys(&table), model.clone());
            expect_sound(&table, hash);
        }
    }
}
