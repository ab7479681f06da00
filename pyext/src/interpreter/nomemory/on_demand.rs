//! Allocation failures on demand, for tests. The n-th allocation of a call fails, or thousands from the n-th on.
//! Upholds: until a test asks, nothing is installed; other threads, and everything outside of the call, get their memory.
//!
//! All kinds of allocations count: Python's, those of native objects, and Rust's own (which may get theirs from the reserve then).

use bowline::object::alloc::{self, CustomAllocator};
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;

/// What happens to the allocations of a thread.
#[derive(Clone, Copy)]
struct Plan {
    seen: usize,
    /// Which one fails, from 1 on.
    nth: usize,
    /// How many fail, from that one on.
    failing: usize,
}

/// How many allocations fail where the lack of memory lasts. That is more than any call asks for once it was refused one.
///
/// It has an end, because CPython's interpreter has none up to 3.13. Without memory for the number of an instruction with a
/// handler it asks again and again (`exception_unwind` in Python/ceval.c goes to itself).
const LASTING: usize = 100_000;

thread_local!(static PLAN: Cell<Option<Plan>> = const { Cell::new(None) });

/// Whether a test ever asked.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Whether the allocation that is asked for is given.
#[inline(always)]
pub fn given() -> bool {
    // Relaxed: the thread that asked has set it itself, the others have no plan.
    !ASKED.load(Ordering::Relaxed) || planned()
}

#[cold]
#[inline(never)]
fn planned() -> bool {
    // A thread past its locals has no plan.
    let plan = PLAN.try_with(Cell::get).ok().flatten();
    let Some(plan) = plan else { return true };
    let now = Plan { seen: plan.seen + 1, ..plan };
    PLAN.set(Some(now));
    now.seen < now.nth || now.seen - now.nth >= now.failing
}

/// Which of Python's allocators fail. They are that of objects, and that of arrays (a list's items, a dict's table).
///
/// Not that of arrays on 3.13, which does not survive it, with anything of ours or without: `PyList_New` frees an array that it never had
/// (Objects/listobject.c; free-threaded builds), and `dict.setdefault` counts an entry that it found no room for
/// (`dict_setdefault_ref_lock_held` in Objects/dictobject.c).
const DOMAINS: &[ffi::PyMemAllocatorDomain] = &[
    ffi::PyMemAllocatorDomain::PYMEM_DOMAIN_OBJ,
    #[cfg(not(all(Py_3_13, not(Py_3_14))))]
    ffi::PyMemAllocatorDomain::PYMEM_DOMAIN_MEM,
];

/// The allocators that ours ask.
struct Former {
    /// Python's. Read through their address, which is the context of ours.
    python: [ffi::PyMemAllocatorEx; DOMAINS.len()],
    native: CustomAllocator,
}

// SAFETY: the allocators of the process: functions and contexts for any thread.
unsafe impl Send for Former {}
// SAFETY: the allocators' functions and contexts are for any thread.
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
    // SAFETY: `install` made a former allocator the context; it stays for good.
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

/// Puts our allocators in front of those in force. It does so once and for the rest of the process.
fn install(_: Python<'_>) {
    let mut first = false;
    let former = FORMER.get_or_init(|| {
        first = true;
        let python = std::array::from_fn(|at| {
            let mut found =
                ffi::PyMemAllocatorEx { ctx: null_mut(), malloc: None, calloc: None, realloc: None, free: None };
            // SAFETY: attached; a place for the answer.
            unsafe { ffi::PyMem_GetAllocator(DOMAINS[at], &mut found) };
            found
        });
        Former { python, native: alloc::allocator() }
    });
    if !first {
        return;
    }
    ASKED.store(true, Ordering::Relaxed);
    for (domain, former) in DOMAINS.iter().zip(&former.python) {
        let context = std::ptr::from_ref(former).cast_mut().cast();
        let mut ours = ffi::PyMemAllocatorEx {
            ctx: context,
            malloc: Some(malloc),
            calloc: Some(calloc),
            realloc: Some(realloc),
            free: Some(free),
        };
        // SAFETY: attached. These hand on to the former ones, so that blocks of before are freed by their own.
        unsafe { ffi::PyMem_SetAllocator(*domain, &mut ours) };
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
    PLAN.set(Some(Plan { seen: 0, nth, failing: if lasting { LASTING } else { 1 } }));
    // SAFETY: attached, a live callable.
    let result = unsafe { ffi::PyObject_CallNoArgs(callable.as_ptr()) };
    let seen = PLAN.take().map_or(0, |plan| plan.seen);
    // SAFETY: a new reference, or null with an exception set.
    (unsafe { Bound::from_owned_ptr_or_err(py, result) }, seen)
}
