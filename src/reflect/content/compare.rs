//! Whether two values have the same content, and which of them comes first. Each may ask for the other.
//! Upholds: a pair that is being compared counts as equal, so that cycles end; what a hook found out within a comparison
//! that came out unequal is forgotten with it. An order compares parts in their order; a cycle leaves none, and is an error.

use super::address;
use crate::container::ShapeObj;
use crate::function::Error;
use crate::object::grow::{gather_into, gathered, try_gathered, Grow};
use crate::object::registry;
use crate::reflect::checkpoint::{finish, with_checkpoints, Work};
use crate::reflect::children::{children, entry, field, is_plain, is_sequence, Children};
use crate::reflect::number_map::NumberSet;
use crate::reflect::{attr, hook};
use crate::tensor::TensorObj;
use crate::value::big_int;
use crate::value::{convert, Any, AnyView, IntoAny};
use std::cmp::Ordering;

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
    seen: NumberSet<(usize, usize)>,
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
        self.todo.grow(1);
        self.todo.push((AnyView::to_owned(*a), AnyView::to_owned(*b)));
        let found = with_checkpoints(|steps| self.advance(base, steps));
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
        self.seen.grow(1);
        if !self.seen.insert(pair) {
            return Ok(true);
        }
        self.kept.grow(1);
        self.kept.push((left.clone(), right.clone()));
        if let Some(hook) = hook::of(a.type_index(), &attr::EQUAL) {
            let answer = hook::call(self, &hook, &[a, b], Equality::inside)?;
            return Ok(convert::<bool>(answer.view())?);
        }
        if let Some(hook) = hook::of(a.type_index(), &attr::COMPARE) {
            return Ok(by_hook(&hook, a, b)?.is_eq());
        }
        if let (Some(a), Some(b)) = (a.as_ref::<TensorObj>(), b.as_ref::<TensorObj>()) {
            return a.is_same(b);
        }
        self.push_parts(a, b)
    }

    /// Adds what must be equal for two objects of one type to be. False if they are not anyway.
    fn push_parts(&mut self, a: AnyView<'_>, b: AnyView<'_>) -> Result<bool, Error> {
        if let (Some(a), Some(b)) = (ShapeObj::of(a), ShapeObj::of(b)) {
            return Ok(a == b);
        }
        Ok(match (children(a), children(b)) {
            (Children::Items(mine), Children::Items(others)) => {
                mine.len() == others.len() && mine.into_iter().zip(others).rev().all(|(x, y)| self.push(x, y))
            }
            (Children::Entries(mine), Children::Entries(others)) => {
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
            (Children::Fields(reflection), Children::Fields(_)) => {
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
        self.todo.grow(1);
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

/// Whether two values are equal, one of which is no object. It may also be a string or bytes.
fn same_plain(a: AnyView<'_>, b: AnyView<'_>) -> bool {
    match (a.as_float(), b.as_float()) {
        (Some(a), Some(b)) => a == b || (a.is_nan() && b.is_nan()),
        _ => a.same(&b),
    }
}

/// Which of two values comes first. No value is lowest; otherwise both are of one type.
///
/// # Errors
/// Kind `TypeError` for values without an order: of different types, NaN, unequal mappings, objects whose fields are not
/// known. `ValueError` for graphs with cycles. What hooks end in.
pub fn order(a: AnyView<'_>, b: AnyView<'_>) -> Result<Ordering, Error> {
    finish(OrderWork::new(a, b))
}

/// The order that a type's `__ffi_compare__` says.
fn by_hook(hook: &Any, a: AnyView<'_>, b: AnyView<'_>) -> Result<Ordering, Error> {
    OrderWork::default().query(hook, a, b)
}

/// What is asked of two values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Wanted {
    /// Which comes first.
    Order,
    /// That they are equal. They are in a mapping, of this type, and unequal mappings have no order.
    Equality(i32),
}

enum Task {
    Compare(Any, Any, Wanted),
    /// Reached when all that comes before is equal: this decides.
    Decide(Ordering),
    /// Reached when two objects are equal.
    Close(Any, Any, Wanted),
}

/// The work of [`order`].
#[derive(Default)]
pub struct OrderWork {
    /// The last first.
    todo: Vec<Task>,
    /// Pairs of addresses, of objects that are being compared, and of those that are equal.
    open: NumberSet<(usize, usize)>,
    equal: NumberSet<(usize, usize, Wanted)>,
    /// The objects of the equal pairs.
    kept: Vec<(Any, Any)>,
}

impl OrderWork {
    /// Of these values.
    pub fn new(a: AnyView<'_>, b: AnyView<'_>) -> OrderWork {
        OrderWork {
            todo: vec![Task::Compare(AnyView::to_owned(a), AnyView::to_owned(b), Wanted::Order)],
            ..OrderWork::default()
        }
    }

    /// Compares what is to do beyond the first `base` tasks.
    fn advance(&mut self, base: usize, steps: u32) -> Result<Option<Ordering>, Error> {
        for _ in 0..steps {
            if self.todo.len() == base {
                return Ok(Some(Ordering::Equal));
            }
            let found = match self.todo.pop() {
                None => break,
                Some(Task::Compare(a, b, wanted)) => match (self.compare(a, b, wanted)?, wanted) {
                    (found, Wanted::Order) | (found @ Ordering::Equal, _) => found,
                    (_, Wanted::Equality(mapping)) => return Err(unequal(mapping)),
                },
                Some(Task::Decide(found)) => found,
                Some(Task::Close(a, b, wanted)) => {
                    let pair = (address(a.view()), address(b.view()));
                    self.open.remove(&pair);
                    self.equal.grow(1);
                    self.equal.insert((pair.0, pair.1, wanted));
                    self.kept.grow(1);
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

    fn query(&mut self, hook: &Any, a: AnyView<'_>, b: AnyView<'_>) -> Result<Ordering, Error> {
        let answer = hook::call(self, hook, &[a, b], OrderWork::inside)?;
        Ok(convert::<i64>(answer.view())?.cmp(&0))
    }

    /// A comparison within this one, for a hook.
    fn inside(&mut self, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
        let [a, b, ..] = arguments else { return Err(Error::type_error("expected two values to compare")) };
        let base = self.todo.len();
        self.todo.grow(1);
        self.todo.push(Task::Compare(AnyView::to_owned(*a), AnyView::to_owned(*b), Wanted::Order));
        let found = with_checkpoints(|steps| self.advance(base, steps));
        for task in self.todo.drain(base..) {
            if let Task::Close(a, b, _) = task {
                self.open.remove(&(address(a.view()), address(b.view())));
            }
        }
        found.map(|found| (found as i64).into_any())
    }

    /// What is known at a glance; equal so far, where parts are to be compared.
    fn compare(&mut self, left: Any, right: Any, wanted: Wanted) -> Result<Ordering, Error> {
        let (a, b) = (left.view(), right.view());
        let in_order = wanted == Wanted::Order;
        if is_plain(a) || is_plain(b) {
            return if in_order { plain(a, b) } else { equality(a, b) };
        }
        let pair = (address(a), address(b));
        if pair.0 == pair.1 || self.equal.contains(&(pair.0, pair.1, wanted)) {
            return Ok(Ordering::Equal);
        }
        if a.type_index() != b.type_index() {
            return if in_order { Err(unordered(a, b)) } else { Ok(Ordering::Less) };
        }
        let says_equal = hook::of(a.type_index(), &attr::EQUAL).is_some() || a.as_ref::<TensorObj>().is_some();
        if !in_order && says_equal {
            return equality(a, b);
        }
        if let Some(hook) = hook::of(a.type_index(), &attr::COMPARE) {
            return self.query(&hook, a, b);
        }
        if let (Some(a), Some(b)) = (ShapeObj::of(a), ShapeObj::of(b)) {
            return Ok(a.cmp(b));
        }
        let (pairs, lengths, wanted) = both_parts(a, b, wanted)?;
        if !in_order && lengths.is_ne() {
            return Ok(lengths);
        }
        self.open.grow(1);
        if !self.open.insert(pair) {
            return Err(Error::value_error(format!(
                "a cyclic reference, as within this `{}`, leaves no order",
                a.type_name()
            )));
        }
        self.todo.grow(2);
        self.todo.push(Task::Close(left, right, wanted));
        // Decides if all that both have is equal.
        self.todo.push(Task::Decide(lengths));
        gather_into(&mut self.todo, pairs.into_iter().rev().map(|(x, y)| Task::Compare(x, y, wanted)));
        Ok(Ordering::Equal)
    }
}

/// Pairs of parts, and what follows when all of them are equal.
type Both = (Vec<(Any, Any)>, Ordering, Wanted);

/// The parts that two objects of one type both have. Also which of them has more, and what is asked of the parts.
fn both_parts(a: AnyView<'_>, b: AnyView<'_>, wanted: Wanted) -> Result<Both, Error> {
    let index = a.type_index();
    match (children(a), children(b)) {
        (Children::Items(mine), Children::Items(others)) => {
            let lengths = mine.len().cmp(&others.len());
            Ok((gathered(mine.into_iter().zip(others)), lengths, wanted))
        }
        (Children::Fields(reflection), Children::Fields(_)) => {
            let (Some(left), Some(right)) = (a.as_object(), b.as_object()) else { return Err(unordered(a, b)) };
            let compared = (0..reflection.fields.len()).filter(|at| reflection.fields[*at].flags().compare);
            let both = compared.map(|at| (field(reflection, at, left), field(reflection, at, right)));
            Ok((gathered(both), Ordering::Equal, wanted))
        }
        (Children::Entries(mine), Children::Entries(others)) if mine.len() == others.len() => {
            let both = mine.into_iter().map(|(key, x)| match entry(b, key.view())? {
                Some(y) => Ok((x, y)),
                None => Err(unequal(index)),
            });
            Ok((try_gathered(both)?, Ordering::Equal, Wanted::Equality(index)))
        }
        _ => Err(unequal(index)),
    }
}

/// Equal, or anything else.
fn equality(a: AnyView<'_>, b: AnyView<'_>) -> Result<Ordering, Error> {
    Ok(if equal(a, b)? { Ordering::Equal } else { Ordering::Less })
}

impl Work for OrderWork {
    type Output = Ordering;
    fn work(&mut self, steps: u32) -> Result<Option<Ordering>, Error> {
        self.advance(0, steps)
    }
}

/// The order of two values, one of which is no object. It may also be a string or bytes.
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
    } else if let (Some(a), Some(b)) = (words(&a), words(&b)) {
        Some(big_int::compare(&a, &b))
    } else {
        None
    };
    found.ok_or_else(|| unordered(a, b))
}

/// The words of an integer of any size.
fn words(view: &AnyView<'_>) -> Option<Vec<i64>> {
    big_int::words_of(*view).map(|words| gathered(words.iter().copied())).or_else(|| Some(vec![view.as_int()?]))
}

#[cold]
fn unequal(index: i32) -> Error {
    let key = registry::type_info(index).map_or("?", |info| info.key);
    Error::type_error(format!("unequal values of `{key}` have no order"))
}

#[cold]
fn unordered(a: AnyView<'_>, b: AnyView<'_>) -> Error {
    let nan = |view: AnyView<'_>| view.as_float().is_some_and(f64::is_nan);
    if nan(a) || nan(b) {
        return Error::type_error("NaN has no order");
    }
    Error::type_error(format!("`{}` and `{}` have no order", a.type_name(), b.type_name()))
}
