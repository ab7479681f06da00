//! fetch: from an object to its one wrapper.
//! Imports `word` and the host; never a concrete interpreter.
//! Upholds P1, P2, P4, P5, P6 and P9.

use super::host::{Counted, Dormancy, Host};
use crate::word::{State, Word};
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

/// The wrapper of an object that the caller protects; the result owns one count of the wrapper.
///
/// Linearises at: the look at the word (hit by the wrapper's owner), its re-check (hit by another thread), the swap in
/// [`Host::wake`] (new life in kept storage), `publish` or `supersede` (new storage).
///
/// # Errors
/// Those of [`Host::allocate`]; nothing is changed then.
///
/// # Safety
/// The object is alive throughout.
#[inline]
pub unsafe fn fetch<H: Host>(host: &H, object: H::Object) -> Result<NonNull<H::Wrapper>, H::Error> {
    // SAFETY: handed on.
    unsafe { resolve(Count { host, object, owned: false }) }
}

/// As [`fetch`], for a caller that hands over one strong count. The count is used up in every case, errors included.
///
/// # Errors
/// Those of [`Host::allocate`].
///
/// # Safety
/// The caller owns the count.
#[inline]
pub unsafe fn fetch_owned<H: Host>(host: &H, object: H::Object) -> Result<NonNull<H::Wrapper>, H::Error> {
    // SAFETY: handed on; the count protects the object.
    unsafe { resolve(Count { host, object, owned: true }) }
}

/// The wrapper of an object if it lives or its storage is kept, for `found`; or else a strong count of the object for
/// `otherwise`, which can let go of what protects it and go on with [`fetch_owned`]. Unlike `fetch` it allocates nothing,
/// and runs no user code before one of the two is certain.
///
/// Linearises at: the look at the word (hit by the wrapper's owner), its re-check (hit by another thread), the swap in
/// [`Host::wake`] (new life in kept storage).
///
/// # Safety
/// The object is alive until the call runs user code, which it does last.
#[inline(always)]
pub unsafe fn hit<H: Host, R>(
    host: &H,
    object: H::Object,
    found: impl FnOnce(NonNull<H::Wrapper>) -> R,
    otherwise: impl FnOnce() -> R,
) -> R {
    let section = host.enter();
    // SAFETY: alive.
    let word = unsafe { host.word(object) };
    let seen = word.observe();
    let Some(wrapper) = seen.wrapper::<H::Wrapper>() else {
        // SAFETY: alive.
        return unsafe { miss(host, object, otherwise) };
    };
    // SAFETY: in a section, read from the word.
    match unsafe { host.try_incref(wrapper) } {
        Counted::Own => found(wrapper),
        Counted::Shared if word.still_ties(wrapper) => found(wrapper),
        Counted::Shared => {
            drop(section);
            // SAFETY: alive; the count just taken goes back last, as that may run user code.
            unsafe {
                miss(host, object, || {
                    host.decref(wrapper);
                    otherwise()
                })
            }
        }
        // SAFETY: alive, and in the section still.
        Counted::Dead => unsafe { rouse(host, object, seen, wrapper, found, otherwise) },
    }
}

/// The end of [`hit`] where there is no living wrapper. Out of line, like [`rouse`], so that a hit needs no stack.
///
/// # Safety
/// The object is alive.
#[inline(never)]
unsafe fn miss<H: Host, R>(host: &H, object: H::Object, otherwise: impl FnOnce() -> R) -> R {
    // SAFETY: by contract.
    unsafe { host.retain(object) };
    otherwise()
}

/// The end of [`hit`] where a dormant wrapper begins a new life.
///
/// # Safety
/// As [`hit`], in a section in which `seen` was read and its wrapper could not be counted.
#[inline(never)]
unsafe fn rouse<H: Host, R>(
    host: &H,
    object: H::Object,
    seen: Word,
    wrapper: NonNull<H::Wrapper>,
    found: impl FnOnce(NonNull<H::Wrapper>) -> R,
    otherwise: impl FnOnce() -> R,
) -> R {
    let rich = seen.state() != Some(State::Lean);
    // SAFETY: by contract; what `resolve` does in the same case, which alone of its cases needs no decision. The count is
    // for the new life, or for the caller.
    unsafe {
        host.retain(object);
        match host.dormancy(wrapper, rich) {
            Dormancy::Dormant(ticket)
                if is_dormant(seen) && host.word(object).observe() == seen && host.wake(wrapper, ticket, rich) =>
            {
                if rich {
                    // Fails only if the wrapper was moved from meanwhile by one who found it awake.
                    let _ = host.word(object).unpark(wrapper);
                }
                found(wrapper)
            }
            _ => otherwise(),
        }
    }
}

#[inline]
unsafe fn resolve<H: Host>(mut count: Count<'_, H>) -> Result<NonNull<H::Wrapper>, H::Error> {
    let (host, object) = (count.host, count.object);
    // SAFETY: the caller protects the object for the whole call.
    let word = unsafe { host.word(object) };
    loop {
        let section = host.enter();
        let seen = word.observe();
        let Some(wrapper) = seen.wrapper::<H::Wrapper>() else {
            drop(section);
            // SAFETY: the object is protected.
            match unsafe { first(&mut count)? } {
                Some(fresh) => return Ok(given(count, fresh)),
                None => continue,
            }
        };
        // SAFETY: in a section, read from the word.
        match unsafe { host.try_incref(wrapper) } {
            Counted::Own => return Ok(wrapper),
            Counted::Shared if word.still_ties(wrapper) => return Ok(wrapper),
            Counted::Shared => {
                drop(section);
                // SAFETY: the count just taken.
                unsafe { host.decref(wrapper) };
                continue;
            }
            Counted::Dead => {}
        }
        let rich = seen.state() != Some(State::Lean);
        // SAFETY: as for try_incref.
        match unsafe { host.dormancy(wrapper, rich) } {
            // The word is read again after the ticket: Inactive seen here belongs to the ticket's death or a later one,
            // and in the later case the ticket is void. For lean wrappers any death will do.
            Dormancy::Dormant(ticket) if is_dormant(seen) && word.observe() == seen => {
                count.hold();
                // SAFETY: in a section, tied, and the count is held.
                if unsafe { host.wake(wrapper, ticket, rich) } {
                    if rich {
                        // Fails only if the wrapper was moved from meanwhile by one who found it awake.
                        let _ = word.unpark(wrapper);
                    }
                    return Ok(given(count, wrapper));
                }
            }
            // The evictor has not come to the word yet; do its step instead of waiting for it.
            Dormancy::Claimed => drop(word.untie(wrapper)),
            // Dying, or laid down by a retire that has not parked it yet: either way not to be waited for.
            _ if !is_dormant(seen) && word.observe() == seen => {
                drop(section);
                // SAFETY: the object is protected.
                match unsafe { replace(&mut count, wrapper)? } {
                    Replacement::Fresh(fresh) => return Ok(given(count, fresh)),
                    Replacement::Alive => return Ok(wrapper),
                    Replacement::None => {}
                }
            }
            // Somebody changed the header or the word since: look again.
            Dormancy::Dormant(_) | Dormancy::Busy => {}
        }
    }
}

fn is_dormant(seen: Word) -> bool {
    matches!(seen.state(), Some(State::Lean | State::Inactive))
}

fn given<H: Host>(count: Count<'_, H>, wrapper: NonNull<H::Wrapper>) -> NonNull<H::Wrapper> {
    count.give();
    wrapper
}

/// Ties a fresh wrapper to a detached object; `None` when somebody else was faster.
#[cold]
unsafe fn first<H: Host>(count: &mut Count<'_, H>) -> Result<Option<NonNull<H::Wrapper>>, H::Error> {
    let (host, object) = (count.host, count.object);
    // SAFETY: the object is protected; user code may run here, nothing is held.
    let fresh = unsafe { host.allocate(object)? };
    count.hold();
    // SAFETY: the object is protected.
    let word = unsafe { host.word(object) };
    if word.publish(Word::tied(fresh.wrapper, fresh.state())).is_ok() {
        return Ok(Some(fresh.wrapper));
    }
    // SAFETY: never published.
    unsafe { host.discard(fresh.wrapper) };
    Ok(None)
}

/// What came of replacing a dying wrapper.
enum Replacement<W> {
    /// The fresh wrapper is the object's now, and its life wants the count.
    Fresh(NonNull<W>),
    /// It was alive after all: a count of it was taken.
    Alive,
    /// The word changed: look again.
    None,
}

/// Puts a fresh wrapper in the place of a dying one.
#[cold]
unsafe fn replace<H: Host>(
    count: &mut Count<'_, H>,
    dying: NonNull<H::Wrapper>,
) -> Result<Replacement<H::Wrapper>, H::Error> {
    let (host, object) = (count.host, count.object);
    // SAFETY: the object is protected; user code may run here, nothing is held.
    let fresh = unsafe { host.allocate(object)? };
    count.hold();
    // SAFETY: the object is protected.
    let word = unsafe { host.word(object) };
    let section = host.enter();
    let mut result = Replacement::None;
    if word.suspect(dying).is_ok() {
        // It may have died, been parked and been woken since the first question: ask again, now that it cannot be parked.
        // SAFETY: in a section, and the word tied it a moment ago.
        if unsafe { host.try_incref(dying) } != Counted::Dead {
            if word.still_ties(dying) {
                result = Replacement::Alive;
            } else {
                drop(section);
                // SAFETY: the count just taken; the fresh one was never published.
                unsafe {
                    host.decref(dying);
                    host.discard(fresh.wrapper);
                }
                return Ok(result);
            }
        } else if word.supersede(dying, Word::tied(fresh.wrapper, fresh.state())).is_ok() {
            host.superseded();
            return Ok(Replacement::Fresh(fresh.wrapper));
        }
    }
    drop(section);
    // SAFETY: never published.
    unsafe { host.discard(fresh.wrapper) };
    Ok(result)
}
