//! What is left over when an object leaves its wrapper, in batches. The trashcan leaves wrappers, too.
//! Upholds: what is in a batch is taken once. An end that takes its time keeps the rest of the batch from no other thread.

use crate::interpreter::trampoline::unraisable;
use crate::wrapper::ends;
use crate::wrapper::layout::Wrapper;
use bowline::object::{self, Object};
use bowline::sync::global::Mutex;
use pyo3::ffi;
use std::ptr::NonNull;

/// One thing that is left over.
pub enum Retired {
    /// A rich wrapper that the trashcan had, with all that it knows.
    Deposited(NonNull<Wrapper>),
    /// One count of a wrapper that lost its object. If retires leave their counts, they are counts of the other one.
    Left(NonNull<Wrapper>, Option<NonNull<Object>>),
    /// One count of an object that was taken out of a wrapper. Other threads may know the wrapper.
    Object(NonNull<Object>),
}

// SAFETY: pointers whose ownership travels with the value.
unsafe impl Send for Retired {}

impl Retired {
    /// Ends it. May run user code.
    ///
    /// # Safety
    /// Attached, outside of any section; no thread is amid a step with what it names.
    pub unsafe fn end(self) {
        // SAFETY: as `# Safety` says; what it names is the caller's.
        unsafe {
            match self {
                Retired::Deposited(wrapper) => ends::end(wrapper, None),
                Retired::Left(wrapper, former) => {
                    wrapper.as_ref().handle.clear_moved();
                    if let Some(former) = former {
                        (0..wrapper.as_ref().take_retires()).for_each(|_| unraisable(|| object::release(former)));
                    }
                    ffi::Py_DECREF(wrapper.as_ptr().cast());
                }
                Retired::Object(object) => object::release(object),
            }
        }
    }
}

/// Some that go together.
pub struct Batch(Mutex<Vec<Retired>>);

impl Batch {
    /// None.
    #[allow(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Self {
        Batch(Mutex::new(Vec::new()))
    }

    fn with<R>(&self, work: impl FnOnce(&mut Vec<Retired>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// Adds one; how many there are now.
    pub fn push(&self, one: Retired) -> usize {
        self.with(|all| {
            all.push(one);
            all.len()
        })
    }

    /// Adds several.
    pub fn append(&self, more: &mut Vec<Retired>) {
        self.with(|all| all.append(more));
    }

    /// Takes one out.
    pub fn pop(&self) -> Option<Retired> {
        self.with(Vec::pop)
    }

    /// Takes all out.
    pub fn take(&self) -> Vec<Retired> {
        self.with(std::mem::take)
    }

    /// How many there are, at some recent moment.
    pub fn len(&self) -> usize {
        self.with(|all| all.len())
    }
}
