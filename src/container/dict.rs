//! Mutable mappings that threads share.
//! Imports `value`, `object`, the table.
//! Upholds: every operation takes effect at once, under the dict's stripe; what it displaces is released after that; no
//! foreign code runs and no object is allocated under the stripe.

use super::map::{converted, mapping};
use super::table::Table;
use super::MapObj;
use crate::object::{Header, Obj, Object, ObjectType};
use crate::value::{stripe, tag, Any, AnyView, ConvertError, Field, FromAny, IntoAny, Schema, Storage, Typed};
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// The object behind a [`Dict`].
///
/// | member | protected by |
/// |---|---|
/// | `table` | the stripe of the object's address |
#[repr(C)]
pub struct DictObj {
    header: Header,
    table: UnsafeCell<Table>,
}

// SAFETY: `table` is accessed under its stripe; values are Send + Sync.
unsafe impl Sync for DictObj {}

// SAFETY: repr(C), starts with the header.
unsafe impl ObjectType for DictObj {
    const TYPE_KEY: &'static str = "ffi.Dict";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::DICT
    }
}

impl DictObj {
    /// A dict of these entries. Of equal keys the first says the place and the last the value.
    pub fn make(entries: impl IntoIterator<Item = (Any, Any)>) -> Obj<DictObj> {
        let mut table = Table::default();
        entries.into_iter().for_each(|(key, value)| drop(table.set(key, value)));
        Obj::new(DictObj { header: Header::placeholder(), table: UnsafeCell::new(table) })
    }

    /// Runs `work`, which neither releases values nor calls out, under the stripe.
    #[inline]
    fn held<R>(&self, work: impl FnOnce(&mut Table) -> R) -> R {
        let _held = stripe::of(self).hold();
        // SAFETY: accessed under the stripe only, and `work` does not come back here.
        work(unsafe { &mut *self.table.get() })
    }

    /// How many entries there are, now.
    #[inline]
    pub fn len(&self) -> usize {
        self.held(|table| table.len())
    }

    /// Whether there are none, now.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: AnyView<'_>) -> Option<Any> {
        self.held(|table| table.get(&key).cloned())
    }

    /// Whether there is such a key.
    #[inline]
    pub fn contains(&self, key: AnyView<'_>) -> bool {
        self.held(|table| table.get(&key).is_some())
    }

    /// Sets the value of a key, at the end when the key is new. Gives the former value.
    pub fn set(&self, key: Any, value: Any) -> Option<Any> {
        let displaced = self.held(|table| table.set(key, value));
        displaced.map(|(_, value)| value)
    }

    /// The value of a key, which becomes `value` when the key is new.
    pub fn get_or_set(&self, key: Any, value: Any) -> Any {
        let unused;
        let result;
        {
            let _held = stripe::of(self).hold();
            // SAFETY: under the stripe.
            let table = unsafe { &mut *self.table.get() };
            (result, unused) = match table.get(key.as_view()).cloned() {
                Some(found) => (found, Some((key, value))),
                None => {
                    let result = value.clone();
                    (result, table.set(key, value))
                }
            };
        }
        drop(unused);
        result
    }

    /// Removes a key. Gives its value.
    pub fn remove(&self, key: AnyView<'_>) -> Option<Any> {
        let entry = self.held(|table| table.remove(&key));
        entry.map(|(_, value)| value)
    }

    /// Removes the entry that was added last.
    pub fn pop(&self) -> Option<(Any, Any)> {
        self.held(Table::pop)
    }

    /// Removes all entries.
    pub fn clear(&self) {
        let old = self.held(std::mem::take);
        drop(old);
    }

    /// The entries as they are at one moment, in order.
    pub fn snapshot(&self) -> Vec<(Any, Any)> {
        self.held(|table| table.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    /// Shows keys and values to a garbage collector, without counts; false when another thread is inside the dict just
    /// now. `visit` neither comes back to any container or field, nor releases anything.
    pub fn try_visit(&self, mut visit: impl FnMut(AnyView<'_>)) -> bool {
        let Some(_held) = stripe::of(self).try_hold() else { return false };
        // SAFETY: under the stripe.
        let table = unsafe { &*self.table.get() };
        table.iter().for_each(|(key, value)| [key, value].into_iter().for_each(|part| visit(part.view())));
        true
    }
}

/// A mutable mapping from `K` to `V`, shared by all its handles.
#[repr(transparent)]
pub struct Dict<K = Any, V = Any>(Obj<DictObj>, PhantomData<fn() -> (K, V)>);

impl<K, V> Dict<K, V> {
    /// A dict without entries.
    pub fn new() -> Self {
        Dict(DictObj::make([]), PhantomData)
    }

    /// The object.
    pub fn as_object(&self) -> &Obj<DictObj> {
        &self.0
    }

    /// The object, given away.
    pub fn into_object(self) -> Obj<DictObj> {
        self.0
    }
}

impl<K: IntoAny, V: FromAny> Dict<K, V> {
    /// The value of a key as a `V`; none also when another holder of the dict put something else there.
    pub fn at(&self, key: K) -> Option<V> {
        V::from_owned(self.get(key.into_any().view())?).ok()
    }
}

impl<K: IntoAny, V: IntoAny> FromIterator<(K, V)> for Dict<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Dict(DictObj::make(entries.into_iter().map(|(key, value)| (key.into_any(), value.into_any()))), PhantomData)
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
            return Ok(match converted::<K, V>(views, Self::schema, view)? {
                None => Dict(Obj::from_any(view)?, PhantomData),
                Some(entries) => Dict(DictObj::make(entries), PhantomData),
            });
        }
        let Some(map) = view.as_ref::<MapObj>() else {
            return Err(ConvertError::mismatch(Self::schema(), view));
        };
        let owned = || map.entries().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let entries = converted::<K, V>(map.entries(), Self::schema, view)?.unwrap_or_else(owned);
        Ok(Dict(DictObj::make(entries), PhantomData))
    }
}

mapping!(Dict, DictObj, Dict);

impl<K, V> fmt::Debug for Dict<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.snapshot()).finish()
    }
}
