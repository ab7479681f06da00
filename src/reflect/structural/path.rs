//! Ways through a graph: attributes, items and keys, from the root on.
//! Upholds: a path never changes; its depth is the number of its steps.

use crate::function::Function;
use crate::object::grow::{gather_into, Grow, TextBuf};
use crate::object::{Obj, ObjectType};
use crate::reflect::{attr, content};
use crate::value::{Any, AnyView, IntoAny, Str};
use std::fmt::Write;

/// The kinds of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum StepKind {
    /// A field.
    Attr = 0,
    /// An item of a sequence.
    ArrayItem = 1,
    /// The value of a key.
    MapItem = 2,
    /// A field that is not there.
    AttrMissing = 3,
    /// An item that is not there.
    ArrayItemMissing = 4,
    /// A key that is not there.
    MapItemMissing = 5,
}

crate::object! {
    /// One step of a path.
    #[key = "ffi.reflection.AccessStep"]
    pub struct AccessStep {
        /// The kind of access.
        pub kind: i32,
        /// The field's name, the item's position, or the key.
        pub key: Any,
    }
}

crate::object! {
    /// A way from a root to a part of it.
    #[key = "ffi.reflection.AccessPath"]
    pub struct AccessPath {
        /// The way to where the last step begins; none at the root.
        pub parent: Option<Obj<AccessPath>>,
        /// The last step; none at the root.
        pub step: Option<Obj<AccessStep>>,
        /// How many steps there are.
        pub depth: i32,
    }
    methods {
        /// The path without steps.
        static fn _root = AccessPath::root;
        /// The path with one more step, given by its kind and key.
        fn _extend = |this: &AccessPath, kind: i32, key: Any| this.extended(kind, key);
        /// The steps from the root on.
        fn _to_steps = |this: &AccessPath| -> Vec<Obj<AccessStep>> { this.steps() };
        /// Whether both have the same steps.
        fn _path_equal = |this: &AccessPath, other: Obj<AccessPath>| this.same(&other);
        /// Whether the other begins with the steps of this one.
        fn _is_prefix_of = |this: &AccessPath, other: Obj<AccessPath>| this.is_prefix_of(&other);
        /// The path as text.
        fn _text = |this: &AccessPath| -> Str { Str::from(this.text().as_str()) };
    }
}

/// Shows paths and steps in texts as they show themselves.
pub(super) fn declare() {
    let path = Function::from_typed("__ffi_repr__", |path: Obj<AccessPath>, _: Any| Str::from(path.text().as_str()));
    let step = Function::from_typed("__ffi_repr__", |step: Obj<AccessStep>, _: Any| {
        let mut text = TextBuf::default();
        step.write(&mut text);
        Str::from(&*text)
    });
    for (index, hook) in [(AccessPath::type_index(), path), (AccessStep::type_index(), step)] {
        attr::set(index, "__ffi_repr__", hook.into_any()).expect("a type that is registered");
    }
}

impl AccessStep {
    fn same(&self, other: &AccessStep) -> bool {
        self.kind == other.kind && self.key.view().same(&other.key.view())
    }

    fn write(&self, text: &mut TextBuf) {
        let name = self.key.view();
        let quoted = match (name.as_str(), name.as_object()) {
            (Some(name), _) => format!("{name:?}"),
            // An object that cannot show itself is shown as any.
            (None, Some(_)) => content::text(name).unwrap_or_else(|_| format!("{:?}", self.key)),
            (None, None) => format!("{:?}", self.key),
        };
        // Writing to a string does not fail.
        let _ = match (self.kind, name.as_str()) {
            (0, Some(name)) => write!(text, ".{name}"),
            (3.., _) => write!(text, "[<missing:{quoted}>]"),
            _ => write!(text, "[{quoted}]"),
        };
    }
}

impl AccessPath {
    /// The path without steps.
    pub fn root() -> Obj<AccessPath> {
        AccessPath::new(None, None, 0)
    }

    /// The path that these steps make.
    pub fn of_steps(steps: impl IntoIterator<Item = (StepKind, Any)>) -> Obj<AccessPath> {
        steps.into_iter().fold(AccessPath::root(), |path, (kind, key)| {
            let depth = path.depth + 1;
            AccessPath::new(Some(path), Some(AccessStep::new(kind as i32, key)), depth)
        })
    }

    fn extended(&self, kind: i32, key: Any) -> Obj<AccessPath> {
        // A handle of its own: the macro's methods lend the object only.
        let mut steps = self.steps();
        steps.grow(1);
        steps.push(AccessStep::new(kind, key));
        steps.into_iter().fold(AccessPath::root(), |path, step| {
            let depth = path.depth + 1;
            AccessPath::new(Some(path), Some(step), depth)
        })
    }

    /// The steps from the root on.
    pub fn steps(&self) -> Vec<Obj<AccessStep>> {
        let mut steps: Vec<Obj<AccessStep>> = Vec::new();
        let mut at = Some(self);
        while let Some(path) = at {
            gather_into(&mut steps, path.step.clone());
            at = path.parent.as_deref();
        }
        steps.reverse();
        steps
    }

    /// Whether both have the same steps.
    pub fn same(&self, other: &AccessPath) -> bool {
        self.depth == other.depth && self.is_prefix_of(other)
    }

    /// Whether the other begins with the steps of this one.
    pub fn is_prefix_of(&self, other: &AccessPath) -> bool {
        let (own, others) = (self.steps(), other.steps());
        own.len() <= others.len() && own.iter().zip(&others).all(|(a, b)| a.same(b))
    }

    /// The path as text: `<root>.body[1]["key"]`.
    pub fn text(&self) -> String {
        let mut text = TextBuf::default();
        text.push_str("<root>");
        self.steps().iter().for_each(|step| step.write(&mut text));
        text.into_string()
    }
}

/// What a step of a walk leads to. Most steps are never told: only those that are become values.
#[derive(Debug)]
pub(super) enum StepKey {
    /// A field of a registered type.
    Name(&'static str),
    /// An item.
    Item(usize),
    /// Any other key.
    Value(Any),
    /// A key of the left graph, and what stands for it in the right one.
    Counterparts(Any, Any),
}

/// Of two graphs that are walked together, the one that a path is told for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

impl StepKey {
    fn to_value(&self, side: Side) -> Any {
        match self {
            StepKey::Name(name) => (*name).into_any(),
            StepKey::Item(at) => (*at as i64).into_any(),
            StepKey::Value(key) => key.clone(),
            StepKey::Counterparts(left, right) => if side == Side::Left { left } else { right }.clone(),
        }
    }
}

/// Paths while a graph is walked, as a tree of steps.
#[derive(Debug, Default)]
pub(super) struct Trail(Vec<(usize, StepKind, StepKey)>);

impl Trail {
    /// The root's number.
    pub(super) const ROOT: usize = 0;

    /// The number of the path that goes one step further than another.
    pub(super) fn step(&mut self, from: usize, kind: StepKind, key: StepKey) -> usize {
        self.0.grow(1);
        self.0.push((from, kind, key));
        self.0.len()
    }

    /// The path of a number in one of the graphs, and one more step.
    pub(super) fn path(&self, number: usize, side: Side, last: Option<(StepKind, AnyView<'_>)>) -> Obj<AccessPath> {
        let mut steps = Vec::new();
        let mut at = number;
        while at != Trail::ROOT {
            let (from, kind, key) = &self.0[at - 1];
            steps.grow(1);
            steps.push((*kind, key.to_value(side)));
            at = *from;
        }
        steps.reverse();
        gather_into(&mut steps, last.map(|(kind, key)| (kind, AnyView::to_owned(key))));
        AccessPath::of_steps(steps)
    }
}
