//! Passes over expressions: folding constants, rewriting by a callback, evaluating.

use crate::walk::{children, fold};
use crate::{add, int, Add, Call, Expr, Int, Var};
use bowline::container::Map;
use bowline::function::{Error, Function};
use bowline::object::Obj;
use bowline::value::{convert, IntoAny, Str};

/// An expression with other children; the same one if they are the same.
fn with_children(expr: &Obj<Expr>, new: Vec<Obj<Expr>>) -> Obj<Expr> {
    if children(expr).iter().zip(&new).all(|(old, new)| old.ptr_eq(new)) {
        return expr.clone();
    }
    match expr.downcast_ref::<Call>() {
        Some(call) => Call::new(Expr::value(), call.op.clone(), new.into_iter().collect()).upcast(),
        None => {
            let mut sides = new.into_iter();
            match (sides.next(), sides.next()) {
                (Some(a), Some(b)) => add(a, b),
                _ => expr.clone(),
            }
        }
    }
}

fn value_of(expr: &Obj<Expr>) -> Option<i64> {
    expr.downcast_ref::<Int>().map(|int| int.value)
}

/// Folds sums of integers, and sums with zero. What does not change stays the same object.
pub fn simplify(expr: Obj<Expr>) -> Result<Obj<Expr>, Error> {
    fold(&expr, |expr, children| {
        let expr = with_children(expr, children);
        let Some(sum) = expr.downcast_ref::<Add>() else { return Ok(expr) };
        Ok(match (value_of(&sum.a), value_of(&sum.b)) {
            (Some(a), Some(b)) => int(a.checked_add(b).ok_or_else(|| overflow(a, b))?),
            (Some(0), _) => sum.b.clone(),
            (_, Some(0)) => sum.a.clone(),
            _ => expr,
        })
    })
}

fn overflow(a: i64, b: i64) -> Error {
    Error::new("OverflowError", format!("{a} + {b} does not fit 64 bits"))
}

/// Rewrites from the inside out. What the callback returns, if it is not None, takes an expression's place.
pub fn rewrite(expr: Obj<Expr>, callback: Function) -> Result<Obj<Expr>, Error> {
    fold(&expr, |expr, children| {
        let expr = with_children(expr, children);
        let answer = callback.call(&[expr.clone().into_any().view()])?;
        Ok(convert::<Option<Obj<Expr>>>(answer.view())?.unwrap_or(expr))
    })
}

/// The value of an expression, of which `env` has the variables.
pub fn evaluate(expr: Obj<Expr>, env: Map<Str, i64>) -> Result<i64, Error> {
    fold(&expr, |expr, values: Vec<i64>| {
        if let Some(value) = value_of(expr) {
            return Ok(value);
        }
        if let Some(var) = expr.downcast_ref::<Var>() {
            let unbound = || Error::new("rust_ir.UnboundVariable", format!("the variable `{}` has no value", var.name));
            return env.at(var.name.clone())?.ok_or_else(unbound);
        }
        if let Some(call) = expr.downcast_ref::<Call>() {
            return match (&*call.op, values.as_slice()) {
                ("mul", values) => values.iter().try_fold(1_i64, |product, value| {
                    let too_large = || Error::new("OverflowError", format!("{product} * {value} does not fit 64 bits"));
                    product.checked_mul(*value).ok_or_else(too_large)
                }),
                ("max", [first, rest @ ..]) => Ok(rest.iter().copied().fold(*first, i64::max)),
                (op, values) => Err(Error::value_error(format!(
                    "the operator `{op}` has no meaning for {} arguments",
                    values.len()
                ))),
            };
        }
        values.iter().try_fold(0_i64, |sum, value| sum.checked_add(*value).ok_or_else(|| overflow(sum, *value)))
    })
}
