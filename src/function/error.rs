//! Errors as objects.
//! Upholds: an error without memory for itself is one, too.

use crate::object::grow::{into_owned, owned};
use crate::object::shared_text::SharedText;
use crate::object::{AllocError, Obj, Object};
use crate::value::{tag, Any, AnyView, ConvertError, Field, FromAny, IntoAny, Schema, Storage, Typed};
use std::any::Any as Payload;
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::LazyLock;

pub use super::error_object::{set_read_frames, ErrorCell, ErrorObj, ReadFrames, Update};
pub use super::raised::{raise, take_raised};

/// An error that any language can hold. It has a kind, which is the name of a Python exception, and a message.
#[derive(Clone)]
#[repr(transparent)]
pub struct Error(Obj<ErrorObj>);

impl Error {
    /// An error without backtrace.
    ///
    /// The kind is the name of the exception that Python raises for it: any of Python's own, such as `TypeError`,
    /// `FileNotFoundError` or `StopIteration`, or one that a package registered (`bowline.register_error`). `TypeError` is
    /// for a value of a wrong type, `ValueError` for a wrong value of the right one. What names no exception arrives as
    /// `RuntimeError`, and so does what Python raised here of a class that has no such name.
    ///
    /// ```
    /// use bowline::function::Error;
    ///
    /// let error = Error::new("TypeError", "expected a shape, got a float");
    /// assert_eq!(error.to_string(), "TypeError: expected a shape, got a float");
    /// assert_eq!(error.kind(), Error::type_error("").kind());
    /// ```
    pub fn new<'m>(kind: &str, message: impl Into<Cow<'m, str>>) -> Error {
        Error::with_backtrace(kind, message, "")
    }

    /// An error with a backtrace, most recent call first.
    pub fn with_backtrace<'m>(kind: &str, message: impl Into<Cow<'m, str>>, backtrace: &str) -> Error {
        Error::make(kind, into_owned(message.into()), backtrace).unwrap_or_else(|error| error.handle())
    }

    fn make(kind: &str, message: String, backtrace: &str) -> Result<Error, AllocError> {
        ErrorObj::make(kind, message, backtrace).map(Error)
    }

    /// The error with one more frame. That is the place that calls this, in a function of this name. Front ends show frames
    /// in their tracebacks.
    ///
    /// ```
    /// use bowline::function::Error;
    /// let error = Error::value_error("too large").in_function("parse");
    /// assert!(error.backtrace().ends_with(", in parse\n"));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn in_function(self, name: &str) -> Error {
        let at = Location::caller();
        self.update_backtrace(&format!("  File \"{}\", line {}, in {name}\n", at.file(), at.line()), Update::Append);
        self
    }

    /// The error that says that there was no memory. Takes none itself when there is none left.
    #[cold]
    pub fn out_of_memory(error: AllocError) -> Error {
        Error::make("MemoryError", error.to_string(), "").unwrap_or_else(|_| RESERVE.clone())
    }

    /// Makes what [`out_of_memory`](Self::out_of_memory) falls back on. A front end calls this once, while there is memory.
    pub fn reserve() {
        LazyLock::force(&RESERVE);
    }

    /// An error of kind `TypeError`.
    pub fn type_error<'m>(message: impl Into<Cow<'m, str>>) -> Error {
        Error::new("TypeError", message)
    }

    /// An error of kind `ValueError`.
    pub fn value_error<'m>(message: impl Into<Cow<'m, str>>) -> Error {
        Error::new("ValueError", message)
    }

    /// An error of kind `RuntimeError`.
    pub fn runtime<'m>(message: impl Into<Cow<'m, str>>) -> Error {
        Error::new("RuntimeError", message)
    }

    /// The error of a panic that was caught at a boundary. It is a `MemoryError` when an object could not be allocated.
    #[cold]
    pub fn from_panic(payload: Box<dyn Payload + Send>) -> Error {
        if let Some(error) = payload.downcast_ref::<AllocError>() {
            return Error::out_of_memory(*error);
        }
        let text = payload.downcast_ref::<String>().map(|text| &**text);
        let message = owned(payload.downcast_ref::<&str>().copied().or(text).unwrap_or("panic"));
        // The payload's own destructor may panic in turn, and so may that panic's payload. One of unknown type is let go.
        if let Err(again) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(payload))) {
            if !again.is::<&str>() && !again.is::<String>() {
                std::mem::forget(again);
            }
        }
        Error::make("RuntimeError", message, "").unwrap_or_else(Error::out_of_memory)
    }

    /// The error of code that a conversion ran, if that is why it failed.
    #[cold]
    pub(crate) fn behind(error: &ConvertError) -> Option<Error> {
        error.cause().and_then(|cause| cause.downcast_ref::<Error>()).cloned()
    }

    /// The kind: the name of a Python exception. Of an error that C++ made, as far as it is UTF-8.
    pub fn kind(&self) -> &str {
        self.0.kind()
    }

    /// The message; as [`kind`](Self::kind).
    pub fn message(&self) -> &str {
        self.0.message()
    }

    /// The backtrace as it is now, most recent call first.
    pub fn backtrace(&self) -> SharedText {
        self.0.backtrace()
    }

    /// Changes the backtrace. Concurrent updates all take effect, in some order.
    pub fn update_backtrace(&self, text: &str, how: Update) {
        self.0.update_backtrace(text, how);
    }

    /// The error or other object that led to this one.
    pub fn cause(&self) -> Option<Obj<Object>> {
        self.0.cell.cause_chain.get()
    }

    /// Sets what led to this error.
    pub fn set_cause(&self, cause: Option<Obj<Object>>) {
        self.0.cell.cause_chain.set(cause);
    }

    /// What a language attached to the error, for instance its own exception.
    pub fn extra_context(&self) -> Option<Obj<Object>> {
        self.0.cell.extra_context.get()
    }

    /// Attaches something to the error.
    pub fn set_extra_context(&self, context: Option<Obj<Object>>) {
        self.0.cell.extra_context.set(context);
    }

    /// An error that stands for something of another language. Its frames are read when they are asked for. Readers of the C
    /// layout, who cannot ask, find them once another caller did.
    pub fn standing_for<'m>(kind: &str, message: impl Into<Cow<'m, str>>, context: Obj<Object>) -> Error {
        let error = Error::new(kind, message);
        error.set_extra_context(Some(context));
        error.0.set_behind();
        error
    }

    /// The object.
    pub fn as_object(&self) -> &Obj<ErrorObj> {
        &self.0
    }

    /// The object, given away.
    pub fn into_object(self) -> Obj<ErrorObj> {
        self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind(), self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

impl From<ConvertError> for Error {
    #[cold]
    fn from(error: ConvertError) -> Error {
        Error::behind(&error).unwrap_or_else(|| Error::new(error.kind(), format!("{error}")))
    }
}

impl From<Error> for Any {
    fn from(error: Error) -> Any {
        error.0.into_any()
    }
}

impl Typed for Error {
    fn schema() -> Schema {
        Schema::Object(tag::ERROR)
    }
}
impl IntoAny for Error {
    fn into_any(self) -> Any {
        self.into()
    }
}
impl FromAny for Error {
    fn from_any(view: AnyView<'_>) -> Result<Error, ConvertError> {
        Obj::from_any(view).map(Error)
    }
}
impl From<Obj<ErrorObj>> for Error {
    fn from(object: Obj<ErrorObj>) -> Error {
        Error(object)
    }
}
// SAFETY: transparent over a handle, which is one pointer.
unsafe impl Field for Error {
    type Value = Error;
    const STORAGE: Storage = Storage::Object;
    fn from_value(value: Error) -> Error {
        value
    }
    fn blank() -> Option<Error> {
        None
    }
}

/// Shared by all who run out of memory at once.
static RESERVE: LazyLock<Error> = LazyLock::new(|| Error::new("MemoryError", "out of memory"));
