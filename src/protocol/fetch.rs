//! fetch: from an object to its one wrapper.
//! Upholds P1, P2, P4, P5, P6 and P9.

use super::host::{Counted, Dormancy, Host};
use super::retire::wait;
use crate::word::{AtomicWord, State, Word};
use std::ptr::NonNull;

/// A strong count that is owed: released when dropped, unless a life took it.
struct Count<'h, H: Host> {
    host: &'h H,
    object: H::Object,
    owned: bool,
}

impl<H: Host> Count<'_, H> {
    /// Makes sure that there is a count to give to a life.
    fn hold(&mut self) {
        if !self.owned {
            // SAFETY: the caller of the verb protects the object.
            unsafe { self.host.retain(self.object) };
            self.owned = true;
        }
    }

    /// The life that begins takes the count.
    fn give(mut self) {
        debug_assert!(self.owned);
        self.owned = false;
    }
}

impl<H: Host> Drop for Count<'_, H> {
    fn drop(&mut self) {
        if self.owned {
            // SAFETY: the count is ours and no life took it.
            unsafe { self.host.release(self.object) };
        }
    }
}

/// The wrapper of an object that the caller protects. The result owns one count of the wrapper.
///
/// Linearises at: the look at the word (hit by the wrapper's owner), its re-check (hit by another thread), `resume`
/// (preserved), the swap in [`Host::revive`] (new life in kept storage), `publish` (new storage).
///
/// # Errors
/// Those of [`Host::allocate`]; nothing is changed then.
///
/// # Safety
/// The object is alive throughout.
#[inline]
pub unsafe fn fetch<H: Host>(host: &H, object: H::Object) -> Result<NonNull<H::Wrapper>, H::Error> {
    // SAFETY: the object is alive throughout, and its word with it.
    unsafe { resolve(Count { host, object, owned: false }, host.word(object)) }
}

/// As [`fetch`], for a caller that has found the word. It hands over one strong count. The count is used up in every case, errors
/// included.
///
/// # Errors
/// Those of [`Host::allocate`].
///
/// # Safety
/// The caller owns the count; the word is the object's.
#[inline]
pub unsafe fn fetch_owned<H: Host>(
    host: &H,
    object: H::Object,
    word: &AtomicWord,
) -> Result<NonNull<H::Wrapper>, H::Error> {
    // SAFETY: the word is the object's; the count protects the object.
    unsafe { resolve(Count { host, object, owned: true }, word) }
}

/// Finds the wrapper of an object, living or kept, without allocating one.
///
/// `found` gets the wrapper. If there is none, `otherwise` gets a strong count of the object; it can let go of what protects
/// the object and go on with [`fetch_owned`]. No user code runs before one of the two is certain.
///
/// Linearises at: the look at the word (hit by the wrapper's owner), its re-check (hit by another thread), `resume`
/// (preserved), the swap in [`Host::revive`] (new life in kept storage).
///
/// # Safety
/// The object is alive until the call runs user code, which it does last; the word is the object's.
#[inline]
pub unsafe fn hit<H: Host, R>(
    host: &H,
    object: H::Object,
    word: &AtomicWord,
    found: impl FnOnce(NonNull<H::Wrapper>) -> R,
    otherwise: impl FnOnce() -> R,
) -> R {
    let section = host.enter();
    // SAFETY: the object is alive, and this is in a section.
    match unsafe { hit_own(host, word) } {
        Ok(wrapper) => found(wrapper),
        // SAFETY: the object is alive, and this is in the section still.
        Err(seen) => unsafe { hit_any(host, section, object, seen, found, otherwise) },
    }
}

/// The beginning of [`hit`]. It is all of it where the wrapper is the thread's own. Fails with what was in the word, for
/// [`hit_any`]. Calls nothing.
///
/// # Safety
/// As [`hit`], in a section.
#[inline(always)]
pub unsafe fn hit_own<H: Host>(host: &H, word: &AtomicWord) -> Result<NonNull<H::Wrapper>, Word> {
    let seen = word.observe();
    match seen.wrapper::<H::Wrapper>() {
        // SAFETY: in a section, read from the word.
        Some(wrapper) if unsafe { host.incref_own(wrapper, || seen.is_preserved()) } => Ok(wrapper),
        _ => Err(seen),
    }
}

/// The rest of [`hit`].
///
/// # Safety
/// As [`hit`], in the section in which [`hit_own`] saw the word.
#[inline]
pub unsafe fn hit_any<H: Host, R>(
    host: &H,
    section: H::Section,
    object: H::Object,
    seen: Word,
    found: impl FnOnce(NonNull<H::Wrapper>) -> R,
    otherwise: impl FnOnce() -> R,
) -> R {
    let Some(wrapper) = seen.wrapper::<H::Wrapper>() else {
        // SAFETY: alive.
        return unsafe { miss(host, object, otherwise) };
    };
    // SAFETY: in a section, read from the word.
    match unsafe { host.try_incref(wrapper, || seen.is_preserved()) } {
        Counted::Own => found(wrapper),
        // SAFETY: alive.
        Counted::Shared if unsafe { host.word(object) }.still_ties(wrapper) => found(wrapper),
        // SAFETY: alive, and in the section still.
        Counted::Preserved => unsafe { resume_or_retain(host, section, object, wrapper, found, otherwise) },
        // SAFETY: alive; the count just taken goes back last, as that may run user code.
        Counted::Shared => unsafe {
            miss(host, object, || {
                host.decref_within(section, wrapper);
                otherwise()
            })
        },
        // SAFETY: alive, and in the section still.
        Counted::Dead => unsafe { revive_or_retain(host, section, object, seen, wrapper, found, otherwise) },
    }
}

/// The end of [`hit`] where there is no living wrapper.
///
/// # Safety
/// The object is alive.
#[inline(never)]
unsafe fn miss<H: Host, R>(host: &H, object: H::Object, otherwise: impl FnOnce() -> R) -> R {
    // SAFETY: the object is alive (`# Safety`).
    unsafe { host.retain(object) };
    otherwise()
}

/// The end of [`hit`] where a dormant wrapper begins a new life.
///
/// # Safety
/// As [`hit`], in a section in which `seen` was read and its wrapper could not be counted.
#[inline(never)]
unsafe fn revive_or_retain<H: Host, R>(
    host: &H,
    section: H::Section,
    object: H::Object,
    seen: Word,
    wrapper: NonNull<H::Wrapper>,
    found: impl FnOnce(NonNull<H::Wrapper>) -> R,
    otherwise: impl FnOnce() -> R,
) -> R {
    // SAFETY: the object is alive. What `resolve` does in the same case. The count is for the new life, or for the caller.
    unsafe {
        host.retain(object);
        let dormant = host.dormancy(wrapper, is_rich(seen)) == Dormancy::Dormant;
        if !dormant || !host.revive(wrapper, is_rich(seen)) {
            return otherwise();
        }
        if is_rich(seen) && host.is_claimed(wrapper) {
            host.decref_within(section, wrapper);
            return otherwise();
        }
        host.revived();
        found(wrapper)
    }
}

/// The end of [`hit`] where the object owns a count of its wrapper.
///
/// # Safety
/// The object is alive, and in a section in which its word was read.
#[inline(never)]
unsafe fn resume_or_retain<H: Host, R>(
    host: &H,
    section: H::Section,
    object: H::Object,
    wrapper: NonNull<H::Wrapper>,
    found: impl FnOnce(NonNull<H::Wrapper>) -> R,
    otherwise: impl FnOnce() -> R,
) -> R {
    // SAFETY: the object is alive, in the section. The count is for the life, or for the caller.
    unsafe {
        host.retain(object);
        match host.word(object).resume(wrapper) {
            Ok(()) => {
                drop(section);
                wait(host, wrapper);
                host.revived();
                found(wrapper)
            }
            Err(_) => otherwise(),
        }
    }
}

/// # Safety
/// The caller protects the object for the whole call; the word is the object's.
#[inline]
unsafe fn resolve<H: Host>(mut count: Count<'_, H>, word: &AtomicWord) -> Result<NonNull<H::Wrapper>, H::Error> {
    let host = count.host;
    loop {
        let section = host.enter();
        let seen = word.observe();
        let Some(wrapper) = seen.wrapper::<H::Wrapper>() else {
            drop(section);
            // SAFETY: the object is protected.
            match unsafe { first(&mut count, word)? } {
                Some(fresh) => return Ok(given(count, fresh)),
                None => continue,
            }
        };
        // SAFETY: in a section, read from the word.
        match unsafe { host.try_incref(wrapper, || seen.is_preserved()) } {
            Counted::Own => return Ok(wrapper),
            Counted::Shared if word.still_ties(wrapper) => return Ok(wrapper),
            // SAFETY: the count just taken.
            Counted::Shared => unsafe { host.decref_within(section, wrapper) },
            Counted::Preserved => {
                count.hold();
                // The object's count of the wrapper becomes ours, and ours of the object the life's.
                if word.resume(wrapper).is_ok() {
                    drop(section);
                    // SAFETY: the count that was the object's.
                    unsafe { wait(host, wrapper) };
                    host.revived();
                    return Ok(given(count, wrapper));
                }
            }
            // SAFETY: in the section in which the wrapper was read from the word.
            Counted::Dead => match unsafe { host.dormancy(wrapper, is_rich(seen)) } {
                // It was tied in this section, and is dead in it. So it is not moved from ([`Host::limbo`]), and not freed.
                Dormancy::Dormant => {
                    count.hold();
                    // SAFETY: in a section, tied, and the count is held.
                    if unsafe { host.revive(wrapper, is_rich(seen)) } {
                        // The life has the count from now on. Another thread that finds the wrapper may take the object out with
                        // it. Only a death that the host claimed gives the count no life.
                        // SAFETY: in the section of the revival.
                        if !is_rich(seen) || !unsafe { host.is_claimed(wrapper) } {
                            host.revived();
                            return Ok(given(count, wrapper));
                        }
                        // SAFETY: the count just taken.
                        unsafe { host.decref_within(section, wrapper) };
                    }
                }
                // The evictor has not come to the word yet. Do its step instead of waiting for it.
                Dormancy::Claimed => drop(word.untie(wrapper)),
                Dormancy::Forgetting => {
                    drop(section);
                    host.back_off();
                }
                // Another thread changed the header since: look again.
                Dormancy::Busy => {}
            },
        }
    }
}

fn is_rich(seen: Word) -> bool {
    seen.state() != Some(State::Lean)
}

fn given<H: Host>(count: Count<'_, H>, wrapper: NonNull<H::Wrapper>) -> NonNull<H::Wrapper> {
    count.give();
    wrapper
}

/// Ties a fresh wrapper to a detached object; `None` when another thread was faster.
#[cold]
unsafe fn first<H: Host>(count: &mut Count<'_, H>, word: &AtomicWord) -> Result<Option<NonNull<H::Wrapper>>, H::Error> {
    let (host, object) = (count.host, count.object);
    // SAFETY: the object is protected; user code may run here, nothing is held.
    let fresh = unsafe { host.allocate(object)? };
    count.hold();
    if word.publish(Word::tied(fresh.wrapper, fresh.state())).is_ok() {
        return Ok(Some(fresh.wrapper));
    }
    // SAFETY: never published.
    unsafe { host.discard(fresh.wrapper) };
    Ok(None)
}
