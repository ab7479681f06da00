//! Lists and dicts under threads, forks, and destructors that come back.
//! Uses what `tests/container.rs` shares.
//! The races that rounds of work find by luck have a sibling here that finds them for certain.

use super::*;
use bowline::container::DictEntries;
use bowline::value::stripe;
use std::sync::atomic::AtomicBool;
use std::sync::{Barrier, OnceLock};

/// Destroying an item comes back to the list that it was displaced from. Every way of displacing does so.
#[test]
fn list_vs_itself_from_a_destructor() {
    fn list() -> &'static Obj<ListObj> {
        static LIST: OnceLock<Obj<ListObj>> = OnceLock::new();
        LIST.get_or_init(|| ListObj::make([]))
    }
    fn end(n: i64) {
        let list = list();
        assert!(list.len() < 100 && list.get(0).is_none_or(|first| first.type_index() > 0));
        list.push((1000 + n).into_any());
        list.snapshot();
        list.remove_range(0..1);
    }
    let alive = Arc::new(AtomicI64::new(0));
    let make = |n| probe_with(&alive, n, Some(end)).into_any();
    let ways: [fn(&ListObj); 9] = [
        |list| list.clear(),
        |list| drop(list.pop()),
        |list| drop(list.remove(0)),
        |list| assert!(list.set(1, 0.into_any())),
        |list| list.remove_range(1..3),
        |list| list.replace_range(0..2, [7.into_any()]),
        |list| assert!(list.remove_item(-1).is_some()),
        |list| assert_eq!(list.replace_slice(every(2), [1.into_any(), 1.into_any(), 1.into_any()]), Ok(())),
        |list| list.remove_slice(every(3)),
    ];
    for way in ways {
        list().clear();
        (0..5).for_each(|n| list().push(make(n)));
        way(list());
        list().clear();
        list().clear();
        assert_eq!(alive.load(Ordering::Relaxed), 0);
    }
}

/// Threads move numbered items about in shared lists. Every number is somewhere in the end, once.
#[test]
fn list_vs_list() {
    let alive = Arc::new(AtomicI64::new(0));
    let lists = [ListObj::make([]), ListObj::make([])];
    const EACH: i64 = ROUNDS;
    let start = Barrier::new(4);
    let taken: Vec<Any> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let (lists, start, alive) = (&lists, &start, &alive);
                scope.spawn(move || {
                    start.wait();
                    let mut taken = Vec::new();
                    for n in 0..EACH {
                        let own = &lists[(n as usize + worker) % 2];
                        let other = &lists[(n as usize + worker + 1) % 2];
                        own.insert(n as usize % 7, probe(alive, worker as i64 * EACH + n));
                        match n % 6 {
                            0 => taken.extend(own.pop()),
                            1 => taken.extend(other.remove(1)),
                            2 => own.reverse(),
                            3 => drop(own.get(2).as_ref().map(number)),
                            4 => other.snapshot().iter().for_each(|value| assert!(number(value) >= 0)),
                            _ => {
                                let look = |value: AnyView<'_>| value.as_ref::<Probe>().map(|probe| probe.number);
                                assert!(other.find_from(n as usize % 5, look).is_none_or(|(next, _)| next > 0));
                            }
                        }
                        if own.len() > 64 {
                            // What one thread takes out, another may have seen a moment ago.
                            taken.extend((0..32).filter_map(|_| own.remove(0)));
                        }
                    }
                    taken
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let left = lists.iter().flat_map(|list| list.snapshot());
    let mut numbers: Vec<i64> = taken.iter().map(number).chain(left.map(|value| number(&value))).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..4 * EACH).collect::<Vec<_>>());
    drop((taken, lists));
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

/// Readers hold what they read while writers replace it and let go.
#[test]
fn list_set_vs_get() {
    let alive = Arc::new(AtomicI64::new(0));
    let list = ListObj::make((0..4).map(|n| probe(&alive, n)));
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (list, alive) = (&list, &alive);
            scope.spawn(move || {
                for n in 0..ROUNDS as usize {
                    assert!(list.set(n % 4, probe(alive, n as i64 * 2 + writer)));
                }
            });
            scope.spawn(|| {
                for n in 0..ROUNDS as usize {
                    assert!(number(&list.get(n % 4).unwrap()) >= 0);
                    list.replace_slice(every(2), [list.get(1).unwrap(), list.get(0).unwrap()]).unwrap();
                }
            });
        }
    });
    drop(list);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

/// The last item is there as long as any is. Other threads add and take.
#[test]
fn list_end_vs_its_length() {
    let list = ListObj::make([0.into_any()]);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for n in 0..ROUNDS {
                    list.push(n.into_any());
                    assert!(list.item(-1).is_some(), "an item is there");
                    assert!(list.set_item(-1, n.into_any()).is_ok(), "an item is there");
                    list.insert_item(-1, n.into_any());
                    assert!(list.remove_item(-1).is_some(), "an item is there");
                    assert!(list.remove_item(-1).is_some(), "an item is there");
                }
            });
        }
    });
    assert_eq!(list.len(), 1);
}

#[test]
fn dict_vs_dict() {
    let alive = Arc::new(AtomicI64::new(0));
    let dict = Dict::<Any, Any>::new();
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        for worker in 0..4_i64 {
            let (dict, start, alive) = (&dict, &start, &alive);
            scope.spawn(move || {
                start.wait();
                for n in 0..ROUNDS {
                    let key = || format!("key number {}", (n * 7 + worker) % 50).into_any();
                    let counted = || probe(alive, (n * 7 + worker) % 50);
                    let own = |value: &Any| assert_eq!(number(value), (n * 7 + worker) % 50);
                    match n % 5 {
                        0 | 1 => dict.set(key(), counted()).unwrap().iter().for_each(own),
                        2 => dict.remove(key().view()).unwrap().iter().for_each(own),
                        3 => own(&dict.get_or_set(key(), counted()).unwrap()),
                        _ => dict.get(key().view()).unwrap().iter().for_each(own),
                    }
                    if n % 500 == 0 {
                        for (key, value) in dict.snapshot() {
                            let key = Str::from_any(key.view()).unwrap();
                            assert_eq!(key, *format!("key number {}", number(&value)));
                        }
                    }
                }
            });
        }
    });
    assert!(dict.len() <= 50);
    drop(dict);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

/// Walks through one dict, each from where it was when the dict was changed.
#[test]
fn walks_through_a_dict_that_changes() {
    for count in [3, 30_i64] {
        let dict = DictObj::make((0..count).map(|n| (n.into_any(), n.into_any()))).unwrap();
        let keys = |walk: DictEntries| walk.map(|(key, _)| key.view().as_int().unwrap()).collect::<Vec<_>>();
        let mut walks: Vec<DictEntries> = (0..5).map(|_| DictEntries::of(dict.clone())).collect();
        for (steps, walk) in walks.iter_mut().enumerate() {
            (0..steps).for_each(|_| drop(walk.next()));
        }
        drop(walks.remove(2));
        dict.remove(1.into_any().view()).unwrap();
        let late = DictEntries::of(dict.clone());
        dict.set(100.into_any(), Any::none()).unwrap();
        dict.clear();
        for (walk, steps) in walks.into_iter().zip([0, 1, 3, 4]) {
            assert_eq!(walk.len() as i64, (count - steps).max(0));
            let again = walk.clone();
            assert_eq!((keys(walk), keys(again)), ((steps..count).collect(), (steps..count).collect()));
        }
        assert_eq!(keys(late), (0..count).filter(|n| *n != 1).collect::<Vec<_>>());
        assert!(keys(DictEntries::of(dict)).is_empty());
    }
}

/// A walk shows the dict as it was at one moment, whatever is changed meanwhile. Walks are begun, copied and given up at any
/// time.
#[test]
fn walk_vs_changes() {
    let alive = Arc::new(AtomicI64::new(0));
    let dict = Dict::<Any, Any>::new();
    let others: Vec<_> = (0..300).map(|_| Dict::<Any, Any>::from_iter([(1.into_any(), Any::none())])).collect();
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        for worker in 0..4_i64 {
            let (dict, others, start, alive) = (&dict, &others, &start, &alive);
            scope.spawn(move || {
                start.wait();
                for n in 0..ROUNDS {
                    // Of another dict, perhaps by the same stripe.
                    let _beside = DictEntries::of(others[n as usize % others.len()].as_object().clone());
                    let key = (n * 7 + worker) % 40;
                    match (n + worker) % 8 {
                        0..4 => drop(dict.set(key.into_any(), probe(alive, key)).unwrap()),
                        4 => drop(dict.remove(key.into_any().view()).unwrap()),
                        5 if n % 100 == 0 => dict.clear(),
                        6 => drop(DictEntries::of(dict.as_object().clone()).nth(3)),
                        _ => {
                            let mut entries = DictEntries::of(dict.as_object().clone());
                            let whole = entries.len();
                            let first = entries.next();
                            let again = entries.clone();
                            let rest: Vec<(Any, Any)> = entries.collect();
                            assert_eq!(first.iter().count() + rest.len(), whole);
                            let numbers = |entries: &[(Any, Any)]| -> Vec<i64> {
                                let same = |(key, value): &(Any, Any)| key.view().as_int() == Some(number(value));
                                assert!(entries.iter().all(same));
                                entries.iter().map(|(_, value)| number(value)).collect()
                            };
                            assert_eq!(numbers(&rest), numbers(&again.collect::<Vec<_>>()));
                            let keys: BTreeSet<i64> = numbers(&rest).into_iter().collect();
                            assert_eq!(keys.len(), rest.len());
                        }
                    }
                }
            });
        }
    });
    drop(dict);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

/// Nothing looks at a list or a dict while its stripe is held.
#[test]
fn every_operation_takes_the_stripe() {
    let list = ListObj::make((0..9).map(|n: i64| n.into_any()));
    let dict = DictObj::make((0..9).map(|n: i64| (n.into_any(), n.into_any()))).unwrap();
    let on_list: [fn(&ListObj); 21] = [
        |list| _ = list.len(),
        |list| _ = list.get(1),
        |list| _ = list.set(1, 1.into_any()),
        |list| _ = list.swap(1, 1.into_any()),
        |list| list.push(1.into_any()),
        |list| list.insert(1, 1.into_any()),
        |list| _ = list.pop(),
        |list| _ = list.remove(0),
        |list| _ = list.item(-1),
        |list| _ = list.set_item(-1, 1.into_any()),
        |list| list.insert_item(-1, 1.into_any()),
        |list| _ = list.remove_item(-1),
        |list| _ = list.remove_if(0, 1.into_any().view()),
        |list| list.remove_range(0..1),
        |list| list.replace_range(0..1, [1.into_any()]),
        |list| _ = list.replace_slice(every(2), []),
        |list| list.remove_slice(every(2)),
        |list| list.clear(),
        |list| list.reverse(),
        |list| _ = list.snapshot(),
        |list| _ = list.find_from(0, |_| Some(())),
    ];
    let entry = dict.last().unwrap();
    let on_dict: [&(dyn Fn(&DictObj) + Sync); 14] = [
        &|dict| _ = dict.len(),
        &|dict| _ = dict.get(1.into_any().view()),
        &|dict| _ = dict.contains(1.into_any().view()),
        &|dict| _ = dict.set(1.into_any(), 1.into_any()),
        &|dict| _ = dict.get_or_set(20.into_any(), 1.into_any()),
        &|dict| _ = dict.remove(1.into_any().view()),
        &|dict| _ = dict.pop(),
        &|dict| _ = dict.entry(1.into_any().view()),
        &|dict| _ = dict.last(),
        &|dict| _ = dict.remove_entry(&entry),
        &|dict| _ = dict.pop_entry(&entry),
        &|dict| dict.clear(),
        &|dict| _ = dict.snapshot(),
        &|dict| _ = dict.find_from(0, |_| Some(())),
    ];
    std::thread::scope(|scope| {
        let held = stripe::hold_all();
        let (list, dict) = (&list, &dict);
        let waiting: Vec<_> = (on_list.iter().map(|run| scope.spawn(move || run(list))))
            .chain(on_dict.iter().map(|run| scope.spawn(move || run(dict))))
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(50));
        let done: Vec<usize> = (0..waiting.len()).filter(|at| waiting[*at].is_finished()).collect();
        drop(held);
        assert!(done.is_empty(), "not under the stripe: {done:?}");
    });
}

#[cfg(not(miri))]
/// A child forked while others work on containers finds them usable, given the guard.
#[test]
fn forks_find_no_stripe_taken() {
    extern "C" {
        fn fork() -> i32;
        fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        fn alarm(seconds: u32) -> u32;
        fn _exit(code: i32) -> !;
    }
    let list = ListObj::make([]);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    list.push(1.into_any());
                    list.clear();
                }
            });
        }
        for _ in 0..20 {
            let held = stripe::hold_all();
            // SAFETY: the child uses nothing that another thread may hold but what the guard protects. It exits.
            unsafe {
                let child = fork();
                drop(held);
                if child == 0 {
                    alarm(10);
                    list.reverse();
                    _exit(0);
                }
                let mut status = -1;
                assert_eq!((waitpid(child, &mut status, 0), status), (child, 0));
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}
