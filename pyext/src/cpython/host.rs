//! CPython as a host of the tie protocol.
//! Imports the core's protocol and object layers and the other files of this folder.
//! Upholds the contracts of [`bowline::protocol::Host`].

use super::limbo::Soul;
use super::refcount::{self, Ticket};
use super::wrapper::{Handle, Wrapper};
use super::{attach, class, deferred, limbo, storage, world};
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
// * sections: an attached thread is in one until it reaches a safe point; freed storage goes through `limbo`, which lets
//   every attached thread pass one first;
// * the refcount rules are those of refcount.rs.
unsafe impl Host for CPython {
    type Object = NonNull<Object>;
    type Wrapper = Wrapper;
    type Error = PyErr;
    type Ticket = Ticket;
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
            deferred::drain();
            let class = class::class_for(Python::assume_attached(), object.as_ref().type_index())?;
            let wrapper = NonNull::new(storage::make(class, Handle::tied(object)));
            let wrapper = wrapper.ok_or_else(|| PyErr::fetch(Python::assume_attached()))?;
            Ok(Fresh { wrapper, rich: class::is_rich(class) })
        }
    }
    unsafe fn discard(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: never published, so ours alone; a GC instance was tracked by its allocation.
        unsafe {
            if class::is_rich(refcount::class_of(op(wrapper))) {
                ffi::PyObject_GC_UnTrack(op(wrapper).cast());
            }
            storage::free(op(wrapper));
        }
    }

    #[inline(always)]
    unsafe fn try_incref(&self, wrapper: NonNull<Wrapper>) -> Counted {
        // SAFETY: by contract.
        unsafe { refcount::try_incref(op(wrapper)) }
    }
    unsafe fn decref(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: the caller's count.
        unsafe { ffi::Py_DECREF(op(wrapper)) }
    }
    #[inline]
    unsafe fn dormancy(&self, wrapper: NonNull<Wrapper>, rich: bool) -> Dormancy<Ticket> {
        // SAFETY: by contract.
        unsafe { refcount::dormancy(op(wrapper), rich) }
    }
    #[inline]
    unsafe fn wake(&self, wrapper: NonNull<Wrapper>, ticket: Ticket, rich: bool) -> bool {
        // SAFETY: by contract; a woken rich wrapper is ours until we return, and untracked.
        unsafe {
            if !refcount::wake(op(wrapper), ticket) {
                return false;
            }
            if rich {
                ffi::PyObject_GC_Track(op(wrapper).cast());
            }
        }
        add(Event::Revival, 1);
        true
    }
    unsafe fn claim(&self, wrapper: NonNull<Wrapper>, ticket: Ticket) -> bool {
        // SAFETY: by contract.
        unsafe { refcount::claim(op(wrapper), ticket) }
    }
    unsafe fn lay_down(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: by contract.
        unsafe { refcount::lay_down(op(wrapper)) }
    }
    unsafe fn keeps(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: the storage is dead but there, and its life's count keeps the object.
        unsafe {
            let handle = wrapper.as_ref().handle.read();
            let index = handle.retiree().map(|object| object.as_ref().type_index());
            index.is_some_and(|index| class::registered(index) == refcount::class_of(op(wrapper)))
        }
    }

    unsafe fn free(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: by contract.
        unsafe {
            if !attach::attached() {
                storage::leave(wrapper);
            }
            deferred::free_storage(op(wrapper));
        }
    }
    unsafe fn defer_free(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: attached, since a wrapper's death is; outside of a section.
        unsafe { limbo::enter(Soul::Storage(wrapper)) }
    }

    unsafe fn disown(&self, wrapper: NonNull<Wrapper>) -> Option<NonNull<Object>> {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.disown()
    }
    unsafe fn vacate(&self, wrapper: NonNull<Wrapper>) {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.vacate();
    }
    unsafe fn adopt(&self, wrapper: NonNull<Wrapper>, object: NonNull<Object>) -> bool {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.adopt(object)
    }
    unsafe fn seize(&self, wrapper: NonNull<Wrapper>) -> Result<Option<NonNull<Object>>, InTransition> {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.seize().map(Handle::object).ok_or(InTransition)
    }
    unsafe fn seat(&self, wrapper: NonNull<Wrapper>, object: NonNull<Object>) {
        // SAFETY: alive.
        unsafe { wrapper.as_ref() }.handle.seat(object);
    }
    unsafe fn note(&self, wrapper: NonNull<Wrapper>, tie: Tie) {
        // SAFETY: alive.
        let handle = unsafe { &wrapper.as_ref().handle };
        let Some(object) = handle.read().object() else { return };
        handle.settle(match tie {
            Tie::Tied => Handle::tied(object),
            Tie::Alias => Handle::alias(object),
        });
    }
    unsafe fn is_rich(&self, wrapper: NonNull<Wrapper>) -> bool {
        // SAFETY: alive.
        unsafe { class::is_rich(refcount::class_of(op(wrapper))) }
    }
    unsafe fn limbo(&self, wrapper: NonNull<Wrapper>, object: NonNull<Object>) {
        // SAFETY: alive; attached, outside of a section. A thread that knows the wrapper may have read its handle just
        // before the move: then the object, too, stays until all threads have passed.
        unsafe {
            let known = refcount::shared_with_others(op(wrapper));
            if known {
                object::retain(object);
            }
            ffi::Py_INCREF(op(wrapper));
            limbo::enter(Soul::Moved(wrapper, known.then_some(object)));
        }
    }
    fn quiesce(&self) {
        // SAFETY: attached, outside of a section.
        unsafe { world::all_threads_pass() }
    }

    fn superseded(&self) {
        add(Event::Superseded, 1);
    }
}
