//! What functions find around them: streams, memory for tensors, signals.

use super::boundary::{answer, c_text, expect, give, Handle};
use crate::function::Error;
use crate::reflect::checkpoint;
use crate::stream;
use crate::sync::global::{AtomicPtr, Ordering};
use crate::tensor::allocator::{self, Allocator};
use crate::tensor::dlpack::DLTensor;
use crate::value::Device;
use std::ffi::{c_char, c_void};
use std::ptr::{null_mut, NonNull};

/// Sets the thread's stream for a device. Gives the former one if there is a place for it.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvSetStream(kind: i32, id: i32, new: *mut c_void, former: *mut *mut c_void) -> i32 {
    answer(|| {
        let old = stream::set(Device { kind, id }, new);
        if let Some(former) = NonNull::new(former) {
            // SAFETY: `former` is not null, so by the header it can be written.
            unsafe { former.write(old) };
        }
        Ok(())
    })
}

/// Gives the thread's stream for a device; null is the default.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvGetStream(kind: i32, id: i32) -> *mut c_void {
    stream::current(Device { kind, id })
}

/// Sets what gives this thread memory for tensors. If `for_all` is not zero, it serves all threads that set nothing,
/// too. Gives the thread's former one if there is a place for it.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvSetDLPackManagedTensorAllocator(
    new: Option<Allocator>,
    for_all: i32,
    former: *mut Option<Allocator>,
) -> i32 {
    answer(|| {
        // SAFETY: by the header the allocator keeps to DLPack's contract, on any thread.
        let old = unsafe { allocator::set(new, for_all != 0) };
        if let Some(former) = NonNull::new(former) {
            // SAFETY: `former` is not null, so by the header it can be written.
            unsafe { former.write(old) };
        }
        Ok(())
    })
}

/// Gives what gives this thread memory for tensors; null if nothing does.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvGetDLPackManagedTensorAllocator() -> Option<Allocator> {
    allocator::current()
}

/// Makes a tensor like the prototype, in memory that the thread's allocator gives.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvTensorAlloc(prototype: *mut DLTensor, out: *mut Handle) -> i32 {
    // SAFETY: by the header the prototype can be read and `out` be written.
    answer(|| unsafe {
        let prototype = expect(prototype, "a prototype")?;
        give(out, || Ok(allocator::allocate(prototype.as_ref())?.into_raw().as_ptr()))
    })
}

/// Functions of a front end in C, each with its name.
static FRONT_END: [(&str, AtomicPtr<c_void>); 3] = [
    ("PyErr_CheckSignals", AtomicPtr::new(null_mut())),
    ("PyGILState_Ensure", AtomicPtr::new(null_mut())),
    ("PyGILState_Release", AtomicPtr::new(null_mut())),
];

/// Registers a function of a front end in C.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvRegisterCAPI(name: *const c_char, symbol: *mut c_void) -> i32 {
    answer(|| {
        // SAFETY: by the header `name` is a C string.
        let name = unsafe { c_text(name) };
        let slot = FRONT_END.iter().find(|(known, _)| *known == name);
        let (_, slot) = slot.ok_or_else(|| Error::value_error(format!("Unknown env API {name}")))?;
        // Release: pairs with the Acquire in `front_end`. Carries: what the front end prepared.
        slot.store(symbol, Ordering::Release);
        Ok(())
    })
}

fn front_end(at: usize) -> *mut c_void {
    // Acquire: pairs with the Release in `TVMFFIEnvRegisterCAPI`.
    FRONT_END[at].1.load(Ordering::Acquire)
}

/// Looks whether a signal asks the running function to end: fails then.
#[no_mangle]
pub unsafe extern "C" fn TVMFFIEnvCheckSignals() -> i32 {
    answer(|| {
        checkpoint::check()?;
        let [check, ensure, release] = [0, 1, 2].map(front_end);
        if check.is_null() {
            return Ok(());
        }
        // SAFETY: the functions that CPython has under these names, as the front end promised.
        let code = unsafe {
            let check = std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> i32>(check);
            match ensure.is_null() || release.is_null() {
                true => check(),
                false => {
                    let ensure = std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> i32>(ensure);
                    let release = std::mem::transmute::<*mut c_void, unsafe extern "C" fn(i32)>(release);
                    let held = ensure();
                    let code = check();
                    release(held);
                    code
                }
            }
        };
        match code {
            0 => Ok(()),
            _ => Err(Error::new("EnvErrorAlreadySet", "")),
        }
    })
}
