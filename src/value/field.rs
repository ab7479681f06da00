//! Rust types that can be fields of reflected objects; the mutable ones among them.
//! Upholds: a field's bytes are those of its storage; a plain field never changes once its object is shared.

use super::{cell, Any, AnyView, Bytes, ConvertError, DataType, Device, FromAny, IntoAny, Schema, Storage, Str, Typed};
use crate::object::{Obj, ObjectType};
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::sync::atomic::AtomicI64;

impl Typed for AtomicI64 {
    fn schema() -> Schema {
        i64::schema()
    }
}

// SAFETY: the bytes are those of the storage and read back as an integer. Readers load atomically, so that Rust code
// alone may store at any time.
unsafe impl Field for AtomicI64 {
    type Value = i64;
    const STORAGE: Storage = Storage::I64;
    fn from_value(value: i64) -> AtomicI64 {
        AtomicI64::new(value)
    }
    fn blank() -> Option<AtomicI64> {
        Some(AtomicI64::new(0))
    }
}

/// A type that can be a field of a reflected object.
///
/// # Safety
/// The type's bytes are those of `STORAGE`, and a value loaded from such a field converts to [`Field::Value`]. A type
/// with `MUTABLE` accesses its bytes through [`cell`] only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field that Python sees",
    label = "not a field's type",
    note = "what can: numbers, `bool`, `Str`, `Bytes`, `Any`, `Obj<T>`, `Option<Obj<T>>`, containers, and `Mutable` or `AnyOf` of such",
    note = "in `bowline::object!`, members of other types belong to `native {{ … }}`"
)]
pub unsafe trait Field: Send + Sync + Sized + 'static {
    /// What is read and written.
    type Value: FromAny + IntoAny;
    /// How it is stored.
    const STORAGE: Storage;
    /// Whether it can be written while shared.
    const MUTABLE: bool = false;

    /// The field from its first value.
    fn from_value(value: Self::Value) -> Self;

    /// What an unset field holds; none when the type has no such value.
    fn blank() -> Option<Self>;
}

macro_rules! plain {
    ($($type:ty => $storage:ident, $blank:expr;)*) => {$(
        // SAFETY: the type has the layout of the storage and reads back as itself.
        unsafe impl Field for $type {
            type Value = $type;
            const STORAGE: Storage = Storage::$storage;
            #[inline]
            fn from_value(value: $type) -> $type {
                value
            }
            fn blank() -> Option<$type> {
                $blank
            }
        }
        const _: () = assert!(size_of::<$type>() == Storage::$storage.size());
        const _: () = assert!(align_of::<$type>() >= Storage::$storage.align());
    )*};
}
plain! {
    i8 => I8, Some(0);
    i16 => I16, Some(0);
    i32 => I32, Some(0);
    i64 => I64, Some(0);
    u8 => U8, Some(0);
    u16 => U16, Some(0);
    u32 => U32, Some(0);
    u64 => U64, Some(0);
    f32 => F32, Some(0.0);
    f64 => F64, Some(0.0);
    bool => Bool, Some(false);
    DataType => DType, Some(DataType::from_bits(0));
    Device => Device, Some(Device::from_bits(0));
    Any => Any, Some(Any::none());
    Str => Any, Some(Str::default());
    Bytes => Any, Some(Bytes::default());
}

// SAFETY: a handle is one pointer, never null.
unsafe impl<T: ObjectType> Field for Obj<T> {
    type Value = Obj<T>;
    const STORAGE: Storage = Storage::Object;
    #[inline]
    fn from_value(value: Obj<T>) -> Obj<T> {
        value
    }
    fn blank() -> Option<Obj<T>> {
        None
    }
}

// SAFETY: `None` is the null pointer; `Obj` is transparent over `NonNull`.
unsafe impl<T: ObjectType> Field for Option<Obj<T>> {
    type Value = Option<Obj<T>>;
    const STORAGE: Storage = Storage::Object;
    #[inline]
    fn from_value(value: Option<Obj<T>>) -> Option<Obj<T>> {
        value
    }
    fn blank() -> Option<Option<Obj<T>>> {
        Some(None)
    }
}

/// An opaque pointer as a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Pointer(pub *mut c_void);

// SAFETY: an address, without a claim about what is there.
unsafe impl Send for Pointer {}
// SAFETY: an address, without a claim about what is there.
unsafe impl Sync for Pointer {}

impl Typed for Pointer {
    fn schema() -> Schema {
        Schema::Pointer
    }
}
impl IntoAny for Pointer {
    #[inline]
    fn into_any(self) -> Any {
        self.0.into_any()
    }
}
impl FromAny for Pointer {
    #[inline]
    fn from_any(view: AnyView<'_>) -> Result<Pointer, ConvertError> {
        <*mut c_void>::from_any(view).map(Pointer)
    }
}
plain! { Pointer => Pointer, Some(Pointer(std::ptr::null_mut())); }

/// A value of type `T` kept in dynamic form. It serves fields of optional strings, of variants, and the like.
#[derive(Clone, Default)]
#[repr(transparent)]
pub struct AnyOf<T>(Any, PhantomData<fn() -> T>);

impl<T: FromAny + IntoAny> AnyOf<T> {
    /// Keeps `value`.
    pub fn new(value: T) -> AnyOf<T> {
        AnyOf(value.into_any(), PhantomData)
    }

    /// The value.
    pub fn get(&self) -> Result<T, ConvertError> {
        T::from_any(self.0.view())
    }

    /// The value in dynamic form.
    pub fn view(&self) -> AnyView<'_> {
        self.0.view()
    }
}

impl<T> std::fmt::Debug for AnyOf<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
impl<T: Typed> Typed for AnyOf<T> {
    fn schema() -> Schema {
        T::schema()
    }
}
impl<T: Typed> IntoAny for AnyOf<T> {
    #[inline]
    fn into_any(self) -> Any {
        self.0
    }
}
impl<T: FromAny + IntoAny> FromAny for AnyOf<T> {
    fn from_any(view: AnyView<'_>) -> Result<AnyOf<T>, ConvertError> {
        T::from_any(view).map(AnyOf::new)
    }
}
// SAFETY: transparent over `Any`.
unsafe impl<T: FromAny + IntoAny + 'static> Field for AnyOf<T> {
    type Value = AnyOf<T>;
    const STORAGE: Storage = Storage::Any;
    #[inline]
    fn from_value(value: AnyOf<T>) -> AnyOf<T> {
        value
    }
    fn blank() -> Option<AnyOf<T>> {
        T::from_any(AnyView::none()).ok().map(AnyOf::new)
    }
}

/// A field that threads may write while others read it.
///
/// ```
/// use bowline::value::{Mutable, Str};
///
/// let name = Mutable::new(Str::from("before"));
/// std::thread::scope(|scope| {
///     scope.spawn(|| name.set(Str::from("after")));
///     assert!(["before", "after"].contains(&name.get().as_str()));
/// });
/// assert_eq!(name.get(), "after");
/// ```
#[repr(transparent)]
pub struct Mutable<T>(UnsafeCell<T>);

// SAFETY: shared access goes through `cell`, which is made for that; `T: Field` is Send + Sync.
unsafe impl<T: Field> Sync for Mutable<T> {}

impl<T: Field<Value = T> + FromAny + IntoAny> Mutable<T> {
    /// A field with its first value.
    #[inline]
    pub const fn new(value: T) -> Mutable<T> {
        Mutable(UnsafeCell::new(value))
    }

    /// The value.
    #[inline]
    pub fn get(&self) -> T {
        // SAFETY: the cell holds a `T`, whose bytes are those of the storage. All writers use `store`.
        let value = unsafe { cell::load(self.0.get().cast::<u8>(), T::STORAGE) };
        T::from_owned(value).expect("a field holds its own type")
    }

    /// Where the value lies, for `cell`.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.0.get().cast()
    }

    /// Replaces the value; the old one is released when no reader can see it.
    #[inline]
    pub fn set(&self, value: T) {
        // SAFETY: the cell holds a `T`, which has the tag of its storage.
        unsafe { cell::store(self.0.get().cast::<u8>(), T::STORAGE, value.into_any()) };
    }
}

impl<T: Field<Value = T> + FromAny + IntoAny + std::fmt::Debug> std::fmt::Debug for Mutable<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}

impl<T: Typed> Typed for Mutable<T> {
    fn schema() -> Schema {
        T::schema()
    }
}

// SAFETY: transparent over `T`; shared access goes through `cell`.
unsafe impl<T: Field<Value = T> + FromAny + IntoAny> Field for Mutable<T> {
    type Value = T;
    const STORAGE: Storage = T::STORAGE;
    const MUTABLE: bool = true;
    #[inline]
    fn from_value(value: T) -> Mutable<T> {
        Mutable::new(value)
    }
    fn blank() -> Option<Mutable<T>> {
        T::blank().map(Mutable::new)
    }
}
