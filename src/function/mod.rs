//! Functions over dynamic values, the errors they end in, and the global table of them.
//! Upholds: no panic crosses a call; what a call takes it borrows, what it gives is owned.
//!
//! ```
//! use bowline::function::{global, Function};
//! use bowline::value::IntoAny;
//!
//! let add = Function::from_typed("demo.add", |a: i64, b: i64| a + b);
//! let sum = add.call(&[2.into_any().view(), 3.into_any().view()]).unwrap();
//! assert_eq!(sum.view().as_int(), Some(5));
//!
//! let error = add.call(&[2.into_any().view(), "3".into_any().view()]).unwrap_err();
//! assert_eq!(error.kind(), "TypeError");
//! assert_eq!(
//!     error.message(),
//!     "Mismatched type on argument #1 when calling: `demo.add(0: int, 1: int) -> int`. Expected `int` but got `str`",
//! );
//!
//! global::register("demo.add", add, false).unwrap();
//! assert!(global::get("demo.add").is_some());
//! ```

#[doc(hidden)]
pub mod boundary;
mod closure;
pub mod error;
mod error_object;
#[cfg(not(feature = "guest"))]
pub mod global;
#[cfg(feature = "guest")]
#[path = "guest_global.rs"]
pub mod global;
#[cfg(not(feature = "guest"))]
mod raised;
#[cfg(feature = "guest")]
#[path = "guest_raised.rs"]
mod raised;
pub mod serial;
pub mod stack;
mod state;
mod typed;

pub(crate) use closure::failure;
pub use closure::{Function, FunctionCell, FunctionObj, SafeCall};
pub use error::Error;
pub use typed::{IntoTyped, Method, Return, Signature};
