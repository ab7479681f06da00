//! Sequences and mappings by name. These are `ffi.Array`, `ffi.ListAppend`, `ffi.MapGetItem` and others. Upholds: an
//! index or key that is not there is an error of Python's kind.

use crate::container::{Array, ArrayObj, DictObj, ListObj, MapObj};
use crate::function::global::{self, declare as typed};
use crate::function::{Error, Function};
use crate::object::grow::gathered;
use crate::object::Obj;
use crate::reflect::{content, sentinel};
use crate::value::{convert, Any, AnyView, IntoAny};
use std::sync::Mutex;

pub(super) fn packed(name: &'static str, call: fn(&[AnyView<'_>]) -> Result<Any, Error>) {
    let _ = global::register(name, Function::from_packed(call), false);
}

fn owned(arguments: &[AnyView<'_>]) -> Vec<Any> {
    gathered(arguments.iter().map(|view| AnyView::to_owned(*view)))
}

/// A position that is there.
pub(super) fn inside(at: i64, count: usize) -> Result<usize, Error> {
    usize::try_from(at)
        .ok()
        .filter(|at| *at < count)
        .ok_or_else(|| Error::new("IndexError", format!("index {at} is out of range of {count} items")))
}

/// A range of positions that are there.
fn range(begin: i64, end: i64, count: usize) -> Result<std::ops::Range<usize>, Error> {
    match (usize::try_from(begin), usize::try_from(end)) {
        (Ok(begin), Ok(end)) if begin <= end && end <= count => Ok(begin..end),
        _ => Err(Error::new("IndexError", format!("range {begin} to {end} is out of range of {count} items"))),
    }
}

fn contains(items: &[Any], value: &Any) -> Result<bool, Error> {
    for item in items {
        if content::equal(item.view(), value.view())? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn gone() -> Error {
    Error::new("IndexError", "the item is gone: another thread took it")
}

pub(super) fn declare_sequences() {
    packed("ffi.Array", |arguments| Ok(ArrayObj::make(owned(arguments).into_iter()).into_any()));
    typed("ffi.ArraySize", |array: Obj<ArrayObj>| array.len() as i64);
    typed("ffi.ArrayGetItem", |array: Obj<ArrayObj>, at: i64| {
        inside(at, array.len()).map(|at| array.as_slice()[at].clone())
    });
    typed("ffi.ArrayContains", |array: Obj<ArrayObj>, value: Any| contains(array.as_slice(), &value));
    packed("ffi.List", |arguments| Ok(ListObj::make(owned(arguments)).into_any()));
    typed("ffi.ListSize", |list: Obj<ListObj>| list.len() as i64);
    typed("ffi.ListGetItem", |list: Obj<ListObj>, at: i64| {
        inside(at, list.len()).and_then(|at| list.get(at).ok_or_else(gone))
    });
    typed("ffi.ListSetItem", |list: Obj<ListObj>, at: i64, value: Any| {
        inside(at, list.len()).and_then(|at| list.swap(at, value).map(drop).map_err(|_| gone()))
    });
    typed("ffi.ListContains", |list: Obj<ListObj>, value: Any| contains(&list.snapshot(), &value));
    typed("ffi.ListAppend", |list: Obj<ListObj>, value: Any| list.push(value));
    typed("ffi.ListInsert", |list: Obj<ListObj>, at: i64, value: Any| {
        inside(at, list.len() + 1).map(|at| list.insert(at, value))
    });
    packed("ffi.ListPop", |arguments| {
        let (list, at) = match arguments {
            [list] => (convert::<Obj<ListObj>>(*list)?, -1),
            [list, at] => (convert::<Obj<ListObj>>(*list)?, convert::<i64>(*at)?),
            _ => return Err(Error::type_error(format!("ffi.ListPop takes 1 or 2 arguments, got {}", arguments.len()))),
        };
        match at {
            -1 => list.pop().ok_or_else(|| Error::new("IndexError", "pop from empty list")),
            at => inside(at, list.len()).and_then(|at| list.remove(at).ok_or_else(gone)),
        }
    });
    typed("ffi.ListErase", |list: Obj<ListObj>, at: i64| {
        inside(at, list.len()).and_then(|at| list.remove(at).map(drop).ok_or_else(gone))
    });
    typed("ffi.ListEraseRange", |list: Obj<ListObj>, begin: i64, end: i64| {
        range(begin, end, list.len()).map(|range| list.remove_range(range))
    });
    typed("ffi.ListReplaceSlice", |list: Obj<ListObj>, begin: i64, end: i64, items: Array| {
        range(begin, end, list.len())
            .map(|range| list.replace_range(range, gathered(items.as_object().as_slice().iter().cloned())))
    });
    typed("ffi.ListReverse", |list: Obj<ListObj>| list.reverse());
    typed("ffi.ListClear", |list: Obj<ListObj>| list.clear());
    typed("ffi.ListReserve", |_list: Obj<ListObj>, capacity: i64| match usize::try_from(capacity) {
        // A list takes room as it needs it. Another thread may give up what is taken beforehand.
        Ok(_) => Ok(()),
        Err(_) => Err(Error::value_error(format!("a capacity cannot be {capacity}"))),
    });
}

fn pairs(name: &str, arguments: &[AnyView<'_>]) -> Result<Vec<(Any, Any)>, Error> {
    if !arguments.len().is_multiple_of(2) {
        return Err(Error::type_error(format!("{name} takes keys and values by turns, got {}", arguments.len())));
    }
    Ok(gathered(arguments.chunks(2).map(|pair| (AnyView::to_owned(pair[0]), AnyView::to_owned(pair[1])))))
}

/// That a key is not there; what its text ends in, should it have none.
fn no_such_key(key: &Any) -> Error {
    content::text(key.view()).map_or_else(|error| error, |text| Error::new("KeyError", text))
}

/// A function that goes through entries. 0 gives the key, 1 the value, and 2 goes on, telling whether there is an entry.
fn functor(entries: Vec<(Any, Any)>) -> Function {
    let at = Mutex::new(0_usize);
    Function::from_packed(move |arguments| {
        let [command] = arguments else { return Err(Error::type_error("expected one number: 0, 1, or 2")) };
        let command = convert::<i64>(*command)?;
        let mut at = at.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let over = || Error::new("IndexError", "there are no more entries");
        match command {
            0 => entries.get(*at).map(|(key, _)| key.clone()).ok_or_else(over),
            1 => entries.get(*at).map(|(_, value)| value.clone()).ok_or_else(over),
            _ => {
                *at = (*at + 1).min(entries.len());
                Ok((*at < entries.len()).into_any())
            }
        }
    })
}

pub(super) fn declare_mappings() {
    packed("ffi.Map", |arguments| Ok(MapObj::make(pairs("ffi.Map", arguments)?)?.into_any()));
    typed("ffi.MapSize", |map: Obj<MapObj>| map.len() as i64);
    typed("ffi.MapGetItem", |map: Obj<MapObj>, key: Any| {
        map.get(key.view())?.map(AnyView::to_owned).ok_or_else(|| no_such_key(&key))
    });
    typed("ffi.MapCount", |map: Obj<MapObj>, key: Any| map.get(key.view()).map(|found| i64::from(found.is_some())));
    typed("ffi.MapGetItemOrMissing", |map: Obj<MapObj>, key: Any| {
        map.get(key.view()).map(|found| found.map_or_else(|| sentinel::missing().clone().into_any(), AnyView::to_owned))
    });
    typed("ffi.MapForwardIterFunctor", |map: Obj<MapObj>| {
        functor(gathered(map.entries().map(|(key, value)| (AnyView::to_owned(key), AnyView::to_owned(value)))))
    });
    packed("ffi.Dict", |arguments| Ok(DictObj::make(pairs("ffi.Dict", arguments)?)?.into_any()));
    typed("ffi.DictSize", |dict: Obj<DictObj>| dict.len() as i64);
    typed("ffi.DictGetItem", |dict: Obj<DictObj>, key: Any| dict.get(key.view())?.ok_or_else(|| no_such_key(&key)));
    typed("ffi.DictSetItem", |dict: Obj<DictObj>, key: Any, value: Any| dict.set(key, value).map(drop));
    typed("ffi.DictCount", |dict: Obj<DictObj>, key: Any| dict.contains(key.view()).map(i64::from));
    typed("ffi.DictErase", |dict: Obj<DictObj>, key: Any| {
        dict.remove(key.view())?.map(drop).ok_or_else(|| no_such_key(&key))
    });
    typed("ffi.DictClear", |dict: Obj<DictObj>| dict.clear());
    typed("ffi.DictGetItemOrMissing", |dict: Obj<DictObj>, key: Any| {
        dict.get(key.view()).map(|found| found.unwrap_or_else(|| sentinel::missing().clone().into_any()))
    });
    typed("ffi.DictForwardIterFunctor", |dict: Obj<DictObj>| functor(dict.snapshot()));
}
