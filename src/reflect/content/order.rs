//! The order of two values, by the first part in which they differ.
//! Imports this folder, `reflect::{parts, hook, pulse}`.
//! Upholds: parts are compared in their order; a graph with cycles is an error, never a loop.

use super::{address, equal};
use crate::container::ShapeObj;
use crate::function::Error;
use crate::reflect::hook;
use crate::reflect::parts::{field, is_plain, parts, Parts};
use crate::reflect::pulse::{beating, finish, Work};
use crate::value::{convert, Any, AnyView, IntoAny};
use std::cmp::Ordering;
use std::collections::HashSet;

/// Which of two values comes first. No value is lowest; otherwise both are of one type.
///
/// # Errors
/// Kind `TypeError` for values without an order: of different types, NaN, unequal mappings, objects whose fields are not
/// known. `ValueError` for graphs with cycles. What hooks end in.
pub fn order(a: AnyView<'_>, b: AnyView<'_>) -> Result<Ordering, Error> {
    finish(Comparison::new(a, b))
}

/// The order that a type's `__ffi_compare__` says.
pub(super) fn by_hook(hook: &Any, a: AnyView<'_>, b: AnyView<'_>) -> Result<Ordering, Error> {
    Comparison::default().ask(hook, a, b)
}

enum Task {
    Compare(Any, Any),
    /// Reached when all that comes before is equal: this decides.
    Decide(Ordering),
    /// Reached when two objects are equal.
    Close(Any, Any),
}

/// The work of [`order`].
#[derive(Default)]
pub struct Comparison {
    /// The last first.
    todo: Vec<Task>,
    /// Pairs of addresses, of objects that are being compared, and of those that are equal.
    open: HashSet<(usize, usize)>,
    equal: HashSet<(usize, usize)>,
    /// The objects of the equal pairs.
    kept: Vec<(Any, Any)>,
}

impl Comparison {
    /// Of these values.
    pub fn new(a: AnyView<'_>, b: AnyView<'_>) -> Comparison {
        Comparison { todo: vec![Task::Compare(AnyView::to_owned(a), AnyView::to_owned(b))], ..Comparison::default() }
    }

    /// Compares what is to do beyond the first `base` tasks.
    fn advance(&mut self, base: usize, steps: u32) -> Result<Option<Ordering>, Error> {
        for _ in 0..steps {
            if self.todo.len() == base {
                return Ok(Some(Ordering::Equal));
            }
            let found = match self.todo.pop() {
                None => break,
                Some(Task::Compare(a, b)) => self.compare(a, b)?,
                Some(Task::Decide(found)) => found,
                Some(Task::Close(a, b)) => {
                    let pair = (address(a.view()), address(b.view()));
                    self.open.remove(&pair);
                    self.equal.insert(pair);
                    self.kept.push((a, b));
                    Ordering::Equal
                }
            };
            if found.is_ne() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn ask(&mut self, hook: &Any, a: AnyView<'_>, b: AnyView<'_>) -> Result<Ordering, Error> {
        let answer = hook::call(self, hook, &[a, b], Comparison::inside)?;
        Ok(convert::<i64>(answer.view())?.cmp(&0))
    }

    /// A comparison within this one, for a hook.
    fn inside(&mut self, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
        let [a, b, ..] = arguments else { return Err(Error::type_error("expected two values to compare")) };
        let base = self.todo.len();
        self.todo.push(Task::Compare(AnyView::to_owned(*a), AnyView::to_owned(*b)));
        let found = beating(|steps| self.advance(base, steps));
        for task in self.todo.drain(base..) {
            if let Task::Close(a, b) = task {
                self.open.remove(&(address(a.view()), address(b.view())));
            }
        }
        found.map(|found| (found as i64).into_any())
    }

    fn compare(&mut self, left: Any, right: Any) -> Result<Ordering, Error> {
        let (a, b) = (left.view(), right.view());
        if is_plain(a) || is_plain(b) {
            return plain(a, b);
        }
        let pair = (address(a), address(b));
        if pair.0 == pair.1 || self.equal.contains(&pair) {
            return Ok(Ordering::Equal);
        }
        if a.type_index() != b.type_index() {
            return Err(unordered(a, b));
        }
        if let Some(hook) = hook::of(a.type_index(), "__ffi_compare__") {
            return self.ask(&hook, a, b);
        }
        if let (Some(a), Some(b)) = (ShapeObj::of(a), ShapeObj::of(b)) {
            return Ok(a.cmp(b));
        }
        let parts = match (parts(a), parts(b)) {
            (Parts::Items(mine), Parts::Items(others)) => (mine, others),
            (Parts::Fields(reflection), Parts::Fields(_)) => {
                let (Some(left), Some(right)) = (a.as_object(), b.as_object()) else { return Err(unordered(a, b)) };
                let compared = (0..reflection.fields.len()).filter(|at| reflection.fields[*at].flags().compare);
                compared.map(|at| (field(reflection, at, left), field(reflection, at, right))).unzip()
            }
            (Parts::Entries(_), Parts::Entries(_)) if equal(a, b)? => return Ok(Ordering::Equal),
            _ => return Err(Error::type_error(format!("unequal values of `{}` have no order", a.type_name()))),
        };
        if !self.open.insert(pair) {
            return Err(Error::value_error(format!(
                "a cyclic reference, as within this `{}`, leaves no order",
                a.type_name()
            )));
        }
        self.push_parts(left, right, parts.0, parts.1);
        Ok(Ordering::Equal)
    }

    fn push_parts(&mut self, left: Any, right: Any, mine: Vec<Any>, others: Vec<Any>) {
        self.todo.push(Task::Close(left, right));
        // Decides if all that both have is equal.
        self.todo.push(Task::Decide(mine.len().cmp(&others.len())));
        let both = mine.len().min(others.len());
        let pairs = mine.into_iter().take(both).zip(others).rev();
        self.todo.extend(pairs.map(|(x, y)| Task::Compare(x, y)));
    }
}

impl Work for Comparison {
    type Output = Ordering;
    fn work(&mut self, steps: u32) -> Result<Option<Ordering>, Error> {
        self.advance(0, steps)
    }
}

/// The order of two values one of which is no object, or a string, or bytes.
fn plain(a: AnyView<'_>, b: AnyView<'_>) -> Result<Ordering, Error> {
    if a.is_none() || b.is_none() {
        return Ok(b.is_none().cmp(&a.is_none()));
    }
    let found = if let (Some(a), Some(b)) = (a.as_float(), b.as_float()) {
        a.partial_cmp(&b)
    } else if let (Some(a), Some(b)) = (a.as_int(), b.as_int()) {
        Some(a.cmp(&b))
    } else if let (Some(a), Some(b)) = (a.as_bool(), b.as_bool()) {
        Some(a.cmp(&b))
    } else if let (Some((text, a)), Some((other, b))) = (a.text_or_bytes(), b.text_or_bytes()) {
        (text == other).then(|| a.cmp(b))
    } else if let (Some(a), Some(b)) = (a.as_dtype(), b.as_dtype()) {
        Some((a.code, a.bits, a.lanes).cmp(&(b.code, b.bits, b.lanes)))
    } else if let (Some(a), Some(b)) = (a.as_device(), b.as_device()) {
        Some((a.kind, a.id).cmp(&(b.kind, b.id)))
    } else {
        None
    };
    found.ok_or_else(|| unordered(a, b))
}

#[cold]
fn unordered(a: AnyView<'_>, b: AnyView<'_>) -> Error {
    let nan = |view: AnyView<'_>| view.as_float().is_some_and(f64::is_nan);
    if nan(a) || nan(b) {
        return Error::type_error("NaN has no order");
    }
    Error::type_error(format!("`{}` and `{}` have no order", a.type_name(), b.type_name()))
}
