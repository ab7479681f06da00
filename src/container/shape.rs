//! Shapes: immutable sequences of integers.
//! Upholds: a shape never changes; its numbers live in the object itself.

use crate::object::{Header, Obj, Object, ObjectType};
use crate::value::{tag, AnyView};
use std::ops::Deref;

/// The object behind a shape. The cell is that of the C ABI.
#[repr(C)]
pub struct ShapeObj {
    header: Header,
    data: *const i64,
    size: usize,
}

const _: () = assert!(std::mem::offset_of!(ShapeObj, data) == size_of::<Header>());

// SAFETY: never written once shared.
unsafe impl Send for ShapeObj {}
// SAFETY: never written once shared.
unsafe impl Sync for ShapeObj {}

// SAFETY: repr(C), starts with the header.
unsafe impl ObjectType for ShapeObj {
    const TYPE_KEY: &'static str = "ffi.Shape";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::SHAPE
    }
}

impl ShapeObj {
    /// A shape of these numbers.
    ///
    /// ```
    /// use bowline::container::ShapeObj;
    /// assert_eq!(ShapeObj::make(&[2, 3])[..], [2, 3]);
    /// ```
    pub fn make(numbers: &[i64]) -> Obj<ShapeObj> {
        let blank = ShapeObj { header: Header::placeholder(), data: std::ptr::null(), size: 0 };
        let mut shape = Obj::new_with_extra_items::<i64>(blank, numbers.iter().copied());
        // SAFETY: made just above of this type, with numbers; only fields are written.
        unsafe {
            let numbers = shape.extra_items_raw::<i64>();
            let cell = shape.get_unique_mut().expect("it has one owner");
            cell.data = numbers.as_ptr().cast::<i64>();
            cell.size = numbers.len();
        }
        shape
    }

    /// The numbers of a value that is a shape.
    pub fn of<'a>(view: AnyView<'a>) -> Option<&'a [i64]> {
        view.as_ref::<ShapeObj>().map(|shape| &**shape)
    }
}

impl Deref for ShapeObj {
    type Target = [i64];
    fn deref(&self) -> &[i64] {
        if self.size == 0 {
            return &[];
        }
        // SAFETY: the cell describes numbers that live as long as the object and never change.
        unsafe { std::slice::from_raw_parts(self.data, self.size) }
    }
}
