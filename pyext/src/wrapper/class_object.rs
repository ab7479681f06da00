//! Class objects of our metaclass: what every class has, then what is ours.
//! Upholds: what is known of a class lives and dies with it; asking takes no lock, so that user code may run anywhere.

use crate::interpreter::refcount;
use crate::wrapper::metaclass::is_base_metaclass;
use pyo3::{ffi, Python};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, Ordering};

/// Member by member, what protects it; the interpreter makes class objects of zeros.
/// * `heap`: CPython, and before the first instance the thread that registers the class;
/// * `fields`: atomic; null or what its fields are found by (`types::field::field_cache`), which is never freed. Set at registration;
/// * `index`: atomic; the type index for which the class is registered, or 0;
/// * `instances`: atomic; see [`Instances`];
/// * `forgets`: atomic; whether instances know nothing of their former lives. Set before the first instance.
#[repr(C)]
pub struct ClassObject {
    heap: ffi::PyHeapTypeObject,
    pub fields: AtomicPtr<c_void>,
    index: AtomicI32,
    instances: AtomicU32,
    forgets: AtomicBool,
}

/// How large class objects of our metaclass are; `layout` compares the interpreter's part.
pub const CLASS_SIZE: usize = size_of::<ClassObject>();

/// What is settled of the instances of a class. Never goes back.
pub struct Instances;

impl Instances {
    /// Nothing yet.
    const OPEN: u32 = 0;
    /// The class is registered, or there was an instance before it was. They are rich.
    const RICH: u32 = 1;
    /// Its registration is making the class lean, or has.
    const LEAN: u32 = 2;
}

impl ClassObject {
    /// The class object, if its metaclass is ours.
    ///
    /// # Safety
    /// Attached; a live class.
    pub unsafe fn of_class<'a>(class: *mut ffi::PyTypeObject) -> Option<&'a ClassObject> {
        // SAFETY: attached; a live class. Classes of that metaclass, or one derived from it, are as large.
        unsafe {
            let metaclass = refcount::class_of(class.cast());
            // Relaxed: see `is_usual`. The usual one is, or derives from, ours.
            let ours =
                metaclass == USUAL.load(Ordering::Relaxed) || is_base_metaclass(Python::assume_attached(), metaclass);
            ours.then(|| &*class.cast::<ClassObject>())
        }
    }

    /// The type index for which exactly this class is registered, or is being.
    pub fn type_index(&self) -> Option<i32> {
        // Relaxed: a number; what it names is found through tables with orderings of their own.
        match self.index.load(Ordering::Relaxed) {
            0 => None,
            index => Some(index),
        }
    }

    /// Takes the class for a type index; the one that has it otherwise.
    pub fn take(&self, index: i32) -> Result<(), i32> {
        // Relaxed, both: see `type_index`; who wins is all that is asked.
        self.index.compare_exchange(0, index, Ordering::Relaxed, Ordering::Relaxed).map(drop)
    }

    /// Whether instances know nothing of their former lives.
    #[inline]
    pub fn forgets(&self) -> bool {
        // Relaxed: set before the first instance, which carries it.
        self.forgets.load(Ordering::Relaxed)
    }

    /// Lets instances forget, before there is one.
    pub fn set_forgets(&self) {
        // Relaxed: see `forgets`.
        self.forgets.store(true, Ordering::Relaxed);
    }

    /// Gives it back.
    pub fn give_back(&self, index: i32) {
        // Relaxed: as above.
        let _ = self.index.compare_exchange(index, 0, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Lets the instances be lean from now on; false when it is too late.
    pub fn settle_lean(&self) -> bool {
        // Relaxed: one word decides between this and `settle_rich`, nothing is carried.
        match self.instances.compare_exchange(Instances::OPEN, Instances::LEAN, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => true,
            Err(now) => now == Instances::LEAN,
        }
    }

    /// Before a rich instance is made: lets all be rich. False when a registration makes them lean just now.
    #[inline]
    pub fn settle_rich(&self) -> bool {
        // Relaxed, all: as in `settle_lean`.
        match self.instances.load(Ordering::Relaxed) {
            Instances::RICH => true,
            _ => self
                .instances
                .compare_exchange(Instances::OPEN, Instances::RICH, Ordering::Relaxed, Ordering::Relaxed)
                .map_or_else(|now| now == Instances::RICH, |_| true),
        }
    }
}

/// The metaclass of most registered classes: that of the first one.
static USUAL: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(null_mut());

/// Whether instances of a class are wrappers for certain. It is registered, and its metaclass is the usual one.
///
/// # Safety
/// A live class.
#[inline(always)]
pub unsafe fn is_usual(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: a live class; a class of that metaclass is a class object of ours. Relaxed, both: compared only; a metaclass lives
    // as long as its classes, and registered classes are never freed.
    unsafe {
        refcount::class_of(class.cast()) == USUAL.load(Ordering::Relaxed)
            && !(*class.cast::<ClassObject>()).fields.load(Ordering::Relaxed).is_null()
    }
}

/// Notes the metaclass of a class that is being registered.
pub fn note_usual(metaclass: *mut ffi::PyTypeObject) {
    // Relaxed: see `is_usual`.
    let _ = USUAL.compare_exchange(null_mut(), metaclass, Ordering::Relaxed, Ordering::Relaxed);
}
