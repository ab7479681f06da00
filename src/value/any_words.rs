//! A field that holds a whole value, as two atomic words.
//! Upholds: the layout is that of a value. Which words go together, the stripe of the field says.

use super::raw::RawAny;
use super::tag;
use crate::sync::global::{AtomicPtr, AtomicU64, Ordering};
use std::ffi::c_void;
use std::ptr::null_mut;

/// A 16-byte field as two words. Relaxed throughout: the stripe orders them.
#[repr(C)]
pub(super) struct AnyWords {
    head: AtomicU64,
    payload: AtomicPtr<c_void>,
}

impl AnyWords {
    /// # Safety
    /// `address` is a field that holds an `Any`, in an object that outlives the result.
    #[inline]
    pub(super) unsafe fn at<'a>(address: *const u8) -> &'a AnyWords {
        // SAFETY: a field that holds an `Any`. Same size, same alignment, all access while shared is atomic.
        unsafe { &*address.cast::<AnyWords>() }
    }

    /// The value.
    #[inline]
    pub(super) fn read(&self) -> RawAny {
        RawAny::from_words(self.head.load(Ordering::Relaxed), self.payload.load(Ordering::Relaxed))
    }

    /// Whether there is no value, at a glance.
    #[inline]
    pub(super) fn is_none(&self) -> bool {
        // The payload of no value is not looked at.
        RawAny::from_words(self.head.load(Ordering::Relaxed), null_mut()).type_index() == tag::NONE
    }

    /// Replaces the value.
    #[inline]
    pub(super) fn write(&self, value: RawAny) {
        let (head, payload) = value.words();
        self.head.store(head, Ordering::Relaxed);
        self.payload.store(payload, Ordering::Relaxed);
    }

    /// Replaces no value. A reader who knows no stripe, and looks at the head first, finds the value whole or not at all.
    #[inline]
    pub(super) fn publish(&self, value: RawAny) {
        let (head, payload) = value.words();
        self.payload.store(payload, Ordering::Relaxed);
        // Release: pairs with the read of a reader in C. Carries: the payload.
        self.head.store(head, Ordering::Release);
    }
}

const _: () = assert!(size_of::<AnyWords>() == size_of::<RawAny>());
