//! Keys of Map and Dict whose types say themselves what is equal. They do so by `__any_hash__` and `__any_equal__`.
use bowline::container::{Array, Dict, DictObj, List, Map, MapObj};
use bowline::function::{Error, Function};
use bowline::object::ObjectType;
use bowline::reflect::structural::{self, Options, StructuralKey};
use bowline::reflect::{attr, content};
use bowline::value::{convert, Any, AnyView, IntoAny};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};

/// A type of keys with a number, and a tag that tells them apart. Keys are equal by the number if its hooks say so.
macro_rules! keys {
    ($name:ident, $key:literal) => {
        bowline::object! {
            #[key = $key]
            struct $name {
                number: i64,
                tag: i64,
            }
        }

        impl $name {
            #[allow(dead_code, reason = "not every test takes it")]
            fn key(number: i64, tag: i64) -> Any {
                $name::new(number, tag).into_any()
            }
        }
    };
}

fn number(view: AnyView<'_>) -> i64 {
    bowline::reflect::info(view.type_index())
        .and_then(|info| info.field("number"))
        .and_then(|field| field.get(&view.to_owned().into_object().ok()?).ok())
        .and_then(|number| number.view().as_int())
        .expect("a key of these tests")
}

type Hook = fn(&[AnyView<'_>]) -> Result<Any, Error>;

fn say<T: ObjectType>(hash: Hook, equal: Hook) {
    attr::set(T::type_index(), "__any_hash__", Function::from_packed(hash).into_any()).unwrap();
    attr::set(T::type_index(), "__any_equal__", Function::from_packed(equal).into_any()).unwrap();
}

const BY_NUMBER: Hook = |arguments| Ok((number(arguments[0]) % 3).into_any());
const SAME_NUMBER: Hook = |arguments| Ok((number(arguments[0]) == number(arguments[1])).into_any());

fn tags(dict: &DictObj) -> Vec<(i64, i64)> {
    let tag = |key: &Any| {
        let field = bowline::reflect::info(key.type_index()).and_then(|info| info.field("tag")).unwrap();
        field.get(&key.clone().into_object().ok().unwrap()).unwrap().view().as_int().unwrap()
    };
    dict.snapshot().iter().map(|(key, value)| (tag(key), value.view().as_int().unwrap())).collect()
}

fn int(value: Option<Any>) -> Option<i64> {
    value.and_then(|value| value.view().as_int())
}

#[test]
fn structural_keys() {
    let key = |x: i64| {
        let inner = [x].into_iter().collect::<List<i64>>().into_any();
        StructuralKey::of([inner].into_iter().collect::<Array>().into_any().view()).unwrap().into_any()
    };
    let map = MapObj::make([(key(1), 1.into_any()), (key(2), 2.into_any()), (key(1), 3.into_any())]).unwrap();
    let at = |x: i64| map.get(key(x).view()).unwrap().and_then(|value| value.as_int());
    assert_eq!((map.len(), at(1), at(2), at(3)), (2, Some(3), Some(2), None));

    let dict = DictObj::empty();
    assert_eq!(int(dict.set(key(1), 1.into_any()).unwrap()), None);
    assert_eq!(int(dict.set(key(1), 2.into_any()).unwrap()), Some(1));
    assert_eq!(int(Some(dict.get_or_set(key(1), 9.into_any()).unwrap())), Some(2));
    assert_eq!(int(Some(dict.get_or_set(key(5), 9.into_any()).unwrap())), Some(9));
    assert!(dict.contains(key(1).view()).unwrap() && !dict.contains(key(2).view()).unwrap());
    assert_eq!((dict.len(), int(dict.remove(key(1).view()).unwrap()), dict.len()), (2, Some(2), 1));
    assert!(dict.remove(key(1).view()).unwrap().is_none());

    // Made by others, and by conversions, they are the same keys.
    let typed: Map<Any, f64> = convert(map.clone().into_any().view()).unwrap();
    assert_eq!((typed.len(), typed.at(key(2)).unwrap()), (2, Some(2.0)));
    let dict: Dict<Any, i64> = convert(map.into_any().view()).unwrap();
    assert_eq!((dict.len(), dict.at(key(1)).unwrap()), (2, Some(3)));
}

keys!(Plain, "test.keys.Plain");

#[test]
fn the_first_key_and_the_last_value_stay() {
    say::<Plain>(BY_NUMBER, SAME_NUMBER);
    let dict = DictObj::empty();
    for n in 0..100 {
        dict.set(Plain::key(n % 10, n), n.into_any()).unwrap();
    }
    assert_eq!(tags(&dict), (0..10).map(|n| (n, 90 + n)).collect::<Vec<_>>());
    for n in 0..5 {
        assert_eq!(int(dict.remove(Plain::key(n, -1).view()).unwrap()), Some(90 + n));
    }
    assert_eq!(tags(&dict), (5..10).map(|n| (n, 90 + n)).collect::<Vec<_>>());

    // Entries that were looked at are removed only while they are there.
    let entry = dict.entry(Plain::key(7, -1).view()).unwrap().unwrap();
    assert!(!dict.pop_entry(&entry) && dict.remove_entry(&entry) && !dict.remove_entry(&entry));
    let last = dict.last().unwrap();
    dict.set(Plain::key(9, -1), 5.into_any()).unwrap();
    assert!(!dict.pop_entry(&last) && !dict.remove_entry(&last) && dict.pop_entry(&dict.last().unwrap()));
    assert_eq!(tags(&dict), [(5, 95), (6, 96), (8, 98)]);
}

keys!(Content, "test.keys.Content");

/// Mappings are equal, and hash alike, when their keys are equal as keys.
#[test]
fn content_and_structure_go_by_them() {
    say::<Content>(BY_NUMBER, SAME_NUMBER);
    let map = |numbers: &[i64], tag: i64| {
        let entries = numbers.iter().map(|number| (Content::key(*number, tag), number.into_any()));
        MapObj::make(entries).unwrap().into_any()
    };
    let (a, b, c) = (map(&[1, 2], 0), map(&[2, 1], 1), map(&[1, 3], 0));
    assert!(content::equal(a.view(), b.view()).unwrap() && !content::equal(a.view(), c.view()).unwrap());
    assert_eq!(content::hash(a.view()).unwrap(), content::hash(b.view()).unwrap());
    let options = Options::default();
    assert!(structural::equal(a.view(), b.view(), options).unwrap());
    assert!(!structural::equal(a.view(), c.view(), options).unwrap());
    assert_eq!(structural::hash(a.view(), options).unwrap(), structural::hash(b.view(), options).unwrap());
    // What only one of them has is not found under the other's keys.
    let (short, long) = (map(&[2], 0), map(&[2, 3], 1));
    let (_, there) = structural::mismatch(short.view(), long.view(), options).unwrap().unwrap();
    let extra = there.step.clone().expect("a step into the mapping");
    assert_eq!((number(extra.key.view()), there.depth), (3, 1));
    let copy = content::deep_copy(a.view()).unwrap();
    assert!(content::equal(a.view(), copy.view()).unwrap());
}

keys!(OnlyEqual, "test.keys.OnlyEqual");
keys!(OnlyHash, "test.keys.OnlyHash");

#[test]
fn one_hook_alone() {
    attr::set(OnlyEqual::type_index(), "__any_equal__", Function::from_packed(SAME_NUMBER).into_any()).unwrap();
    // It hashes by identity, by the ABI. A few entries are found without a hash, and each key finds its own.
    let dict = DictObj::empty();
    (0..4_i64).for_each(|n| drop(dict.set(OnlyEqual::key(n % 3, n), n.into_any()).unwrap()));
    assert_eq!(tags(&dict), [(0, 3), (1, 1), (2, 2)]);
    let keys: Vec<Any> = (10..50_i64).map(|n| OnlyEqual::key(n, n)).collect();
    keys.iter().for_each(|key| drop(dict.set(key.clone(), number(key.view()).into_any()).unwrap()));
    assert!(keys.iter().all(|key| int(dict.get(key.view()).unwrap()) == Some(number(key.view()))));
    // Equal to none but itself.
    attr::set(OnlyHash::type_index(), "__any_hash__", Function::from_packed(BY_NUMBER).into_any()).unwrap();
    let key = OnlyHash::key(1, 1);
    let dict = DictObj::make([(key.clone(), 1.into_any()), (OnlyHash::key(1, 2), 2.into_any())]).unwrap();
    assert_eq!((dict.len(), int(dict.get(key.view()).unwrap())), (2, Some(1)));
}

keys!(Failing, "test.keys.Failing");

#[test]
fn what_fails_changes_nothing() {
    let fails: Hook = |arguments| match number(arguments[0]) {
        13 => Err(Error::new("KeyError", "unlucky")),
        14 => Ok("14".into_any()),
        number => Ok((number % 2).into_any()),
    };
    let equal: Hook = |arguments| match number(arguments[0]) + number(arguments[1]) {
        10 => Err(Error::new("IndexError", "ten")),
        11 => Ok(Any::none()),
        _ => SAME_NUMBER(arguments),
    };
    say::<Failing>(fails, equal);
    let dict = DictObj::make([(Failing::key(4, 4), 4.into_any()), (Failing::key(5, 5), 5.into_any())]).unwrap();
    let before = tags(&dict);
    // 13 and 14 fail to hash. 6 and 4, and 6 and 5 fail to compare, in one slot for 6 and 4, another for 5.
    for (other, kind, text) in [
        (13, "KeyError", "unlucky"),
        (14, "TypeError", "__any_hash__ of `test.keys.Failing` returned `str`, expected int"),
        (6, "IndexError", "ten"),
    ] {
        let key = || Failing::key(other, 0);
        let errors = [
            dict.get(key().view()).err(),
            dict.contains(key().view()).err(),
            dict.set(key(), 0.into_any()).err(),
            dict.get_or_set(key(), 0.into_any()).err(),
            dict.remove(key().view()).err(),
            dict.entry(key().view()).err(),
            MapObj::make(dict.snapshot()).unwrap().get(key().view()).err(),
            MapObj::make(dict.snapshot().into_iter().chain([(key(), 0.into_any())])).err(),
        ];
        for error in errors {
            let error = error.expect("a failure");
            assert_eq!((error.kind(), error.message()), (kind, text));
        }
        assert_eq!(tags(&dict), before);
    }
    let odd = DictObj::make([(Failing::key(8, 8), 0.into_any())]).unwrap();
    let error = odd.get(Failing::key(2, 0).view()).unwrap_err();
    assert_eq!(error.kind(), "IndexError");
    // Few keys are all compared, whatever their hashes say. Of many those in the chain of the hash are.
    let odd = DictObj::make([(Failing::key(9, 9), 0.into_any())]).unwrap();
    assert_eq!(odd.get(Failing::key(2, 0).view()).unwrap_err().kind(), "TypeError");
    (100..120_i64).for_each(|n| drop(odd.set(n.into_any(), Any::none()).unwrap()));
    assert!(odd.get(Failing::key(2, 0).view()).unwrap().is_none(), "of another hash, so never compared");
    // Where a conversion takes keys anew, their error comes through.
    let pairs = [(Failing::key(4, 4), 4.into_any()), (Failing::key(5, 5), 5.into_any())];
    let map = MapObj::make(pairs).unwrap().into_any();
    attr::set(
        Failing::type_index(),
        "__any_hash__",
        Function::from_packed(|_| Err(Error::new("KeyError", "now it fails"))).into_any(),
    )
    .unwrap();
    let error = Error::from(convert::<Dict>(map.view()).map(drop).unwrap_err());
    assert_eq!((error.kind(), error.message()), ("KeyError", "now it fails"));
    let take = Function::from_typed("test.take", |dict: Dict| dict.len() as i64);
    let error = take.call(&[map.view()]).unwrap_err();
    assert_eq!((error.kind(), error.message()), ("KeyError", "now it fails"));
}

keys!(Wrong, "test.keys.Wrong");

#[test]
fn an_answer_that_is_no_answer() {
    say::<Wrong>(|_| Ok(1.into_any()), |_| Ok(Any::none()));
    let dict = DictObj::make([(Wrong::key(1, 1), 1.into_any())]).unwrap();
    let error = dict.get(Wrong::key(1, 1).view()).unwrap_err();
    assert_eq!(error.kind(), "TypeError");
    assert_eq!(error.message(), "__any_equal__ of `test.keys.Wrong` returned `None`, expected bool");
}

keys!(Growing, "test.keys.Growing");

/// A table that grows asks types for the hashes of its keys. One that fails leaves everything as it is; one that changes the dict
/// is asked again for what is there then.
#[test]
fn hashes_of_keys_when_a_dict_grows() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    static FAILS: AtomicBool = AtomicBool::new(false);
    static MEDDLES: AtomicBool = AtomicBool::new(false);
    static DICT: Mutex<Option<Dict>> = Mutex::new(None);
    let hash: Hook = |arguments| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        if FAILS.load(Ordering::Relaxed) {
            return Err(Error::new("KeyError", "not now"));
        }
        if MEDDLES.swap(false, Ordering::Relaxed) {
            let dict = DICT.lock().unwrap().clone().unwrap();
            (0..30).try_for_each(|n| dict.set(Growing::key(500 + n, n), n.into_any()).map(drop))?;
        }
        BY_NUMBER(arguments)
    };
    say::<Growing>(hash, SAME_NUMBER);
    let dict = Dict::<Any, Any>::new();
    (0..4_i64).for_each(|n| drop(dict.set(Growing::key(n, n), n.into_any()).unwrap()));
    let asked = ASKED.load(Ordering::Relaxed);
    dict.set("a plain key".into_any(), 4.into_any()).unwrap();
    assert_eq!(ASKED.load(Ordering::Relaxed) - asked, 4);
    // No hash but that of the key itself, while there is room.
    dict.set(Growing::key(5, 5), 5.into_any()).unwrap();
    dict.remove(Growing::key(3, 3).view()).unwrap();
    assert_eq!(ASKED.load(Ordering::Relaxed) - asked, 6);
    FAILS.store(true, Ordering::Relaxed);
    let failed = (100..200_i64).find_map(|n| dict.set(n.into_any(), Any::none()).err().map(|error| (n, error)));
    let (n, error) = failed.expect("it grows");
    assert_eq!((error.kind(), error.message()), ("KeyError", "not now"));
    assert!(!dict.contains(n.into_any().view()).unwrap());
    assert!(dict.last().unwrap().key.view().as_int() == Some(n - 1) || n == 100);
    assert_eq!(dict.get_or_set(n.into_any(), Any::none()).unwrap_err().kind(), "KeyError");
    FAILS.store(false, Ordering::Relaxed);
    let before = dict.len();
    *DICT.lock().unwrap() = Some(dict.clone());
    MEDDLES.store(true, Ordering::Relaxed);
    dict.set(n.into_any(), Any::none()).unwrap();
    assert_eq!(dict.len(), before + 31);
    for number in [0, 1, 2, 5].into_iter().chain(500..530) {
        assert!(dict.contains(Growing::key(number, -1).view()).unwrap());
    }
    // Entries are taken out without a hash of theirs.
    FAILS.store(true, Ordering::Relaxed);
    while dict.pop().is_some() {}
    assert!(dict.is_empty());
    *DICT.lock().unwrap() = None;
}

keys!(Meddling, "test.keys.Meddling");

/// The dict that comparisons change, and how. They do so by the number of the key that is looked for.
static MEDDLED: Mutex<Option<Dict>> = Mutex::new(None);
static MEDDLES: AtomicBool = AtomicBool::new(false);

#[test]
fn comparisons_that_change_the_dict() {
    let equal: Hook = |arguments| {
        if MEDDLES.swap(false, Ordering::Relaxed) {
            let dict = MEDDLED.lock().unwrap().clone().unwrap();
            match number(arguments[1]) % 10 {
                // The entry that is being compared goes.
                1 => drop(dict.remove(arguments[0])?),
                2 => dict.clear(),
                // An equal one appears.
                3 => drop(dict.set(Meddling::key(number(arguments[1]), 99), 99.into_any())?),
                // Many others, so that all entries move.
                4 => (0..100).try_for_each(|n| dict.set(Meddling::key(1000 + n * 10, n), n.into_any()).map(drop))?,
                _ => {}
            }
        }
        SAME_NUMBER(arguments)
    };
    say::<Meddling>(|_| Ok(1.into_any()), equal);
    let start = |number: i64| {
        let dict = Dict::<Any, Any>::new();
        dict.set(Meddling::key(5, 5), 5.into_any()).unwrap();
        dict.set(Meddling::key(number, 0), 0.into_any()).unwrap();
        *MEDDLED.lock().unwrap() = Some(dict.clone());
        MEDDLES.store(true, Ordering::Relaxed);
        dict
    };
    // The key that is looked for is there. What was found to be equal counts only while it is there.
    let dict = start(1);
    assert_eq!(int(dict.get(Meddling::key(1, 1).view()).unwrap()), Some(0));
    assert_eq!(tags(&dict), [(0, 0)]);
    let dict = start(2);
    assert_eq!(int(dict.get(Meddling::key(2, 1).view()).unwrap()), None);
    let dict = start(2);
    assert_eq!(int(dict.set(Meddling::key(2, 1), 1.into_any()).unwrap()), None);
    assert_eq!(tags(&dict), [(1, 1)]);
    // It is not there when the search begins, but is when it ends.
    let dict = start(7);
    assert_eq!(int(dict.set(Meddling::key(3, 1), 1.into_any()).unwrap()), Some(99));
    assert_eq!(tags(&dict), [(5, 5), (0, 0), (99, 1)]);
    let dict = start(4);
    assert_eq!(int(dict.remove(Meddling::key(4, 1).view()).unwrap()), Some(0));
    assert_eq!(dict.len(), 101);
    *MEDDLED.lock().unwrap() = None;
}

keys!(Deep, "test.keys.Deep");

#[test]
fn comparisons_within_each_other_end_before_the_stack_does() {
    static DICT: Mutex<Option<Dict>> = Mutex::new(None);
    let equal: Hook = |arguments| {
        let dict = DICT.lock().unwrap().clone().unwrap();
        dict.get(Deep::key(number(arguments[1]) + 1, 0).view()).map(|_| false.into_any())
    };
    say::<Deep>(|_| Ok(1.into_any()), equal);
    let dict = Dict::<Any, Any>::new();
    dict.set(Deep::key(0, 0), 0.into_any()).unwrap();
    *DICT.lock().unwrap() = Some(dict.clone());
    assert_eq!(dict.get(Deep::key(1, 0).view()).unwrap_err().kind(), "RecursionError");
    *DICT.lock().unwrap() = None;
}

keys!(Shared, "test.keys.Shared");

/// How many keys there are, none of which is equal to another.
fn numbers_once(dict: &DictObj) -> usize {
    let mut numbers: Vec<i64> = dict.snapshot().iter().map(|(key, _)| number(key.view())).collect();
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]), "equal keys: {numbers:?}");
    numbers.len()
}

/// No two equal keys are ever in one dict, and no value is lost. What is put in comes out once.
#[test]
fn threads_share_a_dict() {
    say::<Shared>(BY_NUMBER, SAME_NUMBER);
    let rounds = if cfg!(miri) { 5 } else { 300 };
    let (dict, start) = (Dict::<Any, Any>::new(), Barrier::new(8));
    let (put, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..8_i64 {
            let (dict, start, put, taken) = (&dict, &start, &put, &taken);
            scope.spawn(move || {
                start.wait();
                let take = |value: Option<Any>| {
                    taken.fetch_add(usize::from(value.is_some()), Ordering::Relaxed);
                };
                for round in 0..rounds {
                    let number = (round * 7 + thread) % 6;
                    match (round + thread) % 4 {
                        0 | 1 => {
                            put.fetch_add(1, Ordering::Relaxed);
                            take(dict.set(Shared::key(number, thread), number.into_any()).unwrap());
                        }
                        2 => take(dict.remove(Shared::key(number, thread).view()).unwrap()),
                        _ => {
                            let found = dict.get(Shared::key(number, thread).view()).unwrap();
                            assert!(found.is_none() || int(found) == Some(number));
                        }
                    }
                    numbers_once(dict);
                }
            });
        }
    });
    assert_eq!(put.into_inner(), taken.into_inner() + numbers_once(&dict));
}
