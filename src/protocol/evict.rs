//! evict: frees the storage of a wrapper that Python does not hold. Its object lives on.
//! Upholds P3. Ends P4's promise for the object, as asked.

use super::host::{Dormancy, Host};
use crate::word::State;
use std::ptr::NonNull;

/// Unties the object's wrapper if it is lean and dormant. Its storage is the caller's then, to be freed once the sections that
/// are open now have ended.
///
/// Linearises at: the swap in [`Host::claim`].
///
/// # Safety
/// The caller owns a strong count of the object.
pub unsafe fn evict<H: Host>(host: &H, object: H::Object) -> Option<NonNull<H::Wrapper>> {
    // SAFETY: the caller's count protects the object.
    let word = unsafe { host.word(object) };
    let _section = host.enter();
    let seen = word.observe();
    let (Some(wrapper), Some(State::Lean)) = (seen.wrapper::<H::Wrapper>(), seen.state()) else {
        return None;
    };
    // SAFETY: in a section, read from the word.
    if unsafe { host.dormancy(wrapper, false) } != Dormancy::Dormant {
        return None;
    }
    // It was tied in this section, and is dead in it. So it is not moved from ([`Host::limbo`]).
    // SAFETY: in a section, tied, and the caller owns a count.
    if !unsafe { host.claim(wrapper) } {
        return None;
    }
    // False when a fetch did this step for us.
    word.untie(wrapper);
    Some(wrapper)
}

/// Unties the object's preserved wrapper, if it is the one given and blank. Its storage is the caller's then.
///
/// Linearises at: `untie`.
///
/// # Safety
/// No other attached thread runs, nor is amid a verb; the object's block stays for the time of the call.
pub unsafe fn evict_blank<H: Host>(host: &H, wrapper: NonNull<H::Wrapper>, object: H::Object) -> bool {
    // SAFETY: no other attached thread runs, and the object's block stays. A thread without Python that gives the last count
    // back meanwhile leaves it for `resume`, which looks at the word again.
    unsafe {
        let word = host.word(object);
        let seen = word.observe();
        seen.ties(wrapper) && seen.is_preserved() && host.is_blank(wrapper) && word.untie(wrapper)
    }
}
