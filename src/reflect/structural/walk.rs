//! Walks through the structure of a value.
//! Upholds: every occurrence is visited, a cycle's once more at most, or every object once; depth is no limit.

use super::parts;
use super::recorder::{self, VisitAnswer};
use super::Region;
use crate::function::Error;
use crate::object::grow::{gather_into, gathered, Grow};
use crate::reflect::attr;
use crate::reflect::checkpoint::Checkpoints;
use crate::reflect::children::{children, field, frozen_items, has_one_place, is_plain, Children};
use crate::reflect::number_map::{NumberMap, NumberSet};
use crate::value::{Any, AnyView};

/// When a value is visited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Before its parts.
    #[default]
    Pre,
    /// After its parts.
    Post,
}

/// How a walk goes on after a visit.
#[derive(Debug)]
pub enum Flow {
    /// To the value's parts.
    Advance,
    /// Past the value's parts.
    Skip,
    /// Not at all.
    Interrupt(Any),
}

enum Task {
    Enter(Any, Region),
    /// After the parts of a value: the visit if it is due now. The truth value says whether the value is noted.
    Leave(Any, Region, bool),
}

/// Visits a value and all that it consists of. That is items, values of mappings, fields that structure counts, or what
/// a type's `__s_visit__` says instead of its fields. No value is passed over.
///
/// # Errors
/// What a visit, or a hook, ends in.
pub fn walk(
    root: AnyView<'_>,
    order: Order,
    visit: impl FnMut(AnyView<'_>, Region) -> Result<Flow, Error>,
) -> Result<Option<Any>, Error> {
    go(root, order, None, visit)
}

/// As [`walk`], but an object that comes several times is visited once.
///
/// So the work is linear in the nodes of a graph. What is no object is visited each time.
///
/// # Errors
/// As [`walk`].
pub fn walk_once(
    root: AnyView<'_>,
    order: Order,
    visit: impl FnMut(AnyView<'_>, Region) -> Result<Flow, Error>,
) -> Result<Option<Any>, Error> {
    go(root, order, Some(NumberMap::default()), visit)
}

/// `met` has the objects that are not visited again, by their addresses. It may be none.
fn go(
    root: AnyView<'_>,
    order: Order,
    mut met: Option<NumberMap<usize, Any>>,
    mut visit: impl FnMut(AnyView<'_>, Region) -> Result<Flow, Error>,
) -> Result<Option<Any>, Error> {
    let mut todo = vec![Task::Enter(AnyView::to_owned(root), Region::Use)];
    // Objects that the walk is inside of.
    let mut inside: NumberSet<usize> = NumberSet::default();
    let mut checkpoints = Checkpoints::default();
    let address = |view: AnyView<'_>| view.as_object().map_or(0, |object| object.as_ptr() as usize);
    while let Some(task) = todo.pop() {
        checkpoints.step()?;
        match task {
            Task::Enter(value, _) if value.is_none() => {}
            Task::Enter(value, region) => {
                if let (Some(met), false) = (&mut met, is_plain(value.view())) {
                    met.grow(1);
                    if met.insert(address(value.view()), value.clone()).is_some() {
                        continue;
                    }
                }
                if order == Order::Pre {
                    match visit(value.view(), region)? {
                        Flow::Advance => {}
                        Flow::Skip => continue,
                        Flow::Interrupt(value) => return Ok(Some(value)),
                    }
                }
                if is_plain(value.view()) {
                    // It has no parts, and no hook.
                    if order == Order::Post {
                        if let Flow::Interrupt(value) = visit(value.view(), region)? {
                            return Ok(Some(value));
                        }
                    }
                    continue;
                }
                let hook = parts::hook_of(value.view(), &attr::STRUCTURAL_VISIT);
                // What has one place is entered once. But a hook may say anything.
                let alone = hook.is_none() && has_one_place(&value);
                inside.grow(usize::from(!alone));
                let fresh = alone || inside.insert(address(value.view()));
                let mut parts = Vec::new();
                if fresh {
                    parts = match &hook {
                        None => parts_of(value.view(), region)?,
                        Some(hook) => match recorder::query(value.view(), hook, region)? {
                            VisitAnswer::Interrupt(value) => return Ok(Some(value)),
                            VisitAnswer::Parts(parts) => parts,
                        },
                    };
                }
                todo.grow(1);
                // The walk holds what it is inside of. Else an object that lost its place meanwhile would have one each time round.
                if order == Order::Post || fresh {
                    todo.push(Task::Leave(value, region, fresh && !alone));
                }
                gather_into(&mut todo, parts.into_iter().rev().map(|(part, region)| Task::Enter(part, region)));
            }
            Task::Leave(value, region, noted) => {
                if noted {
                    inside.remove(&address(value.view()));
                }
                if order == Order::Post {
                    if let Flow::Interrupt(value) = visit(value.view(), region)? {
                        return Ok(Some(value));
                    }
                }
            }
        }
    }
    Ok(None)
}

fn parts_of(view: AnyView<'_>, region: Region) -> Result<Vec<(Any, Region)>, Error> {
    let Some(object) = view.as_object() else { return Ok(Vec::new()) };
    if let Some(items) = frozen_items(view) {
        return Ok(gathered(items.iter().map(|item| (item.clone(), region))));
    }
    Ok(match children(view) {
        Children::Items(items) => gathered(items.into_iter().map(|item| (item, region))),
        // A key says where a value stands, as the name of a field does.
        Children::Entries(entries) => gathered(entries.into_iter().map(|(_, value)| (value, region))),
        Children::Fields(reflection) => {
            let mut values = Vec::new();
            values.grow(reflection.fields.len());
            let counted = parts::counted(reflection);
            values.extend(counted.map(|(at, role)| (field(reflection, at, object), region.of_field(role))));
            values
        }
        Children::Leaf => parts::of(view, region)?.map_or_else(Vec::new, |parts| parts.values),
    })
}
