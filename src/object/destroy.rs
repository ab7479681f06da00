//! The end of an object: untie, destroy, free. Nested ends beyond a depth are queued instead of recursing.
//! Upholds: a chain of any length is destroyed in bounded stack, on any thread at any time of its life; no end is lost
//! to a panic.
//!
//! A destructor that panics does not stop the ends around it: fields after it are dropped, memory is freed, queued
//! objects are destroyed. Then the first panic goes on in the drop that began it all, unless that one runs because of
//! another panic. In a deleter that foreign code called outside of any such drop it ends there.

use super::alloc;
use super::count::Released;
use super::header::{BOTH, DESTROY, FREE};
use super::prefix::tie_word;
use super::root::{counts, Object};
use crate::sync::global::{AtomicPtr, Ordering};
use crate::word::Word;
use std::alloc::Layout;
use std::any::Any;
use std::cell::Cell;
use std::mem::{self, ManuallyDrop};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr::{self, NonNull};

/// How deep ends nest before they queue. Shallow ends happen at once and in the order of fields, so that what a
/// destructor drops is gone when it looks.
const DEPTH: u32 = 48;

type End = (NonNull<Object>, Released);

/// What a thread knows of its ends in progress. Nothing in it has a destructor, so it is usable while the thread's
/// locals are being destroyed; what it owns is given back before the outermost end returns.
struct Ends {
    depth: Cell<u32>,
    queue: Cell<ManuallyDrop<Vec<End>>>,
    panic: Cell<Option<ManuallyDrop<Box<dyn Any + Send>>>>,
}

thread_local! {
    static ENDS: Ends = const {
        Ends {
            depth: Cell::new(0),
            queue: Cell::new(ManuallyDrop::new(Vec::new())),
            panic: Cell::new(None),
        }
    };
}

/// Brings an object to its end. It comes now or, when too many ends nest, before the enclosing one is over.
///
/// # Safety
/// The caller has given back the last strong count of `object`, with this outcome, or is to hand it over.
#[inline(never)]
pub(super) unsafe fn finish(object: NonNull<Object>, released: Released) {
    ENDS.with(|ends| {
        let depth = ends.depth.get();
        if depth >= DEPTH && ends.defer((object, released)) {
            return;
        }
        ends.depth.set(depth + 1);
        // SAFETY: the last strong count was given back with this outcome, or is handed over.
        unsafe { end(object, released) };
        if depth + 1 >= DEPTH {
            ends.drain();
        }
        ends.depth.set(ends.depth.get() - 1);
        if depth == 0 {
            ends.go_on();
        }
    });
}

/// As [`finish`], in a deleter that foreign code called. A panic of a destructor does not leave it.
///
/// # Safety
/// As [`finish`].
#[inline(never)]
pub(super) unsafe fn finish_foreign(object: NonNull<Object>, released: Released) {
    if released == Released::Alive {
        return;
    }
    // SAFETY: the last strong count was given back with this outcome, or is handed over.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| unsafe { finish(object, released) })) {
        ENDS.with(|ends| ends.keep(panic));
    }
}

impl Ends {
    /// Queues an end; false when there is no memory for that.
    fn defer(&self, end: End) -> bool {
        let mut queue = self.queue.take_back();
        let room = queue.try_reserve(1).is_ok();
        if room {
            queue.push(end);
        }
        self.queue.set(ManuallyDrop::new(queue));
        room
    }

    /// Runs queued ends, and those that they queue. They run depth first, each object's in the order they were queued.
    fn drain(&self) {
        let mut sorted = 0;
        loop {
            let mut queue = self.queue.take_back();
            if let Some(new) = queue.get_mut(sorted..) {
                new.reverse();
            }
            let Some((object, released)) = queue.pop() else {
                return;
            };
            sorted = queue.len();
            self.queue.set(ManuallyDrop::new(queue));
            // SAFETY: what was queued came through `finish` and is run once.
            unsafe { end(object, released) };
        }
    }

    /// Keeps the first panic of a destructor for the outermost end.
    fn keep(&self, panic: Box<dyn Any + Send>) {
        let first = self.panic.take();
        // Of no use is one that came after the first. Nor is one while another is unwinding, which will be kept if it is ours.
        // In a deleter that foreign code called, none can be unwound.
        if first.is_some() || std::thread::panicking() || self.depth.get() == 0 {
            self.panic.set(first);
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
                mem::forget(again);
            }
        } else {
            self.panic.set(Some(ManuallyDrop::new(panic)));
        }
    }

    /// Lets a kept panic go on.
    fn go_on(&self) {
        if let Some(panic) = self.panic.take() {
            resume_unwind(ManuallyDrop::into_inner(panic));
        }
    }
}

/// Takes what a cell of something without destructor owns.
trait TakeBack<T> {
    fn take_back(&self) -> T;
}

impl<T: Default> TakeBack<T> for Cell<ManuallyDrop<T>> {
    fn take_back(&self) -> T {
        ManuallyDrop::into_inner(self.replace(ManuallyDrop::new(T::default())))
    }
}

/// # Safety
/// As for [`finish`].
unsafe fn end(object: NonNull<Object>, released: Released) {
    // SAFETY: the strong side's weak count, or our being the last, keeps the object allocated.
    let deleter = unsafe { object.as_ref() }.header().deleter();
    let call = |flags| {
        if let Some(deleter) = deleter {
            // SAFETY: the header's contract: the object's own deleter, with flags that follow from its counts.
            unsafe { deleter(object.as_ptr().cast(), flags) };
        }
    };
    match released {
        Released::Alive => {}
        // SAFETY: the last strong count is still ours.
        Released::Preserved => unsafe { hand_over(object) },
        Released::Last => call(BOTH),
        Released::LastStrong => {
            call(DESTROY);
            // SAFETY: the strong side's weak count, given back here, keeps the object allocated until then.
            if unsafe { counts(object) }.release_weak() {
                call(FREE);
            }
        }
    }
}

/// Gives a weak count back and frees the memory when it was the last.
///
/// # Safety
/// The caller owns the weak count.
#[inline]
pub(super) unsafe fn release_weak(object: NonNull<Object>) {
    // SAFETY: the caller's count keeps the object allocated until the subtraction.
    if unsafe { counts(object) }.release_weak() {
        // SAFETY: there is no other count, so the memory is ours.
        if let Some(deleter) = unsafe { object.as_ref() }.header().deleter() {
            // SAFETY: the object's own deleter, which frees what has no count left.
            unsafe { deleter(object.as_ptr().cast(), FREE) };
        }
    }
}

/// The body of a deleter. With [`DESTROY`] it unties the object and runs `fields`, which drops what the object owns; with
/// [`FREE`] it gives the memory back. A weak count that was taken during the destruction gives it back later. A panic of
/// `fields` does not leave it.
///
/// # Safety
/// The caller is the deleter of `object` and passes its flags on; the object was allocated with `layout` by
/// [`alloc::allocate_raw`] or a handle's constructor.
#[inline]
pub unsafe fn delete(object: NonNull<Object>, flags: i32, fields: impl FnOnce(), layout: impl FnOnce() -> Layout) {
    // Read before the fields go, which may be what the layout is told by.
    let layout = layout();
    if flags & DESTROY != 0 {
        // SAFETY: the object is allocated.
        unsafe { untie(object) };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(fields)) {
            ENDS.with(|ends| ends.keep(panic));
        }
    }
    // SAFETY: the object is allocated.
    if flags & FREE != 0 && (flags & DESTROY == 0 || unsafe { counts(object) }.still_last()) {
        // SAFETY: the deleter was told to free, and no count was taken since.
        unsafe { free_raw(object, layout) };
    }
}

/// Frees the memory of an object whose fields are destroyed. It is the last step of a deleter that was called with [`FREE`].
///
/// # Safety
/// The object was allocated by [`alloc::allocate_raw`] or a handle's constructor, with `layout` (which matters for objects
/// without prefix only); its last weak count is gone; it is not used again.
pub unsafe fn free_raw(object: NonNull<Object>, layout: Layout) {
    // SAFETY: the object is still allocated. For a tie that was made while the fields were destroyed.
    unsafe { untie(object) };
    // SAFETY: the last weak count is gone, the layout is the allocation's. It was untied just now.
    unsafe { alloc::give_back(object, layout) };
}

static RESUME: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Sets what takes the last strong count of an object that has a preserved wrapper. It uses the count up and is true; or it is
/// false, and the object ends without the wrapper, which Python cannot see any more. Called on any thread; must not panic.
pub fn set_resume_hook(hook: fn(NonNull<Object>) -> bool) {
    // Release: pairs with the Acquire in `hand_over`. Carries: what the one who sets the hook prepared for it.
    RESUME.store(hook as *mut (), Ordering::Release);
}

/// Gives the last count of an object to the owner of its wrapper.
///
/// # Safety
/// The caller owns the count, and the word named a preserved wrapper.
#[cold]
unsafe fn hand_over(object: NonNull<Object>) {
    if resume(object) {
        return;
    }
    // SAFETY: the caller's count keeps the object. Without a word that says otherwise, it is given back.
    unsafe {
        if let Some(word) = tie_word(object) {
            word.take();
        }
        let released = counts(object).release(tie_word(object));
        if released != Released::Alive {
            finish(object, released);
        }
    }
}

/// Hands an object with its last count to the hook. False if the hook does not take it.
#[cfg(not(feature = "guest"))]
pub(crate) fn resume(object: NonNull<Object>) -> bool {
    // Acquire: pairs with the Release in `set_resume_hook`.
    let hook = RESUME.load(Ordering::Acquire);
    // SAFETY: only `set_resume_hook` writes here, a function of this type.
    let hook = unsafe { mem::transmute::<*mut (), Option<fn(NonNull<Object>) -> bool>>(hook) };
    hook.is_some_and(|hook| hook(object))
}

/// As the host does it.
#[cfg(feature = "guest")]
fn resume(object: NonNull<Object>) -> bool {
    // SAFETY: the caller owns the count that it hands over.
    unsafe { (crate::runtime::get().resume)(object.as_ptr().cast()) }
}

static UNTIE: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Sets what is called with the word of a tied object at its end. Its fields are destroyed afterwards. Called on any thread;
/// must not panic.
pub fn set_untie_hook(hook: fn(Word)) {
    // Release: pairs with the Acquire in `untie`. Carries: what the one who sets the hook prepared for it.
    UNTIE.store(hook as *mut (), Ordering::Release);
}

/// Ends the tie of an object, if it has one. Its last strong count is gone.
///
/// # Safety
/// `object` is allocated, and no strong count of it exists.
#[inline]
pub unsafe fn untie(object: NonNull<Object>) {
    // SAFETY: `object` is allocated, and no strong count of it exists.
    if let Some(word) = unsafe { tie_word(object) } {
        // A plain look comes first. Without counts no thread changes the word, and most objects were never tied.
        if !word.observe().is_detached() {
            untie_slow(word.take());
        }
    }
}

#[cfg(feature = "guest")]
#[cold]
fn untie_slow(word: Word) {
    // SAFETY: a word that was taken from its object, once.
    unsafe { (crate::runtime::get().untie)(word.to_bits()) };
}

/// Ends the tie that a word said, which was taken from its object.
#[cfg(not(feature = "guest"))]
#[cold]
pub(crate) fn untie_slow(word: Word) {
    // Acquire: pairs with the Release in `set_untie_hook`.
    let hook = UNTIE.load(Ordering::Acquire);
    if !hook.is_null() && !word.is_detached() {
        // SAFETY: only `set_untie_hook` writes here, a function of this type.
        let hook = unsafe { mem::transmute::<*mut (), fn(Word)>(hook) };
        hook(word);
    }
}
