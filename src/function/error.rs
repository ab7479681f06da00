//! Errors as objects, and the slot of a thread in which the C calling convention leaves one.
//! Imports `value`, `object`, `reclaim`.
//! Upholds: kind and message never change; the backtrace changes as a whole, and a foreign reader of the cell never
//! sees freed text.

use crate::object::{AllocError, Header, Obj, Object, ObjectType};
use crate::reclaim;
use crate::value::{
    stripe, tag, Any, AnyView, ByteArray, ConvertError, Field, FromAny, IntoAny, Mutable, Schema, Storage, Typed,
};
use std::any::Any as Payload;
use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, LazyLock};

/// What the C ABI sees of an error.
///
/// | member | protected by |
/// |---|---|
/// | `kind`, `message` | never written again |
/// | `backtrace` | the stripe of its address; replaced text outlives the readers under a pin |
/// | `cause_chain`, `extra_context` | [`Mutable`] |
#[repr(C)]
pub struct ErrorCell {
    kind: ByteArray,
    message: ByteArray,
    backtrace: UnsafeCell<ByteArray>,
    update_backtrace: unsafe extern "C" fn(*mut c_void, *const ByteArray, i32),
    cause_chain: Mutable<Option<Obj<Object>>>,
    extra_context: Mutable<Option<Obj<Object>>>,
}

/// The object behind an [`Error`].
#[repr(C)]
pub struct ErrorObj {
    header: Header,
    cell: ErrorCell,
    kind: Box<str>,
    message: Box<str>,
    backtrace: UnsafeCell<Arc<str>>,
}

const _: () = assert!(std::mem::offset_of!(ErrorObj, cell) == size_of::<Header>() && size_of::<ErrorCell>() == 72);

// SAFETY: the two `UnsafeCell`s are accessed under their stripe only.
unsafe impl Send for ErrorObj {}
// SAFETY: as above.
unsafe impl Sync for ErrorObj {}

// SAFETY: repr(C), starts with the header.
unsafe impl ObjectType for ErrorObj {
    const TYPE_KEY: &'static str = "ffi.Error";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::ERROR
    }
}

/// What to do with the backtrace that an error has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Update {
    /// Forget it.
    Replace = 0,
    /// Add to its end: frames are kept most recent call first, and propagation goes outwards.
    Append = 1,
}

/// An error that any language can hold: a kind, which is the name of a Python exception, and a message.
#[derive(Clone)]
#[repr(transparent)]
pub struct Error(Obj<ErrorObj>);

impl Error {
    /// An error without backtrace.
    pub fn new(kind: &str, message: impl Into<String>) -> Error {
        Error::with_backtrace(kind, message, "")
    }

    /// An error with a backtrace, most recent call first.
    pub fn with_backtrace(kind: &str, message: impl Into<String>, backtrace: &str) -> Error {
        Error::make(kind, message.into(), backtrace).unwrap_or_else(|error| error.handle())
    }

    fn make(kind: &str, message: String, backtrace: &str) -> Result<Error, AllocError> {
        let (kind, message) = (Box::<str>::from(kind), message.into_boxed_str());
        let backtrace = Arc::<str>::from(backtrace);
        let cell = ErrorCell {
            kind: ByteArray::new(kind.as_bytes()),
            message: ByteArray::new(message.as_bytes()),
            backtrace: UnsafeCell::new(ByteArray::new(backtrace.as_bytes())),
            update_backtrace,
            cause_chain: Mutable::new(None),
            extra_context: Mutable::new(None),
        };
        let backtrace = UnsafeCell::new(backtrace);
        Obj::try_new(ErrorObj { header: Header::placeholder(), cell, kind, message, backtrace }).map(Error)
    }

    /// The error with one more frame: the place that calls this, in a function of this name. Front ends show frames in their
    /// tracebacks.
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
    pub fn type_error(message: impl Into<String>) -> Error {
        Error::new("TypeError", message)
    }

    /// An error of kind `ValueError`.
    pub fn value_error(message: impl Into<String>) -> Error {
        Error::new("ValueError", message)
    }

    /// An error of kind `RuntimeError`.
    pub fn runtime(message: impl Into<String>) -> Error {
        Error::new("RuntimeError", message)
    }

    /// The error of a panic that was caught at a boundary: a `MemoryError` when an object could not be allocated.
    #[cold]
    pub fn from_panic(payload: Box<dyn Payload + Send>) -> Error {
        if let Some(error) = payload.downcast_ref::<AllocError>() {
            return Error::out_of_memory(*error);
        }
        let message = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "panic".to_owned());
        // The payload's own destructor may panic in turn, and so may that panic's payload: one of unknown type is let go.
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

    /// The kind: the name of a Python exception.
    pub fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The backtrace as it is now, most recent call first.
    pub fn backtrace(&self) -> Arc<str> {
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

    /// The object.
    pub fn as_object(&self) -> &Obj<ErrorObj> {
        &self.0
    }

    /// The object, given away.
    pub fn into_object(self) -> Obj<ErrorObj> {
        self.0
    }
}

impl ErrorObj {
    fn backtrace(&self) -> Arc<str> {
        let _held = stripe::of(&self.backtrace).hold();
        // SAFETY: accessed under the stripe.
        unsafe { &*self.backtrace.get() }.clone()
    }

    fn update_backtrace(&self, text: &str, how: Update) {
        loop {
            let old = self.backtrace();
            let new: Arc<str> = match how {
                Update::Replace => text.into(),
                Update::Append => [&*old, text].concat().into(),
            };
            let held = stripe::of(&self.backtrace).hold();
            // SAFETY: accessed under the stripe.
            let (current, view) = unsafe { (&mut *self.backtrace.get(), &mut *self.cell.backtrace.get()) };
            if how == Update::Append && !Arc::ptr_eq(current, &old) {
                continue;
            }
            *view = ByteArray::new(new.as_bytes());
            let replaced = std::mem::replace(current, new);
            drop(held);
            // A foreign reader of the cell may look at the text still.
            reclaim::defer(&reclaim::pin(), move || drop(replaced));
            return;
        }
    }
}

/// [`Error::update_backtrace`] for the C ABI.
///
/// # Safety
/// `error` is an error object of this library, `text` describes readable bytes.
unsafe extern "C" fn update_backtrace(error: *mut c_void, text: *const ByteArray, mode: i32) {
    // SAFETY: the caller's contract.
    let (error, text) = unsafe { (&*error.cast::<ErrorObj>(), (*text).as_slice()) };
    let how = if mode == Update::Append as i32 { Update::Append } else { Update::Replace };
    error.update_backtrace(&String::from_utf8_lossy(text), how);
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
        Error::behind(&error).unwrap_or_else(|| Error::new(error.kind(), error.to_string()))
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

thread_local! {
    static RAISED: Cell<Option<Error>> = const { Cell::new(None) };
}

/// Leaves an error in this thread's slot, as a callee of the C convention does before it returns -1.
pub fn raise(error: Error) {
    // A thread that is past its locals has nobody to tell.
    let replaced = RAISED.try_with(|slot| slot.replace(Some(error)));
    drop(replaced);
}

/// Takes the error out of this thread's slot.
pub fn take_raised() -> Option<Error> {
    RAISED.try_with(Cell::take).ok().flatten()
}
