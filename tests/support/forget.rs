//! What Python writes into a wrapper. A wrapper of a class that asks for it forgets that.
//! Upholds: what a thread wrote is there as long as it holds the wrapper.

use super::model::{wrapper, Moment, Wrapper};
use super::thread::{Held, Thread};
use bowline::sync::atomic::Ordering;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::SeqCst;

impl Thread {
    /// Sets an attribute of a wrapper.
    pub fn write(&self, held: &Held, value: usize) {
        // AcqRel: CPython has a lock for it. A read-modify-write, to be the latest.
        wrapper(held.wrapper).attribute.swap(value, Ordering::AcqRel);
    }

    /// What was last written; 0 if nothing.
    pub fn written(&self, held: &Held) -> usize {
        // AcqRel: as above.
        wrapper(held.wrapper).attribute.fetch_add(0, Ordering::AcqRel)
    }

    /// What the extension's `forget` does.
    pub fn forget(&self, pointer: NonNull<Wrapper>, keep: impl FnOnce() -> bool) -> bool {
        let forgetful = wrapper(pointer);
        let alone = forgetful.header.begin_forget();
        self.tell(|| format!("forgets {pointer:?}: {alone}"));
        if !alone {
            return false;
        }
        forgetful.attribute.store(0, Ordering::Relaxed);
        forgetful.notes.finalized.store(false, SeqCst);
        let kept = keep();
        forgetful.header.end_forget();
        self.world.run_user_code(self, Moment::Clear(pointer, None));
        kept
    }
}
