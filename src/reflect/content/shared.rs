//! Which objects of a graph come more than once.
//! Upholds: every object is looked into once, so the work is linear in a graph's nodes.

use super::address;
use crate::container::ShapeObj;
use crate::function::Error;
use crate::object::grow::{gather_into, gathered, Grow};
use crate::reflect::checkpoint::Work;
use crate::reflect::children::{children, field, is_plain, Children};
use crate::reflect::enumeration::Enum;
use crate::reflect::number_map::{NumberMap, NumberSet};
use crate::reflect::{attr, hook};
use crate::tensor::TensorObj;
use crate::value::{Any, AnyView};

/// What an object may weigh that is shown in full each time. A number weighs 8, a text its length.
pub(super) const SMALL: usize = 64;

struct Met {
    /// Kept: its address names it.
    _object: Any,
    /// None while it was met once; then whether it is worth a reference.
    again: Option<bool>,
}

enum Task {
    Look(Any),
    /// Reached after what is in the object.
    Leave(usize),
}

/// The objects of a graph that come more than once, but for small ones. Those hold no objects, and little else.
#[derive(Default)]
pub struct Shared {
    /// The last first.
    todo: Vec<Task>,
    met: NumberMap<usize, Met>,
    /// Objects that are being looked into. Where one comes again within itself, that is a cycle's end.
    open: NumberSet<usize>,
}

impl Shared {
    /// Those in this value.
    pub fn new(value: AnyView<'_>) -> Shared {
        Shared { todo: vec![Task::Look(AnyView::to_owned(value))], ..Shared::default() }
    }

    /// Looks into one more value as well.
    pub(super) fn add(&mut self, value: AnyView<'_>) {
        self.todo.grow(1);
        self.todo.push(Task::Look(AnyView::to_owned(value)));
    }

    /// Whether the object was met.
    pub(super) fn has_met(&self, value: AnyView<'_>) -> bool {
        self.met.contains_key(&address(value))
    }

    /// Whether the object comes more than once and is not small.
    pub(super) fn contains(&self, value: AnyView<'_>) -> bool {
        self.met.get(&address(value)).is_some_and(|met| met.again == Some(true))
    }

    /// One step further, passing over what is in objects of types that are `closed`. The first is not passed over. False
    /// at the end.
    pub(super) fn step(&mut self, closed: impl FnOnce(i32) -> Result<bool, Error>) -> Result<bool, Error> {
        let value = match self.todo.pop() {
            None => return Ok(false),
            Some(Task::Leave(at)) => {
                self.open.remove(&at);
                return Ok(true);
            }
            Some(Task::Look(value)) => value,
        };
        let view = value.view();
        let at = address(view);
        if is_plain(view) || self.open.contains(&at) {
            return Ok(true);
        }
        if let Some(met) = self.met.get_mut(&at) {
            if met.again.is_none() {
                met.again = Some(!is_small(view));
            }
            return Ok(true);
        }
        if !is_leaf(view) && (self.met.is_empty() || !closed(view.type_index())?) {
            self.open.grow(1);
            self.open.insert(at);
            self.todo.grow(1);
            self.todo.push(Task::Leave(at));
            // In the order of reading, so that cycles end where they do in a text.
            gather_into(&mut self.todo, shown(view).into_iter().rev().map(Task::Look));
        }
        self.met.grow(1);
        self.met.insert(at, Met { _object: value, again: None });
        Ok(true)
    }
}

impl Work for Shared {
    /// Their addresses.
    type Output = Vec<usize>;
    fn work(&mut self, steps: u32) -> Result<Option<Vec<usize>>, Error> {
        for _ in 0..steps {
            if !self.step(|_| Ok(false))? {
                let again = self.met.iter().filter(|(_, met)| met.again == Some(true));
                return Ok(Some(gathered(again.map(|(address, _)| *address))));
            }
        }
        Ok(None)
    }
}

/// Whether a text shows an object without looking into it.
fn is_leaf(view: AnyView<'_>) -> bool {
    ShapeObj::of(view).is_some() || view.as_ref::<TensorObj>().is_some() || view.as_ref::<Enum>().is_some()
}

/// What a text shows of an object.
fn shown(view: AnyView<'_>) -> Vec<Any> {
    match children(view) {
        Children::Items(items) => items,
        Children::Entries(entries) => gathered(entries.into_iter().flat_map(|(key, value)| [key, value])),
        Children::Fields(reflection) => {
            let Some(object) = view.as_object() else { return Vec::new() };
            let shown = (0..reflection.fields.len()).filter(|at| reflection.fields[*at].flags().repr);
            gathered(shown.map(|at| field(reflection, at, object)))
        }
        Children::Leaf => Vec::new(),
    }
}

/// Whether an object in full is about as short as a reference would be.
pub(super) fn is_small(view: AnyView<'_>) -> bool {
    if hook::of(view.type_index(), &attr::REPR).is_some() {
        return false;
    }
    if is_leaf(view) {
        return ShapeObj::of(view).is_none_or(|shape| shape.len() * 8 <= SMALL);
    }
    let weight = |part: &Any| part.view().text_or_bytes().map_or(8, |(_, content)| content.len());
    let parts = shown(view);
    parts.iter().all(|part| is_plain(part.view())) && parts.iter().map(weight).sum::<usize>() <= SMALL
}
