//! Mutable sequences of one type of items.
//! Upholds: items are what the type says when they are put in by a handle; others may put in anything.

use super::list_object::ListObj;
use crate::object::Obj;
use crate::value::{Any, Field, FromAny, IntoAny, Schema, Storage, Typed};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// A mutable sequence of `T`, shared by all its handles.
#[repr(transparent)]
pub struct List<T = Any>(pub(super) Obj<ListObj>, pub(super) PhantomData<fn() -> T>);

impl<T> List<T> {
    /// A list without items.
    pub fn new() -> Self {
        List(ListObj::make([]), PhantomData)
    }

    /// The object.
    pub fn as_object(&self) -> &Obj<ListObj> {
        &self.0
    }

    /// The object, given away.
    pub fn into_object(self) -> Obj<ListObj> {
        self.0
    }
}

impl<T: FromAny> List<T> {
    /// An item as a `T`. It is none also when another holder of the list put something else there.
    pub fn at(&self, index: usize) -> Option<T> {
        T::from_owned(self.get(index)?).ok()
    }
}

impl<T> Clone for List<T> {
    #[inline]
    fn clone(&self) -> Self {
        List(self.0.clone(), PhantomData)
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List::new()
    }
}

impl<T> Deref for List<T> {
    type Target = ListObj;
    #[inline]
    fn deref(&self) -> &ListObj {
        &self.0
    }
}

impl<T: IntoAny> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        List(ListObj::make(items.into_iter().map(T::into_any)), PhantomData)
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.snapshot()).finish()
    }
}

impl<T: Typed> Typed for List<T> {
    fn schema() -> Schema {
        Schema::List(Box::new(T::schema()))
    }
}

impl<T: Typed> IntoAny for List<T> {
    #[inline]
    fn into_any(self) -> Any {
        self.0.into_any()
    }
}

impl<T> From<List<T>> for Any {
    #[inline]
    fn from(list: List<T>) -> Any {
        list.0.into_any()
    }
}

// SAFETY: transparent over a handle, which is one pointer. What is loaded was a `Self` when it was stored.
unsafe impl<T: FromAny + IntoAny + 'static> Field for List<T> {
    type Value = List<T>;
    const STORAGE: Storage = Storage::Object;
    fn from_value(value: List<T>) -> Self {
        value
    }
    fn blank() -> Option<Self> {
        Some(List::new())
    }
}
