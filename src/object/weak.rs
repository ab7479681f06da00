//! `WeakObj<T>` owns one weak count, which keeps an object's memory but not its value.
//! Upholds: reads nothing of the value but through an upgrade.

use super::root::counts;
use super::{destroy, Obj, Object, ObjectType};
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// A weak handle.
#[repr(transparent)]
pub struct WeakObj<T: ObjectType> {
    object: NonNull<Object>,
    of: PhantomData<Obj<T>>,
}

// SAFETY: values are `Send + Sync`, counts atomic, as for `Obj`.
unsafe impl<T: ObjectType> Send for WeakObj<T> {}
// SAFETY: values are `Send + Sync`, counts atomic, as for `Obj`.
unsafe impl<T: ObjectType> Sync for WeakObj<T> {}

impl<T: ObjectType> Obj<T> {
    /// A weak handle of the object.
    #[inline]
    pub fn downgrade(&self) -> WeakObj<T> {
        self.counts().retain_weak();
        // SAFETY: the count was just taken.
        unsafe { WeakObj::from_raw(self.as_raw()) }
    }
}

impl<T: ObjectType> WeakObj<T> {
    /// A strong handle, unless the object has been destroyed.
    #[inline]
    pub fn upgrade(&self) -> Option<Obj<T>> {
        // SAFETY: the weak count keeps the memory. The count of the new handle was taken when `upgrade` said so.
        unsafe { counts(self.object).upgrade().then(|| Obj::from_raw(self.object)) }
    }

    /// How many strong counts there are, at some recent moment.
    pub fn strong_count(&self) -> u32 {
        // SAFETY: the weak count keeps the memory.
        unsafe { counts(self.object) }.strong()
    }

    /// Whether both are handles of the same object.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.object == other.object
    }

    /// Takes over a weak count.
    ///
    /// # Safety
    /// The caller owns a weak count of `object` and gives it up; the object's type is `T` or derived from it.
    #[inline]
    pub const unsafe fn from_raw(object: NonNull<Object>) -> Self {
        WeakObj { object, of: PhantomData }
    }

    /// Gives the weak count away.
    #[inline]
    pub fn into_raw(self) -> NonNull<Object> {
        ManuallyDrop::new(self).object
    }

    /// Lends the object's address, which says nothing of whether the object lives.
    #[inline]
    pub fn as_raw(&self) -> NonNull<Object> {
        self.object
    }
}

impl<T: ObjectType> Clone for WeakObj<T> {
    fn clone(&self) -> Self {
        // SAFETY: the weak count keeps the memory.
        unsafe { counts(self.object) }.retain_weak();
        WeakObj { object: self.object, of: PhantomData }
    }
}

impl<T: ObjectType> Drop for WeakObj<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the handle owns a weak count, and is gone after this.
        unsafe { destroy::release_weak(self.object) };
    }
}

impl<T: ObjectType> fmt::Debug for WeakObj<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "weak {}({:p})", T::TYPE_KEY, self.object)
    }
}
