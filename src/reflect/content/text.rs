//! Text of values, for people.
//! Imports this folder, `reflect::{parts, hook, pulse, enumeration}`.
//! Upholds: an object is shown in full each time it occurs, except within itself.

use super::{address, number};
use crate::container::ShapeObj;
use crate::function::Error;
use crate::object::registry;
use crate::reflect::enumeration::Enum;
use crate::reflect::hook;
use crate::reflect::parts::{field, is_plain, parts, Parts};
use crate::reflect::pulse::{beating, finish, Work};
use crate::tensor::TensorObj;
use crate::value::{convert, tag, Any, AnyView, IntoAny, Str};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;
use std::sync::OnceLock;

/// The text of a value: `(1, "two")` of an Array, `[…]` of a List, `{key: value}` of mappings, `type.key(field=value)` of
/// objects, `...` where an object contains itself. With `TVM_FFI_REPR_WITH_ADDR=1` in the environment objects are shown with
/// their addresses.
///
/// # Errors
/// What hooks end in.
pub fn text(value: AnyView<'_>) -> Result<String, Error> {
    finish(Text::new(value))
}

enum Task {
    Show(Any),
    Say(Cow<'static, str>),
    /// Reached after an object's parts.
    Close(Any),
}

/// The work of [`text`].
#[derive(Default)]
pub struct Text {
    done: String,
    /// The last first.
    todo: Vec<Task>,
    /// Objects that are being shown.
    open: HashSet<usize>,
    /// Whether objects are shown with their addresses.
    addresses: bool,
}

/// What decides whether objects are shown with their addresses.
static DECIDE: OnceLock<fn() -> Option<bool>> = OnceLock::new();

/// Sets what decides whether objects are shown with their addresses, for a host that changes its environment while it runs.
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

impl Text {
    /// Of this value.
    pub fn new(value: AnyView<'_>) -> Text {
        let todo = vec![Task::Show(AnyView::to_owned(value))];
        Text { todo, addresses: shows_addresses(), ..Text::default() }
    }

    fn at(&self, view: AnyView<'_>) -> String {
        match self.addresses {
            true => format!("@{:#x}", address(view)),
            false => String::new(),
        }
    }

    fn advance(&mut self, base: usize, steps: u32) -> Result<Option<String>, Error> {
        for _ in 0..steps {
            if self.todo.len() == base {
                return Ok(Some(std::mem::take(&mut self.done)));
            }
            match self.todo.pop() {
                None => break,
                Some(Task::Say(text)) => self.done.push_str(&text),
                Some(Task::Show(value)) => self.show(value)?,
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
        let base = self.todo.len();
        let before = std::mem::take(&mut self.done);
        self.todo.push(Task::Show(AnyView::to_owned(*value)));
        let found = beating(|steps| self.advance(base, steps));
        self.done = before;
        for task in self.todo.drain(base..) {
            if let Task::Close(object) = task {
                self.open.remove(&address(object.view()));
            }
        }
        found.map(|text| Str::from(text.as_str()).into_any())
    }

    fn show(&mut self, value: Any) -> Result<(), Error> {
        let view = value.view();
        if is_plain(view) {
            show_plain(&mut self.done, view);
            return Ok(());
        }
        let (index, here) = (view.type_index(), address(view));
        if !self.open.insert(here) {
            let _ = write!(self.done, "...{}", self.at(view));
            return Ok(());
        }
        self.todo.push(Task::Close(value.clone()));
        if let Some(hook) = hook::of(index, "__ffi_repr__") {
            let answer = hook::call(self, &hook, &[view], Text::inside)?;
            self.done.push_str(&convert::<Str>(answer.view())?);
            return Ok(());
        }
        let key = registry::type_info(index).map_or("?", |info| info.key);
        if let Some(shape) = ShapeObj::of(view) {
            let numbers: Vec<String> = shape.iter().map(i64::to_string).collect();
            let _ = write!(self.done, "Shape({}){}", numbers.join(", "), self.at(view));
            return Ok(());
        }
        if let Some(tensor) = view.as_ref::<TensorObj>() {
            let sizes: Vec<String> = tensor.shape().iter().map(i64::to_string).collect();
            let _ = write!(self.done, "{}[{}]@{}{}", tensor.dtype(), sizes.join(", "), tensor.device(), self.at(view));
            return Ok(());
        }
        if let Some(variant) = view.as_ref::<Enum>() {
            let _ = write!(self.done, "{key}.{}", variant._str_index);
            return Ok(());
        }
        match parts(view) {
            Parts::Items(items) => {
                let (left, right) = match (index, items.len()) {
                    (tag::ARRAY, 1) => ("(", ",)"),
                    (tag::ARRAY, _) => ("(", ")"),
                    _ => ("[", "]"),
                };
                let right = format!("{right}{}", self.at(view));
                let items = items.into_iter().enumerate();
                self.push(left, items.map(|(at, item)| (if at == 0 { "" } else { ", " }.into(), item)), right);
            }
            Parts::Entries(entries) => {
                let parts = entries.into_iter().enumerate().flat_map(|(at, (key, value))| {
                    [(if at == 0 { "" } else { ", " }.into(), key), (": ".into(), value)]
                });
                self.push("{", parts, format!("}}{}", self.at(view)));
            }
            Parts::Fields(reflection) => {
                let _ = write!(self.done, "{key}{}", self.at(view));
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
            Parts::Leaf => {
                let _ = write!(self.done, "{key}{}", self.at(view));
            }
        }
        Ok(())
    }

    /// Says what is left of the parts, and adds those, each with what is said before it, and what is right of them.
    fn push(&mut self, left: &str, parts: impl Iterator<Item = (Cow<'static, str>, Any)>, right: String) {
        self.done.push_str(left);
        let first = self.todo.len();
        self.todo.extend(parts.flat_map(|(before, part)| [Task::Say(before), Task::Show(part)]));
        self.todo.push(Task::Say(right.into()));
        self.todo[first..].reverse();
    }
}

impl Work for Text {
    type Output = String;
    fn work(&mut self, steps: u32) -> Result<Option<String>, Error> {
        self.advance(0, steps)
    }
}

/// Writing to a string does not fail.
fn show_plain(out: &mut String, view: AnyView<'_>) {
    if let Some(text) = view.as_str() {
        out.push('"');
        text.chars().for_each(|char| match escape(char) {
            Some(escaped) => out.push_str(escaped),
            None if char.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(char));
            }
            None => out.push(char),
        });
        return out.push('"');
    }
    if let Some(bytes) = view.as_bytes() {
        out.push_str("b\"");
        for byte in bytes {
            let _ = match escape(char::from(*byte)) {
                Some(escaped) => write!(out, "{escaped}"),
                None if (32..127).contains(byte) => write!(out, "{}", char::from(*byte)),
                None => write!(out, "\\x{byte:02x}"),
            };
        }
        return out.push('"');
    }
    let _ = match view.type_index() {
        tag::NONE => write!(out, "None"),
        _ => {
            match (view.as_int(), view.as_bool(), view.as_float(), view.as_dtype(), view.as_device(), view.as_pointer())
            {
                (Some(int), ..) => write!(out, "{int}"),
                (_, Some(truth), ..) => write!(out, "{}", if truth { "True" } else { "False" }),
                (_, _, Some(float), ..) => write!(out, "{}", number::general(float)),
                (_, _, _, Some(dtype), ..) => write!(out, "{dtype}"),
                (_, _, _, _, Some(device), _) => write!(out, "{device}"),
                (.., Some(pointer)) => write!(out, "{pointer:p}"),
                _ => write!(out, "{}", view.type_name()),
            }
        }
    };
}

fn escape(char: char) -> Option<&'static str> {
    Some(match char {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => return None,
    })
}
