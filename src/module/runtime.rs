//! Which copy of the core a library was linked with. Guests, which have none, are given this one.
//! Upholds: no object crosses between two copies, whose type indices and hooks know nothing of each other; a guest that was built for
//! another ABI does not begin.

use super::host::RUNTIME;
use crate::function::{failure, Error};
use crate::runtime::{Guest, ABI};
use libloading::Library;
use std::sync::atomic::AtomicU8;

/// What this copy alone has: its address tells copies apart.
static OWN: AtomicU8 = AtomicU8::new(0);

/// Tells a loader where the mark of a library's copy of the core is.
///
/// A pointer to the mark instead of the mark: a name that two libraries export may be bound to the first one's in both, what
/// they do not export never is.
#[no_mangle]
#[used]
pub static BOWLINE_RUNTIME: &AtomicU8 = &OWN;

/// The mark of a library's copy of the core. The copy may come from what the library was linked with.
fn mark(library: &Library) -> Option<*const AtomicU8> {
    // SAFETY: the name is ours, and names a pointer in every copy.
    let found = unsafe { library.get::<*const *const AtomicU8>(b"BOWLINE_RUNTIME\0") };
    // SAFETY: the mark is a pointer of ours, and the library is loaded.
    found.ok().map(|mark| unsafe { **mark })
}

/// Whether a library brought a copy of the core that is not this one. What it was linked with counts, too.
pub fn is_foreign(library: &Library) -> bool {
    mark(library).is_some_and(|mark| mark != &raw const OWN)
}

/// What a guest's library says of itself; none of a library that is no guest.
pub fn guest(library: &Library) -> Option<&'static Guest> {
    // SAFETY: the name is ours, and names such a value in every guest. A guest that begins is never unloaded.
    unsafe { library.get::<*const Guest>(b"BOWLINE_GUEST\0").ok()?.as_ref() }
}

/// Lets a guest register what it has.
///
/// # Errors
/// Kind `ImportError` for one that was built for another ABI; what its registrations end in.
///
/// # Safety
/// The guest is the one of its library, which stays loaded.
pub unsafe fn begin(guest: &Guest) -> Result<(), Error> {
    let theirs = guest.abi;
    if theirs != ABI {
        let older = if theirs < ABI {
            "build the library with this bowline, or get a newer version of it"
        } else {
            "upgrade bowline"
        };
        return Err(Error::new(
            "ImportError",
            format!("it was built for bowline ABI {theirs}, and this bowline has ABI {ABI}: {older}"),
        ));
    }
    // SAFETY: the library stays loaded. The number says that both mean the same table.
    match unsafe { (guest.begin)(&raw const RUNTIME) } {
        0 => Ok(()),
        code => Err(failure(code)),
    }
}

/// Refuses to begin where another library has the name that this one needs. By that name libraries of others ask for the C ABI.
/// They would be given that one, and their objects and errors would be its.
///
/// # Errors
/// Kind `ImportError`.
pub fn expect_only() -> Result<(), Error> {
    #[cfg(target_os = "linux")]
    {
        use libloading::os::unix::Library as Named;
        // SAFETY: nothing is loaded: what is loaded already is looked up.
        let named = unsafe { Named::open(Some("libtvm_ffi.so"), libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
        if named.is_ok_and(|named| mark(&named.into()) != Some(&raw const OWN)) {
            return Err(Error::new(
                "ImportError",
                "another libtvm_ffi.so is loaded, as by tvm_ffi; there can be one runtime in a process: import bowline alone",
            ));
        }
    }
    Ok(())
}
