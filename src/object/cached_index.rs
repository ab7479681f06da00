//! The index of a Rust type, registered on first use.
//! Upholds: threads that come first at the same time get one index.

use super::registry::get_or_register_type;
use super::root::ObjectType;
use crate::sync::global::{AtomicI32, Ordering};

/// Where an [`ObjectType`] keeps its index.
///
/// ```
/// use bowline::object::{registry::CachedIndex, Header, Obj, Object, ObjectType};
///
/// #[repr(C)]
/// struct Point {
///     header: Header,
///     x: i64,
/// }
///
/// // SAFETY: `repr(C)`, starts with a header, and the key is this type's own.
/// unsafe impl ObjectType for Point {
///     const TYPE_KEY: &'static str = "doc.Point";
///     type Parent = Object;
///     fn type_index() -> i32 {
///         static INDEX: CachedIndex = CachedIndex::new();
///         INDEX.get_or_register::<Self>()
///     }
/// }
///
/// let point = Obj::new(Point { header: Header::placeholder(), x: 1 });
/// assert_eq!((point.x, point.type_info().key), (1, "doc.Point"));
/// ```
#[derive(Debug)]
pub struct CachedIndex(AtomicI32);

impl CachedIndex {
    /// Not known yet.
    pub const fn new() -> Self {
        CachedIndex(AtomicI32::new(0))
    }

    /// The index, from `register` the first time. Threads that come first at the same time may all call it.
    #[inline]
    pub fn get_or(&self, register: impl FnOnce() -> i32) -> i32 {
        // Acquire: pairs with the Release below. Carries: the type in the table.
        match self.0.load(Ordering::Acquire) {
            0 => {
                let index = register();
                // Release: pairs with the Acquire above.
                self.0.store(index, Ordering::Release);
                index
            }
            index => index,
        }
    }

    /// The index of `T`, registered with its parent the first time.
    ///
    /// # Panics
    /// When the key belongs to a type with another parent.
    #[inline]
    pub fn get_or_register<T: ObjectType>(&self) -> i32 {
        self.get_or(register::<T>)
    }
}

impl Default for CachedIndex {
    fn default() -> Self {
        Self::new()
    }
}

#[cold]
fn register<T: ObjectType>() -> i32 {
    match get_or_register_type(T::TYPE_KEY, T::Parent::type_index()) {
        Ok(info) => info.index,
        Err(error) => panic!("{error}"),
    }
}
