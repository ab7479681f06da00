//! Where in a graph an error came up. It has the values that a visit was inside of, and the ways to them.
//! Upholds: depth is no limit; a value that is reached by many ways is searched once for what it does not have.

use super::path::{AccessPath, Side, StepKey, StepKind, Trail};
use crate::container::{Array, List};
use crate::function::Error;
use crate::object::grow::{gather_into, gathered, Grow};
use crate::object::Obj;
use crate::reflect::checkpoint::Checkpoints;
use crate::reflect::children::{children, field, Children};
use crate::reflect::number_map::NumberSet;
use crate::value::{Any, AnyView, Mutable};

crate::object! {
    /// What an error's extra context says of the visit that it ended.
    #[key = "ffi.VisitErrorContext"]
    pub struct VisitErrorContext {
        /// The values that the visit was inside of, the innermost first. Some may be left out.
        pub reverse_visit_pattern: List,
        /// What the error's extra context was before.
        pub prev_error_context: Mutable<Any>,
    }
    options { structural: crate::reflect::StructuralKind::Unsupported }
}

impl VisitErrorContext {
    /// The context of an error, if it has one of these.
    pub fn of_error(error: &Error) -> Option<Obj<VisitErrorContext>> {
        error.extra_context()?.downcast().ok()
    }

    /// Notes that an error came up inside of a value. A visit calls it on its way out, the innermost value first. Of a value
    /// that is no object nothing is noted.
    pub fn note(error: &Error, value: Any) {
        if value.view().as_object().is_none() {
            return;
        }
        let context = VisitErrorContext::of_error(error).unwrap_or_else(|| {
            let before = error.extra_context().map_or_else(Any::none, |context| context.into());
            let context = VisitErrorContext::new(List::new(), before);
            error.set_extra_context(Some(context.clone().upcast()));
            context
        });
        context.reverse_visit_pattern.push(value);
    }

    /// The ways from a root through all the values of the pattern to the innermost. They are in the order of the graph. With
    /// `prefixes` also those that lead through some, from the outermost on, to the last that is found on them.
    ///
    /// # Errors
    /// What interrupts a long search.
    pub fn find_access_paths(&self, root: AnyView<'_>, prefixes: bool) -> Result<Array<Obj<AccessPath>>, Error> {
        let mut pattern = self.reverse_visit_pattern.as_object().snapshot();
        pattern.reverse();
        // A value may be noted twice running, by what failed and by its visit.
        pattern.dedup_by(|a, b| a.view().same(&b.view()));
        Search { pattern, prefixes, ..Search::default() }.run(root)
    }
}

enum Task {
    /// A value, and the way to it. Then how much of the pattern was met before, and where the last of it was.
    Enter(Any, usize, usize, usize),
    /// After a value's parts: its address and how much was met. Then where the last of it was, and how many ways there were
    /// before.
    Leave(usize, usize, usize, usize),
}

#[derive(Default)]
struct Search {
    pattern: Vec<Any>,
    prefixes: bool,
    trail: Trail,
    todo: Vec<Task>,
    found: Vec<Obj<AccessPath>>,
    /// Addresses that the search is inside of.
    inside: NumberSet<usize>,
    /// Addresses below which nothing is found, with so much of the pattern met.
    barren: NumberSet<(usize, usize)>,
}

impl Search {
    fn run(mut self, root: AnyView<'_>) -> Result<Array<Obj<AccessPath>>, Error> {
        let mut checkpoints = Checkpoints::default();
        if !self.pattern.is_empty() {
            self.todo.grow(1);
            self.todo.push(Task::Enter(AnyView::to_owned(root), Trail::ROOT, 0, Trail::ROOT));
        }
        while let Some(task) = self.todo.pop() {
            checkpoints.step()?;
            match task {
                Task::Enter(value, way, met, last) => self.enter(value, way, met, last),
                Task::Leave(address, met, last, before) => self.leave(address, met, last, before),
            }
        }
        Ok(self.found.into_iter().collect())
    }

    fn enter(&mut self, value: Any, way: usize, met: usize, last: usize) {
        let is_next = value.view().same(&self.pattern[met].view());
        let (met, last) = if is_next { (met + 1, way) } else { (met, last) };
        if met == self.pattern.len() {
            self.found.grow(1);
            self.found.push(self.trail.path(way, Side::Left, None));
            return;
        }
        let Some(address) = value.view().as_object().map(|object| object.as_ptr() as usize) else { return };
        self.inside.grow(1);
        if self.barren.contains(&(address, met)) || !self.inside.insert(address) {
            return;
        }
        // What is met here is told here when nothing further is found below.
        self.todo.grow(1);
        self.todo.push(Task::Leave(address, met, if is_next { last } else { usize::MAX }, self.found.len()));
        let parts = self.parts_of(value.view(), way);
        gather_into(&mut self.todo, parts.into_iter().rev().map(|(part, way)| Task::Enter(part, way, met, last)));
    }

    fn leave(&mut self, address: usize, met: usize, last: usize, before: usize) {
        self.inside.remove(&address);
        if self.found.len() > before {
            return;
        }
        if self.prefixes && last != usize::MAX {
            self.found.grow(1);
            self.found.push(self.trail.path(last, Side::Left, None));
        } else {
            self.barren.grow(1);
            self.barren.insert((address, met));
        }
    }

    fn parts_of(&mut self, view: AnyView<'_>, way: usize) -> Vec<(Any, usize)> {
        let Some(object) = view.as_object() else { return Vec::new() };
        let trail = &mut self.trail;
        match children(view) {
            Children::Items(items) => {
                let item = |(at, item)| (item, trail.step(way, StepKind::ArrayItem, StepKey::Item(at)));
                gathered(items.into_iter().enumerate().map(item))
            }
            Children::Entries(entries) => {
                let entry = |(key, value): (Any, Any)| (value, trail.step(way, StepKind::MapItem, StepKey::Value(key)));
                gathered(entries.into_iter().map(entry))
            }
            Children::Fields(reflection) => {
                let part = |at: usize| {
                    let name = StepKey::Name(&reflection.fields[at].name);
                    (field(reflection, at, object), trail.step(way, StepKind::Attr, name))
                };
                gathered((0..reflection.fields.len()).map(part))
            }
            Children::Leaf => Vec::new(),
        }
    }
}
