//! Modules that last as long as the process, or until they are taken out.
//! By name these are `ffi.ModuleGlobalsAdd` and `ffi.ModuleGlobalsRemove`.
//! Upholds: a module is kept once, however often it is added; none ends while the lock is held.

use super::ModuleObj;
use crate::object::grow::Grow;
use crate::object::Obj;
use std::sync::{Mutex, MutexGuard, PoisonError};

static KEPT: Mutex<Vec<Obj<ModuleObj>>> = Mutex::new(Vec::new());

fn kept() -> MutexGuard<'static, Vec<Obj<ModuleObj>>> {
    // A panic for want of memory leaves a list that is whole.
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a module.
pub(super) fn add(module: Obj<ModuleObj>) {
    let mut kept = kept();
    if place(&kept, &module).is_none() {
        kept.grow(1);
        kept.push(module);
    }
}

/// Keeps a module no longer. One that is not kept is no error.
pub(super) fn remove(module: &Obj<ModuleObj>) {
    let taken = {
        let mut kept = kept();
        let at = place(&kept, module);
        at.map(|at| kept.swap_remove(at))
    };
    // Its end may run code of its maker, which may come back here.
    drop(taken);
}

fn place(kept: &[Obj<ModuleObj>], module: &Obj<ModuleObj>) -> Option<usize> {
    kept.iter().position(|one| one.as_raw() == module.as_raw())
}
