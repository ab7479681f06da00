//! `Obj<T>` owns one strong count of an object. The object's type is `T` or derived from it.
//! Upholds: a handle never dangles and is never null; a value is never moved out of, or replaced in, its object.

use super::alloc::{self, AllocError};
use super::count::Counts;
use super::header::Header;
use super::registry::{self, TypeInfo};
use super::root::counts;
use super::{destroy, release, tie_word, Object, ObjectType};
use crate::word::AtomicWord;
use std::alloc::Layout;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::{self, NonNull};

/// A strong handle. `Option<Obj<T>>` is one nullable pointer.
///
/// Handles are shared freely between threads; there is no `DerefMut`.
#[repr(transparent)]
pub struct Obj<T: ObjectType> {
    object: NonNull<T>,
    owns: PhantomData<T>,
}

// SAFETY: `T: Send + Sync` by `ObjectType`, the counts are atomic, and objects may be destroyed on any thread.
unsafe impl<T: ObjectType> Send for Obj<T> {}
// SAFETY: `T: Send + Sync` by `ObjectType`, and counts are atomic. Objects may be destroyed on any thread.
unsafe impl<T: ObjectType> Sync for Obj<T> {}

impl<T: ObjectType> Obj<T> {
    /// Moves `value` into a new object.
    ///
    /// # Panics
    /// With the [`AllocError`] when there is no memory, which functions answer with an error of kind `MemoryError`; see
    /// [`try_new`](Self::try_new).
    #[inline]
    pub fn new(value: T) -> Self {
        Self::try_new(value).unwrap_or_else(|error| error.handle())
    }

    /// Moves `value` into a new object. Drops it when there is no memory for one.
    #[inline]
    pub fn try_new(value: T) -> Result<Self, AllocError> {
        let type_index = T::type_index();
        let (body, flags) = alloc::allocate_body(Layout::new::<T>(), type_index, !T::NO_PREFIX, false)?;
        // SAFETY: the body has the layout of `T`, which starts with a header. It is ours alone.
        unsafe {
            body.cast::<T>().write(value);
            body.cast::<Header>().write(Header::new(type_index, flags, Some(delete::<T>)));
            Ok(Self::from_raw(body.cast()))
        }
    }

    /// Takes over a strong count.
    ///
    /// # Safety
    /// - The caller owns a strong count of `object` and gives it up.
    /// - The object's type is `T` or derived from it.
    /// - The pointer is one that a handle gave or lent, or that of a foreign object's maker.
    #[inline]
    pub const unsafe fn from_raw(object: NonNull<Object>) -> Self {
        Obj { object: object.cast(), owns: PhantomData }
    }

    /// Takes a strong count of its own.
    ///
    /// # Safety
    /// As for [`from_raw`](Self::from_raw), but the caller keeps what it holds, which is enough to keep `object` alive
    /// during the call.
    #[inline]
    pub unsafe fn from_borrowed(object: NonNull<Object>) -> Self {
        // SAFETY: what the caller keeps holds `object` alive; the new count is the handle's.
        unsafe {
            super::retain(object);
            Self::from_raw(object)
        }
    }

    /// Gives the strong count away.
    #[inline]
    pub fn into_raw(self) -> NonNull<Object> {
        ManuallyDrop::new(self).as_raw()
    }

    /// Lends the object: valid for as long as this or another handle lives.
    #[inline]
    pub fn as_raw(&self) -> NonNull<Object> {
        self.object.cast()
    }

    /// The address of the value. For looking; counts are taken through [`as_raw`](Self::as_raw).
    #[inline]
    pub fn as_ptr(&self) -> *const T {
        self.object.as_ptr()
    }

    /// The header.
    #[inline]
    pub fn header(&self) -> &Header {
        // SAFETY: objects start with a header.
        unsafe { self.object.cast::<Header>().as_ref() }
    }

    #[inline]
    pub(super) fn counts(&self) -> &Counts {
        // SAFETY: this handle keeps the object allocated.
        unsafe { counts(self.as_raw()) }
    }

    /// The index of the object's dynamic type, which is `T`'s or derived from it.
    #[inline]
    pub fn type_index(&self) -> i32 {
        self.header().type_index()
    }

    /// The object's dynamic type.
    ///
    /// # Panics
    /// When a foreign maker gave the object an index that was never registered.
    pub fn type_info(&self) -> &'static TypeInfo {
        registry::type_info(self.type_index()).expect("the type of an object is registered")
    }

    /// How many strong counts there are, at some recent moment.
    #[inline]
    pub fn strong_count(&self) -> u32 {
        self.counts().strong()
    }

    /// How many weak handles there are, at some recent moment.
    #[inline]
    pub fn weak_count(&self) -> u32 {
        self.counts().weak() - 1
    }

    /// Whether no other handle of either kind exists.
    #[inline]
    pub fn is_unique(&self) -> bool {
        self.counts().is_unique()
    }

    /// Whether both are handles of the same object.
    #[inline]
    pub fn ptr_eq<U: ObjectType>(&self, other: &Obj<U>) -> bool {
        self.as_raw() == other.as_raw()
    }

    /// The word that ties the object to its wrapper, if its allocation has one.
    #[inline]
    pub fn tie_word(&self) -> Option<&AtomicWord> {
        // SAFETY: this handle keeps the object allocated, and its pointer is the allocation's.
        unsafe { tie_word(self.as_raw()) }
    }

    /// Whether the object's type is `U` or derived from it.
    #[inline]
    pub fn is<U: ObjectType>(&self) -> bool {
        if const { derives::<T, U>() } {
            return true;
        }
        registry::is_instance(self.type_index(), U::type_index())
    }

    /// The same handle as one of `T`'s ancestor `P`; does not compile for another type.
    ///
    /// ```
    /// use bowline::object::{Obj, Object};
    /// assert!(Obj::new(Object::placeholder()).upcast::<Object>().is::<Object>());
    /// ```
    /// ```compile_fail,E0080
    /// use bowline::object::{Header, Obj, Object, ObjectType};
    /// #[repr(C)]
    /// struct Child(Header);
    /// // SAFETY: never made an object.
    /// unsafe impl ObjectType for Child {
    ///     const TYPE_KEY: &'static str = "doc.Child";
    ///     type Parent = Object;
    ///     fn type_index() -> i32 {
    ///         128
    ///     }
    /// }
    /// let _ = Obj::new(Object::placeholder()).upcast::<Child>();
    /// ```
    #[inline]
    pub fn upcast<P: ObjectType>(self) -> Obj<P> {
        const { assert!(derives::<T, P>(), "the target of an upcast is not an ancestor of its source") };
        // SAFETY: `P` is an ancestor of `T`.
        unsafe { Obj::from_raw(self.into_raw()) }
    }

    /// Borrows the handle as one of `T`'s ancestor `P`; does not compile for another type.
    #[inline]
    pub fn upcast_ref<P: ObjectType>(&self) -> &Obj<P> {
        const { assert!(derives::<T, P>(), "the target of an upcast is not an ancestor of its source") };
        // SAFETY: handles of all types have one representation, and `P` is an ancestor of `T`.
        unsafe { &*ptr::from_ref(self).cast() }
    }

    /// The same handle as one of `U`. The handle comes back when the object's type is not `U` nor derived from it.
    #[inline]
    pub fn downcast<U: ObjectType>(self) -> Result<Obj<U>, Self> {
        if self.is::<U>() {
            // SAFETY: checked.
            Ok(unsafe { Obj::from_raw(self.into_raw()) })
        } else {
            Err(self)
        }
    }

    /// Borrows the handle as one of `U`. The object's type has to be `U` or derived from it.
    #[inline]
    pub fn downcast_ref<U: ObjectType>(&self) -> Option<&Obj<U>> {
        // SAFETY: handles of all types have one representation; the type is checked.
        self.is::<U>().then(|| unsafe { &*ptr::from_ref(self).cast() })
    }

    /// The value, for changing its fields, when no other handle of either kind exists.
    ///
    /// # Safety
    /// The value as a whole is not moved, swapped or overwritten, nor is any part of it that holds the header: the
    /// object may be of a derived type, and its header is its own.
    #[inline]
    pub unsafe fn get_unique_mut(&mut self) -> Option<&mut T> {
        if self.counts().is_unique() {
            // SAFETY: the only handle is borrowed mutably.
            Some(unsafe { self.object.as_mut() })
        } else {
            None
        }
    }
}

/// Whether `P` is `T` or an ancestor of it, at compile time.
const fn derives<T: ObjectType, P: ObjectType>() -> bool {
    if same(T::TYPE_KEY, P::TYPE_KEY) {
        return true;
    }
    if same(T::TYPE_KEY, Object::TYPE_KEY) {
        return false;
    }
    derives::<T::Parent, P>()
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The deleter of objects that [`Obj::new`] makes.
unsafe extern "C" fn delete<T: ObjectType>(object: *mut c_void, flags: i32) {
    // SAFETY: a deleter is called with its object.
    let object = unsafe { NonNull::new_unchecked(object.cast::<Object>()) };
    // SAFETY: the value is a `T` that was moved in, dropped once as the flags say. The layout is the allocation's.
    unsafe { destroy::delete(object, flags, || ptr::drop_in_place(object.as_ptr().cast::<T>()), Layout::new::<T>) };
}

impl<T: ObjectType> Deref for Obj<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this handle keeps the object alive, and its type is `T` or starts with it.
        unsafe { self.object.as_ref() }
    }
}

impl<T: ObjectType> Clone for Obj<T> {
    #[inline]
    fn clone(&self) -> Self {
        self.counts().retain();
        Obj { object: self.object, owns: PhantomData }
    }
}

impl<T: ObjectType> Drop for Obj<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the handle owns a count, and is gone after this.
        unsafe { release(self.as_raw()) };
    }
}

impl<T: ObjectType> fmt::Debug for Obj<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = registry::type_info(self.type_index()).map_or("?", |info| info.key);
        write!(f, "{key}({:p})", self.object)
    }
}
