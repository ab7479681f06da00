//! Biased reference counts (PEP 703; CPython's Include/refcount.h and Objects/object.c). `ob_tid` owns `ob_ref_local`, other
//! threads count in `ob_ref_shared`, whose low two bits are flags.

use bowline::protocol::{Counted, Dormancy};
use bowline::sync::single_threaded::single_threaded;
use pyo3::ffi;
use std::ffi::c_ulong;
use std::sync::atomic::{AtomicIsize, AtomicU32, AtomicU8, AtomicUsize, Ordering};

/// Whether the interpreter runs threads in parallel.
pub const FREE_THREADED: bool = true;

/// One count in the shared field.
pub const ONE: isize = 1 << 2;
const FLAGS: isize = 0b11;
/// Other threads may take a count of it.
pub const MAYBE_WEAKREF: isize = 0b01;
/// No thread counts in the local field any more.
pub const MERGED: isize = 0b11;
/// "merged" with a count below zero never occurs in a living object. It marks a lean wrapper that was claimed.
const CLAIMED: isize = isize::MIN | MERGED;

/// What neither we nor CPython count: a rich wrapper that the trashcan has.
pub const REFUSED: isize = 0;

/// The flags of a class.
///
/// # Safety
/// A live class.
#[inline(always)]
pub unsafe fn type_flags(class: *mut ffi::PyTypeObject) -> c_ulong {
    // Relaxed: the one flag that we ask for is settled before the class is used.
    // SAFETY: the class is live, as `# Safety` says.
    unsafe { &(*class).tp_flags }.load(Ordering::Relaxed)
}

/// Clears flags of a class.
///
/// # Safety
/// A live class that no other thread uses yet.
pub unsafe fn clear_type_flags(class: *mut ffi::PyTypeObject, flags: c_ulong) {
    // Relaxed: published with the class's registration.
    // SAFETY: the class is live, and no other thread uses it yet.
    unsafe { &(*class).tp_flags }.fetch_and(!flags, Ordering::Relaxed);
}

/// The thread that counts in the local field.
///
/// # Safety
/// Storage of an object.
pub unsafe fn tid<'a>(op: *mut ffi::PyObject) -> &'a AtomicUsize {
    // SAFETY: the caller's object; CPython accesses the field atomically too.
    unsafe { AtomicUsize::from_ptr(&raw mut (*op).ob_tid) }
}
/// That thread's counts.
///
/// # Safety
/// Storage of an object.
pub unsafe fn local<'a>(op: *mut ffi::PyObject) -> &'a AtomicU32 {
    // SAFETY: the caller's object.
    unsafe { &(*op).ob_ref_local }
}
/// All other counts, and flags.
///
/// # Safety
/// Storage of an object.
pub unsafe fn shared<'a>(op: *mut ffi::PyObject) -> &'a AtomicIsize {
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

/// Makes `try_incref` possible on an object that only this thread knows, which has one count. Rich wrappers are *merged* for
/// life: the collector, which finds them, uses `ob_tid` for lists of its own while threads run (`handle_resurrected_objects`
/// in Python/gc_free_threading.c), so that the bias cannot be taken back at a revival.
///
/// # Safety
/// The object is fresh and unpublished.
pub unsafe fn arm(op: *mut ffi::PyObject, rich: bool) {
    // SAFETY: no other thread has the fresh object.
    let (tid, local, shared) = unsafe { (tid(op), local(op), shared(op)) };
    // Relaxed, all: published later by the word's Release.
    if rich {
        tid.store(0, Ordering::Relaxed);
        local.store(0, Ordering::Relaxed);
        shared.store(ONE | MERGED, Ordering::Relaxed);
    } else {
        shared.store(shared.load(Ordering::Relaxed) | MAYBE_WEAKREF, Ordering::Relaxed);
    }
}

/// Takes a count if the object is this thread's own and alive. No preserved one is: those are merged.
///
/// # Safety
/// As for [`try_incref`].
#[inline(always)]
pub unsafe fn incref_own(op: *mut ffi::PyObject, _: impl FnOnce() -> bool) -> bool {
    // SAFETY: the heaps of objects are type-stable while attached, so the header can be read.
    let (tid, local) = unsafe { (tid(op), local(op)) };
    // Relaxed: as in `try_incref`.
    let count = local.load(Ordering::Relaxed);
    // Neither 0 nor that of an immortal object, in one comparison.
    if tid.load(Ordering::Relaxed) != thread_id() || count.wrapping_add(1) <= 1 {
        return false;
    }
    local.store(count + 1, Ordering::Relaxed);
    true
}

/// Takes a count if the object is alive. One that lives by its native object's own count, as `is_preserved` says, is left as
/// it is. Reads the header only.
///
/// Unlike `PyUnstable_TryIncRef` it refuses "owned by me, local count 0", which a finalizer leaves behind.
///
/// # Safety
/// Attached since the pointer was read from a word.
#[inline(always)]
pub unsafe fn try_incref(op: *mut ffi::PyObject, is_preserved: impl FnOnce() -> bool) -> Counted {
    // SAFETY: the heaps of objects are type-stable while attached. So the header can be read even of a freed object.
    let (tid, local, shared) = unsafe { (tid(op), local(op), shared(op)) };
    // Relaxed: the local count belongs to the thread named by tid. Only that thread acts on it.
    let count = local.load(Ordering::Relaxed);
    if tid.load(Ordering::Relaxed) == thread_id() {
        // SAFETY: attached since the pointer was read from a word, as `incref_own` asks.
        let own = unsafe { incref_own(op, || false) } || count == u32::MAX;
        return if own { Counted::Own } else { Counted::Dead };
    }
    // Only merged ones are.
    if is_preserved() {
        return Counted::Preserved;
    }
    if count == u32::MAX {
        return Counted::Shared;
    }
    let mut seen = shared.load(Ordering::Relaxed);
    loop {
        if seen == 0 || (seen & FLAGS == MERGED && seen <= MERGED) {
            return Counted::Dead;
        }
        // SeqCst, for the store-buffer shape with `shared_with_others`. The caller takes a count and then reads the handle;
        // another moves the object out of the handle and then looks for counts. One of the two must see the other. As an
        // Acquire it orders the re-check of the word after the count, and pairs with the one that counted before, which
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
    // SAFETY: the object is alive, as `# Safety` says, so that its header can be read.
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
    // SAFETY: the count is the caller's, as `# Safety` says, so that the object is alive.
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
pub unsafe fn dormancy(op: *mut ffi::PyObject) -> Dormancy {
    // Relaxed: a revival and a claim are swaps that look at the header once more. What is dead within the section in which its
    // word was read was not moved from (`Host::limbo`), so that the word need not be looked at again; and the dealloc that
    // would end a wrapper asks after `claim_end`, whose Acquire carries all that others did to it.
    // SAFETY: the heaps of objects are type-stable while attached, so the header can be read.
    match unsafe { shared(op) }.load(Ordering::Relaxed) {
        CLAIMED | REFUSED => Dormancy::Claimed,
        MERGED => Dormancy::Dormant,
        _ => Dormancy::Busy,
    }
}

/// Dormant → count 1.
///
/// # Safety
/// As [`bowline::protocol::Host::revive`].
#[inline]
pub unsafe fn revive(op: *mut ffi::PyObject, rich: bool) -> bool {
    // SAFETY: `Host::revive`'s conditions are those of each of the three.
    unsafe {
        match (rich, single_threaded()) {
            (true, _) => revive_merged(op),
            (false, true) => revive_single_threaded(op),
            (false, false) => revive_among_threads(op),
        }
    }
}

/// As [`revive`], of a rich wrapper.
///
/// # Safety
/// As [`revive`].
#[inline(always)]
unsafe fn revive_merged(op: *mut ffi::PyObject) -> bool {
    // AcqRel: the Acquire pairs with the last count given back in the former life. The Release pairs with `try_incref` by
    // losers and puts the count of the object that the life takes before what they do with it. See src/sync/edges.md.
    // SAFETY: the wrapper is tied to an object that the caller protects.
    unsafe { shared(op) }.compare_exchange(MERGED, ONE | MERGED, Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// Whether the one count of a rich wrapper is the caller's.
///
/// # Safety
/// The caller owns a count.
#[inline]
pub unsafe fn has_one_count(op: *mut ffi::PyObject) -> bool {
    const ALONE: isize = ONE | MERGED;
    // AcqRel: a read-modify-write, so this comes before or after a count that is taken. The Release pairs with the
    // Acquire of that count (`try_incref`), and carries the edge of the word before this look.
    // SAFETY: alive by the caller's count.
    unsafe { shared(op) }.compare_exchange(ALONE, ALONE, Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// As [`revive`], by the only thread.
///
/// # Safety
/// As [`revive`].
#[inline(always)]
unsafe fn revive_single_threaded(op: *mut ffi::PyObject) -> bool {
    // SAFETY: the wrapper is tied to an object that the caller protects.
    let (tid, local, shared) = unsafe { (tid(op), local(op), shared(op)) };
    // Relaxed, all of them: there is no other thread.
    let dormant = shared.load(Ordering::Relaxed) == MERGED;
    if dormant {
        local.store(1, Ordering::Relaxed);
        tid.store(thread_id(), Ordering::Relaxed);
        shared.store(MAYBE_WEAKREF, Ordering::Relaxed);
    }
    dormant
}

/// Dormant → count 1, then gives the bias to this thread. Its counting is cheap again.
///
/// No step makes others wait: they find count 1, merged, and may count up and down meanwhile.
///
/// # Safety
/// As [`revive`].
#[inline]
unsafe fn revive_among_threads(op: *mut ffi::PyObject) -> bool {
    // SAFETY: the wrapper is tied to an object that the caller protects. So it is a wrapper of that object.
    let (tid, local, shared) = unsafe { (tid(op), local(op), shared(op)) };
    // AcqRel: the Acquire pairs with the last count given back in the former life. The Release
    // pairs with `try_incref` by losers and puts the count of the object that the life takes before what they do with it.
    // See src/sync/edges.md.
    if shared.compare_exchange(MERGED, ONE | MERGED, Ordering::AcqRel, Ordering::Relaxed).is_err() {
        return false;
    }
    // While `shared` says merged, others do not look at these two fields' values. They only see that they are not theirs.
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

/// Dormant → claimed, for good.
///
/// # Safety
/// As [`bowline::protocol::Host::claim`].
pub unsafe fn claim(op: *mut ffi::PyObject) -> bool {
    // Relaxed: only who wins is asked. What the winner frees it frees after a stop of the world, which orders the rest.
    // SAFETY: the wrapper is tied to an object that the caller protects.
    unsafe { shared(op) }.compare_exchange(MERGED, CLAIMED, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

/// Whether a rich wrapper has no count.
///
/// # Safety
/// Storage of an object.
pub unsafe fn is_dead(op: *mut ffi::PyObject) -> bool {
    // Relaxed: a guess, which [`refuse`] verifies.
    // SAFETY: the storage is there, as `# Safety` says.
    unsafe { shared(op).load(Ordering::Relaxed) == MERGED && local(op).load(Ordering::Relaxed) == 0 }
}

/// Dormant → not to be counted by any thread, of a rich wrapper.
///
/// # Safety
/// As [`revive`].
pub unsafe fn refuse(op: *mut ffi::PyObject) -> bool {
    // Relaxed: only who wins is asked; what the trashcan stores next carries the rest.
    // SAFETY: the storage is there.
    unsafe { shared(op) }.compare_exchange(MERGED, REFUSED, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

/// Keeps a rich wrapper alive from now on, whatever is stored in its shared field.
///
/// # Safety
/// Storage of an object.
pub unsafe fn make_immortal(op: *mut ffi::PyObject) {
    // Relaxed: as CPython does it.
    // SAFETY: the storage is there.
    unsafe { local(op) }.store(u32::MAX, Ordering::Relaxed);
}

/// Gives a count of a rich wrapper back, without a dealloc. Tells whether that was the last.
///
/// # Safety
/// The caller owns the count.
pub unsafe fn give_back(op: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's count.
    let (local, shared) = unsafe { (local(op), shared(op)) };
    // Relaxed: never changes back.
    if local.load(Ordering::Relaxed) == u32::MAX {
        return false;
    }
    // AcqRel: as CPython's `_Py_DecRefShared`.
    shared.fetch_sub(ONE, Ordering::AcqRel) == ONE | MERGED
}

/// Whether there are counts of a living object but the caller's. Another thread may hold them.
///
/// # Safety
/// The caller owns a count.
pub unsafe fn shared_with_others(op: *mut ffi::PyObject) -> bool {
    // SeqCst: our handle swap and then this load pair with another thread's count. That thread takes it by a read-modify-write
    // (`try_incref`, or CPython's) and then reads the handle: one of the two sees the other.
    // SAFETY: alive.
    let counts = unsafe { shared(op) }.load(Ordering::SeqCst);
    // Relaxed: as in `try_incref`.
    // SAFETY: alive.
    match unsafe { tid(op) }.load(Ordering::Relaxed) == thread_id() {
        // A count that this thread made may be another's by now. A queue hands objects over as they are.
        // SAFETY: alive.
        true => counts >> 2 != 0 || unsafe { local(op) }.load(Ordering::Relaxed) != 1,
        false => counts != ONE | MERGED,
    }
}

/// Lets the collector ask for the object's finalizer once more.
///
/// # Safety
/// A living object, on an attached thread or in what the collector calls: so the collector is not amid a look at it.
pub unsafe fn forget_finalizer(op: *mut ffi::PyObject) {
    const FINALIZED: u8 = 1 << 1; // _PyGC_BITS_FINALIZED (Include/internal/pycore_gc.h)

    // Relaxed: read by a collector that has stopped this thread, or is it.
    // SAFETY: alive.
    unsafe { AtomicU8::from_ptr(&raw mut (*op).ob_gc_bits) }.fetch_and(!FINALIZED, Ordering::Relaxed);
}
