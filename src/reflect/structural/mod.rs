//! Equality of structure. Equal graphs differ at most in the names of the variables they define.
//! Upholds: depth is no limit; equal values have equal hashes; a difference is said with the way to it.
//!
//! ```
//! use bowline::container::Array;
//! use bowline::reflect::structural::{self, Options};
//! use bowline::value::IntoAny;
//!
//! let (a, b): (Array<i64>, Array<i64>) = ([1, 2].into_iter().collect(), [1, 3].into_iter().collect());
//! let (a, b) = (a.into_any(), b.into_any());
//! assert!(!structural::equal(a.view(), b.view(), Options::default()).unwrap());
//! let (here, _) = structural::mismatch(a.view(), b.view(), Options::default()).unwrap().unwrap();
//! assert_eq!(here.text(), "<root>[1]");
//! ```

mod answer;
mod equal;
mod error_context;
mod hash;
mod interrupt;
mod key;
mod mutator;
mod natives;
mod options;
mod parts;
mod path;
mod recorder;
mod rewriter;
mod rows;
mod visitor;
mod visits;
mod walk;

pub use answer::Step;
pub use equal::{equal, mismatch, Comparison, Mismatch};
pub use error_context::VisitErrorContext;
pub(super) use hash::of_tensor;
pub use hash::{hash, StructuralHash};
pub use interrupt::VisitInterrupt;
pub use key::StructuralKey;
pub use mutator::{MutatorTable, SetStep, StructuralMutator};
pub use options::{Options, Region};
pub use path::{AccessPath, AccessStep, StepKind};
pub use rewriter::{rewrite, Way};
pub use rows::{Row, Rows};
pub use visitor::{StructuralVisitor, VisitorTable};
pub use visits::visit;
pub use walk::{walk, walk_once, Flow, Order};

/// Registers the types, so that they are known by their keys.
pub fn declare() {
    super::declare::<(AccessStep, AccessPath, StructuralKey, VisitInterrupt, VisitErrorContext)>();
    key::declare();
    path::declare();
    super::declare::<(StructuralVisitor, StructuralMutator)>();
    natives::declare();
}
