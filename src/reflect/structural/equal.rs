//! Whether two graphs have the same structure, and where they differ first.
//! Upholds: a pair that is being compared counts as equal, so that cycles end; nothing is held while a hook runs.

use super::options::kind_of;
use super::path::{AccessPath, Side, StepKey, StepKind, Trail};
use super::{Options, Region};
use crate::container::ShapeObj;
use crate::function::Error;
use crate::object::grow::Grow;
use crate::object::{registry, Obj};
use crate::reflect::checkpoint::{finish, with_checkpoints, Work};
use crate::reflect::children::{
    children, entry, field, fields_of, frozen_items, has_one_place, is_plain, same_plain, Children,
};
use crate::reflect::number_map::{NumberMap, NumberSet};
use crate::reflect::{attr, hook, FieldRole, Reflection, StructuralKind};
use crate::tensor::TensorObj;
use crate::value::{address, convert, tag, Any, AnyView, IntoAny};

/// Where two graphs differ: the paths in each.
pub type Mismatch = (Obj<AccessPath>, Obj<AccessPath>);

/// Whether two values have the same structure.
///
/// # Errors
/// Kind `TypeError` for objects whose type does not say how they are compared; what hooks end in.
pub fn equal(a: AnyView<'_>, b: AnyView<'_>, options: Options) -> Result<bool, Error> {
    Ok(mismatch(a, b, options)?.is_none())
}

/// Where two values differ first; none when they have the same structure.
///
/// # Errors
/// As [`equal`].
pub fn mismatch(a: AnyView<'_>, b: AnyView<'_>, options: Options) -> Result<Option<Mismatch>, Error> {
    finish(Comparison::new(a, b, options))
}

/// Two values to be compared.
struct Pair {
    a: Any,
    b: Any,
    region: Region,
    path: usize,
}

/// What is to do, the last first.
enum Task {
    Compare(Pair),
    /// Reached when all that comes before is equal: the graphs differ here.
    Differ(Mismatch),
}

/// The work of [`mismatch`].
#[derive(Default)]
pub struct Comparison {
    todo: Vec<Task>,
    /// Pairs that were compared, or are being.
    seen: NumberSet<(usize, usize, Region)>,
    /// What objects of the left graph stand for in the right one, and back. They are variables, and objects whose sharing
    /// counts.
    left: NumberMap<usize, usize>,
    right: NumberMap<usize, usize>,
    /// Pairs of objects whose addresses are in the tables, in the order of their comparison.
    kept: Vec<(Any, Any, Region)>,
    trail: Trail,
    found: Option<Mismatch>,
    skip_tensor_content: bool,
}

fn compare(state: &mut Comparison, pair: Pair) -> Result<bool, Error> {
    let (a, b) = (pair.a.view(), pair.b.view());
    if is_plain(a) || is_plain(b) {
        return Ok(same_plain(a, b));
    }
    if a.type_index() != b.type_index() {
        return Ok(false);
    }
    let kind = kind_of(a.type_index())?;
    let (left, right) = (address(a), address(b));
    if kind == StructuralKind::Unique {
        return Ok(left == right);
    }
    if let Some(stands_for) = state.left.get(&left) {
        return Ok(*stands_for == right);
    }
    if state.right.contains_key(&right) {
        return Ok(false);
    }
    if kind == StructuralKind::FreeVar && pair.region == Region::Use {
        return Ok(left == right);
    }
    if kind == StructuralKind::ConstTree && left == right && state.left.is_empty() {
        return Ok(true);
    }
    let hook = hook::of(a.type_index(), &attr::STRUCTURAL_EQUAL);
    let stands_for_other = matches!(kind, StructuralKind::FreeVar | StructuralKind::Dag);
    if !stands_for_other && hook.is_none() && has_one_place(&pair.a) && has_one_place(&pair.b) {
        // Of neither is the address in a table. Nor does anything lead to the pair but the pair that has their places.
        return state.push_parts(&pair);
    }
    state.seen.grow(1);
    if !state.seen.insert((left, right, pair.region)) {
        return Ok(true);
    }
    state.kept.grow(1);
    if stands_for_other {
        state.left.grow(1);
        state.left.insert(left, right);
        state.right.grow(1);
        state.right.insert(right, left);
    }
    if let Some(hook) = hook {
        state.kept.push((pair.a.clone(), pair.b.clone(), pair.region));
        return by_hook(state, &pair, &hook);
    }
    let outcome = state.push_parts(&pair);
    // Whatever came of it: what is forgotten later is found by this.
    state.kept.push((pair.a, pair.b, pair.region));
    outcome
}

impl Comparison {
    /// Of these values.
    pub fn new(a: AnyView<'_>, b: AnyView<'_>, options: Options) -> Comparison {
        let mut work = Comparison { skip_tensor_content: options.skip_tensor_content, ..Comparison::default() };
        work.push(AnyView::to_owned(a), AnyView::to_owned(b), Region::initial(options), Trail::ROOT);
        work
    }

    /// Compares what is to do beyond the first `base` pairs. It takes so many steps at most.
    fn advance(&mut self, base: usize, steps: u32) -> Result<Option<bool>, Error> {
        for _ in 0..steps {
            if self.todo.len() <= base {
                return Ok(Some(true));
            }
            let pair = match self.todo.pop() {
                None => break,
                Some(Task::Compare(pair)) => pair,
                Some(Task::Differ(mismatch)) => {
                    self.found = Some(mismatch);
                    return Ok(Some(false));
                }
            };
            let path = pair.path;
            if !compare(self, pair)? {
                if self.found.is_none() {
                    self.differ(path, None, None);
                }
                return Ok(Some(false));
            }
        }
        Ok(None)
    }

    fn push(&mut self, a: Any, b: Any, region: Region, path: usize) {
        self.todo.grow(1);
        self.todo.push(Task::Compare(Pair { a, b, region, path }));
    }

    /// Adds a pair of parts, one step from a path. What is plain and the same is done with.
    #[inline]
    fn push_part(&mut self, a: Any, b: Any, region: Region, from: usize, kind: StepKind, key: StepKey) {
        if is_plain(a.view()) && same_plain(a.view(), b.view()) {
            return;
        }
        let path = self.trail.step(from, kind, key);
        self.push(a, b, region, path);
    }

    /// Notes where the graphs differ: at a path, or one step further in each.
    fn differ(
        &mut self,
        path: usize,
        left: Option<(StepKind, AnyView<'_>)>,
        right: Option<(StepKind, AnyView<'_>)>,
    ) -> bool {
        self.found = Some((self.trail.path(path, Side::Left, left), self.trail.path(path, Side::Right, right)));
        false
    }

    /// Adds what must be equal for a pair of objects to be. False if they are not anyway.
    fn push_parts(&mut self, pair: &Pair) -> Result<bool, Error> {
        let (a, b) = (pair.a.view(), pair.b.view());
        match registry::below_root(a.type_index()) {
            tag::SHAPE => return Ok(ShapeObj::of(a) == ShapeObj::of(b)),
            tag::TENSOR => {
                let (Some(a), Some(b)) = (a.as_ref::<TensorObj>(), b.as_ref::<TensorObj>()) else { return Ok(false) };
                return if self.skip_tensor_content { Ok(a.is_like(b)) } else { a.is_same(b) };
            }
            _ => {}
        }
        // Of an object with fields the other one has the same: their types are.
        if let Some(reflection) = fields_of(a) {
            return Ok(self.push_fields(pair, reflection));
        }
        if let (Some(mine), Some(other)) = (frozen_items(a), frozen_items(b)) {
            if mine.len() == other.len() {
                for (at, (x, y)) in mine.iter().zip(other).enumerate().rev() {
                    let key = StepKey::Item(at);
                    self.push_part(x.clone(), y.clone(), pair.region, pair.path, StepKind::ArrayItem, key);
                }
                return Ok(true);
            }
        }
        Ok(match (children(a), children(b)) {
            (Children::Items(a), Children::Items(b)) => self.push_items(pair, a, b),
            (Children::Entries(mine), Children::Entries(other)) => self.push_entries(pair, mine, &other)?,
            (Children::Fields(reflection), Children::Fields(_)) => self.push_fields(pair, reflection),
            _ => false,
        })
    }

    /// Adds the fields that count, of two objects of the type that is described.
    #[inline]
    fn push_fields(&mut self, pair: &Pair, reflection: &'static Reflection) -> bool {
        let (Some(left), Some(right)) = (pair.a.view().as_object(), pair.b.view().as_object()) else { return false };
        for at in (0..reflection.fields.len()).rev() {
            let role = reflection.fields[at].flags().structural;
            if role == FieldRole::Ignored {
                continue;
            }
            let (x, y) = (field(reflection, at, left), field(reflection, at, right));
            let name = StepKey::Name(&reflection.fields[at].name);
            self.push_part(x, y, pair.region.of_field(role), pair.path, StepKind::Attr, name);
        }
        true
    }

    fn push_items(&mut self, pair: &Pair, a: Vec<Any>, b: Vec<Any>) -> bool {
        let common = a.len().min(b.len());
        if a.len() != b.len() {
            // The first item that only one of them has, unless an earlier one differs.
            let missing = (common as i64).into_any();
            let (here, there) = match a.len() < b.len() {
                true => (StepKind::ArrayItemMissing, StepKind::ArrayItem),
                false => (StepKind::ArrayItem, StepKind::ArrayItemMissing),
            };
            let (left, right) = (
                self.trail.path(pair.path, Side::Left, Some((here, missing.view()))),
                self.trail.path(pair.path, Side::Right, Some((there, missing.view()))),
            );
            return self.compare_prefix(pair, a, b, (left, right));
        }
        self.push_each(pair, a, b)
    }

    /// Adds the items that two sequences have in common.
    fn push_each(&mut self, pair: &Pair, a: Vec<Any>, b: Vec<Any>) -> bool {
        for (at, (x, y)) in a.into_iter().zip(b).enumerate().rev() {
            self.push_part(x, y, pair.region, pair.path, StepKind::ArrayItem, StepKey::Item(at));
        }
        true
    }

    /// Compares the items that both of two sequences have, for the sake of the path. Their lengths differ.
    fn compare_prefix(&mut self, pair: &Pair, a: Vec<Any>, b: Vec<Any>, otherwise: Mismatch) -> bool {
        self.todo.grow(1);
        self.todo.push(Task::Differ(otherwise));
        self.push_each(pair, a, b)
    }

    fn push_entries(&mut self, pair: &Pair, mine: Vec<(Any, Any)>, other: &[(Any, Any)]) -> Result<bool, Error> {
        let mut pushed = Vec::new();
        pushed.grow(mine.len());
        for (key, value) in mine {
            match self.counterpart(pair.b.view(), &key)? {
                Some(counterpart) => pushed.push((key, value, counterpart)),
                None => {
                    let view = key.view();
                    return Ok(self.differ(
                        pair.path,
                        Some((StepKind::MapItem, view)),
                        Some((StepKind::MapItemMissing, view)),
                    ));
                }
            }
        }
        if pushed.len() != other.len() {
            let key = self.extra(pair.a.view(), &pushed, other)?;
            return Ok(self.differ(
                pair.path,
                Some((StepKind::MapItemMissing, key.view())),
                Some((StepKind::MapItem, key.view())),
            ));
        }
        for (key, value, counterpart) in pushed.into_iter().rev() {
            let key = match self.stands_for(&key) {
                Some(other) => StepKey::Counterparts(key, other),
                None => StepKey::Value(key),
            };
            self.push_part(value, counterpart, pair.region, pair.path, StepKind::MapItem, key);
        }
        Ok(true)
    }

    /// The first key of the right mapping that no key of the left stands for.
    fn extra(&self, left: AnyView<'_>, pushed: &[(Any, Any, Any)], other: &[(Any, Any)]) -> Result<Any, Error> {
        for (key, _) in other {
            let back = self.right.get(&address(key.view()));
            let stands_for = |(mine, ..): &(Any, Any, Any)| back.is_some_and(|left| *left == address(mine.view()));
            if !pushed.iter().any(stands_for) && entry(left, key.view())?.is_none() {
                return Ok(key.clone());
            }
        }
        Ok(Any::none())
    }

    /// A comparison within this one, for a hook. It was asked in this region and at this path.
    fn compare_inside(&mut self, region: Region, path: usize, arguments: &[AnyView<'_>]) -> Result<bool, Error> {
        let [x, y, rest @ ..] = arguments else {
            return Err(Error::type_error("expected two values, whether they define variables, and a name"));
        };
        let asked = rest.first().and_then(|asked| convert::<i64>(*asked).ok()).unwrap_or(0);
        let region = if asked == 0 && region == Region::Define { region } else { Region::of_number(asked) };
        let path = match rest.get(1).and_then(|name| name.as_str()) {
            Some(name) => self.trail.step(path, StepKind::Attr, StepKey::Value(name.into_any())),
            None => path,
        };
        let (base, known) = (self.todo.len(), self.kept.len());
        self.push(AnyView::to_owned(*x), AnyView::to_owned(*y), region, path);
        let found = with_checkpoints(|steps| self.advance(base, steps));
        if !matches!(found, Ok(true)) {
            self.forget(base, known);
        }
        found
    }

    /// Forgets what was assumed of pairs within a comparison that came out unequal. It keeps where the comparison found
    /// that.
    fn forget(&mut self, base: usize, known: usize) {
        self.todo.truncate(base);
        for (a, b, region) in self.kept.drain(known..) {
            let (left, right) = (address(a.view()), address(b.view()));
            self.seen.remove(&(left, right, region));
            if self.left.get(&left) == Some(&right) {
                self.left.remove(&left);
                self.right.remove(&right);
            }
        }
    }

    /// The value that a mapping has for the counterpart of a left graph's key.
    fn counterpart(&self, mapping: AnyView<'_>, key: &Any) -> Result<Option<Any>, Error> {
        if !self.left.contains_key(&address(key.view())) {
            return entry(mapping, key.view());
        }
        self.stands_for(key).map_or(Ok(None), |other| entry(mapping, other.view()))
    }

    /// What a key of the left graph stands for in the right one. None unless it is an object that was compared.
    fn stands_for(&self, key: &Any) -> Option<Any> {
        let other = self.left.get(&address(key.view()))?;
        self.kept.iter().map(|(_, kept, _)| kept).find(|kept| address(kept.view()) == *other).cloned()
    }
}

impl Work for Comparison {
    type Output = Option<Mismatch>;
    fn work(&mut self, steps: u32) -> Result<Option<Option<Mismatch>>, Error> {
        let equal = self.advance(0, steps)?;
        Ok(equal.map(|equal| if equal { None } else { self.found.take() }))
    }
}

/// Lets the type's hook compare: `hook(a, b, compare)`, where `compare(x, y, defines, name)` goes on with this comparison.
fn by_hook(state: &mut Comparison, pair: &Pair, hook: &Any) -> Result<bool, Error> {
    let (region, path) = (pair.region, pair.path);
    let answer = hook::call(state, hook, &[pair.a.view(), pair.b.view()], move |state, arguments| {
        state.compare_inside(region, path, arguments).map(IntoAny::into_any)
    })?;
    let equal = convert::<bool>(answer.view())?;
    if equal {
        // What it found unequal on the way does not count.
        state.found = None;
    }
    Ok(equal)
}
