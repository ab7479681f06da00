//! CPython as a host of the tie protocol.
//! Upholds the contracts of [`bowline::protocol::Host`].

use crate::interpreter::{attach, refcount};
use crate::wrapper::layout::{Handle, Wrapper};
use crate::wrapper::retired::Retired;
use crate::wrapper::{class_table, ends, forget, limbo, release_queue, state, storage, trashcan};
use bowline::object::{self, Object};
use bowline::protocol::{Counted, Dormancy, Fresh, Host, InTransition, Tie};
use bowline::sync::counter::{add, Event};
use bowline::word::AtomicWord;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::NonNull;

/// The interpreter. The value proves nothing; every method needs an attached thread, except `free`.
pub struct CPython;

fn op(wrapper: NonNull<Wrapper>) -> *mut ffi::PyObject {
    wrapper.as_ptr().cast()
}

// SAFETY:
// * sections: an attached thread is in one until it reaches a safe point; what others may look at goes through `limbo`, which lets
//   every attached thread pass one first, or is freed after the stop of the world in which it was untied;
// * the refcount rules are those of refcount.rs.
unsafe impl Host for CPython {
    type Object = NonNull<Object>;
    type Wrapper = Wrapper;
    type Error = PyErr;
    type Section = ();

    #[inline(always)]
    fn enter(&self) {}

    #[inline(always)]
    unsafe fn word(&self, object: NonNull<Object>) -> &AtomicWord {
        // SAFETY: alive; callers check that it has a word before they use the protocol on it.
        unsafe { object::tie_word(object).unwrap_unchecked() }
    }
    #[inline]
    unsafe fn retain(&self, object: NonNull<Object>) {
        // SAFETY: alive.
        unsafe { object::retain(object) }
    }
    #[inline]
    unsafe fn release(&self, object: NonNull<Object>) {
        // SAFETY: the caller's count.
        unsafe { object::release(object) }
    }

    unsafe fn allocate(&self, object: NonNull<Object>) -> PyResult<Fresh<Wrapper>> {
        // SAFETY: attached, outside of a section: the protocol allocates nowhere else.
        unsafe {
            release_queue::drain();
            let class = class_table::class_for(Python::assume_attached(), object.as_ref().type_index())?;
            let wrapper = NonNull::new(storage::make(class, Handle::tied(object)));
            let wrapper = wrapper.ok_or_else(|| PyErr::fetch(Python::assume_attached()))?;
            Ok(Fresh { wrapper, rich: class_table::is_rich(class) })
        }
    }
    unsafe fn discard(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: never published, so ours alone; a GC instance was tracked by its allocation.
        unsafe {
            if class_table::is_rich(refcount::class_of(op(wrapper))) {
                ffi::PyObject_GC_UnTrack(op(wrapper).cast());
            }
            storage::free(op(wrapper));
        }
    }

    #[inline(always)]
    unsafe fn incref_own(&self, wrapper: NonNull<Wrapper>, is_preserved: impl FnOnce() -> bool) -> bool {
        // SAFETY: in the section in which the wrapper was read from a word.
        unsafe { refcount::incref_own(op(wrapper), is_preserved) }
    }

    #[inline(always)]
    unsafe fn try_incref(&self, wrapper: NonNull<Wrapper>, is_preserved: impl FnOnce() -> bool) -> Counted {
        // SAFETY: within a section in which the wrapper was read from a word, as [`Host::try_incref`] asks.
        unsafe { refcount::try_incref(op(wrapper), is_preserved) }
    }
    unsafe fn decref_within(&self, (): (), wrapper: NonNull<Wrapper>) {
        // SAFETY: the caller's count.
        unsafe {
            match refcount::FREE_THREADED && cfg!(Py_3_14) && class_table::is_rich(refcount::class_of(op(wrapper))) {
                true => trashcan::decref(wrapper),
                false => ffi::Py_DECREF(op(wrapper)),
            }
        }
    }
    unsafe fn decref(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: the caller's count.
        unsafe { ffi::Py_DECREF(op(wrapper)) }
    }
    #[inline]
    unsafe fn dormancy(&self, wrapper: NonNull<Wrapper>, rich: bool) -> Dormancy {
        // SAFETY: within a section in which the wrapper could not be counted, as [`Host::dormancy`] asks.
        unsafe {
            match refcount::dormancy(op(wrapper)) {
                Dormancy::Claimed if rich && forget::forgets(wrapper) && !self.is_claimed(wrapper) => {
                    Dormancy::Forgetting
                }
                Dormancy::Dormant if rich && self.is_claimed(wrapper) => Dormancy::Claimed,
                other => other,
            }
        }
    }
    #[inline]
    unsafe fn is_claimed(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: in a section in which the header was read, which orders this.
        cfg!(Py_3_14) && unsafe { wrapper.as_ref() }.is_deposited()
    }
    #[inline]
    unsafe fn revive(&self, wrapper: NonNull<Wrapper>, rich: bool) -> bool {
        // SAFETY: as [`Host::revive`] asks.
        unsafe { refcount::revive(op(wrapper), rich) }
    }
    unsafe fn claim(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: in a section. The caller has a count of the wrapper's object, as [`Host::claim`] asks.
        unsafe { refcount::claim(op(wrapper)) }
    }
    #[inline]
    unsafe fn has_one_count(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: the caller has a count, as [`Host::has_one_count`] asks.
        unsafe { refcount::has_one_count(op(wrapper)) }
    }

    #[inline]
    unsafe fn claim_end(&self, object: NonNull<Object>) -> bool {
        // SAFETY: the caller's count.
        unsafe { object::claim_end(object) }
    }
    unsafe fn renounce_end(&self, object: NonNull<Object>) {
        // SAFETY: the caller claimed it.
        unsafe { object::renounce_end(object) }
    }
    #[inline]
    unsafe fn is_sole(&self, object: NonNull<Object>) -> bool {
        // SAFETY: the caller's count.
        unsafe { object::is_sole(object) }
    }
    #[inline]
    unsafe fn needs_finalizer(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: the caller may end the wrapper, as [`Host::needs_finalizer`] asks.
        unsafe { state::needs_finalizer(wrapper) }
    }
    unsafe fn run_finalizer(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: the caller's count of the wrapper.
        unsafe { state::run_finalizer(wrapper) }
    }
    #[inline]
    unsafe fn forgets(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: the storage is there, as [`Host::forgets`] asks, and its class with it.
        unsafe { forget::forgets(wrapper) && !wrapper.as_ref().take_note_of_end() }
    }
    unsafe fn forget(&self, wrapper: NonNull<Wrapper>, keep: impl FnOnce() -> bool) -> bool {
        // SAFETY: the caller's count.
        unsafe { forget::forget(wrapper, keep) }
    }
    #[inline]
    unsafe fn is_forgetting(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: the caller's count.
        unsafe { refcount::is_forgetting(op(wrapper)) }
    }
    fn back_off(&self) {
        // SAFETY: attached.
        unsafe { Python::assume_attached() }.detach(std::thread::yield_now);
    }
    unsafe fn note_end(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: the caller's count.
        unsafe {
            if forget::forgets(wrapper) {
                wrapper.as_ref().set_finalized();
                wrapper.as_ref().note_end();
            }
        }
    }
    #[inline]
    unsafe fn is_weakly_held_elsewhere(&self, object: NonNull<Object>) -> bool {
        // SAFETY: the caller's count.
        unsafe { object::is_weakly_held_elsewhere(object) }
    }
    unsafe fn claim_rich(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: in a section, of a wrapper whose object the caller has a count of.
        unsafe { refcount::refuse(op(wrapper)) }
    }
    unsafe fn end_alone(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: no thread that comes later finds the wrapper. No visit is under way while this thread runs. To the collector an
        // object without counts is garbage, which it would end in its way.
        unsafe {
            add(Event::Superseded, 1);
            storage::forget(wrapper);
            ffi::PyObject_GC_UnTrack(op(wrapper).cast());
            limbo::enter(Retired::Deposited(wrapper));
        }
    }
    unsafe fn end(&self, wrapper: NonNull<Wrapper>, object: NonNull<Object>) {
        // SAFETY: the object's end is claimed, so no thread comes by its word. The wrapper is dormant, so none comes by it.
        unsafe {
            self.word(object).untie(wrapper);
            ends::end(wrapper, Some(object));
        }
    }
    unsafe fn is_blank(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: no other attached thread runs, as [`Host::is_blank`] asks. The handle names an object that is there.
        unsafe {
            let class = refcount::class_of(op(wrapper));
            let index = wrapper.as_ref().handle.read().object().map(|object| object.as_ref().type_index());
            refcount::has_one_count(op(wrapper))
                && index.is_some_and(|index| class_table::registered(index) == class)
                && !wrapper.as_ref().is_finalized()
                && state::is_empty(op(wrapper))
        }
    }

    unsafe fn free(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: the storage is dead and the caller's alone, as [`Host::free`] asks.
        unsafe {
            if !attach::attached() {
                storage::leave(wrapper);
            }
            release_queue::free_storage(op(wrapper));
        }
    }

    unsafe fn begin_move(&self, wrapper: NonNull<Wrapper>) -> Option<NonNull<Object>> {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.begin_move()
    }
    unsafe fn finish_move(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.finish_move();
    }
    unsafe fn begin_bind(&self, wrapper: NonNull<Wrapper>, object: NonNull<Object>) -> bool {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.begin_bind(object)
    }
    unsafe fn begin_rebind(&self, wrapper: NonNull<Wrapper>) -> Result<Option<NonNull<Object>>, InTransition> {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.begin_rebind().map(Handle::object).ok_or(InTransition)
    }
    unsafe fn defer_retires(&self, wrapper: NonNull<Wrapper>) -> Option<NonNull<Object>> {
        // SAFETY: alive.
        let wrapper = unsafe { wrapper.as_ref() };
        wrapper.handle.read().retiree().filter(|_| wrapper.defer_retires())
    }
    unsafe fn set_object(&self, wrapper: NonNull<Wrapper>, object: NonNull<Object>) {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.set_object(object);
    }
    unsafe fn finish_bind(&self, wrapper: NonNull<Wrapper>, tie: Tie) {
        // SAFETY: alive.
        let handle = unsafe { &wrapper.as_ref().handle };
        let Some(object) = handle.read().object() else { return };
        handle.finish_bind(match tie {
            Tie::Tied => Handle::tied(object),
            Tie::Alias => Handle::alias(object),
        });
    }
    unsafe fn is_rich(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: alive.
        unsafe { class_table::is_rich(refcount::class_of(op(wrapper))) }
    }
    unsafe fn forget_moved(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.clear_moved();
    }
    unsafe fn limbo(&self, wrapper: NonNull<Wrapper>, former: Option<NonNull<Object>>) {
        // SAFETY: alive; attached, outside of a section.
        unsafe {
            ffi::Py_INCREF(op(wrapper));
            limbo::enter(Retired::Left(wrapper, former));
        }
    }
    unsafe fn keep_for_readers(&self, wrapper: NonNull<Wrapper>, object: NonNull<Object>) {
        // SAFETY: alive; attached, outside of a section. Who does not know the wrapper has not read its handle.
        unsafe {
            if refcount::shared_with_others(op(wrapper)) {
                object::retain(object);
                limbo::enter(Retired::Object(object));
            }
        }
    }

    #[inline]
    fn revived(&self) {
        add(Event::Revived, 1);
    }
}
