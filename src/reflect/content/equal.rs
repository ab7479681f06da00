//! Whether two values have the same content.
//! Imports this folder, `reflect::{parts, hook, pulse}`.
//! Upholds: a pair that is being compared counts as equal, so that cycles end; what a hook found out within a comparison
//! that came out unequal is forgotten with it.

use super::{address, order};
use crate::container::ShapeObj;
use crate::function::Error;
use crate::reflect::hook;
use crate::reflect::parts::{entry, field, is_plain, is_sequence, parts, Parts};
use crate::reflect::pulse::{beating, finish, Work};
use crate::tensor::TensorObj;
use crate::value::{convert, Any, AnyView, IntoAny};
use std::collections::HashSet;

/// Whether two values are of one type and consist of equal values. A NaN is equal to any NaN, and zero to negative zero;
/// fields that say that they do not count for comparisons do not.
///
/// # Errors
/// What hooks end in.
pub fn equal(a: AnyView<'_>, b: AnyView<'_>) -> Result<bool, Error> {
    finish(Equality::new(a, b))
}

/// The work of [`equal`].
#[derive(Default)]
pub struct Equality {
    todo: Vec<(Any, Any)>,
    /// Pairs of addresses that were compared, or are being.
    seen: HashSet<(usize, usize)>,
    /// The objects of the pairs, in the order of their comparison.
    kept: Vec<(Any, Any)>,
    /// Whether sequences of different types may be equal.
    loosely: bool,
}

impl Equality {
    /// Of these values.
    pub fn new(a: AnyView<'_>, b: AnyView<'_>) -> Equality {
        Equality { todo: vec![(AnyView::to_owned(a), AnyView::to_owned(b))], ..Equality::default() }
    }

    /// Of these values, where an Array is equal to a List of equal items.
    pub fn loosely(a: AnyView<'_>, b: AnyView<'_>) -> Equality {
        Equality { loosely: true, ..Equality::new(a, b) }
    }

    /// Compares what is to do beyond the first `base` pairs.
    fn advance(&mut self, base: usize, steps: u32) -> Result<Option<bool>, Error> {
        for _ in 0..steps {
            if self.todo.len() == base {
                return Ok(Some(true));
            }
            let Some((a, b)) = self.todo.pop() else { break };
            if !self.compare(&a, &b)? {
                return Ok(Some(false));
            }
        }
        Ok(None)
    }

    /// A comparison within this one, for a hook.
    fn inside(&mut self, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
        let [a, b, ..] = arguments else { return Err(Error::type_error("expected two values to compare")) };
        let (base, known) = (self.todo.len(), self.kept.len());
        self.todo.push((AnyView::to_owned(*a), AnyView::to_owned(*b)));
        let found = beating(|steps| self.advance(base, steps));
        if !matches!(found, Ok(true)) {
            self.todo.truncate(base);
            for (a, b) in self.kept.drain(known..) {
                self.seen.remove(&(address(a.view()), address(b.view())));
            }
        }
        found.map(IntoAny::into_any)
    }

    fn compare(&mut self, left: &Any, right: &Any) -> Result<bool, Error> {
        let (a, b) = (left.view(), right.view());
        if is_plain(a) || is_plain(b) {
            return Ok(same_plain(a, b));
        }
        let pair = (address(a), address(b));
        if pair.0 == pair.1 {
            return Ok(true);
        }
        let one_type = a.type_index() == b.type_index() || (self.loosely && is_sequence(a) && is_sequence(b));
        if !one_type {
            return Ok(false);
        }
        if !self.seen.insert(pair) {
            return Ok(true);
        }
        self.kept.push((left.clone(), right.clone()));
        if let Some(hook) = hook::of(a.type_index(), "__ffi_eq__") {
            let answer = hook::call(self, &hook, &[a, b], Equality::inside)?;
            return Ok(convert::<bool>(answer.view())?);
        }
        if let Some(hook) = hook::of(a.type_index(), "__ffi_compare__") {
            return Ok(order::by_hook(&hook, a, b)?.is_eq());
        }
        if let (Some(a), Some(b)) = (a.as_ref::<TensorObj>(), b.as_ref::<TensorObj>()) {
            return a.is_same(b);
        }
        self.push_parts(a, b)
    }

    /// Adds what must be equal for two objects of one type to be; false if they are not anyway.
    fn push_parts(&mut self, a: AnyView<'_>, b: AnyView<'_>) -> Result<bool, Error> {
        if let (Some(a), Some(b)) = (ShapeObj::of(a), ShapeObj::of(b)) {
            return Ok(a == b);
        }
        Ok(match (parts(a), parts(b)) {
            (Parts::Items(mine), Parts::Items(others)) => {
                mine.len() == others.len() && mine.into_iter().zip(others).rev().all(|(x, y)| self.push(x, y))
            }
            (Parts::Entries(mine), Parts::Entries(others)) => {
                if mine.len() != others.len() {
                    return Ok(false);
                }
                for (key, x) in mine {
                    let Some(y) = entry(b, key.view())? else { return Ok(false) };
                    if !self.push(x, y) {
                        return Ok(false);
                    }
                }
                true
            }
            (Parts::Fields(reflection), Parts::Fields(_)) => {
                let (Some(left), Some(right)) = (a.as_object(), b.as_object()) else { return Ok(false) };
                let compared = (0..reflection.fields.len()).rev().filter(|at| reflection.fields[*at].flags().compare);
                compared.into_iter().all(|at| self.push(field(reflection, at, left), field(reflection, at, right)))
            }
            _ => false,
        })
    }

    /// Adds a pair, unless it is decided at a glance; false if it is unequal.
    fn push(&mut self, a: Any, b: Any) -> bool {
        if is_plain(a.view()) {
            return same_plain(a.view(), b.view());
        }
        self.todo.push((a, b));
        true
    }
}

impl Work for Equality {
    type Output = bool;
    fn work(&mut self, steps: u32) -> Result<Option<bool>, Error> {
        self.advance(0, steps)
    }
}

/// Whether two values, one of which is no object, or a string, or bytes, are equal.
fn same_plain(a: AnyView<'_>, b: AnyView<'_>) -> bool {
    match (a.as_float(), b.as_float()) {
        (Some(a), Some(b)) => a == b || (a.is_nan() && b.is_nan()),
        _ => a.same(&b),
    }
}
