//! Makes containers from values. A sequence of either type gives each sequence, and so do mappings.
//! Upholds: a container whose items suit as they are is handed on, not copied.

use super::{Array, ArrayObj, Dict, DictObj, List, ListObj, Map, MapObj};
use crate::function::Error;
use crate::object::grow::{gathered, Grow};
use crate::object::Obj;
use crate::value::{Any, AnyView, ConvertError, FromAny, IntoAny, Schema, Typed};
use std::marker::PhantomData;

impl<T: FromAny + IntoAny> FromAny for Array<T> {
    fn from_any(view: AnyView<'_>) -> Result<Self, ConvertError> {
        if let Some(array) = view.as_ref::<ArrayObj>() {
            return Ok(match converted_items::<T>(array.views(), Self::schema, view)? {
                None => Array(Obj::from_any(view)?, PhantomData),
                Some(items) => Array(ArrayObj::make(items.into_iter()), PhantomData),
            });
        }
        let Some(list) = view.as_ref::<ListObj>() else {
            return Err(ConvertError::mismatch(Self::schema(), view));
        };
        let items = list.snapshot();
        let items = converted_items::<T>(Any::views(&items), Self::schema, view)?.unwrap_or(items);
        Ok(Array(ArrayObj::make(items.into_iter()), PhantomData))
    }
}

impl<T: FromAny + IntoAny> FromAny for List<T> {
    fn from_any(view: AnyView<'_>) -> Result<Self, ConvertError> {
        if let Some(list) = view.as_ref::<ListObj>() {
            if T::ACCEPTS_ALL {
                return Ok(List(Obj::from_any(view)?, PhantomData));
            }
            return Ok(match converted_items::<T>(Any::views(&list.snapshot()), Self::schema, view)? {
                None => List(Obj::from_any(view)?, PhantomData),
                Some(items) => List(ListObj::make(items), PhantomData),
            });
        }
        let Some(array) = view.as_ref::<ArrayObj>() else {
            return Err(ConvertError::mismatch(Self::schema(), view));
        };
        let items = converted_items::<T>(array.views(), Self::schema, view)?
            .unwrap_or_else(|| gathered(array.as_slice().iter().cloned()));
        Ok(List(ListObj::make(items), PhantomData))
    }
}

/// The items as `T`s; none when they are that already.
fn converted_items<T: FromAny + IntoAny>(
    items: &[AnyView<'_>],
    schema: fn() -> Schema,
    container: AnyView<'_>,
) -> Result<Option<Vec<Any>>, ConvertError> {
    if T::ACCEPTS_ALL {
        return Ok(None);
    }
    let mut changed: Option<Vec<Any>> = None;
    for (index, item) in items.iter().enumerate() {
        let value = T::from_any(*item)
            .map_err(|error| error.inside(schema(), &container.type_name(), &format!("index {index}")))?
            .into_any();
        match &mut changed {
            Some(changed) => {
                changed.grow(1);
                changed.push(value);
            }
            None if value.view().same(item) => {}
            None => {
                let mut values = Vec::new();
                values.grow(items.len());
                values.extend(items[..index].iter().copied().map(AnyView::to_owned));
                values.push(value);
                changed = Some(values);
            }
        }
    }
    Ok(changed)
}

impl<K: FromAny + IntoAny, V: FromAny + IntoAny> FromAny for Map<K, V> {
    fn from_any(view: AnyView<'_>) -> Result<Self, ConvertError> {
        if let Some(map) = view.as_ref::<MapObj>() {
            return Ok(match converted_entries::<K, V>(map.entries(), Self::schema, view)? {
                None => Map(Obj::from_any(view)?, PhantomData),
                Some(entries) => Map(made(MapObj::make(entries), Self::schema, view)?, PhantomData),
            });
        }
        let Some(dict) = view.as_ref::<DictObj>() else {
            return Err(ConvertError::mismatch(Self::schema(), view));
        };
        let entries = dict.snapshot();
        let views = entries.iter().map(|(key, value)| (key.view(), value.view()));
        let entries = converted_entries::<K, V>(views, Self::schema, view)?.unwrap_or(entries);
        Ok(Map(made(MapObj::make(entries), Self::schema, view)?, PhantomData))
    }
}

impl<K: FromAny + IntoAny, V: FromAny + IntoAny> FromAny for Dict<K, V> {
    fn from_any(view: AnyView<'_>) -> Result<Self, ConvertError> {
        if let Some(dict) = view.as_ref::<DictObj>() {
            if K::ACCEPTS_ALL && V::ACCEPTS_ALL {
                return Ok(Dict(Obj::from_any(view)?, PhantomData));
            }
            let entries = dict.snapshot();
            let views = entries.iter().map(|(key, value)| (key.view(), value.view()));
            return Ok(match converted_entries::<K, V>(views, Self::schema, view)? {
                None => Dict(Obj::from_any(view)?, PhantomData),
                Some(entries) => Dict(made(DictObj::make(entries), Self::schema, view)?, PhantomData),
            });
        }
        let Some(map) = view.as_ref::<MapObj>() else {
            return Err(ConvertError::mismatch(Self::schema(), view));
        };
        let owned = || gathered(map.entries().map(|(key, value)| (key.to_owned(), value.to_owned())));
        let entries = converted_entries::<K, V>(map.entries(), Self::schema, view)?.unwrap_or_else(owned);
        Ok(Dict(made(DictObj::make(entries), Self::schema, view)?, PhantomData))
    }
}

/// What was made of a mapping that is being converted.
fn made<T>(result: Result<T, Error>, schema: fn() -> Schema, from: AnyView<'_>) -> Result<T, ConvertError> {
    result.map_err(|error| ConvertError::caused(schema(), from, error))
}

/// The entries as `K`s and `V`s; none when they are that already.
fn converted_entries<'a, K: FromAny + IntoAny, V: FromAny + IntoAny>(
    entries: impl Iterator<Item = (AnyView<'a>, AnyView<'a>)>,
    schema: fn() -> Schema,
    container: AnyView<'_>,
) -> Result<Option<Vec<(Any, Any)>>, ConvertError> {
    if K::ACCEPTS_ALL && V::ACCEPTS_ALL {
        return Ok(None);
    }
    let mut changed = false;
    let mut values = Vec::new();
    for (key, value) in entries {
        let inside = |place: &'static str| {
            let (schema, name) = (schema(), container.type_name());
            move |error: ConvertError| error.inside(schema, &name, place)
        };
        let new_key = K::from_any(key).map_err(inside("key"))?.into_any();
        let new_value = V::from_any(value).map_err(inside("value"))?.into_any();
        changed |= !new_key.view().same(&key) || !new_value.view().same(&value);
        values.grow(1);
        values.push((new_key, new_value));
    }
    Ok(changed.then_some(values))
}
