//! The storage of wrappers: made, entered in the storage table, freed.
//! Upholds: every storage is in the storage table from its making to its freeing; its class lasts as long as it does.

use crate::interpreter::ffi::_Py_NewReference;
use crate::interpreter::refcount;
use crate::wrapper::layout::{Handle, Wrapper};
use crate::wrapper::rich_slots;
use bowline::object::{Object, WeakObj};
use bowline::protocol::storage_table::StorageTable;
use pyo3::ffi;
use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr::{null_mut, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

/// All storages.
pub static STORAGES: StorageTable = StorageTable::new();

/// How many slot numbers a thread takes at a time.
const BATCH: u32 = 64;

struct Slots(RefCell<Vec<u32>>);

impl Drop for Slots {
    fn drop(&mut self) {
        STORAGES.restore(self.0.take());
    }
}

thread_local!(static SLOTS: Slots = const { Slots(RefCell::new(Vec::new())) });

fn take_slot() -> u32 {
    let own = SLOTS.try_with(|slots| {
        let mut slots = slots.0.borrow_mut();
        if slots.is_empty() {
            STORAGES.reserve(BATCH, &mut slots);
        }
        slots.pop()
    });
    own.ok().flatten().unwrap_or_else(|| {
        let mut one = Vec::new();
        STORAGES.reserve(1, &mut one);
        one[0]
    })
}

fn give_slot(slot: u32) {
    let own = SLOTS.try_with(|slots| {
        let mut slots = slots.0.borrow_mut();
        slots.push(slot);
        if slots.len() >= 4 * BATCH as usize {
            STORAGES.restore(slots.drain(..2 * BATCH as usize).collect());
        }
    });
    if own.is_err() {
        STORAGES.restore(vec![slot]);
    }
}

/// What instances of a class with `tp_vectorcall_offset` have there from their beginning. CPython reads it plainly, on any
/// thread. One class of ours has such an offset; others inherit it.
static ENTRY: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

/// Our `tp_dealloc` of lean classes.
static DEALLOC: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

/// Sets our `tp_dealloc`, before there is an instance of a class.
pub fn set_dealloc(dealloc: ffi::destructor) {
    // Relaxed: a pointer to code, compared only.
    DEALLOC.store(dealloc as *mut c_void, Ordering::Relaxed);
}

/// Sets the entry of calls, before there is an instance of the class.
pub fn set_entry(entry: ffi::vectorcallfunc) {
    // Relaxed: a pointer to code.
    ENTRY.store(entry as *mut c_void, Ordering::Relaxed);
}

/// Asks whether instances of a class are our bytes and nothing else. They have no reference of the class either, which is never
/// freed: it is lean, and so registered, or the base type. Threads that make and drop instances then share no count. A class without collector
/// that other code derives in C may end before its instances; its `tp_dealloc` is not ours.
///
/// # Safety
/// A live class that derives from our base type and has its flags for good, as it has before its first instance.
#[inline(always)]
unsafe fn is_bare(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: a live class that derives from our base type, as `# Safety` says.
    unsafe {
        !crate::wrapper::class_table::is_rich(class)
            && (*class).tp_basicsize as usize == size_of::<Wrapper>()
            && (*class).tp_dealloc.is_some_and(|dealloc| dealloc as *mut c_void == DEALLOC.load(Ordering::Relaxed))
    }
}

/// A bare instance, which is not zeroed behind its header. Null with a Python error set when out of memory.
///
/// # Safety
/// Attached; a bare class.
#[inline(always)]
unsafe fn allocate_bare(class: *mut ffi::PyTypeObject) -> *mut ffi::PyObject {
    // SAFETY: attached; a bare class, so that the block is as large as an instance. What `PyType_GenericAlloc` does for a class
    // without collector, dictionary and weak references, but for the reference of the class.
    unsafe {
        let op = ffi::PyObject_Malloc(size_of::<Wrapper>()).cast::<ffi::PyObject>();
        if op.is_null() {
            return ffi::PyErr_NoMemory();
        }
        (&raw mut (*op).ob_type).write(class);
        _Py_NewReference(op);
        op
    }
}

/// Makes an instance of `class` that holds `handle`: refcount 1, ready for try-incref. Null with a Python error set when
/// out of memory.
///
/// # Safety
/// Attached; `class` derives from our base type. May run the garbage collector, hence user code.
pub unsafe fn make(class: *mut ffi::PyTypeObject, handle: Handle) -> *mut Wrapper {
    // SAFETY: attached; the class derives from our base type, as `# Safety` says.
    let op = unsafe {
        match is_bare(class) {
            true => allocate_bare(class),
            false => {
                rich_slots::expect(class);
                ffi::PyType_GenericAlloc(class, 0)
            }
        }
    };
    if op.is_null() {
        return null_mut();
    }
    let wrapper = op.cast::<Wrapper>();
    let slot = take_slot();
    // SAFETY: fresh, ours alone. Its first bytes are a Wrapper since the class derives from our base, and a pointer's place is at
    // the offset that the class names.
    unsafe {
        (*wrapper).handle.init(handle);
        // Relaxed: published later, with the word or by Python.
        (*wrapper).slot.store(slot, Ordering::Relaxed);
        (*wrapper).init_notes();
        if (*class).tp_vectorcall_offset > 0 {
            op.byte_offset((*class).tp_vectorcall_offset).cast::<*mut c_void>().write(ENTRY.load(Ordering::Relaxed));
        }
        refcount::arm(op, crate::wrapper::class_table::is_rich(class));
        STORAGES.enter(slot, NonNull::new_unchecked(wrapper));
    }
    wrapper
}

/// Frees a dead wrapper's storage and gives its class reference back, if it has one.
///
/// # Safety
/// Attached; the storage is dead, untracked by the collector and the caller's alone.
pub unsafe fn free(op: *mut ffi::PyObject) {
    // SAFETY: the storage is the caller's; the class is kept alive by the reference released last.
    unsafe {
        let slot = (*op.cast::<Wrapper>()).slot.load(Ordering::Relaxed);
        STORAGES.clear(slot);
        give_slot(slot);
        let class = refcount::class_of(op);
        if is_bare(class) {
            ffi::PyObject_Free(op.cast());
            return;
        }
        if crate::wrapper::class_table::is_rich(class) {
            ffi::PyObject_GC_Del(op.cast());
        } else {
            ffi::PyObject_Free(op.cast());
        }
        ffi::Py_DECREF(class.cast());
    }
}

/// Takes storage that will be freed out of the storage table. No visit comes to it, nor to the object that its handle names.
///
/// # Safety
/// Inside a visit, or while none can be; the storage is the caller's, and no word leads to it.
pub unsafe fn forget(wrapper: NonNull<Wrapper>) {
    // SAFETY: the storage is the caller's, as `# Safety` says. Visits happen while all other attached threads are stopped.
    STORAGES.clear(unsafe { wrapper.as_ref() }.slot.load(Ordering::Relaxed));
}

/// Tells the storage table that the object of a dead wrapper goes. The thread is one that Python does not know.
///
/// # Safety
/// Called from the object's teardown, once.
pub unsafe fn leave(wrapper: NonNull<Wrapper>) {
    // SAFETY: the storage is dead and stays until an attached thread drains it.
    let (slot, object) = unsafe {
        let wrapper = wrapper.as_ref();
        (wrapper.slot.load(Ordering::Relaxed), wrapper.handle.read().retiree())
    };
    let Some(object) = object else { return };
    // SAFETY: the object's block exists until its teardown returns; the weak count keeps it longer.
    STORAGES.leave(
        slot,
        || unsafe { object.as_ref().header().counts().retain_weak() },
        || unsafe { drop(WeakObj::<Object>::from_raw(object)) },
    );
}
