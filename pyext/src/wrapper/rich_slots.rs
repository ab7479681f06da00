//! The slots of rich classes that are ours: how their instances die.
//! Upholds: a rich class has them before it has an instance, and keeps them.
//!
//! `tp_traverse` is not among them: CPython's own shows what the class added, then what the base shows, and finds the base by
//! its function.

use crate::interpreter::refcount;
use crate::wrapper::class_table;
use pyo3::ffi;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;

/// Functions for the slots.
pub struct RichSlots {
    /// `tp_dealloc`.
    pub dealloc: ffi::destructor,
    /// `tp_finalize`, which the collector calls.
    pub finalize: ffi::destructor,
    /// `tp_clear`, which the collector calls.
    pub clear: ffi::inquiry,
    /// `tp_is_gc`, by which the trashcan tells of itself.
    pub is_gc: Option<ffi::inquiry>,
}

static SLOTS: OnceLock<RichSlots> = OnceLock::new();

/// `slot_tp_finalize`, as found in the first class that has a `__del__`; 0 before.
static PYTHON_FINALIZER: AtomicUsize = AtomicUsize::new(0);

/// Sets the functions, before there is a rich class.
pub fn install(slots: RichSlots) {
    let _ = SLOTS.set(slots);
}

/// What calls `__del__`; none if no class has had one.
pub fn python_finalizer() -> Option<ffi::destructor> {
    // Relaxed: the function is one constant of the interpreter.
    match PYTHON_FINALIZER.load(Ordering::Relaxed) {
        0 => None,
        // SAFETY: stored by `take_slots`, from a slot of this type.
        found => Some(unsafe { std::mem::transmute::<usize, ffi::destructor>(found) }),
    }
}

fn slots() -> &'static RichSlots {
    SLOTS.get().expect("the module is initialised")
}

/// Whether a class has our slots.
///
/// # Safety
/// A live class.
#[inline]
pub unsafe fn is_adopted(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: a live class, as `# Safety` says.
    unsafe { (*class).tp_dealloc }.is_some_and(|dealloc| dealloc as usize == slots().dealloc as usize)
}

/// Gives a rich class our slots. Before its first instance, by whatever thread; again when CPython set `tp_finalize` anew.
///
/// # Safety
/// Attached; a live class of ours with its flags for good.
pub unsafe fn take_slots(class: *mut ffi::PyTypeObject) {
    let slots = slots();
    // SAFETY: a live class, as `# Safety` says. The interpreter reads the slots plainly, and each holds a function at all times.
    unsafe {
        if let Some(found) = (*class).tp_finalize.filter(|found| *found as usize != slots.finalize as usize) {
            // Relaxed: see `python_finalizer`.
            PYTHON_FINALIZER.store(found as usize, Ordering::Relaxed);
        }
        // Relaxed, all: before the first instance, which carries them, or the same again.
        AtomicUsize::from_ptr((&raw mut (*class).tp_finalize).cast()).store(slots.finalize as usize, Ordering::Relaxed);
        AtomicUsize::from_ptr((&raw mut (*class).tp_clear).cast()).store(slots.clear as usize, Ordering::Relaxed);
        if let Some(is_gc) = slots.is_gc {
            AtomicUsize::from_ptr((&raw mut (*class).tp_is_gc).cast()).store(is_gc as usize, Ordering::Relaxed);
        }
        AtomicUsize::from_ptr((&raw mut (*class).tp_dealloc).cast()).store(slots.dealloc as usize, Ordering::Relaxed);
    }
}

/// Settles the slots of a class whose `__del__` may have come or gone.
///
/// # Safety
/// Attached; a live class of ours.
pub unsafe fn adjust_finalizer(class: *mut ffi::PyTypeObject) {
    // SAFETY: a live class of ours, as `# Safety` says.
    unsafe {
        if class_table::is_rich(class) && (is_adopted(class) || (*class).tp_finalize.is_some()) {
            take_slots(class);
        }
    }
}

/// Before an instance is made.
///
/// # Safety
/// As [`take_slots`].
#[inline]
pub unsafe fn expect(class: *mut ffi::PyTypeObject) {
    // SAFETY: attached; a live class of ours with its flags for good.
    unsafe {
        if !is_adopted(class) && refcount::type_flags(class) & ffi::Py_TPFLAGS_HAVE_GC != 0 {
            take_slots(class);
        }
    }
}
