//! Walks through the structure of a value.
//! Imports this folder, `reflect::parts`.
//! Upholds: every occurrence is visited, a cycle's once more at most; depth is no limit.

use super::visitor::{self, Said};
use super::Region;
use crate::function::Error;
use crate::reflect::parts::{field, parts, Parts};
use crate::reflect::pulse::Pulse;
use crate::reflect::FieldRole;
use crate::value::{Any, AnyView};
use std::collections::HashSet;

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

crate::object! {
    /// The end of a walk that a visit asked for, with what it says.
    #[key = "ffi.VisitInterrupt"]
    pub struct VisitInterrupt {
        /// What it says; the walk gives it back.
        pub value: Any,
    }
}

enum Task {
    Enter(Any, Region),
    /// After the parts of a value: the visit if it is due now.
    Leave(Any, Region, bool),
}

/// Visits a value and all that it consists of: items, keys and values, fields that structure counts, or what a type's
/// `__s_visit__` says instead of its fields. No value is passed over.
///
/// # Errors
/// What a visit, or a hook, ends in.
pub fn walk(
    root: AnyView<'_>,
    order: Order,
    mut visit: impl FnMut(AnyView<'_>, Region) -> Result<Flow, Error>,
) -> Result<Option<Any>, Error> {
    let mut todo = vec![Task::Enter(AnyView::to_owned(root), Region::Use)];
    // Objects that the walk is inside of.
    let mut inside: HashSet<usize> = HashSet::new();
    let mut pulse = Pulse::default();
    let address = |view: AnyView<'_>| view.as_object().map_or(0, |object| object.as_ptr() as usize);
    while let Some(task) = todo.pop() {
        pulse.beat()?;
        match task {
            Task::Enter(value, _) if value.is_none() => {}
            Task::Enter(value, region) => {
                if order == Order::Pre {
                    match visit(value.view(), region)? {
                        Flow::Advance => {}
                        Flow::Skip => continue,
                        Flow::Interrupt(value) => return Ok(Some(value)),
                    }
                }
                let fresh = address(value.view()) == 0 || inside.insert(address(value.view()));
                let mut parts = Vec::new();
                if fresh {
                    parts = match visitor::ask(value.view(), region)? {
                        Some(Said::Interrupt(value)) => return Ok(Some(value)),
                        Some(Said::Parts(parts)) => parts,
                        None => parts_of(value.view(), region),
                    };
                }
                todo.push(Task::Leave(value, region, fresh));
                todo.extend(parts.into_iter().rev().map(|(part, region)| Task::Enter(part, region)));
            }
            Task::Leave(value, region, fresh) => {
                if fresh {
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

fn parts_of(view: AnyView<'_>, region: Region) -> Vec<(Any, Region)> {
    let Some(object) = view.as_object() else { return Vec::new() };
    match parts(view) {
        Parts::Items(items) => items.into_iter().map(|item| (item, region)).collect(),
        Parts::Entries(entries) => {
            entries.into_iter().flat_map(|(key, value)| [(key, region), (value, region)]).collect()
        }
        Parts::Fields(reflection) => {
            let roles = reflection.fields.iter().map(|field| field.flags().structural).enumerate();
            let counted = roles.filter(|(_, role)| *role != FieldRole::Ignored);
            counted.map(|(at, role)| (field(reflection, at, object), region.of_field(role))).collect()
        }
        Parts::Leaf => Vec::new(),
    }
}
