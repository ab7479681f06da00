//! Objects with items behind their value, in one allocation: value, number of items, items.
//! Upholds: items are dropped with the value, once, also when an iterator panics or lies about its length.

use super::alloc::{self, AllocError};
use super::header::{Header, BOTH};
use super::{destroy, Obj, Object, ObjectType};
use std::alloc::Layout;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

impl<T: ObjectType> Obj<T> {
    /// Moves `value` and what `items` yields into a new object.
    ///
    /// # Panics
    /// When `items` yields less than it announced; what it yields beyond that is not asked for. With the [`AllocError`]
    /// when there is no memory.
    pub fn new_with_extra_items<I: Send + Sync + 'static>(value: T, items: impl ExactSizeIterator<Item = I>) -> Self {
        Self::try_new_with_extra_items(value, items).unwrap_or_else(|error| error.handle())
    }

    /// Moves `value` and what `items` yields into a new object. Drops both when there is no memory for one.
    ///
    /// # Panics
    /// When `items` yields less than it announced.
    pub fn try_new_with_extra_items<I: Send + Sync + 'static>(
        value: T,
        mut items: impl ExactSizeIterator<Item = I>,
    ) -> Result<Self, AllocError> {
        let type_index = T::type_index();
        let count = items.len();
        let Some(shape) = Shape::of::<T, I>(count) else {
            return Err(AllocError::new(Layout::new::<T>()));
        };
        let (body, flags) = alloc::allocate_body(shape.layout, type_index, !T::NO_PREFIX, false)?;
        // SAFETY: the body has the shape's layout. It is a `T`, which starts with a header, a count, and `count` items.
        // It is ours alone. The object is whole after each step; until all items are there its count says how many are,
        // and its memory is freed by `delete_partial`, which knows the full number.
        unsafe {
            body.cast::<T>().write(value);
            body.cast::<Header>().write(Header::new(type_index, flags, Some(delete::<T, I>)));
            let filled = body.add(shape.count).cast::<usize>();
            filled.write(0);
            let partial = Partial::<T, I> { object: body.cast(), count, items: PhantomData };
            let first = body.add(shape.items).cast::<I>();
            for i in 0..count {
                first.add(i).write(items.next().expect("an iterator as long as it announced"));
                filled.write(i + 1);
            }
            Ok(partial.complete())
        }
    }

    /// The items behind the value.
    ///
    /// # Safety
    /// The object was made by [`new_with_extra_items`](Self::new_with_extra_items) of exactly `T`, with items of type
    /// `I`.
    #[inline]
    pub unsafe fn extra_items<I: Send + Sync + 'static>(&self) -> &[I] {
        // SAFETY: made with exactly a `T` and such items. The object lives as long as the handle.
        unsafe { self.extra_items_raw::<I>().as_ref() }
    }

    /// The place of the items behind the value. It is valid for as long as the object lives.
    ///
    /// # Safety
    /// As for [`extra_items`](Self::extra_items).
    #[inline]
    pub unsafe fn extra_items_raw<I: Send + Sync + 'static>(&self) -> NonNull<[I]> {
        // SAFETY: the object was made with exactly a `T`, and items of type `I`.
        unsafe { items_of::<T, I>(self.as_raw()) }
    }
}

/// Where things are in an object with items.
struct Shape {
    layout: Layout,
    count: usize,
    items: usize,
}

impl Shape {
    /// `None` when it exceeds the address space.
    #[inline]
    fn of<T, I>(count: usize) -> Option<Shape> {
        let (head, at_count) = Layout::new::<T>().extend(Layout::new::<usize>()).ok()?;
        let (layout, at_items) = head.extend(Layout::array::<I>(count).ok()?).ok()?;
        Some(Shape { layout, count: at_count, items: at_items })
    }
}

/// # Safety
/// `object` was made with a `T` and items of type `I`.
#[inline]
unsafe fn items_of<T, I>(object: NonNull<Object>) -> NonNull<[I]> {
    let shape = Shape::of::<T, I>(0).expect("the shape of an object that exists");
    let body = object.cast::<u8>();
    // SAFETY: `object` was made with a `T` and items of type `I`.
    unsafe {
        let count = body.add(shape.count).cast::<usize>().read();
        NonNull::slice_from_raw_parts(body.add(shape.items).cast(), count)
    }
}

/// An object whose items are not all there yet. Dropped, it takes those that are along.
struct Partial<T: ObjectType, I> {
    object: NonNull<Object>,
    count: usize,
    items: PhantomData<(T, I)>,
}

impl<T: ObjectType, I: Send + Sync + 'static> Partial<T, I> {
    fn complete(self) -> Obj<T> {
        // SAFETY: the object is whole and its one strong count is ours.
        unsafe { Obj::from_raw(ManuallyDrop::new(self).object) }
    }
}

impl<T: ObjectType, I> Drop for Partial<T, I> {
    fn drop(&mut self) {
        let layout = Shape::of::<T, I>(self.count).expect("the shape of an object that exists").layout;
        let object = self.object;
        // SAFETY: the object is not published; its value and the counted items are whole.
        unsafe {
            let fields = || drop_fields::<T, I>(object);
            destroy::delete(object, BOTH, fields, || layout);
        }
    }
}

/// # Safety
/// `object` was made with a `T` and items of type `I`. They are dropped this once.
unsafe fn drop_fields<T, I>(object: NonNull<Object>) {
    struct Items<I>(NonNull<[I]>);
    impl<I> Drop for Items<I> {
        fn drop(&mut self) {
            // SAFETY: dropped once, by the caller's contract.
            unsafe { ptr::drop_in_place(self.0.as_ptr()) };
        }
    }
    // SAFETY: `object` was made with a `T` and items of type `I`. They are dropped this once.
    unsafe {
        let _after_the_value = Items(items_of::<T, I>(object));
        ptr::drop_in_place(object.as_ptr().cast::<T>());
    }
}

/// The deleter of objects with items.
unsafe extern "C" fn delete<T: ObjectType, I>(object: *mut c_void, flags: i32) {
    // SAFETY: a deleter is called with its object. It was made with a `T` and items of type `I`; the number of items is
    // not a field and stays.
    unsafe {
        let object = NonNull::new_unchecked(object.cast::<Object>());
        let layout = || {
            let count = items_of::<T, I>(object).len();
            Shape::of::<T, I>(count).expect("the shape of an object that exists").layout
        };
        destroy::delete(object, flags, || drop_fields::<T, I>(object), layout);
    }
}
