//! Expressions of a small language. They are a library of native types in Rust, for Rust programs and
//! for Python.

mod passes;
mod table;
mod walk;

pub use passes::{evaluate, rewrite, simplify};
pub use table::Table;
pub use walk::{chain, count, drop_on_thread, variables};

use bowline::container::Array;
use bowline::object::Obj;
use bowline::value::Str;

bowline::object! {
    /// Any expression.
    #[key = "rust_ir.Expr"]
    pub struct Expr {}
    options { constructible: false }
}

bowline::object! {
    /// A variable.
    #[key = "rust_ir.Var"]
    pub struct Var: Expr {
        /// What it is called.
        pub name: Str,
    }
    options { structural: bowline::reflect::StructuralKind::FreeVar }
}

bowline::object! {
    /// An integer.
    #[key = "rust_ir.Int"]
    pub struct Int: Expr {
        /// The integer.
        pub value: i64,
    }
}

bowline::object! {
    /// A sum.
    #[key = "rust_ir.Add"]
    pub struct Add: Expr {
        /// The left side.
        pub a: Obj<Expr>,
        /// The right side.
        pub b: Obj<Expr>,
    }
}

bowline::object! {
    /// The result of an operator.
    #[key = "rust_ir.Call"]
    pub struct Call: Expr {
        /// The operator.
        pub op: Str,
        /// What it is applied to.
        pub args: Array<Obj<Expr>>,
    }
}

/// A variable.
pub fn var(name: &str) -> Obj<Expr> {
    Var::new(Expr::value(), name.into()).upcast()
}

/// An integer.
pub fn int(value: i64) -> Obj<Expr> {
    Int::new(Expr::value(), value).upcast()
}

/// A sum.
pub fn add(a: Obj<Expr>, b: Obj<Expr>) -> Obj<Expr> {
    Add::new(Expr::value(), a, b).upcast()
}

bowline::library! {
    types { Expr, Var, Int, Add, Call, Table }
    functions {
        "rust_ir.simplify" = simplify,
        "rust_ir.rewrite" = rewrite,
        "rust_ir.count" = count,
        "rust_ir.variables" = variables,
        "rust_ir.evaluate" = evaluate,
        "rust_ir.drop_on_thread" = drop_on_thread,
        "rust_ir.chain" = chain,
    }
}
