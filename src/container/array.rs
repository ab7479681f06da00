//! Immutable sequences.
//! Imports `value`, `object`.
//! Upholds: an array never changes once it is shared; its items live in the object itself.

use super::seq::SeqCell;
use crate::object::{Header, Obj, Object, ObjectType};
use crate::value::{tag, Any, AnyView, ConvertError, Field, FromAny, IntoAny, Schema, Storage, Typed};
use std::fmt;
use std::marker::PhantomData;
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
// SAFETY: as above.
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
    pub fn make(items: impl ExactSizeIterator<Item = Any>) -> Obj<ArrayObj> {
        let mut array =
            Obj::new_with_extra_items::<Any>(ArrayObj { header: Header::placeholder(), cell: SeqCell::empty() }, items);
        // SAFETY: made just above of this type, with values; only a field is written.
        unsafe {
            let items = array.extra_items_raw::<Any>();
            let cell = &mut array.get_unique_mut().expect("nobody else has it yet").cell;
            cell.data = items.as_ptr().cast::<Any>();
            cell.size = items.len() as i64;
            cell.capacity = cell.size;
        }
        array
    }

    /// The items.
    #[inline]
    pub fn as_slice(&self) -> &[Any] {
        // SAFETY: arrays do not change.
        unsafe { self.cell.items() }
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
pub struct Array<T = Any>(Obj<ArrayObj>, PhantomData<fn() -> T>);

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
        let items: Vec<Any> = items.into_iter().map(T::into_any).collect();
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

impl<T: FromAny + IntoAny> FromAny for Array<T> {
    fn from_any(view: AnyView<'_>) -> Result<Self, ConvertError> {
        if let Some(array) = view.as_ref::<ArrayObj>() {
            return Ok(match converted::<T>(array.views(), Self::schema, view)? {
                None => Array(Obj::from_any(view)?, PhantomData),
                Some(items) => Array(ArrayObj::make(items.into_iter()), PhantomData),
            });
        }
        let Some(list) = view.as_ref::<super::ListObj>() else {
            return Err(ConvertError::mismatch(Self::schema(), view));
        };
        let items = list.snapshot();
        let items = converted::<T>(Any::views(&items), Self::schema, view)?.unwrap_or(items);
        Ok(Array(ArrayObj::make(items.into_iter()), PhantomData))
    }
}

/// The items as `T`s; none when they are that already.
pub(super) fn converted<T: FromAny + IntoAny>(
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
            Some(changed) => changed.push(value),
            None if value.view().same(item) => {}
            None => {
                let mut values: Vec<Any> = items[..index].iter().copied().map(AnyView::to_owned).collect();
                values.push(value);
                changed = Some(values);
            }
        }
    }
    Ok(changed)
}

// SAFETY: transparent over a handle, which is one pointer; what is loaded was a `Self` when it was stored.
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
        Ok(Array::<T>::from_any(view)?.iter().collect())
    }
}
