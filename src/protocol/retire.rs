//! retire: the end of a life, called from the wrapper's dealloc. resume: the end of an object that has a wrapper.
//! Upholds P2 (the life's count is released here and nowhere else), P3, P4 and P9.

use super::host::{Dormancy, Host};
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

/// Ends the life of a rich wrapper: the object keeps it whole, or both end. May run late, after other lives have begun;
/// each zero of the refcount has one call, and each call uses one count of the object up.
///
/// Linearises at: `preserve` (kept), the claim in [`Host::claim_end`] (ended), the release of the life's count.
///
/// # Safety
/// The life that ended owned a count of `object`, which was read from the wrapper in `section`, opened before its refcount
/// became zero; nothing of the wrapper was touched since.
pub unsafe fn retire_rich<H: Host>(host: &H, section: H::Section, wrapper: NonNull<H::Wrapper>, object: H::Object) {
    // SAFETY: the life's count protects the object, the section the wrapper's storage. User code runs after both were used.
    unsafe {
        if host.forgets(wrapper) {
            return forget(host, section, wrapper, object);
        }
        let word = host.word(object);
        let mut finalizes = false;
        if host.claim_end(object) {
            // Until now it might be revived, and the object counted through it.
            if host.dormancy(wrapper, true) == Dormancy::Dormant {
                // The one question that may wait for another thread. So it is asked while no other thread can come.
                finalizes = host.needs_finalizer(wrapper);
                if !finalizes {
                    if !host.is_weakly_held_elsewhere(object) {
                        drop(section);
                        return host.end(wrapper, object);
                    }
                    // C++ may take the object from a weak count at any time. It may show it to a thread of Python, which would
                    // find a wrapper that ends. So the wrapper ends first, out of the reach of all; the object after it, or not.
                    if host.claim_rich(wrapper) {
                        // False when a fetch did this step for us.
                        word.untie(wrapper);
                        host.renounce_end(object);
                        drop(section);
                        host.end_alone(wrapper);
                        return host.release(object);
                    }
                }
            }
            host.renounce_end(object);
        }
        let revived = host.revive(wrapper, true);
        if revived && host.is_claimed(wrapper) {
            // The death of another life was to be the last. That life's dealloc ends the wrapper.
            host.decref_within(section, wrapper);
            return host.release(object);
        }
        if revived && finalizes {
            // The life goes on until the finalizer has run. Both are whole, and may be stored in Python or natively.
            drop(section);
            host.run_finalizer(wrapper);
            return host.decref(wrapper);
        }
        // The swap's count of the wrapper is the object's, once the word says so. If it cannot: one who counted the wrapper
        // since has moved the object out, and with it the life's count.
        let preserved = revived && word.preserve(wrapper).is_ok();
        // Look at the header again. A thread that counted the wrapper before the word changed took that for a life with a count
        // of the object.
        // It has one: ours; unless a fetch was faster, and counted the object itself.
        let joined = preserved && !host.has_one_count(wrapper) && word.resume(wrapper).is_ok();
        drop(section);
        match (revived, preserved, joined) {
            (true, false, _) | (_, _, true) => host.decref(wrapper),
            // The wrapper is the object's, or a fetch that was faster counted the object itself.
            _ => host.release(object),
        }
    }
}

/// The end of a life of a wrapper that forgets. It goes on until the finalizer has run. Then the object keeps the wrapper, which
/// knows nothing any more.
///
/// # Safety
/// As [`retire_rich`].
#[cold]
unsafe fn forget<H: Host>(host: &H, section: H::Section, wrapper: NonNull<H::Wrapper>, object: H::Object) {
    // SAFETY: the life's count protects the object; once revived, the wrapper is alive by our count.
    unsafe {
        let revived = host.revive(wrapper, true);
        if revived && !host.is_claimed(wrapper) {
            drop(section);
            if host.needs_finalizer(wrapper) {
                host.run_finalizer(wrapper);
            }
            // Not kept. Another thread has joined the life, which goes on; or user code has moved the object out.
            return match host.forget(wrapper, || host.word(object).preserve(wrapper).is_ok()) {
                true => host.release(object),
                false => host.decref(wrapper),
            };
        }
        // As below.
        match revived {
            true => host.decref_within(section, wrapper),
            false => drop(section),
        }
        host.release(object);
    }
}

/// Uses up the last count of an object whose word named a preserved wrapper. It becomes a life's, which ends.
///
/// Linearises at: `resume`; if another thread was faster, at the release.
///
/// # Safety
/// The caller owns the count, is attached, and in no section.
pub unsafe fn resume<H: Host>(host: &H, object: H::Object) {
    // SAFETY: the caller's count protects the object. The word's count of the wrapper is the winner's.
    unsafe {
        let word = host.word(object);
        let seen = word.observe();
        match seen.wrapper::<H::Wrapper>() {
            Some(wrapper) if seen.is_preserved() && word.resume(wrapper).is_ok() => {
                wait(host, wrapper);
                host.note_end(wrapper);
                host.decref(wrapper);
            }
            _ => host.release(object),
        }
    }
}

/// Waits for a thread that has yet to let others count a preserved wrapper. The wrapper's class forgets, and the thread has made
/// the object keep it.
///
/// # Safety
/// The caller owns a count of the wrapper, and is in no section.
#[inline]
pub(super) unsafe fn wait<H: Host>(host: &H, wrapper: NonNull<H::Wrapper>) {
    // SAFETY: the caller's count.
    while unsafe { host.is_forgetting(wrapper) } {
        host.back_off();
    }
}
