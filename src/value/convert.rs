//! Between Rust types and dynamic values: the traits and the error.
//! Upholds: a failed conversion leaves its argument as it was, rvalues included.

use super::{Any, AnyView, RvalueSlot, Schema};
use crate::object::{Obj, Object};
use std::error::Error as Cause;
use std::fmt;
use std::sync::Arc;

/// A Rust type that has a dynamic counterpart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no counterpart in Python",
    label = "this type cannot cross",
    note = "what can: numbers, `bool`, `Str`, `Bytes`, `Any`, `Obj<T>`, `Function`, containers, `Tensor`, and `Option` of these",
    note = "in `bowline::object!`, members of other types belong to `native {{ … }}`"
)]
pub trait Typed {
    /// The counterpart, as annotations and error texts name it.
    fn schema() -> Schema;
}

/// What can become a dynamic value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given to Python",
    label = "this type cannot become a value",
    note = "what can: numbers, `bool`, `Str`, `Bytes`, `Any`, `Obj<T>`, `Function`, containers, `Tensor`, and `Option` of these"
)]
pub trait IntoAny: Typed {
    /// The value.
    fn into_any(self) -> Any;
}

/// What can be made from a dynamic value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from Python",
    label = "this type cannot be an argument",
    note = "what can: numbers, `bool`, `Str`, `Bytes`, `Any`, `Obj<T>`, `Function`, containers, `Tensor`, and `Option` of these",
    note = "take `Str` for a text and `Obj<T>` for an object; a method may borrow its object as `&self`"
)]
pub trait FromAny: Typed + Sized {
    /// Whether every value converts, to itself.
    const ACCEPTS_ALL: bool = false;

    /// Converts a borrowed value that is not an rvalue. [`convert`] is the entry that accepts those too.
    fn from_any(view: AnyView<'_>) -> Result<Self, ConvertError>;

    /// Converts an owned value, without touching counts where the type allows.
    #[inline]
    fn from_owned(any: Any) -> Result<Self, ConvertError> {
        Self::from_any(any.view())
    }
}

/// Converts a borrowed value. An rvalue is moved out of its slot, and put back if it does not suit.
#[inline]
pub fn convert<T: FromAny>(view: AnyView<'_>) -> Result<T, ConvertError> {
    match view.as_rvalue() {
        None => T::from_any(view),
        Some(slot) => convert_rvalue(slot),
    }
}

/// Converts an owned value.
#[inline]
pub fn convert_owned<T: FromAny>(any: Any) -> Result<T, ConvertError> {
    T::from_owned(any)
}

#[cold]
fn convert_rvalue<T: FromAny>(slot: &RvalueSlot) -> Result<T, ConvertError> {
    let mut offer = Offer { slot, object: slot.take() };
    let Some(object) = &offer.object else {
        return Err(ConvertError::new("ValueError", T::schema(), "an object that was moved already"));
    };
    // Converted by view, so that the object is still there to be put back.
    let value = T::from_any(AnyView::of_object(object))?;
    offer.object = None;
    Ok(value)
}

/// An object out of a slot. What is left here goes back there, also when a conversion runs out of memory and unwinds.
struct Offer<'a> {
    slot: &'a RvalueSlot,
    object: Option<Obj<Object>>,
}

impl Drop for Offer<'_> {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            self.slot.put_back(object);
        }
    }
}

/// A value was not what was asked for.
#[derive(Clone)]
pub struct ConvertError(Box<Mismatch>);

#[derive(Clone)]
struct Mismatch {
    kind: &'static str,
    expected: Schema,
    found: String,
    /// What tells it from what was expected, where both have the same name.
    apart: &'static str,
    cause: Option<Arc<dyn Cause + Send + Sync>>,
}

impl ConvertError {
    /// `expected` was asked for, `view` is something else.
    #[cold]
    pub fn mismatch(expected: Schema, view: AnyView<'_>) -> ConvertError {
        let apart = expected.tell_apart(view.type_index());
        let mut error = ConvertError::new("TypeError", expected, view.type_name());
        error.0.apart = apart;
        error
    }

    /// The same with a kind and a description of what was found.
    #[cold]
    pub fn new(kind: &'static str, expected: Schema, found: impl Into<String>) -> ConvertError {
        ConvertError(Box::new(Mismatch { kind, expected, found: found.into(), apart: "", cause: None }))
    }

    /// The conversion ran code that ended in `cause`, which is what callers are to see.
    #[cold]
    pub fn caused(expected: Schema, view: AnyView<'_>, cause: impl Cause + Send + Sync + 'static) -> ConvertError {
        let mut error = ConvertError::mismatch(expected, view);
        error.0.cause = Some(Arc::new(cause));
        error
    }

    /// The error's kind: the name of a Python exception.
    pub fn kind(&self) -> &'static str {
        self.0.kind
    }

    /// What was asked for.
    pub fn expected(&self) -> &Schema {
        &self.0.expected
    }

    /// What was found, in words.
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// The error of code that the conversion ran, if that is why it failed.
    pub fn cause(&self) -> Option<&(dyn Cause + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }

    /// The error of a container of type `expected` of which a part has this one. `place` names the part: `index 3`,
    /// `key`, …
    #[cold]
    pub fn inside(self, expected: Schema, container: &str, place: &str) -> ConvertError {
        let found = format!("{container}[{place}: {}]", self.0.found);
        ConvertError(Box::new(Mismatch { expected, found, ..*self.0 }))
    }

    /// The same error where another, wider type was asked for.
    #[cold]
    pub fn widen(mut self, expected: Schema) -> ConvertError {
        self.0.expected = expected;
        self
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expected `{}` but got `{}`{}", self.0.expected, self.0.found, self.0.apart)
    }
}

impl fmt::Debug for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.kind)
    }
}

impl Cause for ConvertError {
    fn source(&self) -> Option<&(dyn Cause + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn Cause + 'static))
    }
}
