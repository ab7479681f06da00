//! What Python knows of an object in its rich wrapper. That is attributes, weak references, whether `__del__` ran.
//! Upholds: the end of a wrapper does by hand, once, what `subtype_dealloc` does in CPython's Objects/typeobject.c.

use crate::interpreter::ffi as own_ffi;
use crate::interpreter::names::intern;
use crate::interpreter::{refcount, type_lookup};
use crate::wrapper::layout::Wrapper;
use crate::wrapper::{metaclass, rich_slots};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::c_ulong;
use std::ptr::{null_mut, NonNull};

/// Instances have a dictionary that the interpreter manages (Include/object.h).
const MANAGED_DICT: c_ulong = 1 << 4;
/// Their attributes are behind the instance until they need a dictionary (Include/object.h).
#[cfg(Py_3_13)]
const INLINE_VALUES: c_ulong = 1 << 2;

/// Whether the class has a `__del__` that has not run for this object.
///
/// # Safety
/// Attached; the storage of a wrapper that the caller may bring to its end.
pub unsafe fn needs_finalizer(wrapper: NonNull<Wrapper>) -> bool {
    // SAFETY: the storage is there, as `# Safety` says, and its class with it.
    unsafe {
        if wrapper.as_ref().is_finalized() || rich_slots::python_finalizer().is_none() {
            return false;
        }
        let (py, op) = (Python::assume_attached(), wrapper.as_ptr().cast::<ffi::PyObject>());
        // Where threads are free a lookup may wait for a lock. The collector may run meanwhile, and to it a tracked object
        // without counts is garbage.
        let hides = refcount::FREE_THREADED && refcount::is_dead(op) && ffi::PyObject_GC_IsTracked(op) != 0;
        if hides {
            ffi::PyObject_GC_UnTrack(op.cast());
        }
        let found =
            beside_exception(|| type_lookup::lookup(py, refcount::class_of(op), intern!(py, "__del__")).is_some());
        if hides {
            ffi::PyObject_GC_Track(op.cast());
        }
        found
    }
}

/// Runs a lookup, which takes a pending exception for its own, and loses it. Takes no memory.
///
/// # Safety
/// Attached.
pub unsafe fn beside_exception<R>(find: impl FnOnce() -> R) -> R {
    // SAFETY: attached, as `# Safety` says; what was fetched is restored.
    unsafe {
        #[cfg(Py_3_12)]
        {
            let pending = ffi::PyErr_GetRaisedException();
            let found = find();
            ffi::PyErr_SetRaisedException(pending);
            found
        }
        #[cfg(not(Py_3_12))]
        {
            let (mut class, mut value, mut traceback) = (null_mut(), null_mut(), null_mut());
            ffi::PyErr_Fetch(&mut class, &mut value, &mut traceback);
            let found = find();
            ffi::PyErr_Restore(class, value, traceback);
            found
        }
    }
}

/// Runs `__del__`, if there is one and it has not run.
///
/// # Safety
/// Attached; the caller has a count of the wrapper.
pub unsafe fn run_finalizer(wrapper: NonNull<Wrapper>) {
    // SAFETY: alive by the caller's count, as `# Safety` says.
    unsafe {
        if let Some(finalizer) = needs_finalizer(wrapper).then(rich_slots::python_finalizer).flatten() {
            wrapper.as_ref().set_finalized();
            finalizer(wrapper.as_ptr().cast());
        }
    }
}

/// Clears the slots and the dictionary: what `subtype_clear` does. Runs user code.
///
/// # Safety
/// Attached; a wrapper that only the caller or garbage can reach.
pub unsafe fn clear_attributes(op: *mut ffi::PyObject) {
    // SAFETY: the wrapper is there, as `# Safety` says. What is taken out of it is given back.
    unsafe {
        for slot in slots(op) {
            ffi::Py_XDECREF(slot.replace(null_mut()));
        }
        clear_dictionary(op);
    }
}

/// The dictionary of an instance that has attributes in one, with a count. It is made if they are elsewhere still.
///
/// # Errors
/// Without memory for it; there is no Python exception then.
///
/// # Safety
/// Attached; the caller has a count of the wrapper.
pub unsafe fn dictionary<'py>(py: Python<'py>, op: *mut ffi::PyObject) -> Result<Option<Bound<'py, PyAny>>, ()> {
    // SAFETY: alive by the caller's count.
    unsafe {
        let class = refcount::class_of(op);
        let managed = refcount::type_flags(class) & MANAGED_DICT != 0;
        // A guess where others may set attributes, which `has_dictionary` verifies.
        if (managed && has_no_attribute(class, op)) || (!managed && (*class).tp_dictoffset <= 0) {
            return Ok(None);
        }
        let found = ffi::PyObject_GenericGetDict(op, null_mut());
        if found.is_null() {
            ffi::PyErr_Clear();
            return Err(());
        }
        Ok(Some(Bound::from_owned_ptr(py, found)))
    }
}

/// Whether this is still what [`dictionary`] finds. Takes no memory.
///
/// # Safety
/// Attached; the wrapper is the caller's alone.
pub unsafe fn has_dictionary(op: *mut ffi::PyObject, expected: Option<&Bound<'_, PyAny>>) -> bool {
    // The place of a managed dictionary (MANAGED_DICT_OFFSET in Include/internal/pycore_object.h, and its like before 3.13).
    const PLACE: isize = if cfg!(Py_GIL_DISABLED) { -1 } else { -3 };
    // SAFETY: the wrapper is the caller's, as `# Safety` says.
    unsafe {
        let class = refcount::class_of(op);
        let managed = refcount::type_flags(class) & MANAGED_DICT != 0;
        match expected {
            Some(expected) if managed => *op.cast::<*mut ffi::PyObject>().offset(PLACE) == expected.as_ptr(),
            Some(expected) => *op.byte_offset((*class).tp_dictoffset).cast::<*mut ffi::PyObject>() == expected.as_ptr(),
            None => !managed || has_no_attribute(class, op),
        }
    }
}

/// Takes the values of the slots out, and the dictionary. The caller has a count of the dictionary. Runs no user code. A value
/// for which there is no memory stays.
///
/// # Safety
/// Attached; the wrapper is the caller's alone.
pub unsafe fn take_attributes(op: *mut ffi::PyObject) -> Vec<NonNull<ffi::PyObject>> {
    let mut values = Vec::new();
    // SAFETY: the wrapper is the caller's, as `# Safety` says.
    unsafe {
        for slot in slots(op) {
            if values.try_reserve(1).is_ok() {
                values.extend(NonNull::new(slot.replace(null_mut())));
            }
        }
        clear_dictionary(op);
    }
    values
}

/// # Safety
/// As [`clear_attributes`].
unsafe fn clear_dictionary(op: *mut ffi::PyObject) {
    // SAFETY: the wrapper is there, as `# Safety` says. What is taken out of it is given back.
    unsafe {
        let class = refcount::class_of(op);
        if refcount::type_flags(class) & MANAGED_DICT != 0 {
            clear_managed_dict(op);
        } else if (*class).tp_dictoffset > 0 {
            let place = op.byte_offset((*class).tp_dictoffset).cast::<*mut ffi::PyObject>();
            ffi::Py_XDECREF(place.replace(null_mut()));
        }
    }
}

#[cfg(Py_3_13)]
unsafe fn clear_managed_dict(op: *mut ffi::PyObject) {
    // SAFETY: an instance of a class with a managed dictionary.
    unsafe { own_ffi::PyObject_ClearManagedDict(op) };
}

#[cfg(all(Py_3_12, not(Py_3_13)))]
unsafe fn clear_managed_dict(op: *mut ffi::PyObject) {
    // SAFETY: an instance of a class with a managed dictionary.
    unsafe { own_ffi::_PyObject_ClearManagedDict(op) };
}

/// 3.11 exports no such function. This empties the place of the dictionary, which is made of the attributes if there is none yet.
#[cfg(not(Py_3_12))]
unsafe fn clear_managed_dict(op: *mut ffi::PyObject) {
    // SAFETY: an instance of a class with a managed dictionary. What is taken out of it is given back.
    unsafe {
        let place = own_ffi::_PyObject_GetDictPtr(op);
        match place.is_null() {
            true => ffi::PyErr_Clear(),
            false => ffi::Py_XDECREF(place.replace(null_mut())),
        }
    }
}

/// The places of the values of all slots that `__slots__` gave to an instance. `clear_slots` finds them so.
///
/// # Safety
/// Attached; the instance and its class outlive the iterator.
unsafe fn slots(op: *mut ffi::PyObject) -> impl Iterator<Item = *mut *mut ffi::PyObject> {
    // SAFETY: attached, as `# Safety` says.
    let base = unsafe { metaclass::base_type(Python::assume_attached()) };
    // SAFETY: the classes of an instance, as `# Safety` says.
    let classes = unsafe {
        std::iter::successors(NonNull::new(refcount::class_of(op)), |class| NonNull::new(class.as_ref().tp_base))
    };
    classes.take_while(move |class| class.as_ptr() != base).flat_map(move |class| {
        // SAFETY: the class outlives the iterator. A heap type has as many members as its size says.
        let (members, count) = unsafe { (class.as_ref().tp_members, ffi::Py_SIZE(class.as_ptr().cast())) };
        (0..if members.is_null() { 0 } else { count }).filter_map(move |at| {
            // SAFETY: the class has the member. One of this kind is a pointer at its offset in the instance.
            unsafe {
                let member = &*members.offset(at);
                let is_slot = member.type_code == ffi::Py_T_OBJECT_EX && member.flags & ffi::Py_READONLY == 0;
                is_slot.then(|| op.byte_offset(member.offset).cast())
            }
        })
    })
}

/// Clears all that a wrapper knows: the steps of `subtype_dealloc` after the finalizer. Calls weak references back.
///
/// # Safety
/// Attached; a dead wrapper that only the caller can reach, untracked.
pub unsafe fn clear(op: *mut ffi::PyObject) {
    // SAFETY: the wrapper is there and the caller's alone, as `# Safety` says.
    unsafe {
        if (*refcount::class_of(op)).tp_weaklistoffset != 0 {
            ffi::PyObject_ClearWeakRefs(op);
        }
        clear_attributes(op);
    }
}

/// Whether a wrapper knows nothing that the next one of its class would lack.
///
/// # Safety
/// The storage of a wrapper that no thread uses meanwhile. Touches no refcount.
pub unsafe fn is_empty(op: *mut ffi::PyObject) -> bool {
    // SAFETY: the wrapper is there, and no thread changes it, as `# Safety` says.
    unsafe {
        let class = refcount::class_of(op);
        let weak = (*class).tp_weaklistoffset;
        if weak != 0 && !(*op.byte_offset(weak).cast::<*mut ffi::PyObject>()).is_null() {
            return false;
        }
        if slots(op).any(|slot| !(*slot).is_null()) {
            return false;
        }
        match refcount::type_flags(class) & MANAGED_DICT != 0 {
            true => has_no_attribute(class, op),
            false => {
                let offset = (*class).tp_dictoffset;
                offset == 0 || (*op.byte_offset(offset).cast::<*mut ffi::PyObject>()).is_null()
            }
        }
    }
}

/// Whether an instance with a managed dictionary has no attribute.
///
/// It has no dictionary then, and none of the values behind the instance (`PyDictValues` in Include/internal/pycore_dict.h: four
/// bytes, of which the first is how many there are, then the values).
#[cfg(Py_3_13)]
unsafe fn has_no_attribute(class: *mut ffi::PyTypeObject, op: *mut ffi::PyObject) -> bool {
    // The dictionary's place (MANAGED_DICT_OFFSET in Include/internal/pycore_object.h).
    const PLACE: isize = if cfg!(Py_GIL_DISABLED) { -1 } else { -3 };
    // SAFETY: an instance of the class, whose layout these are.
    unsafe {
        if !(*op.cast::<*mut ffi::PyObject>().offset(PLACE)).is_null() {
            return false;
        }
        if refcount::type_flags(class) & INLINE_VALUES == 0 {
            return true;
        }
        let values = op.byte_offset((*class).tp_basicsize);
        let capacity = *values.cast::<u8>() as usize;
        let values = values.cast::<*mut ffi::PyObject>().add(1);
        (0..capacity).all(|at| (*values.add(at)).is_null())
    }
}

/// The same in former versions. They have one place for the dictionary and one for the values. The second byte in front of the
/// values is their number (`_PyObject_ValuesPointer`, `_PyDictOrValues_GetValues` and `init_inline_values` there).
#[cfg(not(Py_3_13))]
unsafe fn has_no_attribute(_: *mut ffi::PyTypeObject, op: *mut ffi::PyObject) -> bool {
    // SAFETY: an instance of a class with a managed dictionary, whose layout these are.
    unsafe {
        let word = |place: isize| *op.cast::<usize>().offset(place);
        let values = match (cfg!(Py_3_12), word(-3)) {
            // 3.12: one place, for a dictionary or, odd, for values.
            (true, 0) => return true,
            (true, dict) if dict & 1 == 0 => return false,
            (true, values) => values + 1,
            (false, 0) if word(-4) == 0 => return true,
            (false, 0) => word(-4),
            (false, _) => return false,
        };
        *(values as *const u8).offset(-2) == 0
    }
}
