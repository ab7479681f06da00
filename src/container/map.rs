//! Immutable mappings.
//! Upholds: a map never changes once it is shared; its order is that of insertion.

use super::array::item;
use super::mapping_object::{self, Mapping};
use super::table::{EntryPlace, Table};
use crate::function::Error;
use crate::object::{Header, Obj, Object, ObjectType};
use crate::value::{tag, Any, AnyView, Field, FromAny, IntoAny, Schema, Storage, Typed};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// The object behind a [`Map`].
#[repr(C)]
pub struct MapObj {
    header: Header,
    table: Table,
}

// SAFETY: repr(C), starts with the header.
unsafe impl ObjectType for MapObj {
    const TYPE_KEY: &'static str = "ffi.Map";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::MAP
    }
}

// A model's atomics are larger.
#[cfg(not(any(bowline_loom, bowline_shuttle)))]
const _: () = assert!(size_of::<MapObj>() == 80 && std::mem::offset_of!(MapObj, table) == size_of::<Header>());

impl Mapping for MapObj {
    fn of_table(table: Table) -> MapObj {
        MapObj { header: Header::placeholder(), table }
    }
    fn table_mut(&mut self) -> &mut Table {
        &mut self.table
    }
}

impl MapObj {
    /// A map of these entries. Of equal keys the first says the place and the last the value.
    ///
    /// # Errors
    /// What types say of their own keys, by `__any_hash__` and `__any_equal__`.
    pub fn make(entries: impl IntoIterator<Item = (Any, Any)>) -> Result<Obj<MapObj>, Error> {
        mapping_object::make(entries.into_iter().map(Ok::<_, Error>))
    }

    /// As [`MapObj::make`], of entries that are found one by one. No other thread knows the object before it is whole.
    ///
    /// # Errors
    /// The first error, and those of [`MapObj::make`].
    pub fn try_make<E: From<Error>>(entries: impl Iterator<Item = Result<(Any, Any), E>>) -> Result<Obj<MapObj>, E> {
        mapping_object::make(entries)
    }

    /// Makes a map of copies of another's entries, which need not be whole yet. No type is asked which keys are equal. When
    /// they are whole, [`MapObj::is_sound`] is to be asked.
    ///
    /// # Errors
    /// What types say of the hashes of the original's keys.
    pub(crate) fn make_copy(
        original: &MapObj,
        copies: impl IntoIterator<Item = (Any, Any)>,
    ) -> Result<Obj<MapObj>, Error> {
        mapping_object::make_with(original.len(), |table| table.fill_with_copies(&original.table, copies))
    }

    /// Whether every key has the hash by which it is found.
    ///
    /// # Errors
    /// As [`MapObj::make`].
    pub(crate) fn is_sound(&self) -> Result<bool, Error> {
        self.table.is_sound()
    }

    /// A map without entries.
    pub fn empty() -> Obj<MapObj> {
        mapping_object::empty()
    }

    /// Shows keys and values, without counts. It goes from part `from` on until `look` finds something, and gives that and
    /// the part to go on from.
    pub fn find_from<R>(&self, from: usize, look: impl FnMut(AnyView<'_>) -> Option<R>) -> Option<(usize, R)> {
        self.table.find_from(from, look)
    }

    /// How many entries there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    ///
    /// # Errors
    /// As [`MapObj::make`].
    #[inline]
    pub fn get(&self, key: AnyView<'_>) -> Result<Option<AnyView<'_>>, Error> {
        let place = self.table.search(&key)?;
        Ok(place.map(|place| self.table.value(place).view()))
    }

    /// The entries in order.
    #[inline]
    pub fn entries(&self) -> impl Iterator<Item = (AnyView<'_>, AnyView<'_>)> + Clone {
        self.table.iter().map(|(key, value)| (key.view(), value.view()))
    }
}

/// The entries of a map, copied one by one. It keeps the map.
#[derive(Clone)]
pub struct MapEntries {
    map: Obj<MapObj>,
    next: Option<EntryPlace>,
    left: usize,
}

impl MapEntries {
    /// Those of this map.
    pub fn of(map: Obj<MapObj>) -> MapEntries {
        MapEntries { left: map.len(), next: map.table.first(), map }
    }
}

impl Iterator for MapEntries {
    type Item = (Any, Any);

    fn next(&mut self) -> Option<(Any, Any)> {
        let place = self.next?;
        let (key, value) = self.map.table.entry(place);
        (self.next, self.left) = (self.map.table.next(place), self.left.saturating_sub(1));
        Some((key.clone(), value.clone()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for MapEntries {}

/// An immutable mapping from `K` to `V`.
#[repr(transparent)]
pub struct Map<K = Any, V = Any>(pub(super) Obj<MapObj>, pub(super) PhantomData<fn() -> (K, V)>);

impl<K, V> Map<K, V> {
    /// The object.
    pub fn as_object(&self) -> &Obj<MapObj> {
        &self.0
    }

    /// The object, given away.
    pub fn into_object(self) -> Obj<MapObj> {
        self.0
    }
}

impl<K: FromAny + IntoAny, V: FromAny> Map<K, V> {
    /// The value of a key as a `V`.
    ///
    /// # Errors
    /// As [`MapObj::make`].
    pub fn at(&self, key: K) -> Result<Option<V>, Error> {
        Ok(self.get(key.into_any().view())?.map(item))
    }

    /// The entries, one by one.
    pub fn iter(&self) -> impl Iterator<Item = (K, V)> + '_ {
        self.entries().map(|(key, value)| (item(key), item(value)))
    }
}

/// What typed mappings have in common.
macro_rules! mapping {
    ($name:ident, $object:ident, $schema:ident) => {
        impl<K, V> Clone for $name<K, V> {
            #[inline]
            fn clone(&self) -> Self {
                $name(self.0.clone(), PhantomData)
            }
        }

        impl<K, V> Default for $name<K, V> {
            fn default() -> Self {
                $name($object::empty(), PhantomData)
            }
        }

        /// # Panics
        /// When a key's type has an `__any_hash__` or `__any_equal__` that fails. `make` of the object says so instead.
        impl<K: IntoAny, V: IntoAny> FromIterator<(K, V)> for $name<K, V> {
            fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
                let entries = entries.into_iter().map(|(key, value)| (key.into_any(), value.into_any()));
                $name($object::make(entries).unwrap_or_else(|error| panic!("a key: {error}")), PhantomData)
            }
        }

        impl<K, V> Deref for $name<K, V> {
            type Target = $object;
            #[inline]
            fn deref(&self) -> &$object {
                &self.0
            }
        }

        impl<K: Typed, V: Typed> Typed for $name<K, V> {
            fn schema() -> Schema {
                Schema::$schema(Box::new(K::schema()), Box::new(V::schema()))
            }
        }

        impl<K: Typed, V: Typed> IntoAny for $name<K, V> {
            #[inline]
            fn into_any(self) -> Any {
                self.0.into_any()
            }
        }

        impl<K, V> From<$name<K, V>> for Any {
            #[inline]
            fn from(mapping: $name<K, V>) -> Any {
                mapping.0.into_any()
            }
        }

        // SAFETY: transparent over a handle, which is one pointer. What is loaded was a `Self` when it was stored.
        unsafe impl<K: FromAny + IntoAny + 'static, V: FromAny + IntoAny + 'static> Field for $name<K, V> {
            type Value = $name<K, V>;
            const STORAGE: Storage = Storage::Object;
            fn from_value(value: Self) -> Self {
                value
            }
            fn blank() -> Option<Self> {
                Some(Self::default())
            }
        }
    };
}
pub(super) use mapping;
mapping!(Map, MapObj, Map);

impl<K, V> fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries()).finish()
    }
}
