//! Modules: functions under names, from shared libraries and from this process.
//! Modules have the layout of the C++ class, with its virtual functions in front. C++ derives from it.
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

mod base;
mod bundle;
mod calls;
pub mod context;
pub mod cxx;
mod globals;
pub mod host;
mod library;
mod named;
mod object;
mod own;
mod runtime;
pub mod system;

pub(crate) use base::answer as answer_as_base;
pub use base::look_up_in_imports;
pub use library::{load, load_library, load_serialized, MAX_PATH, PREFIX as SYMBOL_PREFIX, TOO_LONG};
pub use named::declare;
pub use object::ModuleObj;
pub use runtime::expect_only as expect_only_runtime;
