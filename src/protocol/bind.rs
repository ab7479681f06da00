//! bind and rebind: a wrapper that Python made takes hold of an object.
//! Imports `word` and the host.
//! Upholds P1 (a word never points at a wrapper of another object), P2 and P3.

use super::host::Host;
use crate::word::{State, Word};
use std::ptr::NonNull;

/// How a wrapper holds its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// It is the one wrapper that fetches return.
    Tied,
    /// The object has another wrapper, or no word: fetches do not return this one.
    Alias,
}

/// Lets a living wrapper that holds nothing, and never did, hold `object`; uses up one strong count of it.
///
/// Linearises at: `publish` in the object's word; if the object has a wrapper already, this one becomes an alias.
/// `Err` gives the count back: the wrapper got an object from somebody else meanwhile.
///
/// # Errors
/// The object, with its count.
///
/// # Safety
/// The caller owns a count of the wrapper and one of the object; `tieable` says that the object has a word.
pub unsafe fn bind<H: Host>(
    host: &H,
    wrapper: NonNull<H::Wrapper>,
    object: H::Object,
    tieable: bool,
) -> Result<Tie, H::Object> {
    // The handle is in transition until `note`: else another thread could take the object out again, and the word would be
    // tied to a wrapper that no longer protects it. In a section, as in `shift`.
    // tests/loom.rs: rebind_vs_rebind::one_object_stays, bind_vs_shift::late_note.
    let section = host.enter();
    // SAFETY: alive; it never held anything, so no retire can be pending.
    if !unsafe { host.adopt(wrapper, object) } {
        return Err(object);
    }
    // SAFETY: in our transition; the life owns a count of the object.
    let tie = unsafe { tie(host, wrapper, object, tieable) };
    drop(section);
    Ok(tie)
}

/// Lets a living wrapper hold `object` whatever it held before; what it held is released. Other threads find the one or
/// the other in it, never nothing. Stops them for a moment (see [`Host::quiesce`]).
///
/// Linearises at: `untie` for fetches of the old object, `publish` for those of the new one, [`Host::seat`] for readers.
///
/// # Safety
/// As for [`bind`]; the thread is not in a section; `tieable` tells whether an object has a word.
pub unsafe fn rebind<H: Host>(
    host: &H,
    wrapper: NonNull<H::Wrapper>,
    object: H::Object,
    tieable: impl Fn(H::Object) -> bool,
) -> Tie {
    loop {
        // Retires of former lives read the handle that is about to change; the caller's count keeps new ones from
        // beginning. And another thread's transition ends.
        host.quiesce();
        // As in `shift`.
        let section = host.enter();
        // SAFETY: alive by the caller's count.
        let Ok(old) = (unsafe { host.seize(wrapper) }) else { continue };
        if let Some(old) = old.filter(|old| tieable(*old)) {
            // SAFETY: the life's count protects it; we alone may end the life's hold, and have not yet.
            unsafe { host.word(old) }.untie(wrapper);
        }
        // SAFETY: in our transition; no retire is pending; the caller's count of the object goes to the life.
        let tie = unsafe {
            host.seat(wrapper, object);
            tie(host, wrapper, object, tieable(object))
        };
        drop(section);
        if let Some(old) = old {
            // Readers of the old handle look at `old`.
            host.quiesce();
            // SAFETY: the count of the life that `seat` ended.
            unsafe { host.release(old) };
        }
        return tie;
    }
}

/// Ends the transition of a wrapper whose handle names `object`: ties it, if the object has a word and no wrapper.
///
/// # Safety
/// In a section and in the caller's transition; the life owns a count of the object.
unsafe fn tie<H: Host>(host: &H, wrapper: NonNull<H::Wrapper>, object: H::Object, tieable: bool) -> Tie {
    // The handle first, then the word: whoever finds the wrapper through the word finds its handle.
    // SAFETY: by contract.
    unsafe {
        let state = if host.is_rich(wrapper) { State::Active } else { State::Lean };
        let tie = match tieable && host.word(object).publish(Word::tied(wrapper, state)).is_ok() {
            true => Tie::Tied,
            false => Tie::Alias,
        };
        host.note(wrapper, tie);
        tie
    }
}
