//! The native types and functions of `bowline.testing`, as a Rust author writes them: a guest of the package.
//! Upholds: nothing here is registered under a name outside `testing.`.
//!
//! | file | one job |
//! |---|---|
//! | `all_types` | A type with a field of each kind, and methods that take and return containers |
//! | `enumerations` | Enumerations as a Rust author writes them |
//! | `functions` | Global functions under `testing.` |
//! | `symbol` | Functions that are called by address, as code of other languages is |
//! | `tensors` | Global functions under `testing.` that take tensors |
//! | `type_hooks` | Hooks of types for tests: equality, order, hash and conversion as functions |
//! | `types` | Rust types of every kind that reflection knows |

mod all_types;
mod enumerations;
mod functions;
mod symbol;
mod tensors;
mod type_hooks;
mod types;

use all_types::SchemaAllTypes;
use bowline::function::Error;
use enumerations::TestEnumVariant;
use types::*;

/// What `library!` has no words for: hooks, functions over any arguments, functions that are called by address.
fn more() -> Result<(), Error> {
    enumerations::install()?;
    types::install()?;
    functions::install()?;
    tensors::install()
}

bowline::library! {
    types {
        TestIntPair, TestFrozenCxx, TestObjectDerived, TestObjectPtrHolder, TestNonCopyable,
        TestCompare, TestHash, TestCustomHash, TestCustomCompare, TestEqWithoutHash,
        TestCxxClassDerivedDerived, TestCxxInitSubset, TestCxxKwOnly, TestCxxAutoInit,
        TestCxxAutoInitSimple, TestCxxAutoInitAllInitOff, TestCxxAutoInitKwOnlyDefaults,
        TestCxxNoAutoInit, TestCxxAutoInitChild, TestDeepCopyEdges,
        TestUnregisteredObject, SchemaAllTypes,
        TestCxxEnumHolder, TestEnumVariant, DocPair, DocPoint,
    }
    setup { more }
}
