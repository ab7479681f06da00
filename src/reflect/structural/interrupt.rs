//! The end of a walk that a visit asked for.
//! Upholds: what it says goes back unchanged to who started the walk.

use crate::value::Any;

crate::object! {
    /// The end of a walk that a visit asked for, with what it says.
    #[key = "ffi.VisitInterrupt"]
    pub struct VisitInterrupt {
        /// What it says; the walk gives it back.
        pub value: Any,
    }
}
