//! The end of a rich wrapper, and of the object with it.
//! Upholds: chains of wrappers that hold each other end in bounded stack, each once and whole.

use crate::interpreter::recursion;
use crate::wrapper::layout::Wrapper;
use crate::wrapper::{state, storage};
use bowline::object::{self, Object};
use pyo3::ffi;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

/// How deep ends nest before they queue. What a destructor drops is gone when it looks, if it is not too much.
const MAX_DEPTH: u32 = 32;

type End = (NonNull<Wrapper>, Option<NonNull<Object>>);

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static QUEUE: RefCell<Vec<End>> = const { RefCell::new(Vec::new()) };
}

/// Leaves a level when dropped.
struct Level;

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Ends a dead wrapper. Clears what it knows, frees it, and then ends its object, if that is to end with it. Now, or, when too
/// many ends nest, before the enclosing one is over. Runs user code.
///
/// # Safety
/// Attached, in no section; no other thread can reach the wrapper; the object's end is claimed.
pub unsafe fn end(wrapper: NonNull<Wrapper>, object: Option<NonNull<Object>>) {
    // SAFETY: dead, and the caller's alone, as `# Safety` says.
    unsafe {
        wrapper.as_ref().set_ended();
        ffi::PyObject_GC_UnTrack(wrapper.as_ptr().cast());
    }
    let depth = DEPTH.get();
    if (depth >= MAX_DEPTH || recursion::expect_stack().is_err()) && depth > 0 && queue((wrapper, object)) {
        return;
    }
    DEPTH.set(depth + 1);
    let level = Level;
    // SAFETY: as `# Safety` says, also of what was queued.
    unsafe {
        now(wrapper, object);
        if depth == 0 || depth + 1 >= MAX_DEPTH {
            while let Some((wrapper, object)) = next() {
                now(wrapper, object);
            }
        }
    }
    drop(level);
}

/// False when there is no memory for it.
fn queue(end: End) -> bool {
    QUEUE.with(|queue| {
        let mut queue = queue.borrow_mut();
        let room = queue.try_reserve(1).is_ok();
        if room {
            queue.push(end);
        }
        room
    })
}

fn next() -> Option<End> {
    QUEUE.with(|queue| queue.borrow_mut().pop())
}

/// # Safety
/// As [`end`].
unsafe fn now(wrapper: NonNull<Wrapper>, object: Option<NonNull<Object>>) {
    // SAFETY: the wrapper is dead and the caller's to end. The storage goes before the object, whose fields may end other
    // wrappers.
    unsafe {
        state::clear(wrapper.as_ptr().cast());
        storage::free(wrapper.as_ptr().cast());
        if let Some(object) = object {
            object::end(object);
        }
    }
}
