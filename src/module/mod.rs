//! Modules: functions under names, from shared libraries and from this process.
//! Upholds: a function of a module is one object, however often it is asked for; what has its code keeps it loaded.
//!
//! ```
//! use bowline::function::{Error, Function};
//! use bowline::module::{system, ModuleObj};
//! use bowline::value::IntoAny;
//!
//! system::register("doc.add_one", Function::from_typed("doc.add_one", |x: i64| x + 1));
//! let module = system::library("doc.");
//! let add_one = module.get("add_one", false).unwrap().unwrap();
//! assert_eq!(add_one.call(&[1.into_any().view()]).unwrap().view().as_int(), Some(2));
//! assert!(module.get("add_two", false).unwrap().is_none());
//! ```

pub mod context;
mod library;
mod named;
mod runtime;
pub mod system;

pub use library::{load, load_library, MAX_PATH, PREFIX as SYMBOL_PREFIX, TOO_LONG};
pub use named::declare;
pub use runtime::expect_only as expect_only_runtime;

use crate::container::List;
use crate::function::{Error, Function};
use crate::object::grow::{gather_into, Grow};
use crate::object::Obj;
use crate::value::{convert, convert_owned, Any, IntoAny, Str};
use std::collections::HashSet;

crate::object! {
    /// Functions under names.
    #[key = "ffi.Module"]
    pub struct ModuleObj {
        /// Modules in which functions are looked for besides, where that is asked for.
        pub imports_: List<Obj<ModuleObj>>,
        /// What kind of module it is.
        #[field(no_repr)]
        pub kind_: Str,
        /// `lookup(name)` gives the function of a name, or none.
        #[field(no_repr)]
        pub lookup_: Function,
    }
    options { constructible: false, copyable: false }
}

/// What names of functions that say something about another begin with.
const METADATA: &str = "_metadata_";
const DOC: &str = "_doc_";

impl ModuleObj {
    /// A module of a kind, which looks functions up by `lookup(name)`.
    pub fn make(kind: &str, lookup: Function) -> Obj<ModuleObj> {
        ModuleObj::new(List::default(), kind.into(), lookup)
    }

    /// The function of a name; with `imports` also from the modules that this one imports, and those that they import.
    ///
    /// # Errors
    /// Those of the lookup.
    pub fn get(&self, name: &str, imports: bool) -> Result<Option<Function>, Error> {
        if let Some(found) = self.own(name)? {
            return Ok(Some(found));
        }
        if imports {
            for module in self.reached() {
                if let Some(found) = module.own(name)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// What the module itself has under a name.
    fn own(&self, name: &str) -> Result<Option<Function>, Error> {
        Ok(convert(self.lookup_.call(&[name.into_any().view()])?.view())?)
    }

    /// What the module that has a function says about it: JSON text.
    ///
    /// # Errors
    /// As [`get`](Self::get), and what the module's own function for that ends in.
    pub fn metadata(&self, name: &str, imports: bool) -> Result<Option<Str>, Error> {
        self.said(METADATA, name, imports)
    }

    /// The documentation of a function.
    ///
    /// # Errors
    /// As [`metadata`](Self::metadata).
    pub fn doc(&self, name: &str, imports: bool) -> Result<Option<Str>, Error> {
        self.said(DOC, name, imports)
    }

    fn said(&self, about: &str, name: &str, imports: bool) -> Result<Option<Str>, Error> {
        match self.get(&format!("{about}{name}"), imports)? {
            Some(function) => Ok(Some(convert(function.call(&[])?.view())?)),
            None => Ok(None),
        }
    }

    /// Imports another module.
    ///
    /// # Errors
    /// Kind `ValueError` when that one imports this one, over others perhaps: neither would ever be released.
    pub fn import(&self, other: Obj<ModuleObj>) -> Result<(), Error> {
        let is_this = |module: &Obj<ModuleObj>| std::ptr::eq(&**module, self);
        if is_this(&other) || other.reached().iter().any(is_this) {
            return Err(Error::value_error("a module cannot import one that imports it"));
        }
        self.imports_.push(other.into_any());
        Ok(())
    }

    /// All modules that this one imports, and those that they import: each once, depth first, in the order of imports.
    fn reached(&self) -> Vec<Obj<ModuleObj>> {
        let mut todo: Vec<Any> = self.imports_.snapshot();
        todo.reverse();
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        while let Some(next) = todo.pop() {
            // Whatever else was put into the list by reflection is no module.
            let Ok(module) = convert_owned::<Obj<ModuleObj>>(next) else { continue };
            seen.grow(1);
            if seen.insert(module.as_ptr()) {
                gather_into(&mut todo, module.imports_.snapshot().into_iter().rev());
                found.grow(1);
                found.push(module);
            }
        }
        found
    }
}
