//! Walks through expressions of any depth, without recursion.

use crate::{add, int, var, Add, Call, Expr, Var};
use bowline::container::Array;
use bowline::function::Error;
use bowline::object::Obj;
use std::collections::HashSet;

/// The expressions that one consists of, in their order.
pub(crate) fn children(expr: &Obj<Expr>) -> Vec<Obj<Expr>> {
    if let Some(add) = expr.downcast_ref::<Add>() {
        vec![add.a.clone(), add.b.clone()]
    } else if let Some(call) = expr.downcast_ref::<Call>() {
        call.args.iter().collect()
    } else {
        Vec::new()
    }
}

/// Computes something from the inside out. `visit` gets an expression and what came of its children.
pub(crate) fn fold<T>(
    root: &Obj<Expr>,
    mut visit: impl FnMut(&Obj<Expr>, Vec<T>) -> Result<T, Error>,
) -> Result<T, Error> {
    struct Step<T> {
        expr: Obj<Expr>,
        left: std::vec::IntoIter<Obj<Expr>>,
        done: Vec<T>,
    }
    let step = |expr: Obj<Expr>| Step { left: children(&expr).into_iter(), expr, done: Vec::new() };
    let mut steps = Vec::new();
    let mut now = step(root.clone());
    loop {
        if let Some(child) = now.left.next() {
            steps.push(std::mem::replace(&mut now, step(child)));
            continue;
        }
        let result = visit(&now.expr, now.done)?;
        match steps.pop() {
            Some(parent) => now = parent,
            None => return Ok(result),
        }
        now.done.push(result);
    }
}

/// How many expressions there are in one, each as often as it occurs.
pub fn count(expr: Obj<Expr>) -> Result<i64, Error> {
    fold(&expr, |_, counts: Vec<i64>| Ok(1 + counts.iter().sum::<i64>()))
}

/// The variables in an expression, each once, in the order in which they are met.
pub fn variables(expr: Obj<Expr>) -> Result<Array<Obj<Var>>, Error> {
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    fold(&expr, |expr, _: Vec<()>| {
        if let Some(var) = expr.downcast_ref::<Var>() {
            if seen.insert(var.as_raw()) {
                found.push(var.clone());
            }
        }
        Ok(())
    })?;
    Ok(found.into_iter().collect())
}

/// A sum of `n` sums, each on the left side of the next.
pub fn chain(n: i64) -> Obj<Expr> {
    (0..n).fold(var("x"), |sum, i| add(sum, int(i)))
}

/// Drops expressions on a thread of its own, and waits for its end.
pub fn drop_on_thread(nodes: Array<Obj<Expr>>) -> Result<(), Error> {
    let worker = std::thread::spawn(move || drop(nodes));
    worker.join().map_err(|_| Error::runtime("the worker panicked"))
}
