//! move_out: the object is moved out of its wrapper, which is left empty.
//! Upholds P1 (a wrapper that was moved from is no longer the object's) and P2.

use super::host::Host;
use std::ptr::NonNull;

/// Takes the object out of a living wrapper. The life's strong count is the caller's now. `None` when it holds nothing, as after
/// another move.
///
/// Linearises at: the swap in [`Host::begin_move`] among moves, `untie` towards fetches.
///
/// # Safety
/// The caller owns a count of the wrapper; `tieable` tells whether an object has a word.
pub unsafe fn move_out<H: Host>(
    host: &H,
    wrapper: NonNull<H::Wrapper>,
    tieable: impl Fn(H::Object) -> bool,
) -> Option<H::Object> {
    // The handle is in transition until the word is untied. Else another thread could tie the wrapper again, to this very object,
    // and we would untie that. In a section, for a `rebind` that waits for the end of the transition.
    // tests/shuttle.rs all_verbs::lean_moved_and_bound, tests/loom.rs move_out_vs_rebind::to_the_same_object.
    let section = host.enter();
    // SAFETY: alive by the caller's count.
    let object = unsafe { host.begin_move(wrapper)? };
    // SAFETY: in our transition, and the caller has a count of the wrapper.
    let over = tieable(object).then(|| unsafe { end_tie(host, wrapper, object) });
    // SAFETY: alive, moved from by us.
    unsafe { host.finish_move(wrapper) };
    drop(section);
    // SAFETY: alive, moved from by us. The caller's count of the wrapper keeps what is given back from being the last.
    unsafe {
        if let Some(over) = over {
            over.give_back(host, wrapper, object);
        }
        // A pending `retire` owns a count of the object. So does a thread that found the wrapper by the word, or it will. The
        // look comes after the edge of the word, see [`Host::is_sole`]. tests/loom.rs: move_out_vs_fetch::with_a_late_retire,
        // of_a_sole_object.
        let sole = host.is_sole(object);
        // Before there is a count for limbo, which would look like another thread's.
        host.keep_for_readers(wrapper, object);
        match sole {
            true => host.forget_moved(wrapper),
            false => host.limbo(wrapper, None),
        }
    }
    Some(object)
}

/// Left over when a tie ends, to be given back outside of the section.
#[must_use]
pub(super) enum LeftOver {
    /// Nothing.
    Nothing,
    /// A count of the wrapper.
    OfWrapper,
    /// A count of the object.
    OfObject,
}

impl LeftOver {
    /// Gives it back. May run user code.
    ///
    /// # Safety
    /// Outside of any section, with what [`end_tie`] left over of this wrapper and object.
    pub(super) unsafe fn give_back<H: Host>(self, host: &H, wrapper: NonNull<H::Wrapper>, object: H::Object) {
        // SAFETY: outside of any section; this is left over of this wrapper and object.
        unsafe {
            match self {
                LeftOver::Nothing => {}
                LeftOver::OfWrapper => host.decref(wrapper),
                LeftOver::OfObject => host.release(object),
            }
        }
    }
}

/// Unties a living wrapper from the object in its handle. The life's count of the object is the caller's now.
///
/// A wrapper that a weak reference gave out may be its object's still, and no life have a count: so there must be one first.
///
/// # Safety
/// In a section; the caller has a count of the wrapper, whose handle is in the caller's transition.
pub(super) unsafe fn end_tie<H: Host>(host: &H, wrapper: NonNull<H::Wrapper>, object: H::Object) -> LeftOver {
    // SAFETY: a life protects the object as long as it is tied. So does the word while it names a preserved wrapper.
    unsafe {
        let rich = host.is_rich(wrapper);
        if rich {
            host.retain(object);
        }
        match host.word(object).detach(wrapper) {
            Some(was) if was.is_preserved() => LeftOver::OfWrapper,
            _ if rich => LeftOver::OfObject,
            _ => LeftOver::Nothing,
        }
    }
}
