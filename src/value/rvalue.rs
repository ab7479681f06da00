//! An argument that its receiver may move away.
//! Upholds: the object leaves its slot once, with the first that asks; one that was not taken is released with the slot.

use crate::object::{Obj, Object, ObjectType};
use crate::sync::global::{AtomicPtr, Ordering};
use std::ptr::{null_mut, NonNull};

/// Holds an object until a receiver takes it. Laid out as the C ABI's slot: one object pointer, null when empty.
#[derive(Debug)]
#[repr(transparent)]
pub struct RvalueSlot(AtomicPtr<Object>);

impl RvalueSlot {
    /// A slot that offers `object`.
    #[inline]
    pub fn new<T: ObjectType>(object: Obj<T>) -> RvalueSlot {
        RvalueSlot(AtomicPtr::new(object.into_raw().as_ptr()))
    }

    /// Takes the object; the second to ask gets none.
    #[inline]
    pub fn take(&self) -> Option<Obj<Object>> {
        // AcqRel: the Acquire pairs with the Release of `put_back` on another thread. It carries the object's fields.
        let object = NonNull::new(self.0.swap(null_mut(), Ordering::AcqRel))?;
        // SAFETY: the slot owned one count, which the swap handed over.
        Some(unsafe { Obj::from_raw(object) })
    }

    /// Gives an object back that did not suit, unless the slot was filled meanwhile.
    pub fn put_back(&self, object: Obj<Object>) {
        let object = object.into_raw();
        // Release: pairs with the Acquire of `take`. Relaxed on failure: what is there is not looked at.
        if self.0.compare_exchange(null_mut(), object.as_ptr(), Ordering::Release, Ordering::Relaxed).is_err() {
            // SAFETY: the count from `into_raw` was not handed over.
            drop(unsafe { Obj::<Object>::from_raw(object) });
        }
    }

    /// Whether the object was taken.
    #[inline]
    pub fn is_empty(&self) -> bool {
        // Relaxed: a hint; `take` decides.
        self.0.load(Ordering::Relaxed).is_null()
    }
}

impl Drop for RvalueSlot {
    fn drop(&mut self) {
        drop(self.take());
    }
}
