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
    // The handle first, then the word: whoever finds the wrapper through the word finds its handle.
    // SAFETY: alive by the caller's count; the life owns a count of the object.
    let tie = unsafe {
        let state = if host.is_rich(wrapper) { State::Active } else { State::Lean };
        match tieable && host.word(object).publish(Word::tied(wrapper, state)).is_ok() {
            true => Tie::Tied,
            false => Tie::Alias,
        }
    };
    // SAFETY: as above.
    unsafe { host.note(wrapper, tie) };
    drop(section);
    Ok(tie)
}

/// Lets a living wrapper hold `object` whatever it held before; what it held is released. Stops other threads for a moment
/// when it did hold something (see [`Host::quiesce`]).
///
/// # Safety
/// As for [`bind`]; the thread is not in a section; `word_of` tells whether an object has a word.
pub unsafe fn rebind<H: Host>(
    host: &H,
    wrapper: NonNull<H::Wrapper>,
    mut object: H::Object,
    tieable: impl Fn(H::Object) -> bool,
) -> Tie {
    loop {
        // As in `shift`.
        let section = host.enter();
        // SAFETY: alive by the caller's count.
        let old = unsafe { host.disown(wrapper) };
        if let Some(old) = old {
            if tieable(old) {
                // SAFETY: the life's count is ours now and protects `old`.
                unsafe { host.word(old) }.untie(wrapper);
            }
            // SAFETY: alive, disowned by us.
            unsafe { host.vacate(wrapper) };
        }
        drop(section);
        // Retires of former lives read the handle that is about to change; readers of the old handle look at `old`; and
        // another thread's transition ends.
        host.quiesce();
        if let Some(old) = old {
            // SAFETY: the life's count, given to us by `disown`.
            unsafe { host.release(old) };
        }
        // SAFETY: nothing is pending any more.
        match unsafe { bind(host, wrapper, object, tieable(object)) } {
            Ok(tie) => return tie,
            Err(back) => object = back,
        }
    }
}
