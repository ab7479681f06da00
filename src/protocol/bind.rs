//! bind and rebind: a wrapper that Python made takes hold of an object.
//! Upholds P1 (a word never points at a wrapper of another object), P2 and P3.

use super::host::{Host, InTransition, Tie};
use super::move_out::{end_tie, LeftOver};
use crate::word::{State, Word};
use std::ptr::NonNull;

/// Lets a living wrapper that holds nothing hold `object`. Uses up one strong count of it.
///
/// Linearises at: `publish` in the object's word; if the object has a wrapper already, this one becomes an alias.
/// `Err` gives the count back: the wrapper got an object from another caller meanwhile.
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
    // The handle is in transition until `finish_bind`. Else another thread could take the object out again, and the word would be
    // tied to a wrapper that no longer protects it. In a section, as in `move_out`.
    // tests/loom.rs: rebind_vs_rebind::one_object_stays, bind_vs_move_out::late_finish.
    let section = host.enter();
    // SAFETY: alive; a retire that is pending was told by `defer_retires`. The wrapper never held anything, or lost a sole object, or
    // is past limbo.
    if !unsafe { host.begin_bind(wrapper, object) } {
        return Err(object);
    }
    // SAFETY: in our transition; the life owns a count of the object.
    let tie = unsafe { tie(host, wrapper, object, tieable) };
    drop(section);
    Ok(tie)
}

/// Lets a living wrapper hold `object` whatever it held before; what it held is released. Other threads find the one or
/// the other in it, never nothing. Waits for no thread, but for another that is amid such a transition of this very wrapper.
///
/// If others may know the wrapper, limbo has a count of it afterwards, and it lives on for so long.
///
/// Linearises at: `untie` for fetches of the old object, `publish` for those of the new one, [`Host::set_object`] for readers.
///
/// # Safety
/// As for [`bind`]; the thread is not in a section; `tieable` tells whether an object has a word.
pub unsafe fn rebind<H: Host>(
    host: &H,
    wrapper: NonNull<H::Wrapper>,
    object: H::Object,
    tieable: impl Fn(H::Object) -> bool,
) -> Tie {
    // As in `move_out`.
    let (section, held) = loop {
        let section = host.enter();
        // SAFETY: alive by the caller's count.
        match unsafe { host.begin_rebind(wrapper) } {
            Ok(held) => break (section, held),
            Err(InTransition) => {
                drop(section);
                host.back_off();
            }
        }
    };
    let old = held.filter(|old| tieable(*old));
    // SAFETY: in our transition, in which the life, or the word, protects what the wrapper holds. The caller's count of the wrapper
    // keeps new `retire`s from beginning, and its count of the object goes to the life.
    unsafe {
        let alone = old.is_some_and(|old| is_alone(host, wrapper, old));
        let over = old.map_or(LeftOver::Nothing, |old| end_tie(host, wrapper, old));
        // `retire`s of former lives read the handle, which is about to change.
        let former = if alone { None } else { host.defer_retires(wrapper) };
        host.set_object(wrapper, object);
        let tie = tie(host, wrapper, object, tieable(object));
        drop(section);
        let mut sole = alone;
        if let Some(old) = held {
            over.give_back(host, wrapper, old);
            // After the edge of the word, as in `move_out`. Else a thread may be looking at the wrapper, which dies with the
            // new object. tests/loom.rs: verbs::rebind_vs::hit, rebind_vs_fetch::of_a_sole_object.
            sole &= host.is_sole(old);
            host.keep_for_readers(wrapper, old);
        }
        if !sole {
            host.limbo(wrapper, former);
        }
        held.into_iter().for_each(|old| host.release(old));
        tie
    }
}

/// Whether no `retire` of a former life of the wrapper is pending. The counts tell as far as they can. Each such `retire` owns
/// one of the object, and the one that there is is the life's.
///
/// # Safety
/// In the caller's transition; the wrapper holds the object.
unsafe fn is_alone<H: Host>(host: &H, wrapper: NonNull<H::Wrapper>, object: H::Object) -> bool {
    // SAFETY: the life or the word protects the object. The word then says Preserved, and is asked first.
    unsafe {
        let seen = host.word(object).observe();
        seen.ties(wrapper) && !seen.is_preserved() && host.is_sole(object)
    }
}

/// Ends the transition of a wrapper whose handle names `object`. Ties it, if the object has a word and no wrapper.
///
/// # Safety
/// In a section and in the caller's transition; the life owns a count of the object.
unsafe fn tie<H: Host>(host: &H, wrapper: NonNull<H::Wrapper>, object: H::Object, tieable: bool) -> Tie {
    // The handle comes first, then the word. A thread that finds the wrapper through the word finds its handle.
    // SAFETY: the wrapper is alive and in the caller's transition (`# Safety`); the object is protected by the life's count
    // (P2).
    unsafe {
        let state = if host.is_rich(wrapper) { State::Active } else { State::Lean };
        let tie = match tieable && host.word(object).publish(Word::tied(wrapper, state)).is_ok() {
            true => Tie::Tied,
            false => Tie::Alias,
        };
        host.finish_bind(wrapper, tie);
        tie
    }
}
