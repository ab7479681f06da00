//! shift: the object is moved out of its wrapper, which is left empty.
//! Imports the host.
//! Upholds P1 (a wrapper that was moved from is no longer the object's) and P2.

use super::host::Host;
use std::ptr::NonNull;

/// Takes the object out of a living wrapper: the life's strong count is the caller's now. `None` when it holds nothing,
/// as after another move.
///
/// Linearises at: the swap in [`Host::disown`] among moves, `untie` towards fetches.
///
/// # Safety
/// The caller owns a count of the wrapper; `tieable` tells whether an object has a word.
pub unsafe fn shift<H: Host>(
    host: &H,
    wrapper: NonNull<H::Wrapper>,
    tieable: impl Fn(H::Object) -> bool,
) -> Option<H::Object> {
    // The handle is in transition until the word is untied: else another thread could tie the wrapper again, to this very
    // object, and we would untie that. In a section, for a `rebind` that waits for the end of the transition.
    // tests/shuttle.rs all_verbs::lean_moved_and_bound, tests/loom.rs shift_vs_rebind::to_the_same_object.
    let section = host.enter();
    // SAFETY: alive by the caller's count.
    let object = unsafe { host.disown(wrapper)? };
    if tieable(object) {
        // SAFETY: the life's count is ours now and protects the object.
        unsafe { host.word(object) }.untie(wrapper);
    }
    // SAFETY: alive, disowned by us.
    unsafe { host.vacate(wrapper) };
    drop(section);
    // SAFETY: alive, disowned by us.
    unsafe { host.limbo(wrapper, object) };
    Some(object)
}
