//! evict: frees the storage of a dormant wrapper while its object lives on.
//! Imports `word` and the host.
//! Upholds P3. Ends P4's promise for the object, as asked.

use super::host::{Dormancy, Host};
use crate::word::State;

/// Frees the storage of the object's wrapper if it is dormant; true if it was.
///
/// Linearises at: the swap in [`Host::claim`].
///
/// # Safety
/// The caller owns a strong count of the object.
pub unsafe fn evict<H: Host>(host: &H, object: H::Object) -> bool {
    // SAFETY: the caller's count protects the object.
    let word = unsafe { host.word(object) };
    let section = host.enter();
    let seen = word.observe();
    let (Some(wrapper), Some(state @ (State::Lean | State::Inactive))) = (seen.wrapper::<H::Wrapper>(), seen.state())
    else {
        return false;
    };
    // SAFETY: in a section, read from the word.
    let Dormancy::Dormant(ticket) = (unsafe { host.dormancy(wrapper, state == State::Inactive) }) else {
        return false;
    };
    // The word again, after the ticket: see `fetch`.
    // SAFETY: in a section, tied, and the caller owns a count.
    if word.observe() != seen || !unsafe { host.claim(wrapper, ticket) } {
        return false;
    }
    // False when a fetch did this step for us.
    word.untie(wrapper);
    drop(section);
    // SAFETY: claimed by us, and no word leads to it.
    unsafe { host.defer_free(wrapper) };
    true
}
