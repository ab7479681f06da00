//! Tensors on their way to other libraries.
//! Upholds: what is exported owns one count of the tensor, and gives it back when the receiver ends it, on whatever
//! thread.

use super::dlpack::{DLManagedTensor, DLManagedTensorVersioned, Managed, IS_COPIED, READ_ONLY, VERSION};
use super::{Tensor, TensorObj};
use crate::function::Error;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::{null_mut, NonNull};

/// A managed tensor without a receiver yet: ends it when dropped.
#[derive(Debug)]
pub struct Exported(Managed);

impl Exported {
    /// Gives the managed tensor away.
    pub fn into_managed(self) -> Managed {
        std::mem::ManuallyDrop::new(self).0
    }
}

impl Drop for Exported {
    fn drop(&mut self) {
        // SAFETY: still ours.
        unsafe { self.0.delete() };
    }
}

/// A managed tensor of ours, and what it owns.
#[repr(C)]
struct Sent<M> {
    managed: M,
    /// Keeps memory, shape and strides.
    _tensor: Tensor,
}

/// The deleter of both kinds.
///
/// # Safety
/// `managed` is that of a `Sent<M>`, which ends here.
unsafe extern "C" fn end<M>(managed: *mut M) {
    // SAFETY: `managed` is that of a `Sent<M>`, made from a box, which ends here.
    let sent = unsafe { Box::from_raw(managed.cast::<Sent<M>>()) };
    // What keeps the memory may panic as it ends, which foreign code cannot be told.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(sent))) {
        std::mem::forget(panic);
    }
}

fn send<M>(managed: M, tensor: Tensor) -> NonNull<M> {
    let sent = Box::into_raw(Box::new(Sent { managed, _tensor: tensor }));
    // SAFETY: a box is never null.
    unsafe { NonNull::new_unchecked(sent.cast()) }
}

impl Tensor {
    /// The tensor for libraries that know DLPack without versions.
    ///
    /// # Errors
    /// Kind `ValueError` when it is read-only, which cannot be said there.
    pub fn export(self) -> Result<Exported, Error> {
        if self.flags() & READ_ONLY != 0 {
            return Err(Error::value_error("a read-only tensor needs DLPack 1.0 or later"));
        }
        let dl_tensor = *self.dl_tensor();
        let managed = DLManagedTensor { dl_tensor, manager_ctx: null_mut(), deleter: Some(end) };
        Ok(Exported(Managed::Plain(send(managed, self))))
    }

    /// The tensor for libraries that know DLPack 1.
    pub fn export_versioned(self, is_copied: bool) -> Exported {
        let (dl_tensor, flags) = (*self.dl_tensor(), self.flags() & !IS_COPIED);
        let flags = flags | if is_copied { IS_COPIED } else { 0 };
        let (version, manager_ctx) = (VERSION, null_mut());
        let managed = DLManagedTensorVersioned { version, manager_ctx, deleter: Some(end), flags, dl_tensor };
        Exported(Managed::Versioned(send(managed, self)))
    }
}

impl TensorObj {
    /// A tensor over what was exported.
    ///
    /// # Errors
    /// Kind `MemoryError`.
    pub fn from_exported(exported: Exported) -> Result<Tensor, Error> {
        // SAFETY: a tensor of ours, which keeps its memory; its deleter runs on any thread.
        unsafe { TensorObj::from_managed(exported.into_managed()) }
    }
}
