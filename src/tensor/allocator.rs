//! Memory for tensors from the caller. A framework lets functions make their results in its own memory.
//! Upholds: a thread that set nothing has what was set for all.

use super::dlpack::{DLManagedTensorVersioned, DLTensor, Managed};
use super::{Tensor, TensorObj};
use crate::function::Error;
use crate::sync::global::{AtomicPtr, Ordering};
use std::cell::Cell;
use std::ffi::{c_char, c_void, CStr};
use std::ptr::{null_mut, NonNull};

/// Tells an error: context, kind, message.
pub type SetError = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char);
/// DLPack's `DLPackManagedTensorAllocator`. It gives a tensor like the prototype, or an error by the function that it
/// is given.
pub type Allocator =
    unsafe extern "C" fn(*mut DLTensor, *mut *mut DLManagedTensorVersioned, *mut c_void, SetError) -> i32;

thread_local! {
    static OWN: Cell<Option<Allocator>> = const { Cell::new(None) };
}

static FOR_ALL: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

/// The calling thread's allocator.
pub fn current() -> Option<Allocator> {
    if let Ok(Some(own)) = OWN.try_with(Cell::get) {
        return Some(own);
    }
    // Acquire: pairs with the Release in `set`. Carries: what was prepared for the allocator.
    let for_all = FOR_ALL.load(Ordering::Acquire);
    // SAFETY: null, or an allocator that `set` stored.
    (!for_all.is_null()).then(|| unsafe { std::mem::transmute::<*mut c_void, Allocator>(for_all) })
}

/// Sets the calling thread's allocator, and that of all threads that set none. Gives the thread's former one.
///
/// # Safety
/// The allocator keeps to DLPack's contract, on every thread that it is set for, for good.
pub unsafe fn set(allocator: Option<Allocator>, for_all: bool) -> Option<Allocator> {
    if for_all {
        // Release: pairs with the Acquire in `current`.
        FOR_ALL.store(allocator.map_or(null_mut(), |allocator| allocator as *mut c_void), Ordering::Release);
    }
    OWN.try_with(|own| own.replace(allocator)).ok().flatten()
}

/// [`SetError`] whose context is an `Option<Error>`.
unsafe extern "C" fn set_error(context: *mut c_void, kind: *const c_char, message: *const c_char) {
    let text = |text: *const c_char| match text.is_null() {
        true => String::new(),
        // SAFETY: DLPack's contract: both are C strings.
        false => unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned(),
    };
    let made = std::panic::catch_unwind(|| Error::new(&text(kind), text(message))).unwrap_or_else(Error::from_panic);
    // SAFETY: `allocate` lends it for the call.
    unsafe { *context.cast::<Option<Error>>() = Some(made) };
}

/// A tensor with the prototype's shape, element type and device. Its memory is from the thread's allocator.
///
/// # Errors
/// Kind `RuntimeError` without an allocator; what the allocator says; those of a tensor that cannot be.
///
/// # Safety
/// The prototype's shape can be read.
pub unsafe fn allocate(prototype: &DLTensor) -> Result<Tensor, Error> {
    let allocator = current().ok_or_else(|| {
        Error::runtime("no memory for tensors: TVMFFIEnvSetDLPackManagedTensorAllocator has not been called")
    })?;
    // Neither memory nor strides are looked at.
    let mut asked = DLTensor { data: NonNull::dangling().as_ptr(), strides: null_mut(), byte_offset: 0, ..*prototype };
    // SAFETY: the prototype's shape can be read.
    unsafe { TensorObj::check(&asked) }?;
    asked.data = null_mut();
    let (mut made, mut error): (*mut DLManagedTensorVersioned, Option<Error>) = (null_mut(), None);
    // SAFETY: the function may be called with a prototype and these out-parameters: `set` asks for that.
    let code = unsafe { allocator(&mut asked, &mut made, (&raw mut error).cast(), set_error) };
    let refused = || error.unwrap_or_else(|| Error::runtime("the allocator of tensors failed without an error"));
    let made = NonNull::new(made).filter(|_| code == 0).ok_or_else(refused)?;
    let managed = Managed::Versioned(made);
    // SAFETY: DLPack's contract: the tensor is ours, and its end may come on any thread.
    unsafe {
        if !managed.is_understood() {
            managed.delete();
            return Err(Error::runtime("the allocator gave a tensor of another major version of DLPack"));
        }
        TensorObj::from_managed(managed)
    }
}
