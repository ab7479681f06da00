//! The stream on which each thread has work done, device by device.
//! Upholds: a thread's streams are its own; nothing here makes a stream, waits for one or ends one.

use crate::value::Device;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr::null_mut;

#[cfg(not(feature = "guest"))]
std::thread_local! {
    /// Those that are not null.
    static CURRENT: RefCell<HashMap<Device, *mut c_void>> = RefCell::default();
}

/// The calling thread's stream for a device. It is null, the device's default stream, unless one was set.
///
/// ```
/// use bowline::{stream, value::Device};
/// let (cuda, mine) = (Device { kind: 2, id: 0 }, 64 as *mut _);
/// assert!(stream::set(cuda, mine).is_null());
/// assert_eq!(stream::current(cuda), mine);
/// std::thread::spawn(move || assert!(stream::current(cuda).is_null())).join().unwrap();
/// ```
pub fn current(device: Device) -> *mut c_void {
    #[cfg(feature = "guest")]
    // SAFETY: the host's function.
    return unsafe { (crate::runtime::get().stream)(device.kind, device.id) };
    #[cfg(not(feature = "guest"))]
    // A thread that is ending has none any more.
    CURRENT.try_with(|current| current.borrow().get(&device).copied()).ok().flatten().unwrap_or(null_mut())
}

/// Sets the calling thread's stream for a device; gives the former one.
pub fn set(device: Device, stream: *mut c_void) -> *mut c_void {
    set_here(device, stream)
}

#[cfg(feature = "guest")]
fn set_here(device: Device, stream: *mut c_void) -> *mut c_void {
    // SAFETY: the host's function; a stream is a number to it.
    unsafe { (crate::runtime::get().set_stream)(device.kind, device.id, stream) }
}

#[cfg(not(feature = "guest"))]
fn set_here(device: Device, stream: *mut c_void) -> *mut c_void {
    let former = CURRENT.try_with(|current| {
        let mut current = current.borrow_mut();
        match stream.is_null() {
            true => current.remove(&device),
            false => current.insert(device, stream),
        }
    });
    former.ok().flatten().unwrap_or(null_mut())
}
