//! A stack that any thread pushes on. It is emptied either as a whole or one by one.
//! Upholds: what was pushed is taken once, by one who sees what its pusher wrote. No locks: a process may be forked at any
//! time, and a thread that Python does not know may push.

use super::atomic::{AtomicPtr, Ordering};
use super::const_unless_loom;
use std::mem::ManuallyDrop;
use std::ptr::{self, null_mut, NonNull};

/// A lock-free stack (R. K. Treiber, "Systems programming: coping with parallelism", 1986). A caller that takes a single node
/// must see to it that none is freed meanwhile, so that a node's address is never compared after the node was freed.
pub struct Stack<T> {
    head: AtomicPtr<Node<T>>,
}

struct Node<T> {
    /// Gone once the node is off the stack.
    value: ManuallyDrop<T>,
    next: *mut Node<T>,
}

// SAFETY: the stack owns its nodes, and hands each value from one thread to one other.
unsafe impl<T: Send> Send for Stack<T> {}
// SAFETY: the stack owns its nodes, and hands each value from one thread to one other.
unsafe impl<T: Send> Sync for Stack<T> {}

impl<T> Stack<T> {
    const_unless_loom! {
        /// An empty stack.
        pub fn new() -> Self {
            Stack { head: AtomicPtr::new(null_mut()) }
        }
    }

    /// Puts a value on top. Linearises at the CAS.
    pub fn push(&self, value: T) {
        let node = Box::into_raw(Box::new(Node { value: ManuallyDrop::new(value), next: null_mut() }));
        // Relaxed: a guess that the CAS verifies, and never followed.
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: not published yet.
            unsafe { (*node).next = head };
            // Release: pairs with the Acquire in `take` and `pop`. Carries: the node, and what its pusher did before.
            // Weaker fails: tests/loom.rs push_vs_take::sees_what_pushers_wrote. Relaxed on failure: retried.
            match self.head.compare_exchange_weak(head, node, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Whether there is nothing to take, at some recent moment.
    #[inline]
    pub fn is_empty(&self) -> bool {
        // Relaxed: a hint; `take` decides.
        self.head.load(Ordering::Relaxed).is_null()
    }

    /// Takes everything, the newest first. Linearises at the swap.
    pub fn take(&self) -> Taken<T> {
        // Acquire: pairs with the Release in `push`. All changes of the head are read-modify-writes, so this reads from the
        // release sequence of every push that it takes. Weaker fails: tests/loom.rs push_vs_take::sees_what_pushers_wrote.
        Taken(self.head.swap(null_mut(), Ordering::Acquire))
    }

    /// Puts back what was taken and not asked for. Allocates nothing. Linearises at the CAS.
    pub fn put_back(&self, rest: Taken<T>) {
        let first = ManuallyDrop::new(rest).0;
        let Some(mut last) = NonNull::new(first) else { return };
        // SAFETY: the nodes are ours until they are published again.
        while let Some(next) = NonNull::new(unsafe { last.as_ref().next }) {
            last = next;
        }
        // Relaxed: as in `push`.
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: the nodes are ours until they are published again.
            unsafe { last.as_mut().next = head };
            // Release: as in `push`, and what this thread did to them.
            // Weaker fails: tests/loom.rs push_vs_take::put_back_as_it_was_left.
            match self.head.compare_exchange_weak(head, first, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes what is on top alone. Others may still look at the node. Linearises at the CAS.
    ///
    /// # Safety
    /// No node that was on the stack is freed during the call: no thread calls `take`, and an [`Emptied`] is dropped only when
    /// all calls that were under way are over.
    pub unsafe fn pop(&self) -> Option<(T, Emptied<T>)> {
        // Acquire: pairs with the Release in `push`. Carries: the node, and what its pusher did before; all changes of the
        // head are read-modify-writes, so this reads from the release sequence of every push below it, too.
        // Weaker fails: tests/loom.rs pop_vs_push::sees_what_pushers_wrote.
        let mut head = self.head.load(Ordering::Acquire);
        while let Some(node) = NonNull::new(head) {
            // SAFETY: acquired, and not freed; `next` is not written after the push.
            let next = unsafe { node.as_ref().next };
            // Relaxed: the load has acquired the node, whose address means the same node still. Acquire on failure: as for
            // the load. Weaker fails: tests/loom.rs pop_vs_push::sees_what_pushers_wrote.
            match self.head.compare_exchange_weak(head, next, Ordering::Relaxed, Ordering::Acquire) {
                // SAFETY: no other thread takes it off the stack. The value is looked at only by the thread that does.
                Ok(_) => return Some((unsafe { ptr::read(&*node.as_ref().value) }, Emptied(node))),
                Err(now) => head = now,
            }
        }
        None
    }
}

impl<T> Default for Stack<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for Stack<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// The memory of a node whose value was taken alone. Dropping it frees it.
pub struct Emptied<T>(NonNull<Node<T>>);

// SAFETY: there is no value in it, and its memory may be freed by any thread.
unsafe impl<T> Send for Emptied<T> {}

impl<T> Drop for Emptied<T> {
    fn drop(&mut self) {
        // SAFETY: made by Box::into_raw in `push`, and taken off the stack by this one alone.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// What was on a stack. Values that are not asked for are dropped with it.
pub struct Taken<T>(*mut Node<T>);

impl<T> Iterator for Taken<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: made by Box::into_raw in `push`, and taken off the stack by this one alone.
        let Node { value, next } = *unsafe { Box::from_raw(self.0) };
        self.0 = next;
        Some(ManuallyDrop::into_inner(value))
    }
}

impl<T> Drop for Taken<T> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn the_newest_comes_first_and_what_is_left_is_dropped() {
        let (stack, counted) = (Stack::new(), Rc::new(()));
        (0..5).for_each(|n| stack.push((n, counted.clone())));
        let mut taken = stack.take();
        stack.push((5, counted.clone()));
        assert_eq!((taken.next().unwrap().0, taken.next().unwrap().0), (4, 3));
        drop(taken);
        assert!(!stack.is_empty() && Rc::strong_count(&counted) == 2);
        drop(stack);
        assert_eq!(Rc::strong_count(&counted), 1);
    }
}
