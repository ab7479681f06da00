//! Tensors: memory with a shape, which other libraries share by DLPack.
//! Upholds: shape, strides and type of a tensor never change; its memory is there for as long as the object, and its
//! maker's deleter ends it, once.
//!
//! ```
//! use bowline::tensor::{Tensor, TensorObj};
//! use bowline::value::DataType;
//!
//! let int16 = DataType { code: 0, bits: 16, lanes: 1 };
//! let tensor: Tensor = TensorObj::from_bytes(int16, &[2, 3], &[0; 12]).unwrap();
//! assert_eq!((tensor.shape(), &*tensor.strides()), (&[2, 3][..], &[3, 1][..]));
//! let shared = TensorObj::from_exported(tensor.clone().export().unwrap()).unwrap();
//! assert_eq!(shared.data(), tensor.data());
//! ```

pub mod allocator;
mod check;
mod content;
pub mod dlpack;
mod export;
mod made;

pub use check::MAX_NDIM;
pub use export::Exported;
pub use made::share;

use crate::function::Error;
use crate::object::alloc::add_flags;
use crate::object::header::FLAG_MADE_HERE;
use crate::object::{Header, Obj, Object, ObjectType};
use crate::value::{tag, AnyView, ConvertError, DataType, Device, FromAny, Schema, Typed};
use dlpack::{dims, DLTensor, Managed, CPU, SUBBYTE_PADDED};
use std::borrow::Cow;
use std::ffi::c_void;

/// The object behind a tensor, as the C ABI has it. What keeps its memory follows, known to its maker only.
#[repr(C)]
pub struct TensorObj {
    header: Header,
    tensor: DLTensor,
}

const _: () = assert!(std::mem::offset_of!(TensorObj, tensor) == size_of::<Header>());

/// A tensor that any thread can hold.
pub type Tensor = Obj<TensorObj>;

// SAFETY: never written once shared; what it points to is the maker's promise, see `from_managed`.
unsafe impl Send for TensorObj {}
// SAFETY: never written once shared. What it points to is the maker's promise, see `from_managed`.
unsafe impl Sync for TensorObj {}

// SAFETY: repr(C), starts with the header.
unsafe impl ObjectType for TensorObj {
    const TYPE_KEY: &'static str = "ffi.Tensor";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::TENSOR
    }
}

/// What is behind a tensor that was made here, which its header says ([`FLAG_MADE_HERE`]).
#[repr(C)]
struct Held {
    tensor: TensorObj,
    flags: u64,
    /// Shape and strides, to which the tensor points.
    dims: Box<[i64]>,
    /// Keeps the memory; dropped with the object.
    keeper: Keeper,
}

/// What keeps a tensor's memory: dropping it, on whatever thread, gives the memory back.
pub type Keeper = Box<dyn Send + Sync>;

// SAFETY: repr(C), starts with its parent. The index is the parent's: code outside cannot name the type to ask for it.
unsafe impl ObjectType for Held {
    const TYPE_KEY: &'static str = TensorObj::TYPE_KEY;
    type Parent = TensorObj;
    #[inline]
    fn type_index() -> i32 {
        tag::TENSOR
    }
}

/// Ends a managed tensor when it is dropped, on that thread.
struct Ends(Managed);

impl Drop for Ends {
    fn drop(&mut self) {
        // SAFETY: the maker gave the managed tensor up.
        unsafe { self.0.delete() };
    }
}

impl TensorObj {
    /// A tensor over memory that `keeper` keeps.
    ///
    /// # Errors
    /// Kind `ValueError` for a tensor that cannot be: see [`check`](Self::check).
    ///
    /// # Safety
    /// Shape and strides can be read now. The memory that the tensor describes can be read, and written unless the flags
    /// say otherwise, for as long as `keeper` is not dropped; a writer sees to it that no other thread uses that part
    /// meanwhile.
    pub unsafe fn from_kept(tensor: DLTensor, flags: u64, keeper: Keeper) -> Result<Tensor, Error> {
        // SAFETY: shape and strides can be read now.
        let mut dims = unsafe { check::dims(&tensor) }?;
        let (shape, strides) = dims.split_at_mut(tensor.ndim as usize);
        let tensor = DLTensor { shape: shape.as_mut_ptr(), strides: strides.as_mut_ptr(), ..tensor };
        let tensor = TensorObj { header: Header::placeholder(), tensor };
        let made = Obj::try_new(Held { tensor, flags, dims, keeper }).map_err(Error::out_of_memory)?;
        // What a guest's compiler lays out is a tensor of another maker to the host.
        #[cfg(not(feature = "guest"))]
        // SAFETY: the object is not published, which is a `Held`.
        unsafe {
            add_flags(made.as_raw(), FLAG_MADE_HERE)
        };
        Ok(made.upcast())
    }

    /// Checks that a tensor can be as it says. It has at most [`MAX_NDIM`] dimensions, none of negative size, no more bytes
    /// than there are addresses, elements of at least one bit, and memory where there are elements.
    ///
    /// # Errors
    /// Kind `ValueError`, with the reason.
    ///
    /// # Safety
    /// Shape and strides can be read, where they are not null, at `ndim` places.
    pub unsafe fn check(tensor: &DLTensor) -> Result<(), Error> {
        // SAFETY: shape and strides can be read at `ndim` places where they are not null.
        unsafe { check::dims(tensor) }.map(drop)
    }

    /// A tensor over memory that another maker manages. The maker ends it when the object goes, on that thread.
    ///
    /// # Errors
    /// As [`from_kept`](Self::from_kept); the managed tensor has ended then.
    ///
    /// # Safety
    /// It is alive, [understood](Managed::is_understood), and the caller gives it up; its deleter may run on any thread;
    /// the rest as for [`from_kept`](Self::from_kept).
    pub unsafe fn from_managed(managed: Managed) -> Result<Tensor, Error> {
        let keeper = Ends(managed);
        // SAFETY: the tensor is alive and understood; `keeper` ends it, on any thread.
        unsafe {
            let (tensor, flags) = managed.tensor();
            Self::from_kept(tensor, flags, Box::new(keeper))
        }
    }

    /// The tensor, as DLPack describes it.
    #[inline]
    pub fn dl_tensor(&self) -> &DLTensor {
        &self.tensor
    }

    /// The size of each dimension.
    #[inline]
    pub fn shape(&self) -> &[i64] {
        // SAFETY: constant, and there for as long as the object.
        unsafe { dims(self.tensor.shape, self.tensor.ndim) }.unwrap_or(&[])
    }

    /// How many elements lie between neighbours of each dimension.
    pub fn strides(&self) -> Cow<'_, [i64]> {
        // SAFETY: constant, null or `ndim` numbers, and there for as long as the object.
        match unsafe { dims(self.tensor.strides, self.tensor.ndim) } {
            Some(strides) => Cow::Borrowed(strides),
            // Another maker's.
            None => Cow::Owned(check::row_major(self.shape())),
        }
    }

    /// What an element is.
    #[inline]
    pub fn dtype(&self) -> DataType {
        self.tensor.dtype
    }

    /// Where the memory is.
    #[inline]
    pub fn device(&self) -> Device {
        self.tensor.device
    }

    /// The address of the first element.
    #[inline]
    pub fn data(&self) -> *mut c_void {
        self.tensor.data.wrapping_byte_add(self.tensor.byte_offset as usize)
    }

    /// How many elements there are.
    pub fn numel(&self) -> i64 {
        self.shape().iter().product()
    }

    /// Whether the elements lie in row-major order without gaps.
    pub fn is_contiguous(&self) -> bool {
        // SAFETY: shape and strides are there for as long as the object.
        unsafe { Self::lies_contiguous(&self.tensor) }
    }

    /// Whether the elements of a tensor lie in row-major order without gaps.
    ///
    /// # Safety
    /// Shape and strides can be read, where they are not null, at `ndim` places.
    pub unsafe fn lies_contiguous(tensor: &DLTensor) -> bool {
        // SAFETY: shape and strides can be read at `ndim` places where they are not null.
        unsafe { check::is_contiguous(tensor) }
    }

    /// The flags of DLPack; none of a tensor that was made elsewhere.
    pub fn flags(&self) -> u64 {
        if cfg!(feature = "guest") || self.header.flags() & FLAG_MADE_HERE == 0 {
            return 0;
        }
        let this: *const TensorObj = self;
        // SAFETY: the flag says that the object is a `Held`, which starts with this.
        unsafe { (*this.cast::<Held>()).flags }
    }

    /// Bits that an element takes in memory.
    fn bits(&self) -> usize {
        bits_in_memory(self.tensor.dtype, self.flags())
    }

    /// Bytes that the elements take in row-major order without gaps.
    pub fn size(&self) -> usize {
        (self.numel() as usize * self.bits()).div_ceil(8)
    }

    /// Whether the processor can read the memory.
    pub fn is_on_cpu(&self) -> bool {
        self.tensor.device.kind == CPU
    }
}

/// Bits that an element takes in the memory of a tensor with these flags.
fn bits_in_memory(dtype: DataType, flags: u64) -> usize {
    let bits = usize::from(dtype.bits) * usize::from(dtype.lanes);
    if flags & SUBBYTE_PADDED == 0 {
        bits
    } else {
        bits.next_multiple_of(8)
    }
}

/// A parameter that looks at a tensor for the time of a call. Signatures write `DLTensor*`.
pub struct TensorView(Tensor);

impl std::ops::Deref for TensorView {
    type Target = TensorObj;
    fn deref(&self) -> &TensorObj {
        &self.0
    }
}

impl Typed for TensorView {
    fn schema() -> Schema {
        Schema::Object(tag::DL_TENSOR)
    }
}

impl FromAny for TensorView {
    fn from_any(view: AnyView<'_>) -> Result<TensorView, ConvertError> {
        Tensor::from_any(view).map(TensorView).map_err(|error| error.widen(Self::schema()))
    }
}
