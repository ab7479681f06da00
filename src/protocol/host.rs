//! What the protocol asks of the side that owns wrappers. That is CPython in `pyext`, a model in tests/support.
//! Upholds: all that is known about refcounts is said here, once, as contracts of the trait's methods.

use crate::word::{AtomicWord, State};
use std::ptr::NonNull;

/// How a wrapper holds its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// It is the one wrapper that fetches return.
    Tied,
    /// The object has another wrapper, or no word: fetches do not return this one.
    Alias,
}

/// A wrapper that only its maker knows.
pub struct Fresh<W> {
    /// The wrapper, with refcount 1, owned by the caller. Its handle is set to the object; it is ready for [`Host::try_incref`].
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

/// Another thread is changing what a wrapper holds. It is done when the sections that are open now have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InTransition;

/// What a wrapper that could not be increfed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dormancy {
    /// There is no count of it: one can [`Host::revive`] or [`Host::claim`] it.
    Dormant,
    /// It was claimed: it will never revive.
    Claimed,
    /// Neither: another thread revived it since.
    Busy,
    /// Another thread is in [`Host::forget`].
    Forgetting,
}

/// What came of asking for a count of a wrapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is not alive.
    Dead,
    /// It lives by the object's own count, and was left as it is.
    Preserved,
    /// There is one more count. The wrapper may have been untied between the look at the word and the count.
    Shared,
    /// There is one more count, and only this thread can let the wrapper die. So it can be neither freed nor evicted, and was
    /// alive when the word was read. If others move the object away, that may as well come after.
    Own,
}

/// The owner of wrappers and of the objects' counts.
///
/// *Section*: the span between [`Host::enter`] and the drop of what it returns. Inside one the protocol runs no user
/// code and allocates nothing.
///
/// # Safety
/// Implementations keep these promises:
/// * what [`Host::limbo`] keeps stays while a section is open that was open then, or a `retire` pending;
/// * `try_incref` succeeds only on a wrapper that is alive, and reads nothing but the refcount header;
/// * of all `revive` and `claim` calls on one dormancy exactly one succeeds;
/// * a dead wrapper is dormant at once; nothing else was done to a rich one when `retire_rich` is called.
pub unsafe trait Host {
    /// A native object, as a pointer.
    type Object: Copy;
    /// A wrapper, behind a pointer that is aligned to [`crate::word::WRAPPER_ALIGN`].
    type Wrapper;
    /// Why a wrapper could not be allocated.
    type Error;
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
    /// The wrapper comes from `allocate` and was never published.
    unsafe fn discard(&self, wrapper: NonNull<Self::Wrapper>);

    /// The part of `try_incref` that gives `Own`: whether it does. It may refuse for any reason; one asks `try_incref` then.
    ///
    /// # Safety
    /// As `try_incref`.
    unsafe fn incref_own(&self, wrapper: NonNull<Self::Wrapper>, is_preserved: impl FnOnce() -> bool) -> bool;
    /// Takes a count of the wrapper if it is alive. One that lives by the object's own count, as `is_preserved` says, is left as
    /// it is. Acquire when the count is `Shared`. A host asks before it gives `Own` of a wrapper that may be rich.
    ///
    /// # Safety
    /// In a section in which the wrapper was read from a word.
    unsafe fn try_incref(&self, wrapper: NonNull<Self::Wrapper>, is_preserved: impl FnOnce() -> bool) -> Counted;
    /// Gives a count back that was taken in the section. The section ends before user code runs. The call may end the
    /// life; of a wrapper that was claimed it ends none.
    ///
    /// # Safety
    /// The caller owns the count.
    unsafe fn decref_within(&self, section: Self::Section, wrapper: NonNull<Self::Wrapper>);
    /// Gives a count back; may end the life and run user code.
    ///
    /// # Safety
    /// The caller owns the count, of a wrapper that was not claimed.
    unsafe fn decref(&self, wrapper: NonNull<Self::Wrapper>);
    /// What a wrapper that is not alive is.
    ///
    /// # Safety
    /// As `try_incref`.
    unsafe fn dormancy(&self, wrapper: NonNull<Self::Wrapper>, rich: bool) -> Dormancy;
    /// Whether a rich wrapper that was revived had been claimed by the host. The host untied it before.
    ///
    /// # Safety
    /// In the section of the revival.
    unsafe fn is_claimed(&self, wrapper: NonNull<Self::Wrapper>) -> bool;
    /// Begins a life: dormant → refcount 1, owned by the caller. AcqRel.
    ///
    /// # Safety
    /// In a section, or protected by the count of a life that ended; the wrapper is tied to an object of which the caller
    /// owns a strong count.
    unsafe fn revive(&self, wrapper: NonNull<Self::Wrapper>, rich: bool) -> bool;
    /// Dormant → claimed, which is final, of a lean wrapper.
    ///
    /// # Safety
    /// As `revive`.
    unsafe fn claim(&self, wrapper: NonNull<Self::Wrapper>) -> bool;
    /// Whether the one count of a rich wrapper is the caller's. A read-modify-write, Release: who counts later sees what the
    /// caller wrote.
    ///
    /// # Safety
    /// The caller owns a count.
    unsafe fn has_one_count(&self, wrapper: NonNull<Self::Wrapper>) -> bool;
    /// Whether the caller's strong count of the object is the only one. Then none can be taken from now on but through the
    /// wrapper, until [`Host::renounce_end`]. Acquire.
    ///
    /// # Safety
    /// The caller owns the count.
    unsafe fn claim_end(&self, object: Self::Object) -> bool;
    /// The end that was claimed does not come.
    ///
    /// # Safety
    /// The caller claimed it.
    unsafe fn renounce_end(&self, object: Self::Object);
    /// Whether the caller's strong count of the object is the only one. A read-modify-write, AcqRel: who counts the object
    /// later sees what the caller did before.
    ///
    /// # Safety
    /// The caller owns the count.
    unsafe fn is_sole(&self, object: Self::Object) -> bool;
    /// Whether the wrapper's class has a finalizer that has not run for this object.
    ///
    /// # Safety
    /// The caller owns the wrapper's last life, or that life's count of the object.
    unsafe fn needs_finalizer(&self, wrapper: NonNull<Self::Wrapper>) -> bool;
    /// Runs the finalizer, which counts as run from now on.
    ///
    /// # Safety
    /// The caller owns counts of the wrapper and of its object.
    unsafe fn run_finalizer(&self, wrapper: NonNull<Self::Wrapper>);
    /// Whether the wrapper is to forget what it knows at the end of this life. Its class asks for it, and this is not a life of
    /// which [`Host::note_end`] told.
    ///
    /// # Safety
    /// The storage is there.
    unsafe fn forgets(&self, wrapper: NonNull<Self::Wrapper>) -> bool {
        let _ = wrapper;
        false
    }
    /// Takes out what the wrapper knows and calls `keep`. Both happen only if the caller's count is the only one.
    ///
    /// Meanwhile no thread can count the wrapper: [`Host::dormancy`] says `Forgetting`. Then lets go of what it knew, which runs
    /// user code. Whether `keep` was called, and said so: then the caller's count is not the caller's any more.
    ///
    /// # Safety
    /// The caller owns a count of the wrapper and one of its object; in no section.
    unsafe fn forget(&self, wrapper: NonNull<Self::Wrapper>, keep: impl FnOnce() -> bool) -> bool {
        let _ = (wrapper, keep);
        false
    }
    /// Whether another thread has yet to let others count the wrapper again. The object's count of the wrapper is now the
    /// caller's.
    ///
    /// # Safety
    /// The caller owns a count.
    unsafe fn is_forgetting(&self, wrapper: NonNull<Self::Wrapper>) -> bool {
        let _ = wrapper;
        false
    }
    /// Lets a thread go on that is in [`Host::forget`] or a transition. A safe point.
    fn back_off(&self) {}
    /// The life that begins is only there to end with its object. Its finalizer is not to run if each life has its own.
    ///
    /// # Safety
    /// The caller owns a count of the wrapper.
    unsafe fn note_end(&self, wrapper: NonNull<Self::Wrapper>) {
        let _ = wrapper;
    }
    /// Whether code that knows of no claims may count the object from a weak count. Asked when the end is claimed; if not then,
    /// then not later.
    ///
    /// # Safety
    /// The caller claimed the object's end.
    unsafe fn is_weakly_held_elsewhere(&self, object: Self::Object) -> bool {
        let _ = object;
        false
    }
    /// Dormant → claimed, which is final, of a rich wrapper. Its object may be counted from a weak count.
    ///
    /// # Safety
    /// The caller claimed the object's end, and is in a section.
    unsafe fn claim_rich(&self, wrapper: NonNull<Self::Wrapper>) -> bool {
        let _ = wrapper;
        false
    }
    /// Ends a wrapper without its object, once the sections that are open now have ended. Runs user code.
    ///
    /// # Safety
    /// The caller claimed and untied it; in no section.
    unsafe fn end_alone(&self, wrapper: NonNull<Self::Wrapper>) {
        let _ = wrapper;
    }
    /// Ends a wrapper and its object. Unties them, clears what the wrapper holds, gives the object's last count back and frees
    /// the storage. Runs user code.
    ///
    /// # Safety
    /// The caller claimed the object's end, and the wrapper is dormant.
    unsafe fn end(&self, wrapper: NonNull<Self::Wrapper>, object: Self::Object);
    /// Whether a preserved wrapper holds nothing that the next one would lack. Its only count has to be its object's.
    ///
    /// # Safety
    /// No other attached thread runs.
    unsafe fn is_blank(&self, wrapper: NonNull<Self::Wrapper>) -> bool;

    /// Frees storage that no section can see. On a thread without Python it queues it instead.
    ///
    /// # Safety
    /// The storage is dead and the caller's alone.
    unsafe fn free(&self, wrapper: NonNull<Self::Wrapper>);
    /// Ends the wrapper's hold of its object. The handle is marked as moved from, keeping the pointer for `retire`s of former
    /// lives that are still to run. `None` when it held none. One caller wins, and owns the life's strong count.
    ///
    /// From here to [`Host::finish_move`], as from [`Host::begin_bind`] or [`Host::begin_rebind`] to [`Host::finish_bind`], the
    /// handle is *in transition*: `begin_move` finds nothing in it, `begin_bind` and `begin_rebind` fail. Each transition is
    /// made within one section.
    ///
    /// # Safety
    /// The wrapper is alive.
    unsafe fn begin_move(&self, wrapper: NonNull<Self::Wrapper>) -> Option<Self::Object>;
    /// Ends the transition that `begin_move` began. The word is not tied any more, and the wrapper may be given another object.
    ///
    /// # Safety
    /// The wrapper is alive and in the caller's transition.
    unsafe fn finish_move(&self, wrapper: NonNull<Self::Wrapper>) {
        // Enough for hosts on which no thread comes between the steps of a section. The GIL sees to that.
        let _ = wrapper;
    }
    /// Gives a wrapper that holds nothing an object to hold. False when another thread was faster, or is about to be. The
    /// handle is in transition from here to [`Host::finish_bind`], see [`Host::begin_move`]; readers find the object in it.
    ///
    /// # Safety
    /// The wrapper is alive, and no `retire` of a former life can be pending that was not told by [`Host::defer_retires`].
    unsafe fn begin_bind(&self, wrapper: NonNull<Self::Wrapper>, object: Self::Object) -> bool;
    /// Begins a transition in which readers still find the former object in the handle. It is returned.
    /// `Err` when the handle is in transition already.
    ///
    /// # Safety
    /// The wrapper is alive.
    unsafe fn begin_rebind(&self, wrapper: NonNull<Self::Wrapper>) -> Result<Option<Self::Object>, InTransition>;
    /// Lets late `retire`s of former lives leave their counts to [`Host::limbo`]. The handle will name another object.
    ///
    /// Gives the one whose counts these are, which may be dead if none is left; `None` if they do so already, or the wrapper never
    /// held any.
    ///
    /// # Safety
    /// The wrapper is alive and in the transition that the caller began with `begin_rebind`. It goes to limbo after that.
    unsafe fn defer_retires(&self, wrapper: NonNull<Self::Wrapper>) -> Option<Self::Object>;
    /// Lets readers of a handle in transition find `object` from now on. The life's count of what it held is the caller's.
    ///
    /// # Safety
    /// The wrapper is alive and in the transition that the caller began with `begin_rebind`, and no `retire` of a former life
    /// can be pending that was not told by [`Host::defer_retires`].
    unsafe fn set_object(&self, wrapper: NonNull<Self::Wrapper>, object: Self::Object);
    /// Ends the transition of `begin_bind` or `begin_rebind`. Records in the handle whether the wrapper is the tied one or an
    /// alias.
    ///
    /// # Safety
    /// The wrapper is alive and in the caller's transition.
    unsafe fn finish_bind(&self, wrapper: NonNull<Self::Wrapper>, tie: Tie);
    /// Whether the wrapper's class is rich.
    ///
    /// # Safety
    /// The wrapper is alive.
    unsafe fn is_rich(&self, wrapper: NonNull<Self::Wrapper>) -> bool;
    /// Lets a wrapper that was moved from hold nothing, as if it never had.
    ///
    /// No `retire` of a former life is pending. Does nothing if it was given another object meanwhile.
    ///
    /// # Safety
    /// The wrapper is alive and was moved from by the caller.
    unsafe fn forget_moved(&self, wrapper: NonNull<Self::Wrapper>);
    /// Keeps a wrapper that lost its object from dying while other threads may know it.
    ///
    /// Until no `retire` of a former life can be pending, nor another thread be looking at it in a section that is open now. Then
    /// gives back what `retire`s left of `former`, which came of [`Host::defer_retires`].
    ///
    /// # Safety
    /// The wrapper is alive and was moved from, or given another object, by the caller.
    unsafe fn limbo(&self, wrapper: NonNull<Self::Wrapper>, former: Option<Self::Object>);
    /// Keeps an object for those who may have found it in the wrapper's handle.
    ///
    /// They did so in a section that is open now, before the caller took it out, and have counts of the wrapper.
    ///
    /// # Safety
    /// The caller owns counts of both, and has changed the handle.
    unsafe fn keep_for_readers(&self, wrapper: NonNull<Self::Wrapper>, object: Self::Object);

    /// A life began in a wrapper that was kept.
    fn revived(&self) {}
}
