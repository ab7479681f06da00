//! Symbols of this process that libraries get without linking to it. They get them by a variable of the
//! same name.
//! Upholds: a variable is written when its library is loaded, before a function of the library is called.

use crate::object::grow::{gathered, owned};
use arc_swap::ArcSwap;
use libloading::Library;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::LazyLock;

static SYMBOLS: LazyLock<ArcSwap<HashMap<String, usize>>> = LazyLock::new(ArcSwap::default);

/// Names a symbol, in place of a former one.
pub fn register(name: &str, symbol: *mut c_void) {
    SYMBOLS.rcu(|now| {
        let mut next = HashMap::clone(now);
        next.insert(owned(name), symbol.expose_provenance());
        next
    });
}

/// Fills the variables of a library that are named as symbols are.
///
/// # Safety
/// The library is loaded, and no thread uses it yet. What it has under such a name is a pointer variable.
pub(super) unsafe fn fill(library: &Library) {
    for (name, symbol) in SYMBOLS.load().iter() {
        // SAFETY: what the library has under such a name is a pointer variable.
        if let Ok(variable) = unsafe { library.get::<*mut *mut c_void>(name.as_bytes()) } {
            // SAFETY: it is a pointer variable, and no thread uses the library yet.
            unsafe { variable.write(std::ptr::with_exposed_provenance_mut(*symbol)) };
        }
    }
}

/// All symbols that are named.
pub(super) fn all() -> Vec<(String, *mut c_void)> {
    let symbols = SYMBOLS.load();
    let all = symbols.iter().map(|(name, symbol)| (owned(name), std::ptr::with_exposed_provenance_mut(*symbol)));
    gathered(all)
}
