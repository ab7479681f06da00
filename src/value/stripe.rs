//! A fixed table of seqlocks, called stripes. All 16-byte fields and all mutable containers share them by address.
//! Upholds: nothing is allocated, released or called back under a stripe. Two stripes are never held together, except by
//! `hold_all`. So no order of theirs can deadlock, and a forked child finds every one of them free.

#[cfg(not(feature = "guest"))]
pub use own::{hold_all, AllHeld};

#[cfg(feature = "guest")]
pub(crate) use super::guest_stripe::of;
#[cfg(not(feature = "guest"))]
pub(crate) use own::{numbered, of};

const BITS: u32 = 8;

/// How many stripes there are.
pub(crate) const COUNT: usize = 1 << BITS;

/// The number of an address's stripe.
#[inline]
pub(crate) fn index<T>(address: *const T) -> usize {
    // Fibonacci hashing: neighbours in memory land far apart.
    let hash = (address as u64 >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (hash >> (64 - BITS)) as usize
}

#[cfg(not(feature = "guest"))]
mod own {
    //! The stripes of a process, which its guests share.

    use super::{index, COUNT};
    use crate::sync::global::seqlock::Seqlock;
    use crate::sync::global::MutexGuard;

    static STRIPES: [Seqlock; COUNT] = [const { Seqlock::new() }; COUNT];

    /// The stripe of an address.
    #[inline]
    pub(crate) fn of<T>(address: *const T) -> &'static Seqlock {
        &STRIPES[index(address)]
    }

    /// The stripe of a number.
    pub(crate) fn numbered(number: usize) -> &'static Seqlock {
        &STRIPES[number]
    }

    /// Every stripe, held. See [`hold_all`].
    pub struct AllHeld(#[allow(dead_code, reason = "held, not looked at")] Vec<Option<MutexGuard<'static, ()>>>);

    /// Holds every stripe until the result is dropped. Call before a `fork`, drop in parent and child: so no stripe is left taken by
    /// a thread that the child does not have.
    pub fn hold_all() -> AllHeld {
        AllHeld(STRIPES.iter().map(Seqlock::hold).collect())
    }
}

#[cfg(all(test, not(feature = "guest")))]
mod tests {
    use super::*;

    #[test]
    fn all_can_be_held_and_let_go() {
        let words = [0_u64; 4];
        drop(hold_all());
        assert!(of(&words).try_hold().is_some());
    }
}
