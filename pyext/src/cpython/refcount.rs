//! Refcount headers: taking a count of what may be dead, beginning a life, ending one for good.
//! Imports pyo3::ffi and, of the core, what the host promises and whether there is one thread. Here, and in `world`, GIL and
//! free-threaded builds differ.
//! Upholds the refcount contracts of [`bowline::protocol::Host`].

use pyo3::ffi;

pub use build::*;

/// The class of an object: pyo3's `Py_TYPE` is a call into the interpreter from 3.14 on.
///
/// # Safety
/// A Python object that is there: alive, or storage of ours.
#[inline(always)]
pub unsafe fn class_of(op: *mut ffi::PyObject) -> *mut ffi::PyTypeObject {
    // SAFETY: by contract; nobody assigns the class of an object of ours, and the interpreter reads it as plainly.
    unsafe { (*op).ob_type }
}

#[cfg(Py_GIL_DISABLED)]
mod build {
    //! Biased reference counts (PEP 703; CPython's Include/refcount.h and Objects/object.c): `ob_tid` owns
    //! `ob_ref_local`, everybody else counts in `ob_ref_shared`, whose low two bits are flags.

    use super::ffi;
    use bowline::protocol::{Counted, Dormancy};
    use bowline::sync::alone::alone;
    use std::cell::Cell;
    use std::ffi::c_ulong;
    use std::sync::atomic::{AtomicIsize, AtomicU32, AtomicU64, AtomicU8, AtomicUsize, Ordering};

    /// Whether the interpreter runs threads in parallel.
    pub const FREE_THREADED: bool = true;

    const ONE: isize = 1 << 2;
    const FLAGS: isize = 0b11;
    const MAYBE_WEAKREF: isize = 0b01;
    const MERGED: isize = 0b11;
    /// "merged" with a count below zero never occurs in a living object: dormant rich wrappers carry their ticket there.
    const TICKETS: isize = isize::MIN | MERGED;

    /// The flags of a class.
    ///
    /// # Safety
    /// A live class.
    #[inline(always)]
    pub unsafe fn type_flags(class: *mut ffi::PyTypeObject) -> c_ulong {
        // Relaxed: the one flag that we ask for is settled before the class is used.
        // SAFETY: by contract.
        unsafe { &(*class).tp_flags }.load(Ordering::Relaxed)
    }

    /// Clears flags of a class.
    ///
    /// # Safety
    /// A live class that no other thread uses yet.
    pub unsafe fn clear_type_flags(class: *mut ffi::PyTypeObject, flags: c_ulong) {
        // Relaxed: published with the class's registration.
        // SAFETY: by contract.
        unsafe { &(*class).tp_flags }.fetch_and(!flags, Ordering::Relaxed);
    }

    /// The shared field of a dormancy.
    pub type Ticket = isize;

    /// Names one dormancy of a rich wrapper. Tickets are never used twice.
    fn next_ticket() -> u64 {
        const BATCH: u64 = 1 << 16;
        static NEXT: AtomicU64 = AtomicU64::new(1);
        thread_local!(static OWN: Cell<(u64, u64)> = const { Cell::new((0, 0)) });
        let (at, end) = OWN.get();
        let (at, end) = if at < end {
            (at, end)
        } else {
            // Relaxed: only uniqueness is asked of it.
            let first = NEXT.fetch_add(BATCH, Ordering::Relaxed);
            (first, first + BATCH)
        };
        OWN.set((at + 1, end));
        at
    }

    unsafe fn tid<'a>(op: *mut ffi::PyObject) -> &'a AtomicUsize {
        // SAFETY: the caller's object; CPython accesses the field atomically too.
        unsafe { AtomicUsize::from_ptr(&raw mut (*op).ob_tid) }
    }
    unsafe fn local<'a>(op: *mut ffi::PyObject) -> &'a AtomicU32 {
        // SAFETY: the caller's object.
        unsafe { &(*op).ob_ref_local }
    }
    unsafe fn shared<'a>(op: *mut ffi::PyObject) -> &'a AtomicIsize {
        // SAFETY: the caller's object.
        unsafe { &(*op).ob_ref_shared }
    }

    /// What CPython writes to `ob_tid` of objects of this thread (`_Py_ThreadId` in Include/object.h).
    #[inline(always)]
    pub fn thread_id() -> usize {
        let id: usize;
        // SAFETY: reads the thread pointer, as CPython does on this platform.
        unsafe {
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            std::arch::asm!("mov {}, fs:0", out(reg) id, options(nostack, preserves_flags, readonly));
            #[cfg(all(target_arch = "x86_64", target_os = "macos"))]
            std::arch::asm!("mov {}, gs:0", out(reg) id, options(nostack, preserves_flags, readonly));
            #[cfg(all(target_arch = "aarch64", target_os = "linux"))]
            std::arch::asm!("mrs {}, tpidr_el0", out(reg) id, options(nostack, preserves_flags, nomem));
            #[cfg(all(target_arch = "aarch64", target_os = "macos"))]
            std::arch::asm!("mrs {}, tpidrro_el0", out(reg) id, options(nostack, preserves_flags, nomem));
        }
        id
    }

    /// Makes `try_incref` possible on an object that only this thread knows.
    ///
    /// # Safety
    /// The object is fresh and unpublished.
    pub unsafe fn arm(op: *mut ffi::PyObject) {
        // SAFETY: ours alone.
        let shared = unsafe { shared(op) };
        // Relaxed: published later by the word's Release.
        shared.store(shared.load(Ordering::Relaxed) | MAYBE_WEAKREF, Ordering::Relaxed);
    }

    /// Takes a count if the object is alive. Reads the header only.
    ///
    /// Unlike `PyUnstable_TryIncRef` it refuses "owned by me, local count 0", which a finalizer leaves behind.
    ///
    /// # Safety
    /// Attached since the pointer was read from a word.
    #[inline(always)]
    pub unsafe fn try_incref(op: *mut ffi::PyObject) -> Counted {
        // SAFETY: the heaps of objects are type-stable while attached, so the header can be read even of a freed object.
        let (tid, local, shared) = unsafe { (tid(op), local(op), shared(op)) };
        // Relaxed: the local count belongs to the thread named by tid, and only that thread acts on it.
        let count = local.load(Ordering::Relaxed);
        if tid.load(Ordering::Relaxed) == thread_id() {
            if count == 0 {
                return Counted::Dead;
            }
            if count != u32::MAX {
                local.store(count + 1, Ordering::Relaxed);
            }
            return Counted::Own;
        }
        if count == u32::MAX {
            return Counted::Shared;
        }
        let mut seen = shared.load(Ordering::Relaxed);
        loop {
            if seen == 0 || (seen & FLAGS == MERGED && seen <= MERGED) {
                return Counted::Dead;
            }
            // SeqCst, for the store-buffer shape with `shared_with_others`: the caller takes a count and then reads the handle,
            // another moves the object out of the handle and then looks for counts; one of the two must see the other. As an
            // Acquire it orders the re-check of the word after the count, and pairs with whoever counted before, which
            // carries the life that is joined. Relaxed on failure: retried with what was read.
            match shared.compare_exchange_weak(seen, seen + ONE, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return Counted::Shared,
                Err(now) => seen = now,
            }
        }
    }

    /// Takes a count of a living object: `Py_INCREF`, without a call in the common case.
    ///
    /// # Safety
    /// Attached; the object is alive throughout.
    #[inline(always)]
    pub unsafe fn incref(op: *mut ffi::PyObject) {
        // SAFETY: by contract.
        unsafe {
            // Relaxed: as in `try_incref`.
            let count = local(op).load(Ordering::Relaxed);
            if count == u32::MAX {
                return;
            }
            if tid(op).load(Ordering::Relaxed) == thread_id() {
                local(op).store(count + 1, Ordering::Relaxed);
            } else {
                ffi::Py_INCREF(op);
            }
        }
    }

    /// Gives a count back: `Py_DECREF`, without a call in the common case.
    ///
    /// # Safety
    /// Attached; the count is the caller's. May run user code.
    #[inline(always)]
    pub unsafe fn decref(op: *mut ffi::PyObject) {
        // SAFETY: by contract.
        unsafe {
            // Relaxed: as in `try_incref`.
            let count = local(op).load(Ordering::Relaxed);
            if count == u32::MAX {
                return;
            }
            if count > 1 && tid(op).load(Ordering::Relaxed) == thread_id() {
                local(op).store(count - 1, Ordering::Relaxed);
            } else {
                ffi::Py_DECREF(op);
            }
        }
    }

    /// What a wrapper that could not be increfed is.
    ///
    /// # Safety
    /// As [`try_incref`].
    #[inline]
    pub unsafe fn dormancy(op: *mut ffi::PyObject, rich: bool) -> Dormancy<Ticket> {
        // Acquire: pairs with the Release in `lay_down` (the ticket comes after everything of the death it ends).
        // SAFETY: as in `try_incref`.
        match unsafe { shared(op) }.load(Ordering::Acquire) {
            TICKETS => Dormancy::Claimed,
            MERGED if !rich => Dormancy::Dormant(MERGED),
            seen if rich && seen & FLAGS == MERGED && seen < 0 => Dormancy::Dormant(seen),
            _ => Dormancy::Busy,
        }
    }

    /// Dormant → count 1.
    ///
    /// # Safety
    /// As [`bowline::protocol::Host::wake`].
    #[inline]
    pub unsafe fn wake(op: *mut ffi::PyObject, ticket: Ticket) -> bool {
        // SAFETY: handed on.
        unsafe {
            match alone() {
                true => wake_alone(op, ticket),
                false => wake_among_threads(op, ticket),
            }
        }
    }

    /// As [`wake`], by the only thread.
    ///
    /// # Safety
    /// As [`wake`].
    #[inline(always)]
    unsafe fn wake_alone(op: *mut ffi::PyObject, ticket: Ticket) -> bool {
        // SAFETY: as in `wake_among_threads`.
        let (tid, local, shared) = unsafe { (tid(op), local(op), shared(op)) };
        // Relaxed, all of them: there is nobody else.
        let dormant = shared.load(Ordering::Relaxed) == ticket;
        if dormant {
            local.store(1, Ordering::Relaxed);
            tid.store(thread_id(), Ordering::Relaxed);
            shared.store(MAYBE_WEAKREF, Ordering::Relaxed);
        }
        dormant
    }

    /// Dormant → count 1, then gives the bias to this thread, so that its counting is cheap again.
    ///
    /// No step makes others wait: they find count 1, merged, and may count up and down meanwhile.
    ///
    /// # Safety
    /// As [`wake`].
    #[inline]
    unsafe fn wake_among_threads(op: *mut ffi::PyObject, ticket: Ticket) -> bool {
        // SAFETY: the wrapper is tied to an object that the caller protects, so it is a wrapper of that object.
        let (tid, local, shared) = unsafe { (tid(op), local(op), shared(op)) };
        // AcqRel: the Acquire pairs with the last count given back in the former life, or with `lay_down`. The Release pairs
        // with `try_incref` by losers and puts the count of the object that the life takes before what they do with it.
        // See src/sync/edges.md.
        if shared.compare_exchange(ticket, ONE | MERGED, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return false;
        }
        // While `shared` says merged, others do not look at these two fields' values except to see that they are not theirs.
        local.store(1, Ordering::Relaxed);
        tid.store(thread_id(), Ordering::Relaxed);
        let mut seen = ONE | MERGED;
        loop {
            let biased = (seen - ONE) & !FLAGS | MAYBE_WEAKREF;
            // Release: the two stores above come before. Relaxed on failure: retried with what was read.
            match shared.compare_exchange_weak(seen, biased, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
    }

    /// Dormant → claimed for ever.
    ///
    /// # Safety
    /// As [`bowline::protocol::Host::claim`].
    pub unsafe fn claim(op: *mut ffi::PyObject, ticket: Ticket) -> bool {
        // Relaxed: only who wins is asked. What the winner frees it frees after a stop of the world, which orders the rest.
        // SAFETY: as in `wake`.
        unsafe { shared(op) }.compare_exchange(ticket, TICKETS, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Gives a dead rich wrapper the header of a dormant one.
    ///
    /// # Safety
    /// The last step of its death.
    pub unsafe fn lay_down(op: *mut ffi::PyObject) {
        let ticket = TICKETS | ((next_ticket() << 2) as isize & isize::MAX);
        // SAFETY: nobody else writes the header of a dead wrapper.
        unsafe {
            // Relaxed: a thread whose finalizer resurrected the wrapper may still look at the bits, as CPython's assertions do.
            AtomicU8::from_ptr(&raw mut (*op).ob_gc_bits).store(0, Ordering::Relaxed);
            // Relaxed: `try_incref` refuses by the shared field, before and after.
            tid(op).store(0, Ordering::Relaxed);
            local(op).store(0, Ordering::Relaxed);
            // Release: pairs with the Acquire in `dormancy`. Carries: the emptied body and the word's earlier edges.
            shared(op).store(ticket, Ordering::Release);
        }
    }

    /// Whether somebody but this thread may hold a count of a living object.
    ///
    /// # Safety
    /// The caller owns a count.
    pub unsafe fn shared_with_others(op: *mut ffi::PyObject) -> bool {
        // SeqCst: pairs with the read-modify-write of a thread that takes a count (`try_incref`, or CPython's) and then reads
        // the handle, against our handle swap and then this load: one of the two sees the other.
        // SAFETY: alive.
        unsafe { tid(op).load(Ordering::Relaxed) != thread_id() || shared(op).load(Ordering::SeqCst) >> 2 != 0 }
    }

    /// Before `__del__` runs: CPython cleared the flag that lets other threads count a resurrected object; set it again
    /// while the finalizing thread still has the object to itself.
    ///
    /// # Safety
    /// Called from `tp_finalize`.
    pub unsafe fn rearm_in_finalizer(op: *mut ffi::PyObject) {
        // SAFETY: alive during its finalizer.
        let shared = unsafe { shared(op) };
        // Relaxed: nothing is carried; a value other than 0 needs no flag.
        let _ = shared.compare_exchange(0, MAYBE_WEAKREF, Ordering::Relaxed, Ordering::Relaxed);
    }
}

#[cfg(not(Py_GIL_DISABLED))]
mod build {
    //! With the GIL the steps of a verb are atomic among attached threads; a dead object has refcount 0 and stays so.

    use super::ffi;
    use bowline::protocol::{Counted, Dormancy};
    use std::ffi::c_ulong;

    /// Whether the interpreter runs threads in parallel.
    pub const FREE_THREADED: bool = false;

    /// The flags of a class.
    ///
    /// # Safety
    /// A live class.
    #[inline(always)]
    pub unsafe fn type_flags(class: *mut ffi::PyTypeObject) -> c_ulong {
        // SAFETY: by contract.
        unsafe { (*class).tp_flags }
    }

    /// Clears flags of a class.
    ///
    /// # Safety
    /// A live class that no other thread uses yet.
    pub unsafe fn clear_type_flags(class: *mut ffi::PyTypeObject, flags: c_ulong) {
        // SAFETY: by contract.
        unsafe { (*class).tp_flags &= !flags };
    }

    /// Nothing can come between reading a dormancy and acting on it.
    pub type Ticket = ();

    #[cfg(Py_3_14)]
    unsafe fn count(op: *mut ffi::PyObject) -> *mut u32 {
        // SAFETY: the caller's object.
        unsafe { &raw mut (*op).ob_refcnt.refcnt_and_flags.ob_refcnt }
    }
    #[cfg(all(Py_3_12, not(Py_3_14)))]
    unsafe fn count(op: *mut ffi::PyObject) -> *mut ffi::Py_ssize_t {
        // SAFETY: the caller's object.
        unsafe { &raw mut (*op).ob_refcnt.ob_refcnt }
    }
    #[cfg(not(Py_3_12))]
    unsafe fn count(op: *mut ffi::PyObject) -> *mut ffi::Py_ssize_t {
        // SAFETY: the caller's object.
        unsafe { &raw mut (*op).ob_refcnt }
    }

    /// Nothing to do: a refcount can always be read.
    ///
    /// # Safety
    /// None.
    pub unsafe fn arm(_: *mut ffi::PyObject) {}

    /// Takes a count if the object is alive.
    ///
    /// # Safety
    /// The GIL is held since the pointer was read from a word.
    #[inline(always)]
    pub unsafe fn try_incref(op: *mut ffi::PyObject) -> Counted {
        // SAFETY: tied wrappers are not freed under the GIL between the look and here.
        unsafe {
            if *count(op) == 0 {
                return Counted::Dead;
            }
            ffi::Py_INCREF(op);
        }
        Counted::Own
    }

    /// Takes a count of a living object.
    ///
    /// # Safety
    /// Attached; the object is alive throughout.
    #[inline(always)]
    pub unsafe fn incref(op: *mut ffi::PyObject) {
        // SAFETY: by contract.
        unsafe { ffi::Py_INCREF(op) };
    }

    /// Gives a count back.
    ///
    /// # Safety
    /// Attached; the count is the caller's. May run user code.
    #[inline(always)]
    pub unsafe fn decref(op: *mut ffi::PyObject) {
        // SAFETY: by contract.
        unsafe { ffi::Py_DECREF(op) };
    }

    /// What a wrapper that could not be increfed is: the word tells dying from dormant.
    ///
    /// # Safety
    /// As [`try_incref`].
    #[inline]
    pub unsafe fn dormancy(_: *mut ffi::PyObject, _: bool) -> Dormancy<Ticket> {
        Dormancy::Dormant(())
    }

    /// Refcount 0 → 1.
    ///
    /// # Safety
    /// As [`bowline::protocol::Host::wake`].
    #[inline]
    pub unsafe fn wake(op: *mut ffi::PyObject, (): Ticket) -> bool {
        // SAFETY: dormant, by contract.
        unsafe { *count(op) = 1 };
        true
    }

    /// Always succeeds: the rest of the eviction happens before anybody looks.
    ///
    /// # Safety
    /// As [`bowline::protocol::Host::claim`].
    pub unsafe fn claim(_: *mut ffi::PyObject, (): Ticket) -> bool {
        true
    }

    /// Clears what is left of the former life in front of the object: that it was finalized and, before 3.13, where its
    /// attributes were, which are freed then but not forgotten.
    ///
    /// # Safety
    /// The last step of its death; the object is untracked.
    pub unsafe fn lay_down(op: *mut ffi::PyObject) {
        #[cfg(not(Py_3_13))]
        const MANAGED_DICT: c_ulong = 1 << 4;
        // SAFETY: a GC object is preceded by its two-word PyGC_Head (Include/internal/pycore_gc.h), that by one word for
        // the managed dictionary, and in 3.11 one more for its values (Include/internal/pycore_object.h).
        unsafe {
            op.cast::<usize>().sub(2).write_bytes(0, 2);
            #[cfg(not(Py_3_13))]
            if type_flags(super::class_of(op)) & MANAGED_DICT != 0 {
                let words = if cfg!(Py_3_12) { 1 } else { 2 };
                op.cast::<usize>().sub(2 + words).write_bytes(0, words);
            }
        }
    }

    /// Other threads cannot be amid a read.
    ///
    /// # Safety
    /// None.
    pub unsafe fn shared_with_others(_: *mut ffi::PyObject) -> bool {
        false
    }

    /// Nothing to do.
    ///
    /// # Safety
    /// None.
    pub unsafe fn rearm_in_finalizer(_: *mut ffi::PyObject) {}
}
