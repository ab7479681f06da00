//! What the protocol asks of the side that owns wrappers: CPython in `pyext`, a model in tests/support.
//! Imports `word` only.
//! Upholds: all that is known about refcounts is said here, once, as contracts of the trait's methods.

use super::Tie;
use crate::word::{AtomicWord, State};
use std::ptr::NonNull;

/// A wrapper that only its maker knows.
pub struct Fresh<W> {
    /// The wrapper: refcount 1, owned by the caller; handle set to the object; ready for [`Host::try_incref`].
    pub wrapper: NonNull<W>,
    /// Whether the class is rich.
    pub rich: bool,
}

impl<W> Fresh<W> {
    /// The state in which a living wrapper of this class is tied.
    pub fn state(&self) -> State {
        if self.rich {
            State::Active
        } else {
            State::Lean
        }
    }
}

/// Another thread is changing what a wrapper holds; it is done when the sections that are open now have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InTransition;

/// What a wrapper that could not be increfed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dormancy<T> {
    /// Its death is complete; whoever holds the ticket may [`Host::wake`] or [`Host::claim`] it.
    Dormant(T),
    /// An eviction has claimed it: it will never wake.
    Claimed,
    /// Neither: it is dying (rich), or somebody woke it since.
    Busy,
}

/// What came of asking for a count of a wrapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is not alive.
    Dead,
    /// There is one more count. The wrapper may have been untied between the look at the word and the count.
    Shared,
    /// There is one more count, of a wrapper that cannot die, and so cannot be freed or evicted, but by steps of this very
    /// thread: what it was tied to when the word was read was tied to a living wrapper. If others move it away, that may
    /// as well come after.
    Own,
}

/// The owner of wrappers and of the objects' counts.
///
/// *Section*: the span between [`Host::enter`] and the drop of what it returns. Inside one the protocol runs no user
/// code and allocates nothing.
///
/// # Safety
/// Implementations keep these promises:
/// * storage passed to [`Host::defer_free`] is not freed or reused while a section is open that was open then;
/// * `try_incref` succeeds only on a wrapper that is alive, and reads nothing but the refcount header;
/// * of all `wake` and `claim` calls on one dormancy (one ticket, for rich wrappers) exactly one succeeds;
/// * a dead lean wrapper becomes dormant with its refcount, a dead rich one with [`Host::lay_down`] and not before.
pub unsafe trait Host {
    /// A native object, as a pointer.
    type Object: Copy;
    /// A wrapper, behind a pointer that is aligned to [`crate::word::WRAPPER_ALIGN`].
    type Wrapper;
    /// Why a wrapper could not be allocated.
    type Error;
    /// Names one dormancy of one wrapper, so that a compare-and-swap can tell it from all others.
    type Ticket: Copy;
    /// Keeps a section open.
    type Section;

    /// Opens a section. Costs nothing where being attached to the interpreter is one.
    fn enter(&self) -> Self::Section;

    /// The tie word of an object that the caller protects.
    ///
    /// # Safety
    /// The object is alive, and stays so while the result is used.
    unsafe fn word(&self, object: Self::Object) -> &AtomicWord;
    /// Takes a strong count of an object that the caller protects.
    ///
    /// # Safety
    /// The object is alive.
    unsafe fn retain(&self, object: Self::Object);
    /// Releases a strong count; may destroy the object and run user code.
    ///
    /// # Safety
    /// The caller owns the count.
    unsafe fn release(&self, object: Self::Object);

    /// Makes a wrapper for `object`. May run user code, which may run any verb on the same object.
    ///
    /// # Safety
    /// The object is alive.
    unsafe fn allocate(&self, object: Self::Object) -> Result<Fresh<Self::Wrapper>, Self::Error>;
    /// Frees a wrapper that was never published. Does not touch the object's count.
    ///
    /// # Safety
    /// The wrapper comes from `allocate` and nobody else has seen it.
    unsafe fn discard(&self, wrapper: NonNull<Self::Wrapper>);

    /// Takes a count of the wrapper if it is alive. Acquire when the count is `Shared`.
    ///
    /// # Safety
    /// In a section in which the wrapper was read from a word.
    unsafe fn try_incref(&self, wrapper: NonNull<Self::Wrapper>) -> Counted;
    /// Gives a count back; may end the life and run user code.
    ///
    /// # Safety
    /// The caller owns the count.
    unsafe fn decref(&self, wrapper: NonNull<Self::Wrapper>);
    /// What a wrapper that is not alive is. Acquire: what the dormancy's maker wrote before is seen.
    ///
    /// # Safety
    /// As `try_incref`.
    unsafe fn dormancy(&self, wrapper: NonNull<Self::Wrapper>, rich: bool) -> Dormancy<Self::Ticket>;
    /// Begins a life: dormant → refcount 1, owned by the caller, if the ticket is still good.
    ///
    /// # Safety
    /// In a section; the wrapper is tied to an object of which the caller owns a strong count.
    unsafe fn wake(&self, wrapper: NonNull<Self::Wrapper>, ticket: Self::Ticket, rich: bool) -> bool;
    /// Dormant → claimed for ever, if the ticket is still good.
    ///
    /// # Safety
    /// As `wake`.
    unsafe fn claim(&self, wrapper: NonNull<Self::Wrapper>, ticket: Self::Ticket) -> bool;
    /// Makes a dead rich wrapper dormant under a ticket that was never used before. Release.
    ///
    /// # Safety
    /// The caller runs the last step of the wrapper's death.
    unsafe fn lay_down(&self, wrapper: NonNull<Self::Wrapper>);
    /// Whether the storage of this dead rich wrapper can serve another life (its class is still the object's).
    ///
    /// # Safety
    /// As `lay_down`.
    unsafe fn keeps(&self, wrapper: NonNull<Self::Wrapper>) -> bool;

    /// Frees storage that no section can see; on a thread without Python it queues it instead.
    ///
    /// # Safety
    /// The storage is dead and the caller's alone.
    unsafe fn free(&self, wrapper: NonNull<Self::Wrapper>);
    /// Frees storage once the sections that are open now have ended.
    ///
    /// # Safety
    /// The storage is dead, and no word leads to it any more.
    unsafe fn defer_free(&self, wrapper: NonNull<Self::Wrapper>);

    /// Ends the wrapper's hold of its object: the handle is marked as moved from, keeping the pointer for `retire`s of
    /// former lives that are still to run. `None` when it held none. One caller wins, and owns the life's strong count.
    ///
    /// From here to [`Host::vacate`], as from [`Host::adopt`] or [`Host::seize`] to [`Host::note`], the handle is *in
    /// transition*: `disown` finds nothing in it, `adopt` and `seize` fail. Each transition is made within one section.
    ///
    /// # Safety
    /// The wrapper is alive.
    unsafe fn disown(&self, wrapper: NonNull<Self::Wrapper>) -> Option<Self::Object>;
    /// Ends the transition that `disown` began: the word is not tied any more, the wrapper may be given another object.
    ///
    /// # Safety
    /// The wrapper is alive and in the caller's transition.
    unsafe fn vacate(&self, wrapper: NonNull<Self::Wrapper>) {
        // Enough for hosts on which nobody can come between the steps of a section, as under the GIL.
        let _ = wrapper;
    }
    /// Gives a wrapper that holds nothing an object to hold. False when somebody was faster, or is about to be. The
    /// handle is in transition from here to [`Host::note`], see [`Host::disown`]; readers find the object in it.
    ///
    /// # Safety
    /// The wrapper is alive, and no `retire` of a former life can be pending (see [`Host::quiesce`]).
    unsafe fn adopt(&self, wrapper: NonNull<Self::Wrapper>, object: Self::Object) -> bool;
    /// Begins a transition in which readers go on finding in the handle what they found before, which is returned.
    /// `Err` when the handle is in transition already.
    ///
    /// # Safety
    /// The wrapper is alive.
    unsafe fn seize(&self, wrapper: NonNull<Self::Wrapper>) -> Result<Option<Self::Object>, InTransition>;
    /// Lets readers of a seized handle find `object` from now on. The life's count of what it held is the caller's.
    ///
    /// # Safety
    /// The wrapper is alive and in the transition that the caller began with `seize`, and no `retire` of a former life
    /// can be pending (see [`Host::quiesce`]).
    unsafe fn seat(&self, wrapper: NonNull<Self::Wrapper>, object: Self::Object);
    /// Ends the transition of `adopt` or `seize`: notes in the handle whether the wrapper is the tied one or an alias.
    ///
    /// # Safety
    /// The wrapper is alive and in the caller's transition.
    unsafe fn note(&self, wrapper: NonNull<Self::Wrapper>, tie: Tie);
    /// Whether the wrapper's class is rich.
    ///
    /// # Safety
    /// The wrapper is alive.
    unsafe fn is_rich(&self, wrapper: NonNull<Self::Wrapper>) -> bool;
    /// Keeps a moved-from wrapper from dying until no `retire` of a former life can be pending.
    ///
    /// # Safety
    /// The wrapper is alive and was disowned by the caller.
    unsafe fn limbo(&self, wrapper: NonNull<Self::Wrapper>, object: Self::Object);
    /// Returns once all sections that are open now have ended and all `retire`s that are pending now have run. The one
    /// call that may stop other threads; only explicit re-initialisation of a wrapper makes it.
    fn quiesce(&self);

    /// A dying wrapper was replaced by a fresh one.
    fn superseded(&self) {}
}
