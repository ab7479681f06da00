//! Where the memory of objects comes from, as C says it.
//! Upholds: an allocator's memory in front of a body is left as it was; a body goes back the way it came.
//!
//! An allocator of the C ABI returns a body with its `delete_space` in the eight bytes in front, and owns what is in front of
//! those. Objects here need sixteen bytes. So they ask for a larger body and lie inside it, behind a gap:
//!
//! ```text
//! the allocator's own │ delete_space │ gap (16, or the alignment) … prefix │ object
//!                                    ▲ the allocator's body                ▲ the object's address
//! ```

use super::boundary::answer;
use crate::function::error::take_raised;
use crate::object::alloc::{self, CustomAllocator, DeleteSpace, BODY_ALIGN, BUILTIN, PREFIX_SIZE};
use crate::sync::global::{AtomicPtr, Ordering};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::{null_mut, NonNull};

/// The allocator that C set; null while that is the builtin one.
static CURRENT: AtomicPtr<CustomAllocator> = AtomicPtr::new(null_mut());

/// What C gets to see while it set none.
struct Default(CustomAllocator);

// SAFETY: never written, and its function may be called on any thread.
unsafe impl Sync for Default {}

static DEFAULT: Default = Default(CustomAllocator { allocate: allocate_default, context: null_mut() });

/// `allocate` of the allocator in force in Rust.
unsafe extern "C" fn allocate_default(size: usize, align: usize, index: i32, _context: *mut c_void) -> *mut c_void {
    let now = alloc::allocator();
    // SAFETY: its contract; bodies are aligned to 16 at least.
    unsafe { (now.allocate)(size, align.max(BODY_ALIGN), index, now.context) }
}

/// Gives the allocator in force; never null.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIGetCustomAllocator() -> *mut CustomAllocator {
    // Acquire: pairs with the Release in `TVMFFISetCustomAllocator`. Carries: the allocator.
    match CURRENT.load(Ordering::Acquire) {
        current if current.is_null() => (&raw const DEFAULT.0).cast_mut(),
        current => current,
    }
}

/// Replaces the allocator; null brings the builtin one back.
#[no_mangle]
pub unsafe extern "C" fn TVMFFISetCustomAllocator(allocator: *mut CustomAllocator) -> i32 {
    answer(|| {
        let is_default = allocator.is_null() || std::ptr::eq(allocator, &raw const DEFAULT.0);
        let own = if is_default { null_mut() } else { allocator };
        let nested = (!is_default).then(|| CustomAllocator { allocate, context: allocator.cast() });
        // SAFETY: by the header the allocator is alive for good, and works on any thread.
        unsafe { alloc::set_allocator(nested) };
        // Release: pairs with the Acquire in `TVMFFIGetCustomAllocator`. Carries: the allocator.
        CURRENT.store(own, Ordering::Release);
        Ok(())
    })
}

/// Where an object aligned to more than 16 keeps the distance from its allocator's body. It is in front of the object.
const DISTANCE: usize = PREFIX_SIZE + size_of::<usize>();

thread_local! {
    /// Whether this thread is in an allocator of C. The error in which it says that it fails is an object, too.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// `allocate` for objects here, by an allocator of C. What that needs itself comes from the builtin one.
///
/// # Safety
/// `context` is that allocator.
unsafe extern "C" fn allocate(size: usize, align: usize, index: i32, context: *mut c_void) -> *mut c_void {
    // SAFETY: `context` is the allocator that was set; the builtin one demands the same.
    unsafe {
        if INSIDE.replace(true) {
            return (BUILTIN.allocate)(size, align, index, BUILTIN.context);
        }
        let object = allocate_inside(size, align, index, context);
        INSIDE.set(false);
        object
    }
}

/// # Safety
/// As [`allocate`].
unsafe fn allocate_inside(size: usize, align: usize, index: i32, context: *mut c_void) -> *mut c_void {
    let gap = if align <= BODY_ALIGN { PREFIX_SIZE } else { align };
    let Some(total) = size.checked_add(gap) else { return null_mut() };
    // SAFETY: `context` is the allocator of C, which keeps to its contract.
    let body = unsafe {
        let allocator = *context.cast::<CustomAllocator>();
        (allocator.allocate)(total, align, index, allocator.context)
    };
    let Some(body) = NonNull::new(body) else {
        // What it says is told by the failed allocation.
        drop(take_raised());
        return null_mut();
    };
    // SAFETY: the gap is in front of the object. It is at least as large as what is written there.
    unsafe {
        let object = body.byte_add(gap);
        let delete_space: DeleteSpace = if gap == PREFIX_SIZE { delete_near } else { delete_far };
        if gap != PREFIX_SIZE {
            object.byte_sub(DISTANCE).cast::<usize>().write(gap);
        }
        object.cast::<Option<DeleteSpace>>().sub(1).write(Some(delete_space));
        object.as_ptr()
    }
}

/// Gives a body back to the allocator of C.
///
/// # Safety
/// `body` is what the allocator returned.
unsafe fn delete(body: *mut c_void) {
    // SAFETY: the contract of the ABI. The function stands in front of the body, and may be null.
    unsafe {
        if let Some(delete_space) = body.cast::<Option<DeleteSpace>>().sub(1).read() {
            delete_space(body);
        }
    }
}

unsafe extern "C" fn delete_near(object: *mut c_void) {
    // SAFETY: `allocate` put the object at this distance.
    unsafe { delete(object.byte_sub(PREFIX_SIZE)) };
}

unsafe extern "C" fn delete_far(object: *mut c_void) {
    // SAFETY: `allocate` left the distance in front of the prefix.
    unsafe {
        let gap = object.byte_sub(DISTANCE).cast::<usize>().read();
        delete(object.byte_sub(gap));
    }
}
