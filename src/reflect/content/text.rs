//! Text of values, for people.
//! Upholds: the text of a tree shows all of it; that of a graph is linear in its nodes.

use super::address;
use super::plain_text::{listed, show_plain};
use super::shared::{is_small, Shared, SMALL};
use crate::container::ShapeObj;
use crate::function::stack;
use crate::function::Error;
use crate::object::grow::{gather_into, owned, Grow, TextBuf};
use crate::object::registry;
use crate::reflect::checkpoint::{finish, with_checkpoints, Work};
use crate::reflect::children::{children, field, is_plain, Children};
use crate::reflect::enumeration::Enum;
use crate::reflect::number_map::{NumberMap, NumberSet};
use crate::reflect::{attr, hook};
use crate::tensor::TensorObj;
use crate::value::{convert, tag, Any, AnyView, IntoAny, Str};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write;
use std::sync::OnceLock;

/// The text of a value. It is `(1, "two")` of an Array, `[…]` of a List, `{key: value}` of mappings, `type.key(field=value)`
/// of objects, `...` where an object contains itself.
///
/// An object that comes a second time is not shown in full again, unless it is small: where it comes first it has a number,
/// `type.key#1(field=value)`, and afterwards it is `type.key#1(...)`; for containers `(…)#1` and `(...)#1`. With
/// `TVM_FFI_REPR_WITH_ADDR=1` in the environment objects are shown with their addresses instead.
///
/// # Errors
/// What hooks end in.
pub fn text(value: AnyView<'_>) -> Result<String, Error> {
    finish(ContentText::new(value))
}

enum Task {
    /// The value that the text is asked for.
    Begin(Any),
    Show(Any),
    Say(Cow<'static, str>),
    /// Reached after an object's parts.
    Close(Any),
}

/// What stands where an object comes again.
enum Again {
    /// A reference to where it has this mark.
    Mark(String),
    /// A text that its type told.
    Told(String),
}

/// The work of [`text`].
#[derive(Default)]
pub struct ContentText {
    done: TextBuf,
    /// The last first.
    todo: Vec<Task>,
    /// Objects that are being shown.
    open: NumberSet<usize>,
    /// What comes more than once; all of it is looked for before anything is shown.
    shared: Shared,
    /// By address, what was shown of that.
    again: NumberMap<usize, Again>,
    /// Objects that hooks gave.
    given: NumberSet<usize>,
    /// How many numbers are taken.
    numbers: usize,
    telling: Telling,
    /// Whether objects are shown with their addresses.
    addresses: bool,
}

/// How a front end's classes show their instances.
pub struct Front {
    /// Whether objects of a type may have a text of their own.
    pub tells: fn(i32) -> Result<bool, Error>,
    /// An object's own text, if it has one.
    pub tell: fn(AnyView<'_>) -> Result<Option<String>, Error>,
}

static FRONT: OnceLock<Front> = OnceLock::new();

/// Sets how a front end's classes show their instances within others. Once; later calls change nothing.
pub fn set_front(front: Front) {
    let _ = FRONT.set(front);
}

std::thread_local! {
    /// The numbers that the surrounding text has taken. What a class tells will go into that.
    static NUMBERS: Cell<Option<usize>> = const { Cell::new(None) };
}

/// By type index, what the front end said.
#[derive(Default)]
struct Telling(NumberMap<i32, bool>);

impl Telling {
    fn may_tell(&mut self, index: i32) -> Result<bool, Error> {
        let Some(front) = FRONT.get() else { return Ok(false) };
        if let Some(known) = self.0.get(&index) {
            return Ok(*known);
        }
        // What a type says to native code comes first.
        let tells = hook::of(index, &attr::REPR).is_none() && (front.tells)(index)?;
        self.0.insert(index, tells);
        Ok(tells)
    }
}

/// What decides whether objects are shown with their addresses.
static DECIDE: OnceLock<fn() -> Option<bool>> = OnceLock::new();

/// Sets what decides whether objects are shown with their addresses. It serves a host that changes its environment while it
/// runs.
/// Where that gives none, the environment decides as it is when the first text is made. Once; later calls change nothing.
pub fn decide_addresses(decide: fn() -> Option<bool>) {
    let _ = DECIDE.set(decide);
}

fn shows_addresses() -> bool {
    // Once: to read the environment while another language writes it is not safe.
    static SHOWS: OnceLock<bool> = OnceLock::new();
    let from_start =
        || *SHOWS.get_or_init(|| std::env::var_os("TVM_FFI_REPR_WITH_ADDR").is_some_and(|value| value == "1"));
    DECIDE.get().and_then(|decide| decide()).unwrap_or_else(from_start)
}

impl ContentText {
    /// Of this value.
    pub fn new(value: AnyView<'_>) -> ContentText {
        ContentText {
            todo: vec![Task::Begin(AnyView::to_owned(value))],
            shared: Shared::new(value),
            numbers: NUMBERS.get().unwrap_or(0),
            addresses: shows_addresses(),
            ..ContentText::default()
        }
    }

    /// What tells an object from others where it is shown. It is nothing, a number, or its address.
    fn mark(&mut self, view: AnyView<'_>) -> String {
        let is_shared = self.shared.contains(view);
        let mark = match (self.addresses, is_shared) {
            (true, _) => format!("@{:#x}", address(view)),
            (false, false) => return String::new(),
            (false, true) => {
                self.numbers += 1;
                format!("#{}", self.numbers)
            }
        };
        if is_shared {
            self.again.grow(1);
            self.again.insert(address(view), Again::Mark(mark.clone()));
        }
        mark
    }

    fn advance(&mut self, base: usize, steps: u32) -> Result<Option<String>, Error> {
        for _ in 0..steps {
            if self.shared.step(|index| self.telling.may_tell(index))? {
                continue;
            }
            if self.todo.len() == base {
                return Ok(Some(std::mem::take(&mut self.done).into_string()));
            }
            match self.todo.pop() {
                None => break,
                Some(Task::Say(text)) => self.done.push_str(&text),
                Some(Task::Begin(value)) => self.show(value, false)?,
                Some(Task::Show(value)) => self.show(value, true)?,
                Some(Task::Close(object)) => {
                    self.open.remove(&address(object.view()));
                }
            }
        }
        Ok(None)
    }

    /// A text within this one, for a hook.
    fn inside(&mut self, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
        let [value, ..] = arguments else { return Err(Error::type_error("expected a value to show")) };
        if !is_plain(*value) {
            self.give(*value);
        }
        let base = self.todo.len();
        let before = std::mem::take(&mut self.done);
        self.todo.grow(1);
        self.todo.push(Task::Show(AnyView::to_owned(*value)));
        let found = with_checkpoints(|steps| self.advance(base, steps));
        self.done = before;
        for task in self.todo.drain(base..) {
            if let Task::Close(object) = task {
                self.open.remove(&address(object.view()));
            }
        }
        found.map(|text| Str::from(text.as_str()).into_any())
    }

    /// Notes an object that a hook gives. That it gives one again is known only then, too late for a mark where it came first.
    fn give(&mut self, value: AnyView<'_>) {
        if !self.shared.has_met(value) {
            self.shared.add(value);
        }
        if !self.given.insert(address(value)) && !self.shared.contains(value) && !is_small(value) {
            self.again.entry(address(value)).or_insert(Again::Mark(String::new()));
        }
    }

    /// What its class says of an object, if it says anything.
    fn tell(&mut self, view: AnyView<'_>) -> Result<Option<String>, Error> {
        let (true, Some(front)) = (self.telling.may_tell(view.type_index())?, FRONT.get()) else { return Ok(None) };
        stack::expect()?;
        // Texts that are made meanwhile on this thread become parts of this one.
        let before = NUMBERS.replace(Some(self.numbers));
        let told = (front.tell)(view);
        self.numbers = NUMBERS.replace(before).unwrap_or(self.numbers);
        told
    }

    /// Says a text that the object's type told. A short one is said again, without being asked for again.
    fn say_told(&mut self, view: AnyView<'_>, told: String) {
        self.done.push_str(&told);
        if told.len() <= SMALL {
            self.again.insert(address(view), Again::Told(told));
        } else if self.shared.contains(view) {
            let mark = self.mark(view);
            self.done.push_str(&mark);
        }
    }

    /// Shows an object that was shown already.
    fn refer(&mut self, view: AnyView<'_>) {
        let Some(again) = self.again.get(&address(view)) else { return };
        // Writing to a string does not fail.
        let _ = match (again, view.type_index()) {
            (Again::Told(text), _) => write!(self.done, "{text}"),
            (Again::Mark(mark), tag::ARRAY) => write!(self.done, "(...){mark}"),
            (Again::Mark(mark), tag::LIST) => write!(self.done, "[...]{mark}"),
            (Again::Mark(mark), tag::MAP | tag::DICT) => write!(self.done, "{{...}}{mark}"),
            (Again::Mark(mark), index) => write!(self.done, "{}{mark}(...)", key(index)),
        };
    }

    fn show(&mut self, value: Any, is_part: bool) -> Result<(), Error> {
        let view = value.view();
        if is_plain(view) {
            show_plain(&mut self.done, view);
            return Ok(());
        }
        let (index, here) = (view.type_index(), address(view));
        if self.open.contains(&here) {
            let at = if self.addresses { format!("@{here:#x}") } else { String::new() };
            let _ = write!(self.done, "...{at}");
            return Ok(());
        }
        if self.again.contains_key(&here) {
            self.refer(view);
            return Ok(());
        }
        self.open.grow(1);
        self.open.insert(here);
        self.todo.grow(1);
        self.todo.push(Task::Close(value.clone()));
        if let Some(hook) = hook::of(index, &attr::REPR) {
            let answer = hook::call(self, &hook, &[view], ContentText::inside)?;
            self.say_told(view, owned(&convert::<Str>(answer.view())?));
            return Ok(());
        }
        if is_part {
            if let Some(told) = self.tell(view)? {
                self.say_told(view, told);
                return Ok(());
            }
        }
        let mark = self.mark(view);
        let key = key(index);
        if let Some(shape) = ShapeObj::of(view) {
            let _ = write!(self.done, "Shape({}){mark}", listed(shape));
            return Ok(());
        }
        if let Some(tensor) = view.as_ref::<TensorObj>() {
            let _ = write!(self.done, "{}[{}]@{}{mark}", tensor.dtype(), listed(tensor.shape()), tensor.device());
            return Ok(());
        }
        if let Some(variant) = view.as_ref::<Enum>() {
            let _ = write!(self.done, "{key}.{}", variant._str_index);
            return Ok(());
        }
        match children(view) {
            Children::Items(items) => {
                let (left, right) = match (index, items.len()) {
                    (tag::ARRAY, 1) => ("(", ",)"),
                    (tag::ARRAY, _) => ("(", ")"),
                    _ => ("[", "]"),
                };
                let items = items.into_iter().enumerate();
                let items = items.map(|(at, item)| (if at == 0 { "" } else { ", " }.into(), item));
                self.push(left, items, format!("{right}{mark}"));
            }
            Children::Entries(entries) => {
                let parts = entries.into_iter().enumerate().flat_map(|(at, (key, value))| {
                    [(if at == 0 { "" } else { ", " }.into(), key), (": ".into(), value)]
                });
                self.push("{", parts, format!("}}{mark}"));
            }
            Children::Fields(reflection) => {
                let _ = write!(self.done, "{key}{mark}");
                let Some(object) = view.as_object() else { return Ok(()) };
                let mut shown =
                    (0..reflection.fields.len()).filter(|at| reflection.fields[*at].flags().repr).peekable();
                if shown.peek().is_none() {
                    return Ok(());
                }
                let parts = shown.enumerate().map(|(count, at)| {
                    let comma = if count == 0 { "" } else { ", " };
                    let label = Cow::from(format!("{comma}{}=", reflection.fields[at].name));
                    (label, field(reflection, at, object))
                });
                self.push("(", parts, ")".to_owned());
            }
            Children::Leaf => {
                let _ = write!(self.done, "{key}{mark}");
            }
        }
        Ok(())
    }

    /// Says what is left of the parts, then those, then what is right of them. Each part has what is said before it.
    fn push(&mut self, left: &str, parts: impl Iterator<Item = (Cow<'static, str>, Any)>, right: String) {
        self.done.push_str(left);
        let first = self.todo.len();
        gather_into(&mut self.todo, parts.flat_map(|(before, part)| [Task::Say(before), Task::Show(part)]));
        self.todo.grow(1);
        self.todo.push(Task::Say(right.into()));
        self.todo[first..].reverse();
    }
}

impl Work for ContentText {
    type Output = String;
    fn work(&mut self, steps: u32) -> Result<Option<String>, Error> {
        let done = self.advance(0, steps)?;
        if done.is_some() {
            NUMBERS.set(NUMBERS.get().map(|taken| taken.max(self.numbers)));
        }
        Ok(done)
    }
}

fn key(index: i32) -> &'static str {
    registry::type_info(index).map_or("?", |info| info.key)
}
