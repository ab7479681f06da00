//! CPython's trashcan, which postpones deaths near the end of a thread's stack.
//! Upholds: a rich wrapper that it has serves no life any more. Its object gets another one, which is counted: the one
//! exception to P4 and P9 that no program asks for.
//!
//! From 3.14 on `_Py_Dealloc` asks how much stack is left before it calls `tp_dealloc`, and deposits an instance of a class with
//! collector if it is little (Objects/object.c). Between then and the dealloc it keeps a link in the header, and at last it
//! stores "no counts" there plainly. A revival meanwhile would be lost. Before it writes anything it asks `tp_is_gc`, where we
//! are told: with a refcount of zero there is no other caller.
//!
//! There the header is made one that neither we nor CPython count, and the word untied; so a thread that comes by the word finds
//! another wrapper or none. One that read the word before may still revive what the trashcan takes out again, sees that the word
//! changed, and gives that up without a death ([`decref`]); what is freed goes after all those have passed. A revival between the
//! zero and our being told cannot be undone: such a wrapper stays for good, with its object.

use crate::interpreter::refcount;
use crate::wrapper::layout::Wrapper;
use bowline::object::{self, Object};
use bowline::sync::counter::{add, Event};
use pyo3::ffi;
use std::cell::RefCell;
use std::ffi::c_int;
use std::ptr::NonNull;
use std::sync::atomic::{fence, Ordering};

/// `tp_is_gc` of rich classes, which are.
pub unsafe extern "C" fn is_gc(op: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the interpreter with a wrapper whose storage is there.
    unsafe {
        let wrapper = NonNull::new_unchecked(op.cast::<Wrapper>());
        if refcount::is_dead(op) && !wrapper.as_ref().is_ended() && !wrapper.as_ref().is_deposited() {
            deposit(wrapper);
        }
    }
    1
}

/// The trashcan gets a wrapper.
///
/// # Safety
/// Attached; the wrapper's refcount became zero on this thread, and its dealloc has not been called.
unsafe fn deposit(wrapper: NonNull<Wrapper>) {
    // SAFETY: the life that ended has a count of the object.
    unsafe {
        let handle = wrapper.as_ref().handle.read();
        let Some(object) = handle.retiree().filter(|_| !handle.is_alias()) else { return };
        if !object::is_weakly_held_elsewhere(object) && object::claim_end(object) {
            // No other thread can come by the object, nor by its wrapper. Both end when the dealloc is called.
            if ENDINGS.with(|endings| note(endings, wrapper)) {
                return;
            }
            object::renounce_end(object);
        }
        add(Event::Superseded, 1);
        if !DEPOSITS.with(|deposits| note(deposits, wrapper)) || !refcount::refuse(wrapper.as_ptr().cast()) {
            // Revived in this very moment, or there is no memory. The counts of those who have it will be lost: so it never dies,
            // nor does its object, and it is what the next dealloc finds it to be.
            take_out(wrapper);
            refcount::make_immortal(wrapper.as_ptr().cast());
            return;
        }
        wrapper.as_ref().set_deposited();
        if let Some(word) = object::tie_word(object) {
            word.untie(wrapper);
        }
        // Release: with the trashcan's plain store to the header. Pairs with the Acquire of a revival. Carries: the untied word
        // and the mark.
        fence(Ordering::Release);
    }
}

type List = RefCell<Vec<NonNull<Wrapper>>>;

thread_local! {
    /// The wrappers that this thread's trashcan has, and no other's: a wrapper is deposited once.
    static DEPOSITS: List = const { RefCell::new(Vec::new()) };
    /// Those that end with their objects, whose ends are claimed.
    static ENDINGS: List = const { RefCell::new(Vec::new()) };
}

/// False when there is no memory.
fn note(list: &List, wrapper: NonNull<Wrapper>) -> bool {
    let mut list = list.borrow_mut();
    let room = list.try_reserve(1).is_ok();
    if room {
        list.push(wrapper);
    }
    room
}

/// Whether it was in the list.
fn forget(list: &List, wrapper: NonNull<Wrapper>) -> bool {
    let mut list = list.borrow_mut();
    let found = list.iter().rposition(|other| *other == wrapper);
    found.map(|at| list.swap_remove(at)).is_some()
}

/// Whether the trashcan calls this dealloc of a deposited wrapper, which ends it. Another's is that of a life before, on another
/// thread: a thread's deallocs follow its decrements, but for what it deposits.
pub fn take_out(wrapper: NonNull<Wrapper>) -> bool {
    DEPOSITS.with(|deposits| forget(deposits, wrapper))
}

/// Before the dealloc of a wrapper. If the trashcan had it, to end with its object, that end is to be claimed anew.
///
/// # Safety
/// Attached; the wrapper's dealloc was called, and its life has a count of the object.
pub unsafe fn renounce(wrapper: NonNull<Wrapper>, object: NonNull<Object>) {
    // SAFETY: the life's count of the object. What is in the list was claimed in `deposit`, by this thread.
    unsafe {
        if object::is_ending(object) && ENDINGS.with(|endings| forget(endings, wrapper)) {
            object::renounce_end(object);
        }
    }
}

/// Gives a count of a wrapper back which the trashcan may have had meanwhile.
///
/// # Safety
/// Attached, in no section; the count is the caller's, the wrapper rich and of a free-threaded interpreter.
pub unsafe fn decref(wrapper: NonNull<Wrapper>) {
    let op = wrapper.as_ptr().cast::<ffi::PyObject>();
    // SAFETY: the count is the caller's. The storage stays until all threads have passed a safe point.
    unsafe {
        if refcount::give_back(op) && !wrapper.as_ref().is_deposited() {
            crate::interpreter::ffi::_Py_Dealloc(op);
        }
    }
}
