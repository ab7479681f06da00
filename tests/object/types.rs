//! The type registry and its table.
//! Registers types under keys of its own.
//! Fails when an index changes its meaning, a key has two owners or an ancestor is missed.

use crate::{counter, index_of, load, Bare, Leaf, Twig};
use bowline::object::registry::{
    get_or_register_type, is_instance, register_successor, register_type, retire_key, take_key, type_index_of,
    type_info, types, RegistryError, DYNAMIC, OBJECT,
};
use bowline::object::table::IndexTable;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Barrier;
use std::thread;

#[test]
fn static_types_have_their_indices() {
    let known = [
        (0, "None"),
        (1, "int"),
        (3, "float"),
        (12, "ffi.SmallBytes"),
        (13, "ffi.Unchanged"),
        (64, "ffi.Object"),
        (65, "ffi.String"),
        (68, "ffi.Function"),
        (71, "ffi.Array"),
        (72, "ffi.Map"),
        (75, "ffi.List"),
        (77, "ffi.VisitInterrupt"),
    ];
    for (index, key) in known {
        assert_eq!((type_index_of(key), type_info(index).unwrap().key), (Some(index), key));
        assert_eq!(is_instance(index, OBJECT), index >= OBJECT);
        assert!(matches!(register_type(key, OBJECT), Err(RegistryError::Duplicate { index: at, .. }) if at == index));
    }
    for index in [-1, 14, 63, 79, 127, i32::MIN, i32::MAX] {
        assert!(type_info(index).is_none());
        assert!(!is_instance(index, OBJECT) && !retire_key(index));
    }
    for (n, info) in types().take_while(|info| info.index < DYNAMIC).enumerate() {
        assert_eq!(info.index as usize, if n < 14 { n } else { n + 50 });
        assert!(std::ptr::eq(type_info(info.index).unwrap(), info));
    }
}

#[test]
fn descent() {
    let (leaf, twig, bare) = (index_of::<Leaf>(), index_of::<Twig>(), index_of::<Bare>());
    assert!(leaf >= DYNAMIC && twig > leaf);
    assert!(is_instance(twig, twig) && is_instance(twig, leaf) && is_instance(twig, OBJECT));
    assert!(!is_instance(leaf, twig) && !is_instance(twig, bare) && !is_instance(bare, leaf) && !is_instance(twig, 65));
    let info = type_info(twig).unwrap();
    assert_eq!((info.depth, info.ancestors, info.parent.unwrap().index), (2, &[OBJECT, leaf][..], leaf));
    assert_eq!((type_index_of("test.Twig"), type_index_of("test.Unknown")), (Some(twig), None));
}

#[test]
fn deep_descent() {
    let mut chain = vec![OBJECT];
    for n in 0..60 {
        chain.push(register_type(&format!("test.deep.{n}"), chain[n]).unwrap().index);
    }
    for (i, &low) in chain.iter().enumerate() {
        for (j, &high) in chain.iter().enumerate() {
            assert_eq!(is_instance(low, high), j <= i, "{low} {high}");
        }
    }
}

#[test]
fn registration_errors() {
    let info = register_type("test.errors", OBJECT).unwrap();
    let duplicate = register_type("test.errors", OBJECT).unwrap_err();
    assert_eq!(duplicate.to_string(), format!("type key `test.errors` is already registered (index {})", info.index));
    assert!(std::ptr::eq(get_or_register_type("test.errors", OBJECT).unwrap(), info));
    let mismatch = RegistryError::ParentMismatch { key: "test.errors".into(), registered: OBJECT, requested: 71 };
    assert_eq!(get_or_register_type("test.errors", 71).unwrap_err(), mismatch);
    for parent in [-2, 1, 63, 100, i32::MAX] {
        assert_eq!(register_type("test.orphan", parent).unwrap_err(), RegistryError::UnknownParent(parent));
    }
    assert_eq!(type_index_of("test.orphan"), None);
}

#[test]
fn a_retired_key_is_free() {
    let first = register_type("test.retired", OBJECT).unwrap();
    assert!(retire_key(first.index) && !retire_key(first.index));
    assert_eq!((type_index_of("test.retired"), type_info(first.index).unwrap().key), (None, "test.retired"));
    assert!(is_instance(first.index, OBJECT), "objects of it may still exist");
    assert_eq!(register_type("test.child", first.index).unwrap_err(), RegistryError::UnknownParent(first.index));
    let second = register_type("test.retired", 71).unwrap();
    assert!(second.index > first.index && !retire_key(first.index));
    assert_eq!(type_index_of("test.retired"), Some(second.index));
    let listed: Vec<_> = types().filter(|info| info.key == "test.retired").map(|info| info.index).collect();
    assert_eq!(listed, [second.index]);
}

#[test]
fn a_successor_takes_the_key_and_the_former_keeps_its_index() {
    let first = register_type("test.successor", OBJECT).unwrap();
    let second = register_successor("test.successor", OBJECT).unwrap();
    assert_eq!(type_index_of("test.successor"), Some(first.index), "not before it is asked to");
    let third = register_successor("test.successor", 71).unwrap();
    assert!(take_key(third.index) && take_key(third.index));
    assert!(!take_key(second.index) && !take_key(first.index), "the newest stays");
    assert_eq!(type_index_of("test.successor"), Some(third.index));
    assert_eq!((type_info(first.index).unwrap().key, type_info(third.index).unwrap().key), (first.key, first.key));
    assert!(!is_instance(third.index, first.index) && is_instance(third.index, 71));
    let child = register_type("test.successor.child", first.index).unwrap();
    assert!(is_instance(child.index, first.index), "a type without its key is still extended");
    let listed: Vec<_> = types().filter(|info| info.key == "test.successor").map(|info| info.index).collect();
    assert_eq!(listed, [third.index]);
    // One that was withdrawn in time never gets it.
    assert!(!retire_key(second.index));
    assert!(retire_key(third.index) && !take_key(third.index) && !take_key(second.index));
    assert_eq!(type_index_of("test.successor"), None);
    assert!(take_key(first.index), "it is free, and the type was not withdrawn");
    for fixed in ["int", "ffi.Object"] {
        assert!(matches!(register_successor(fixed, OBJECT), Err(RegistryError::Duplicate { .. })));
    }
    assert!(!take_key(OBJECT) && !take_key(-1) && !take_key(i32::MAX));
}

#[test]
fn threads_succeed_each_other() {
    const ROUNDS: usize = 500;
    let first = register_type("test.successions", OBJECT).unwrap().index;
    let newest = std::sync::atomic::AtomicI32::new(first);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let mine = register_successor("test.successions", OBJECT).unwrap().index;
                    let took = take_key(mine);
                    newest.fetch_max(mine, Ordering::SeqCst);
                    let now = type_index_of("test.successions").unwrap();
                    assert!(now >= mine && (took || now > mine));
                }
            });
        }
    });
    assert_eq!(type_index_of("test.successions"), Some(newest.load(Ordering::SeqCst)));
}

/// Answers weakness 23: of several registrations of a key one succeeds. All see the same type.
#[test]
fn threads_register_the_same_and_different_keys() {
    const THREADS: usize = 4;
    const KEYS: usize = 500;
    let start = Barrier::new(THREADS);
    let wins = AtomicUsize::new(0);
    let indices: Vec<Vec<i32>> = thread::scope(|scope| {
        let worker = |id: usize| {
            start.wait();
            let mut indices = vec![];
            for n in 0..KEYS {
                let won = register_type(&format!("test.race.{n}"), OBJECT);
                wins.fetch_add(won.is_ok().into(), Ordering::SeqCst);
                let shared = get_or_register_type(&format!("test.race.{n}"), OBJECT).unwrap();
                let own = register_type(&format!("test.own.{id}.{n}"), shared.index).unwrap();
                assert!(is_instance(own.index, shared.index) && own.index > shared.index);
                assert_eq!(type_index_of(own.key), Some(own.index));
                indices.push(shared.index);
            }
            indices
        };
        let workers: Vec<_> = (0..THREADS).map(|id| scope.spawn(move || worker(id))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(load(&wins), KEYS, "one registration of a key succeeds");
    assert!(indices.iter().all(|of_thread| *of_thread == indices[0]));
    assert_eq!(indices[0].iter().collect::<HashSet<_>>().len(), KEYS);
    let listed: Vec<_> = types().filter(|info| info.key.starts_with("test.race.")).collect();
    assert_eq!(listed.len(), KEYS);
}

#[test]
fn two_threads_want_one_key_at_the_same_time() {
    const KEYS: usize = 2_000;
    let (arrived, wins) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for n in 0..KEYS {
                    let key = format!("test.duel.{n}");
                    arrived.fetch_add(1, Ordering::SeqCst);
                    let mut waits = 0;
                    while load(&arrived) < 2 * (n + 1) {
                        waits += 1;
                        if waits % 1_000 == 0 {
                            thread::yield_now();
                        }
                    }
                    wins.fetch_add(register_type(&key, OBJECT).is_ok().into(), Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(load(&wins), KEYS);
}

#[test]
fn table_fills_once_and_keeps_what_it_had() {
    static TABLE: IndexTable<String> = IndexTable::new();
    for index in [0, 1, 63, 64, 65, 191, 192, 1_000, 100_000] {
        assert_eq!(TABLE.get(index), None);
        let value = TABLE.set(index, Box::new(index.to_string())).unwrap();
        assert!(std::ptr::eq(TABLE.get(index).unwrap(), value));
        assert_eq!(*TABLE.set(index, Box::new("late".into())).unwrap_err(), "late");
        assert_eq!(TABLE.replace(index, Box::new("new".into())).unwrap(), value);
        assert_eq!((value.as_str(), TABLE.get(index).unwrap().as_str()), (index.to_string().as_str(), "new"));
    }
    assert_eq!((TABLE.get(2), TABLE.get(-1), TABLE.get(i32::MAX)), (None, None, None));
    assert!(TABLE.set(-1, Box::default()).is_err());
    assert!(TABLE.replace(7, Box::default()).is_none());
}

#[test]
fn table_under_threads() {
    static TABLE: IndexTable<(i32, i32)> = IndexTable::new();
    let wins = counter();
    let workers: Vec<_> = (0..4)
        .map(|id| {
            let wins = wins.clone();
            thread::spawn(move || {
                for index in (0..5_000).map(|n| n * 7 % 5_000) {
                    if TABLE.set(index, Box::new((index, id))).is_ok() {
                        wins.fetch_add(1, Ordering::SeqCst);
                    }
                    assert_eq!(TABLE.get(index).unwrap().0, index);
                }
            })
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    assert_eq!(load(&wins), 5_000);
}
