//! Allocation failures on demand, for tests: the n-th allocation of a call fails, or all from the n-th on.
//! Imports pyo3::ffi and the core's allocator.
//! Upholds: until a test asks, nothing is installed; other threads, and everything outside of the call, get their memory.

use bowline::object::alloc::{self, CustomAllocator};
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::OnceLock;

/// What happens to the allocations of a thread.
#[derive(Clone, Copy)]
struct Plan {
    seen: usize,
    /// Which one fails, from 1 on.
    nth: usize,
    /// Whether those behind it fail, too.
    lasting: bool,
}

thread_local!(static PLAN: Cell<Option<Plan>> = const { Cell::new(None) });

/// Whether the allocation that is asked for is given.
fn given() -> bool {
    // A thread past its locals has no plan.
    let plan = PLAN.try_with(Cell::get).ok().flatten();
    let Some(plan) = plan else { return true };
    let now = Plan { seen: plan.seen + 1, ..plan };
    PLAN.set(Some(now));
    now.seen < now.nth || (now.seen > now.nth && !now.lasting)
}

/// The allocators that ours ask.
struct Former {
    /// Of Python's memory and of its objects. Read through their address, which is the context of ours.
    python: [ffi::PyMemAllocatorEx; 2],
    native: CustomAllocator,
}

// SAFETY: the allocators of the process: functions and contexts for any thread.
unsafe impl Send for Former {}
// SAFETY: as above.
unsafe impl Sync for Former {}

static FORMER: OnceLock<Former> = OnceLock::new();

macro_rules! ask {
    ($name:ident, $member:ident, $($arg:ident: $type:ty),*) => {
        extern "C" fn $name(context: *mut c_void, $($arg: $type),*) -> *mut c_void {
            if !given() {
                return null_mut();
            }
            // SAFETY: `install` made a former allocator the context, whose functions are set.
            unsafe {
                let former = &*context.cast::<ffi::PyMemAllocatorEx>();
                former.$member.unwrap_unchecked()(former.ctx, $($arg),*)
            }
        }
    };
}
ask!(malloc, malloc, size: usize);
ask!(calloc, calloc, count: usize, size: usize);
ask!(realloc, realloc, block: *mut c_void, size: usize);

extern "C" fn free(context: *mut c_void, block: *mut c_void) {
    // SAFETY: as in `ask`.
    unsafe {
        let former = &*context.cast::<ffi::PyMemAllocatorEx>();
        former.free.unwrap_unchecked()(former.ctx, block);
    }
}

unsafe extern "C" fn allocate(size: usize, align: usize, type_index: i32, context: *mut c_void) -> *mut c_void {
    if !given() {
        return null_mut();
    }
    // SAFETY: `install` made the former allocators the context.
    unsafe {
        let former = &(*context.cast::<Former>()).native;
        (former.allocate)(size, align, type_index, former.context)
    }
}

/// Puts our allocators in front of those in force, once and for the rest of the process.
fn install(_: Python<'_>) {
    const DOMAINS: [ffi::PyMemAllocatorDomain; 2] =
        [ffi::PyMemAllocatorDomain::PYMEM_DOMAIN_MEM, ffi::PyMemAllocatorDomain::PYMEM_DOMAIN_OBJ];
    let mut first = false;
    let former = FORMER.get_or_init(|| {
        first = true;
        let python = DOMAINS.map(|domain| {
            let mut found =
                ffi::PyMemAllocatorEx { ctx: null_mut(), malloc: None, calloc: None, realloc: None, free: None };
            // SAFETY: attached; a place for the answer.
            unsafe { ffi::PyMem_GetAllocator(domain, &mut found) };
            found
        });
        Former { python, native: alloc::allocator() }
    });
    if !first {
        return;
    }
    for (domain, former) in DOMAINS.into_iter().zip(&former.python) {
        let context = std::ptr::from_ref(former).cast_mut().cast();
        let mut ours = ffi::PyMemAllocatorEx {
            ctx: context,
            malloc: Some(malloc),
            calloc: Some(calloc),
            realloc: Some(realloc),
            free: Some(free),
        };
        // SAFETY: attached; these hand on to the former ones, so that blocks of before are freed by their own.
        unsafe { ffi::PyMem_SetAllocator(domain, &mut ours) };
    }
    let context = std::ptr::from_ref(former).cast_mut().cast();
    // SAFETY: it keeps to the contract because the former one does.
    unsafe { alloc::set_allocator(Some(CustomAllocator { allocate, context })) };
}

/// Calls something without arguments while the `nth` allocation of this thread fails. Gives its result or what it raised,
/// and how many allocations there were.
pub fn call<'py>(callable: &Bound<'py, PyAny>, nth: usize, lasting: bool) -> (PyResult<Bound<'py, PyAny>>, usize) {
    let py = callable.py();
    install(py);
    PLAN.set(Some(Plan { seen: 0, nth, lasting }));
    // SAFETY: attached, a live callable.
    let result = unsafe { ffi::PyObject_CallNoArgs(callable.as_ptr()) };
    let seen = PLAN.take().map_or(0, |plan| plan.seen);
    // SAFETY: a new reference, or null with an exception set.
    (unsafe { Bound::from_owned_ptr_or_err(py, result) }, seen)
}
