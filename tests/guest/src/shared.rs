//! What guests share with their host: containers, types, attributes, names, errors, sentinels, counters.

use bowline::container::{Array, Dict, DictEntries, List, Map};
use bowline::function::{global, Error, Function};
use bowline::object::{registry, stats, Obj, Object};
use bowline::reflect::{attr, content, info, sentinel, structural};
use bowline::tensor::{Tensor, TensorObj};
use bowline::value::{Any, DataType, Device, IntoAny, Str};

pub fn push_many(list: List<i64>, count: i64) {
    for n in 0..count {
        list.push(n.into_any());
        if n % 3 == 0 {
            list.pop();
        }
    }
}

pub fn fill(dict: Dict<Str, Any>, stem: Str, count: i64) -> Result<(), Error> {
    for n in 0..count {
        let key = Str::from(format!("{stem}.{n}").as_str()).into_any();
        dict.set(key.clone(), n.into_any())?;
        if n % 2 == 0 {
            dict.remove(key.view())?;
        }
    }
    Ok(())
}

pub fn sum(dict: Dict<Str, i64>) -> i64 {
    DictEntries::of(dict.into_object()).filter_map(|(_, value)| value.view().as_int()).sum()
}

/// The sum of a dict that the function, called for each entry, may change.
pub fn sum_while(dict: Dict<Str, i64>, change: Function) -> Result<i64, Error> {
    let mut sum = 0;
    for (key, value) in DictEntries::of(dict.into_object()) {
        change.call(&[key.view()])?;
        sum += value.view().as_int().unwrap_or(0);
    }
    Ok(sum)
}

pub fn get_field(object: Obj<Object>, name: Str) -> Result<Any, Error> {
    let field = info(object.type_index()).and_then(|known| known.field(&name));
    field.ok_or_else(|| Error::type_error("no such field"))?.get(&object)
}

pub fn set_field(object: Obj<Object>, name: Str, value: Any) -> Result<(), Error> {
    let field = info(object.type_index()).and_then(|known| known.field(&name));
    field.ok_or_else(|| Error::type_error("no such field"))?.set(&object, value)
}

pub fn field_names(object: Obj<Object>) -> Array<Str> {
    let fields = info(object.type_index()).map_or(&[][..], |known| &known.fields);
    fields.iter().map(|field| Str::from(&*field.name)).collect()
}

pub fn equal(a: Any, b: Any) -> Result<bool, Error> {
    structural::equal(a.view(), b.view(), structural::Options::default())
}

pub fn copy(value: Any) -> Result<Any, Error> {
    content::deep_copy(value.view())
}

pub fn attribute(object: Obj<Object>, name: Str) -> Any {
    attr::get(object.type_index(), &name).unwrap_or_default()
}

pub fn set_attribute(object: Obj<Object>, name: Str, value: Any) -> Result<(), Error> {
    attr::set(object.type_index(), &name, value)
}

pub fn name(name: Str, function: Function, again: bool) -> Result<(), Error> {
    global::register(&name, function, again)
}

pub fn call(name: Str, argument: Any) -> Result<Any, Error> {
    let function = global::get(&name).ok_or_else(|| Error::new("KeyError", format!("no function `{name}`")))?;
    function.call(&[argument.view()])
}

/// What the function's error is.
pub fn kind_of(function: Function) -> Str {
    match function.call(&[]) {
        Ok(_) => "none".into(),
        Err(error) => Str::from(format!("{}: {}", error.kind(), error.message()).as_str()),
    }
}

pub fn panic(text: Str) {
    panic!("{text}");
}

pub fn is_sentinel(value: Any) -> Array<bool> {
    [sentinel::is_missing(value.view()), sentinel::is_kwargs(value.view())].into_iter().collect()
}

pub fn missing() -> Any {
    sentinel::missing().clone().into_any()
}

pub fn alive() -> i64 {
    stats::alive()
}

pub fn stream(kind: i64, id: i64) -> i64 {
    bowline::stream::current(Device { kind: kind as i32, id: id as i32 }) as i64
}

pub fn tensor(count: i64) -> Result<Tensor, Error> {
    let content: Vec<u8> = (0..count).flat_map(|n| (n as f32).to_ne_bytes()).collect();
    TensorObj::from_bytes(DataType { code: 2, bits: 32, lanes: 1 }, &[count], &content)
}

pub fn map_get(map: Map<Any, Any>, key: Any) -> Result<Any, Error> {
    Ok(map.at(key)?.unwrap_or_default())
}

pub fn is_instance(object: Obj<Object>, key: Str) -> bool {
    registry::type_index_of(&key).is_some_and(|target| registry::is_instance(object.type_index(), target))
}
