//! The stripes of a guest are those of the host. So a field or container has one lock, whichever of both writes.
//! Upholds: what `stripe` upholds, by the host's locks and versions.

use super::stripe::index;
use crate::runtime::{self, HostPlace};
use crate::sync::global::{seqlock, AtomicUsize};
use std::marker::PhantomData;

/// A stripe of the host, by its number.
#[derive(Clone, Copy)]
pub(crate) struct Stripe(usize);

/// A stripe that is held.
pub(crate) struct Held {
    place: HostPlace,
    of_this_thread: PhantomData<*const ()>,
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: filled by `stripe_hold`, on this thread.
        unsafe { (runtime::get().stripe_release)(&mut self.place) };
    }
}

/// The stripe of an address.
#[inline]
pub(crate) fn of<T>(address: *const T) -> Stripe {
    Stripe(index(address))
}

impl Stripe {
    /// Takes the lock.
    pub(crate) fn hold(self) -> Held {
        let mut place = HostPlace::default();
        // SAFETY: a number of a stripe; the host fills the place.
        unsafe { (runtime::get().stripe_hold)(self.0, &mut place) };
        Held { place, of_this_thread: PhantomData }
    }

    fn version(self) -> &'static AtomicUsize {
        // SAFETY: a number of a stripe; the host's version is an atomic word that stays.
        unsafe { &*(runtime::get().stripe_version)(self.0).cast() }
    }

    /// Runs `inside`, whose relaxed stores no `read` of this stripe sees in part.
    pub(crate) fn write<R>(self, inside: impl FnOnce() -> R) -> R {
        let _held = self.hold();
        seqlock::write(self.version(), inside)
    }

    /// Runs `inside`, perhaps several times, until its relaxed loads fell into no `write`.
    pub(crate) fn read<R>(self, inside: impl Fn() -> R) -> R {
        seqlock::read(self.version(), || self.hold(), inside)
    }
}
