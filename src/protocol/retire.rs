//! retire: the end of a life, called from the wrapper's dealloc.
//! Imports the host only.
//! Upholds P2 (the life's count is released here and nowhere else), P3, P4 and P9.

use super::host::Host;
use std::ptr::NonNull;

/// Ends the life of a tied lean wrapper: releases its count. May run late, after the next life has begun.
///
/// Linearises at: the release. The wrapper is not touched, neither before nor after.
///
/// # Safety
/// The life that ended owned a count of `object`.
#[inline]
pub unsafe fn retire_lean<H: Host>(host: &H, object: H::Object) {
    // SAFETY: the life's count.
    unsafe { host.release(object) };
}

/// Ends the life of a rich wrapper, as the last step of its death: keeps its storage for the next life, or frees it.
///
/// Linearises at: `park` (kept), `untie` (not kept), then the release of the life's count.
///
/// # Safety
/// The life that ended owned a count of `object`; nothing touches the wrapper after this call.
pub unsafe fn retire_rich<H: Host>(host: &H, wrapper: NonNull<H::Wrapper>, object: H::Object) {
    // SAFETY: the life's count protects the object until the release below.
    let word = unsafe { host.word(object) };
    // SAFETY: last step of the death, by contract.
    let kept = unsafe { host.keeps(wrapper) } && {
        // The header first, then the word: whoever reads Inactive finds the ticket.
        // SAFETY: as above.
        unsafe { host.lay_down(wrapper) };
        word.park(wrapper).is_ok()
    };
    if !kept {
        // Suspect, superseded, or not to be kept. Nobody can wake it: that takes Inactive, seen after the ticket.
        word.untie(wrapper);
        // SAFETY: dead, and no word leads to it.
        unsafe { host.defer_free(wrapper) };
    }
    // SAFETY: the life's count.
    unsafe { host.release(object) };
}
