//! Immutable sequences.
//! Upholds: an array never changes once it is shared; its items live in the object itself.

use super::seq::SeqCell;
use crate::object::grow::gathered;
use crate::object::{Header, Obj, Object, ObjectType};
use crate::value::{tag, Any, AnyView, ConvertError, Field, FromAny, IntoAny, Schema, Storage, Typed};
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;

/// The object behind an [`Array`].
#[repr(C)]
pub struct ArrayObj {
    header: Header,
    cell: SeqCell,
}

const _: () = assert!(std::mem::offset_of!(ArrayObj, cell) == size_of::<Header>());

// SAFETY: never written once shared; items are Send + Sync.
unsafe impl Send for ArrayObj {}
// SAFETY: never written once shared; items are Send + Sync.
unsafe impl Sync for ArrayObj {}

// SAFETY: repr(C), starts with the header.
unsafe impl ObjectType for ArrayObj {
    const TYPE_KEY: &'static str = "ffi.Array";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::ARRAY
    }
}

impl ArrayObj {
    /// An array of these items.
    ///
    /// # Panics
    /// When there are less than announced, or no memory.
    pub fn make(items: impl ExactSizeIterator<Item = Any>) -> Obj<ArrayObj> {
        let Ok(array) = ArrayObj::try_make(items.map(Ok::<Any, Infallible>));
        array
    }

    /// An array of these items, or the first error. No other code knows the array before it is whole.
    ///
    /// # Errors
    /// That.
    ///
    /// # Panics
    /// As [`ArrayObj::make`].
    pub fn try_make<E>(mut items: impl ExactSizeIterator<Item = Result<Any, E>>) -> Result<Obj<ArrayObj>, E> {
        let count = items.len();
        let blank = ArrayObj { header: Header::placeholder(), cell: SeqCell::inline() };
        // The cell says which places hold items that end with the array.
        let places = (0..count).map(|_| ManuallyDrop::new(Any::none()));
        let mut array = Obj::new_with_extra_items::<ManuallyDrop<Any>>(blank, places);
        // SAFETY: made just above of this type, with such places. Only a field is written, and places that are ours.
        unsafe {
            let first = array.extra_items_raw::<ManuallyDrop<Any>>().cast::<Any>();
            let cell = &mut array.get_unique_mut().expect("it has one owner").cell;
            cell.data = first.as_ptr();
            cell.capacity = count as i64;
            for at in 0..count {
                first.add(at).write(items.next().expect("an iterator as long as it announced")?);
                cell.size = at as i64 + 1;
            }
        }
        Ok(array)
    }

    /// The items.
    #[inline]
    pub fn as_slice(&self) -> &[Any] {
        // SAFETY: arrays do not change.
        unsafe { self.cell.items() }
    }

    pub(super) fn cell_mut(&mut self) -> &mut SeqCell {
        &mut self.cell
    }

    /// The items as borrowed values.
    #[inline]
    pub fn views(&self) -> &[AnyView<'_>] {
        Any::views(self.as_slice())
    }

    /// How many items there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.cell.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An item.
    #[inline]
    pub fn get(&self, index: usize) -> Option<AnyView<'_>> {
        self.as_slice().get(index).map(Any::view)
    }
}

/// An immutable sequence of `T`.
#[repr(transparent)]
pub struct Array<T = Any>(pub(super) Obj<ArrayObj>, pub(super) PhantomData<fn() -> T>);

impl<T> Array<T> {
    /// The object.
    pub fn as_object(&self) -> &Obj<ArrayObj> {
        &self.0
    }

    /// The object, given away.
    pub fn into_object(self) -> Obj<ArrayObj> {
        self.0
    }
}

impl<T: FromAny> Array<T> {
    /// An item as a `T`.
    #[inline]
    pub fn at(&self, index: usize) -> Option<T> {
        self.get(index).map(item)
    }

    /// The items, one by one.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = T> + DoubleEndedIterator + '_ {
        self.views().iter().map(|view| item(*view))
    }
}

/// An item of a sequence whose items were checked when it became one of `T`.
#[inline]
pub(super) fn item<T: FromAny>(view: AnyView<'_>) -> T {
    T::from_any(view).unwrap_or_else(|error| panic!("an item of a typed container: {error}"))
}

impl<T> Clone for Array<T> {
    #[inline]
    fn clone(&self) -> Self {
        Array(self.0.clone(), PhantomData)
    }
}

impl<T> Default for Array<T> {
    fn default() -> Self {
        Array(ArrayObj::make(std::iter::empty()), PhantomData)
    }
}

impl<T> Deref for Array<T> {
    type Target = ArrayObj;
    #[inline]
    fn deref(&self) -> &ArrayObj {
        &self.0
    }
}

impl<T: IntoAny> FromIterator<T> for Array<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        // Collected first: an iterator's length is a hint.
        let items = gathered(items.into_iter().map(T::into_any));
        Array(ArrayObj::make(items.into_iter()), PhantomData)
    }
}

impl<T> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

impl<T: Typed> Typed for Array<T> {
    fn schema() -> Schema {
        Schema::Array(Box::new(T::schema()))
    }
}

impl<T: Typed> IntoAny for Array<T> {
    #[inline]
    fn into_any(self) -> Any {
        self.0.into_any()
    }
}

impl<T> From<Array<T>> for Any {
    #[inline]
    fn from(array: Array<T>) -> Any {
        array.0.into_any()
    }
}

// SAFETY: transparent over a handle, which is one pointer. What is loaded was a `Self` when it was stored.
unsafe impl<T: FromAny + IntoAny + 'static> Field for Array<T> {
    type Value = Array<T>;
    const STORAGE: Storage = Storage::Object;
    fn from_value(value: Array<T>) -> Self {
        value
    }
    fn blank() -> Option<Self> {
        Some(Array::default())
    }
}

impl<T: Typed> Typed for Vec<T> {
    fn schema() -> Schema {
        Schema::Array(Box::new(T::schema()))
    }
}

impl<T: IntoAny> IntoAny for Vec<T> {
    fn into_any(self) -> Any {
        ArrayObj::make(self.into_iter().map(T::into_any)).into_any()
    }
}

impl<T: FromAny + IntoAny> FromAny for Vec<T> {
    fn from_any(view: AnyView<'_>) -> Result<Self, ConvertError> {
        Ok(gathered(Array::<T>::from_any(view)?.iter()))
    }
}
